// $attachment: what formulas see of the files that were joined, and what is known before about who reads their bytes.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createTally } from "../../src/core/bridge/attachment-tally.ts";
import type { Attachment } from "../../src/core/contract.ts";
import type { AttachmentRole } from "../../src/core/mapping/types.ts";
import { compileFormula } from "../../src/core/mapping/formula/compile.ts";
import { compiled, environmentOf, findings, nodeOf, scopeOf } from "./formula-place.ts";

function file(name: string, text = `%PDF ${name}`, withContent = true): Attachment {
  const content = Buffer.from(text);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const base = { id: `id-${name}`, name, size: content.length, sha256, mediaType: "application/pdf" };
  return withContent ? { ...base, content } : base;
}

const files = [file("7_A.pdf"), file("7_EH.pdf"), file("7_b.txt")];

function value(source: string, attachments: readonly Attachment[] | undefined = files, record = {}): unknown {
  const formula = compiled(source, { attachments: createTally().place("value") });
  return formula.evaluate(record, scopeOf(record, { attachments }));
}

describe("$attachment", () => {
  it("gives one as an object, several as a list in the order of their names, none as absent", () => {
    expect(value("$attachment('*_EH.pdf')")).toEqual({
      name: "7_EH.pdf",
      size: 13,
      sha256: files[1]?.sha256,
      mediaType: "application/pdf",
      base64: Buffer.from("%PDF 7_EH.pdf").toString("base64"),
    });
    expect(value("$attachment('*.pdf').name")).toEqual(["7_A.pdf", "7_EH.pdf"]);
    expect(value("$count($attachment())")).toBe(3);
    expect(value("$attachment('*.doc')")).toBeUndefined();
    expect(value("$exists($attachment('*.doc'))")).toBe(false);
    expect(value("$attachment(FEHLT)")).toBeUndefined();
    expect(value("$attachment()", [])).toBeUndefined();
    expect(value("$attachment(NR & '_?.*').name", files, { NR: "7" })).toEqual(["7_A.pdf", "7_b.txt"]);
    expect(value("$attachment('7_[A-Z]*.{pdf,txt}').name")).toEqual(["7_A.pdf", "7_EH.pdf"]);
  });

  it("is an ordinary value: filtered, sorted, mapped, handed on", () => {
    expect(value("$attachment()[mediaType = 'application/pdf' and size > 12].name")).toBe("7_EH.pdf");
    expect(value("$attachment()^(>name).name")).toEqual(["7_b.txt", "7_EH.pdf", "7_A.pdf"]);
    expect(value("$map(['*_A.pdf', '*_EH.pdf'], $attachment).name")).toEqual(["7_A.pdf", "7_EH.pdf"]);
    expect(value("'*_A.pdf' ~> $attachment ~> $lookup('name')")).toBe("7_A.pdf");
    expect(value("$sum($attachment().size)")).toBe(12 + 13 + 12);
    expect(value("$merge([$attachment('*_A.pdf'), {'art': 'Antrag'}]).base64")).toBe(
      Buffer.from("%PDF 7_A.pdf").toString("base64"),
    );
  });

  it("has the bytes as they are, whatever memory they lie in", () => {
    const memory = Buffer.concat([Buffer.from("davor"), Buffer.from([0, 255, 13, 10]), Buffer.from("danach")]);
    const attachment: Attachment = { ...file("x.bin"), content: memory.subarray(5, 9) };
    expect(value("$attachment('x.bin').base64", [attachment])).toBe("AP8NCg==");
  });

  it("says what is wrong with a pattern, with its place where it is written, without it where a record holds it", () => {
    const [finding] = findings("$attachment('a[')", { attachments: createTally().place("value") });
    expect(finding).toMatchObject({ code: "PATTERN_INVALID", line: 12 });
    expect(finding?.message).toContain('the file pattern "a[" cannot be read: [ without ]');
    const evaluate = (): unknown => value("$attachment(M)", files, { M: "geheim[" });
    expect(evaluate).toThrow("the pattern for names of attachments cannot be read: = $attachment(M)");
    expect(evaluate).not.toThrow(/geheim/u);
    expect(() => value("$attachment(M)", files, { M: 7 })).toThrow(/argument/u);
  });

  it("never gives bytes that were not read as absent", () => {
    const unread = [file("7_A.pdf", "x", false)];
    expect(value("$attachment().size", unread)).toBe(1);
    expect(() => value("$attachment().base64", unread)).toThrow("the bytes of attachments cannot be read here");
    expect(() => value("$string($attachment())", unread)).toThrow("the bytes of attachments cannot be read here");
  });

  it("is refused where there is no message yet, and without receive.attach", () => {
    const [early] = findings("$exists($attachment('x'))");
    expect(early).toMatchObject({ code: "ATTACHMENT_PLACE", column: 17, length: 11 });
    expect(early?.message).toContain("attachments belong to a message");
    const [none] = findings("$attachment()", { attachments: "the bridge has no receive.attach" });
    expect(none?.message).toBe("$attachment cannot be called here: the bridge has no receive.attach");
    expect(findings("$map(['a'], $attachment)")).toHaveLength(1);
    const bare = compiled("$attachment()", { attachments: createTally().place("value") });
    expect(() => bare.evaluate({}, scopeOf({}))).toThrow("$attachment needs a message with receive.attach");
    // A variable of the formula's own, or a let, is not the function.
    expect(findings("($attachment := 1; $attachment)")).toEqual([]);
  });

  it("knows what an attachment has, and how many arguments there are", () => {
    const allowed = { attachments: createTally().place("value") };
    expect(findings("$attachment('x').nmae", allowed)[0]).toMatchObject({
      code: "FIELD_UNKNOWN",
      message: "an attachment has no nmae",
      hint: "Did you mean name?",
    });
    expect(findings("$attachment('x', 'y')", allowed)[0]?.message).toBe(
      "$attachment takes 0 or 1 argument, here are 2",
    );
  });
});

interface Written {
  readonly source: string;
  readonly role?: AttachmentRole;
  readonly onItem?: boolean;
  /** As a value of map.let under this name. */
  readonly let?: string;
}

/** Whether a bridge with these formulas reads the bytes of its attachments. */
function reads(...formulas: readonly (string | Written)[]): boolean {
  const tally = createTally();
  const lets: string[] = [];
  for (const each of formulas) {
    const {
      source,
      role = "value",
      onItem = false,
      let: name,
    }: Written = typeof each === "string" ? { source: each } : each;
    const attachments = tally.place(name === undefined ? role : "kept");
    const environment = environmentOf({ attachments, lets: [...lets], itemIsRecord: !onItem });
    const compile = (): unknown => compileFormula(nodeOf(source), environment);
    if (name === undefined) compile();
    else {
      tally.kept(name, compile);
      lets.push(name);
    }
    expect(environment.found).toEqual([]);
  }
  return tally.content;
}

describe("the bytes of attachments", () => {
  it.each([
    "$attachment('*_EH.pdf').name",
    "$attachment()[0].sha256",
    "$attachment()[mediaType = 'application/pdf'].size",
    "$attachment()^(name).name",
    "$count($attachment()) > 2",
    "$exists($attachment('x')) ? 'ja' : 'nein'",
    "$attachment('x') ? 'ja' : 'nein'",
    "$attachment().(name & ' ' & $string(size))",
    "$attachment()[$contains(name, 'EH')].name",
    "$required($attachment('x'), 'Antrag').name",
    "FIRMA & $base64encode(NAME)",
    "base64",
    "$string($)",
  ])("are not needed for %s", (source) => expect(reads(source)).toBe(false));

  it.each([
    "$attachment('*_EH.pdf').base64",
    "$attachment('*_EH.pdf')",
    "$attachment().*",
    "$attachment().**",
    "$attachment()[base64 != ''].name",
    "$attachment()^(base64).name",
    "$attachment().$string()",
    "$attachment().($)",
    "$attachment().$lookup($, FELD)",
    "$attachment()@$a.{ 'x': $a.base64 }",
    "$map($attachment(), function($a) { $a.base64 })",
    "$map(['x'], $attachment)",
    "'x' ~> $attachment",
    "$string($attachment('x'))",
    "{ 'datei': $attachment('x') }",
    "[$attachment('x')]",
    "( $a := $attachment('x'); $a.base64 )",
    "$required($attachment('x'), 'Antrag').base64",
    "$required($attachment('x'), 'Antrag')",
    "FELD ? $attachment('x') : 'nichts'",
    "$lookup($attachment('x'), 'base64')",
    "$merge([$attachment('x'), { 'a': 1 }])",
    "$each($attachment('x'), function($v) { $v })",
    "$attachment('x'){name: $sum(size)}",
  ])("are needed for %s", (source) => expect(reads(source)).toBe(true));

  it("are not needed where only directives, map.attach and map.let have the files", () => {
    expect(reads({ source: "$attachment('x')", role: "condition" })).toBe(false);
    expect(reads({ source: "$attachment()", role: "kept" })).toBe(false);
    expect(reads({ source: "ART = 'A' ? $attachment('a') : [$attachment('b'), $attachment('c')]", role: "kept" })).toBe(
      false,
    );
    expect(reads({ source: "$attachment()", role: "each" }, { source: "name", onItem: true })).toBe(false);
    expect(reads({ source: "$attachment('a')", let: "antrag" }, "$antrag.name", "$exists($antrag)")).toBe(false);
    expect(reads({ source: "$required($attachment('a'), 'Antrag')", let: "antrag" }, "$antrag.size")).toBe(false);
    expect(reads({ source: "$attachment()", let: "alle" }, { source: "$alle[0]", let: "erste" }, "$erste.sha256")).toBe(
      false,
    );
    // Items of another list may well have a field of that name.
    expect(reads({ source: "POSITIONEN", role: "each" }, { source: "base64", onItem: true })).toBe(false);
  });

  it("are needed where a value of map.let or an item of an =each shows them", () => {
    expect(reads({ source: "$attachment('a')", let: "antrag" }, "$antrag.base64")).toBe(true);
    expect(reads({ source: "$attachment('a')", let: "antrag" }, "$antrag")).toBe(true);
    expect(reads({ source: "{ 'a': $attachment('a') }", let: "alle" }, "$alle.a.name")).toBe(true);
    expect(reads({ source: "$attachment('a')", let: "a" }, { source: "$a", let: "b" }, "$b.base64")).toBe(true);
    const each = { source: "$attachment()", role: "each" } as const;
    expect(reads(each, { source: "base64", onItem: true })).toBe(true);
    expect(reads(each, { source: "$", onItem: true })).toBe(true);
    expect(reads(each, { source: "$.name", onItem: true })).toBe(false);
    expect(reads(each, { source: "$parent.base64", onItem: true })).toBe(true);
    expect(reads(each, { source: "`base64`", onItem: true })).toBe(true);
    expect(reads(each, { source: "$lookup($, 'base' & '64')", onItem: true })).toBe(true);
  });
});
