// map.attach: which files go with a message, and under which names.

import { describe, expect, it } from "vitest";
import { createTally } from "../../src/core/bridge/attachment-tally.ts";
import type { Attachment, Enclosure } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { attaching, type AttachRule } from "../../src/core/pipeline/attach-names.ts";
import { bindOptions } from "../../src/core/options/bind.ts";
import type { Pattern } from "../../src/core/options/shape.ts";
import { splitText } from "../../src/core/options/text-parts.ts";
import { parcelOf, type Lot } from "../../src/core/pipeline/parcels.ts";
import { compiled, scopeOf } from "./formula-place.ts";

const at = { file: "bridge.yaml", line: 30, column: 5 };
const place = { attachments: createTally().place("kept") };

function file(name: string, n = 1): Attachment {
  return { id: `id-${n}`, name, size: 10 * n, sha256: String(n).repeat(64), mediaType: "application/pdf" };
}
const files = [file("7_A.pdf", 1), file("7_B.pdf", 2), file("7_EH.pdf", 3)];

function nameOf(text: string): Pattern {
  const parts = splitText(text, true).parts.map((part) =>
    part.type === "formula" ? { type: "formula" as const, formula: compiled(part.source, place) } : part,
  );
  return bindOptions({
    kind: "pattern",
    parts,
    place: "name",
    path: "map.attach[1].name",
    source: text,
    at,
  }) as Pattern;
}

function rule(from: string, name?: string): AttachRule {
  return {
    path: "map.attach[1]",
    at,
    from: compiled(from, place),
    name: name === undefined ? undefined : nameOf(name),
  };
}

function named(rules: readonly AttachRule[], attachments = files, record = {}): readonly string[] {
  const list = attaching(rules)(record, scopeOf(record, { attachments }));
  return list.map(({ name, attachment }) => `${name} ← ${attachment.name}`);
}

function failure(rules: readonly AttachRule[], attachments = files, record = {}): BridgeError {
  try {
    named(rules, attachments, record);
  } catch (cause) {
    if (cause instanceof BridgeError) return cause;
    throw cause;
  }
  throw new Error("it did not fail");
}

describe("map.attach", () => {
  it("takes one file, several, or none, under their own names or another", () => {
    expect(named([rule("$attachment('*_EH.pdf')", "antrag.pdf")])).toEqual(["antrag.pdf ← 7_EH.pdf"]);
    expect(named([rule("$attachment()")])).toEqual(["7_A.pdf ← 7_A.pdf", "7_B.pdf ← 7_B.pdf", "7_EH.pdf ← 7_EH.pdf"]);
    expect(named([rule("$attachment('*.doc')", "brief.doc")])).toEqual([]);
    expect(named([rule("[$attachment('*_EH.pdf'), $attachment('*_A.pdf')]")])).toEqual([
      "7_EH.pdf ← 7_EH.pdf",
      "7_A.pdf ← 7_A.pdf",
    ]);
    // The same file twice under two names is the bridge's choice.
    expect(named([rule("$attachment('*_A.pdf')", "a.pdf"), rule("$attachment('*_A.pdf')", "b.pdf")])).toHaveLength(2);
  });

  it("counts what one entry gives, and reads the record for names", () => {
    expect(named([rule("$attachment('*_?.pdf')", "{NR}-anlage-{$n}.pdf")], files, { NR: "4711" })).toEqual([
      "4711-anlage-1.pdf ← 7_A.pdf",
      "4711-anlage-2.pdf ← 7_B.pdf",
    ]);
  });

  it("knows files by their names, too", () => {
    expect(named([rule("DATEI", "antrag.pdf")], files, { DATEI: "7_B.pdf" })).toEqual(["antrag.pdf ← 7_B.pdf"]);
    expect(named([rule("$split(DATEIEN, '|')")], files, { DATEIEN: "7_B.pdf|7_A.pdf" })).toHaveLength(2);
    const unknown = failure([rule("DATEI")], files, { DATEI: "geheim.pdf" });
    expect(unknown).toMatchObject({ code: "ATTACHMENT_NAME", stage: "map", position: at, detail: "geheim.pdf" });
    expect(unknown.message).toBe("map.attach[1]: from names a file that was not joined to the record");
    for (const from of ["7", "true", "{ 'name': 7 }", "[[1]]", "null"])
      expect(failure([rule(from)]).message).toBe(
        "map.attach[1]: from gives neither attachments nor names of attachments",
      );
  });

  it("takes the drop itself, unless it has no bytes of its own", () => {
    const payload = file("antrag.pdf", 9);
    const give = (from: string, more: object): readonly string[] =>
      attaching([rule(from, "{$file.stem}.pdf")])({}, scopeOf({}, { attachments: files, ...more })).map(
        ({ name, attachment }) => `${name} ← ${attachment.id}`,
      );
    const [name] = give("$file", { payload });
    expect(name).toMatch(/\.pdf ← id-9$/);
    expect(() => give("$file", {})).toThrow("$file is no file by itself: it came in an archive, or with a call");
    expect(() => give("{ 'name': 'antrag.pdf' }", { payload })).toThrow("was not joined");
  });

  it("refuses two files of one name, composed or not, and shows it only in the detail", () => {
    const twice = failure([rule("$attachment()", "antrag.pdf")]);
    expect(twice).toMatchObject({ code: "ATTACHMENT_NAME", detail: "antrag.pdf" });
    expect(twice.message).toBe("map.attach[1]: two files of the message would have the same name");
    const umlauts = { A: "Mu\u0308ller.pdf", B: "M\u00fcller.pdf" };
    expect(failure([rule("$attachment('*_A*')", "{A}"), rule("$attachment('*_B*')", "{B}")], files, umlauts).code).toBe(
      "ATTACHMENT_NAME",
    );
  });

  it.each([
    "../a.pdf",
    "a/b.pdf",
    "a\\b.pdf",
    "..",
    "x\u0000.pdf",
    "a\nb.pdf",
    ".versteckt",
    "a\u202efdp.exe",
    "\ud800",
  ])("refuses names that climb, hide or deceive: %j", (evil) => {
    expect(["ATTACHMENT_NAME", "PATTERN_VALUE"]).toContain(
      failure([rule("$attachment('*_A.pdf')", "{N}")], files, { N: evil }).code,
    );
    const own = failure([rule("$attachment()")], [file(evil)]);
    expect(own).toMatchObject({ code: "ATTACHMENT_NAME", detail: evil });
    expect(own.message).not.toContain(evil);
  });

  it("bounds how many files a message has", () => {
    const many = Array.from({ length: 1_001 }, (_, n) => file(`f${n}.pdf`));
    expect(failure([rule("$attachment()")], many).message).toContain("more than 1000 files");
  });
});

describe("the parcel of a message with files", () => {
  it("has them in order, opened from the spool as often as it is asked for, and a batch has none", async () => {
    const opened: string[] = [];
    const spool = {
      async *read(id: string) {
        opened.push(id);
        yield Buffer.from(id);
      },
    };
    const enclosures = [
      { name: "antrag.pdf", attachment: files[2] as Attachment },
      { name: "anlage.pdf", attachment: files[0] as Attachment },
    ];
    const scope = scopeOf({ NR: "7" }, { attachments: files });
    const encode = {
      aloneHead: "",
      aloneTail: "",
      contentType: "application/json",
      toBytes: (text: string) => Buffer.from(text),
    };
    const message = { unit: { first: 1, last: 1 }, body: "{}", scope, enclosures };
    const lot = { way: { encode, deliver: {} }, messages: [message], first: 1, last: 1 } as unknown as Lot;
    const parcel = parcelOf(lot, "drop-1", "identity", 0, spool);
    expect(parcel.enclosures?.map(({ name, size, sha256, mediaType }) => [name, size, sha256, mediaType])).toEqual([
      ["antrag.pdf", 30, "3".repeat(64), "application/pdf"],
      ["anlage.pdf", 10, "1".repeat(64), "application/pdf"],
    ]);
    const [first] = parcel.enclosures as [Enclosure];
    for (let time = 0; time < 2; time++) {
      for await (const piece of first.open(AbortSignal.timeout(1_000)))
        expect(Buffer.from(piece).toString()).toBe("id-3");
    }
    expect(opened).toEqual(["id-3", "id-3"]);
    const bare = { ...lot, messages: [{ ...message, enclosures: [] }] } as unknown as Lot;
    expect(parcelOf(bare, "drop-1", "identity", 0, spool).enclosures).toBeUndefined();
  });
});
