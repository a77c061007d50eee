// Real interchanges of others, good and flawed: each is decoded or refused, with a place that is right, and with the values that two other
// readers find. They lie beside the checkout; nothing of them stands here.

import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import { type EdifactFinding, errorOf } from "../../src/adapters/edifact/finding.ts";
import type { Options } from "../../src/adapters/edifact/options.ts";
import { segmentByPosition } from "../../src/adapters/edifact/positions.ts";
import { Scanner } from "../../src/adapters/edifact/scanner.ts";
import { Segment } from "../../src/adapters/edifact/segment.ts";
import { windows } from "../../src/adapters/edifact/windows.ts";
import { compileMessage } from "../../src/adapters/edifact/structure/match.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { chunked, decodeAll, decodeContext } from "../conformance/codec.ts";
import { describeWithData, hasSharedData, sharedData } from "../shared-data.ts";
import { splitInterchange } from "./edifact-split.ts";
import { edifact } from "./edifact-samples.ts";

const files = hasSharedData
  ? ["edifact", "en16931/edifact"].flatMap((folder) =>
      readdirSync(sharedData(folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(tsv|xml)$/.test(entry.name))
        .map((entry) => readFileSync(sharedData(`${folder}/${entry.name}`))),
    )
  : [];

/** The characters that a drop really has, whatever it says. */
function charsetOf(bytes: Buffer): Options["charset"] {
  return isUtf8(bytes) ? "UNOW" : "windows-1252";
}

function textOf(bytes: Buffer): string {
  return new TextDecoder(isUtf8(bytes) ? "utf-8" : "windows-1252").decode(bytes);
}

interface Failure {
  readonly error: BridgeError;
  readonly isFrame: boolean;
}

async function failuresOf(bytes: Buffer, strict: boolean): Promise<{ failures: Failure[]; notices: BridgeError[] }> {
  const codec = edifact({ strict });
  const failures: Failure[] = [];
  const notices: BridgeError[] = [];
  const context = { ...decodeContext(), notice: (what: BridgeError) => void notices.push(what) };
  try {
    await codec.checkFrame!(chunked(bytes, []), context);
    for await (const { records } of codec.decode(chunked(bytes, []), context)) {
      for (const record of records) {
        const { fault } = record as { fault?: unknown };
        if (fault instanceof BridgeError) failures.push({ error: fault, isFrame: false });
      }
    }
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    failures.push({ error: cause, isFrame: true });
  }
  return { failures, notices };
}

describeWithData("real interchanges", () => {
  it("are decoded or refused, and what is wrong stands where it is said to stand", async () => {
    const told: Record<string, number> = {};
    for (const bytes of files) {
      for (const strict of [true, false]) {
        const { failures, notices } = await failuresOf(bytes, strict);
        for (const error of [...failures.map((failure) => failure.error), ...notices]) {
          checkPlace(error, bytes);
          if (strict) told[error.code] = (told[error.code] ?? 0) + 1;
        }
        // Read leniently no message is lost, if the drop can be read at all.
        expect(failures.filter(({ isFrame }) => !isFrame && !strict)).toEqual([]);
      }
    }
    expect(Object.keys(told).sort()).toEqual([
      "EDIFACT_BROKEN",
      "EDIFACT_CHARACTER",
      "EDIFACT_ELEMENT",
      "EDIFACT_ENVELOPE",
      "EDIFACT_MESSAGE_UNKNOWN",
      "EDIFACT_STRUCTURE",
      "EDIFACT_SYNTAX",
    ]);
  });

  it("whose counts and references are wrong are the ones that are refused for it", async () => {
    let wrong = 0;
    for (const bytes of files) {
      const { segments, messages } = splitInterchange(textOf(bytes));
      const tags = segments.map(({ tag }) => tag).filter((tag) => /^UN[BZHTGEO]$/.test(tag));
      // Whole ones only: what is not nested right is refused for that.
      if (!/^(UNB((UNHUNT)+|(UNG(UNHUNT)+UNE)+)UNZ)$/.test(tags.join(""))) continue;
      const first = (tag: string, place: number): string =>
        segments.find((one) => one.tag === tag)?.elements()[place - 1]?.[0]?.[0] ?? "";
      const groups = tags.filter((tag) => tag === "UNG").length;
      const isGood = first("UNZ", 1) === String(groups || messages.length) && first("UNZ", 2) === first("UNB", 5);
      const { failures } = await failuresOf(bytes, true);
      const found = failures.some(({ error, isFrame }) => isFrame && error.facts?.["segment"] === "UNZ");
      if (failures.some(({ error, isFrame }) => isFrame && error.facts?.["segment"] !== "UNZ")) continue;
      expect(found).toBe(!isGood);
      if (!isGood) wrong++;
      if (found) continue;
      const bad = messages.filter(({ segments: own }) => {
        const [header, trailer] = [own[0]!.elements(), own.at(-1)!.elements()];
        return trailer[0]?.[0]?.[0] !== String(own.length) || trailer[1]?.[0]?.[0] !== header[0]?.[0]?.[0];
      });
      const refused = failures.filter(({ error }) => error.code !== "EDIFACT_MESSAGE_UNKNOWN");
      expect(refused.length).toBeGreaterThanOrEqual(bad.length);
    }
    expect(wrong).toBeGreaterThan(15);
  });

  it("have the values that the package edifact finds, where it reads them", async () => {
    let accepted = 0;
    for (const bytes of files) {
      const theirs = packageSegments(textOf(bytes));
      if (!theirs) continue;
      const ours = await ourSegments(textOf(bytes));
      expect(ours).toEqual(theirs.slice(0, ours.length));
      // Something else stands behind the last interchange where ours are fewer.
      expect(ours.length === theirs.length || ours.at(-1)?.tag === "UNZ").toBe(true);
      accepted++;
    }
    expect(accepted).toBeGreaterThan(85);
  });

  it("are the records that the matcher makes of them when they are cut up naively", async () => {
    const directories = openDirectories();
    let compared = 0;
    for (const bytes of files) {
      const text = textOf(bytes).replace(/^\ufeff/, "");
      // What only a careful reader gets right is compared elsewhere.
      if (text.includes("UNO+") || /[^'\r\n~#][\r\n]/.test(text)) continue;
      const { messages, syntax } = splitInterchange(text);
      const outcome = await decodeAll(edifact({ strict: false, charset: charsetOf(bytes) }), bytes);
      if (outcome.thrown || outcome.records.length !== messages.length) continue;
      for (const [at, { segments, name }] of messages.entries()) {
        const [type = "", version = "", release = "", agency = "", association = ""] = name;
        const def = directories.message({ type, version, release, agency, association });
        if (!def) continue;
        const matcher = compileMessage(def, { syntax }, (tag) => directories.service(tag, syntax));
        const { UNB: _, UNG: __, ...record } = outcome.records[at] as Record<string, unknown>;
        expect(record).toEqual(JSON.parse(JSON.stringify(matcher.match(segments).record)));
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });
});

/** At the offset stands the segment that is named, on that line, and as many stand before it in its message. */
function checkPlace({ facts = {}, message }: BridgeError, bytes: Buffer): void {
  const { offset, line, segment, position, error0085, element } = facts as Record<string, number | string>;
  expect(message).toMatch(/^line \d+, byte \d+/);
  if (offset === undefined) return;
  const before = bytes.subarray(0, Number(offset)).toString("latin1");
  expect(line).toBe(before.split("\n").length);
  // What is missing is told with its own tag at the place of another.
  if (segment === undefined || error0085 === "13" || (error0085 === "33" && segment === "")) return;
  const behind = bytes.subarray(Number(offset)).toString("latin1");
  if (message.includes("read as")) return;
  expect(behind.replaceAll(/[\r\n]/g, "").slice(0, 3), message).toBe(segment);
  if (position === undefined || element === undefined) return;
  if (position === 1 || bytes.includes("UNO+")) return;
  const una = /^(?:\u00ef\u00bb\u00bf)?UNA..(.)(.).(.)/s.exec(bytes.toString("latin1"));
  const [release, terminator] = [una?.[2] ?? "?", una?.[3] ?? "'"];
  const plain = before.replaceAll(new RegExp(`\\${release}.`, "gs"), "");
  const ends = plain.split(terminator).map((one) => one.trimStart());
  const opened = ends.findLastIndex((one) => /^UNH\W/.test(one));
  expect(ends.length - opened, message).toBe(position);
}

type ByPosition = { readonly tag: string; readonly elements: readonly unknown[] };

/** What the scanner finds, whatever the envelopes say; up to where it cannot go on. */
async function ourSegments(text: string): Promise<ByPosition[]> {
  const found: ByPosition[] = [];
  const ignored = (): void => {};
  const unreadable = (finding: EdifactFinding): never => {
    throw errorOf(finding);
  };
  const scanner = new Scanner(
    { notice: ignored, frame: ignored, layout: ignored, broken: ignored, unreadable },
    1 << 20,
    undefined,
  );
  // One byte for one character, as the package is given them.
  // The package drops line breaks; for us some part words.
  const bytes = Buffer.from(text.replaceAll(/[\r\n]/g, ""), "utf16le");
  try {
    for await (const window of windows(chunked(bytes, []), new AbortController().signal)) {
      scanner.show(window);
      for (let at = 0, kind = scanner.next(at); kind !== "more" && kind !== "end"; kind = scanner.next(at)) {
        at = scanner.behind;
        if (kind !== "segment") continue;
        const { tag, text: own, from, to, kinds, offset, line } = scanner;
        const segment = new Segment(tag, 0, own, from, to, kinds, offset, line);
        found.push(segmentByPosition(segment) as unknown as ByPosition);
        if (tag === "UNZ") scanner.leave();
      }
      window.consumed = scanner.behind;
    }
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
  }
  return JSON.parse(JSON.stringify(found)) as ByPosition[];
}

interface PackageParser {
  onopensegment(tag: string): void;
  onelement(): void;
  oncomponent(value: string): void;
  encoding(level: string): void;
  write(text: string): void;
  end(): void;
}

/** undefined = the package cannot read it. */
function packageSegments(text: string): ByPosition[] | undefined {
  const Parser = createRequire(import.meta.url)("edifact/parser.js") as new () => PackageParser;
  const parser = new Parser();
  const segments: { tag: string; elements: string[][] }[] = [];
  parser.encoding("UNOY");
  parser.onopensegment = (tag) => void segments.push({ tag, elements: [] });
  parser.onelement = () => void segments.at(-1)!.elements.push([]);
  parser.oncomponent = (value) => void segments.at(-1)!.elements.at(-1)!.push(value);
  try {
    parser.write(text.replace(/^\ufeff/, ""));
    parser.end();
  } catch {
    return undefined;
  }
  // Without an envelope it reads anything that has separators.
  if (segments.length === 0 || !/^UN[BH]$/.test(segments[0]!.tag)) return undefined;
  return segments.map(({ tag, elements }) => ({
    tag,
    elements: trimmed(
      elements.map((components) => {
        const values = trimmed(components.map((value) => (value === "" ? null : value)));
        return values.length === 0 ? null : values;
      }),
    ),
  }));
}

function trimmed<T>(values: readonly T[]): readonly T[] {
  let { length } = values;
  while (length > 0 && values[length - 1] === null) length--;
  return values.slice(0, length);
}

describe("the comparison itself", () => {
  it("finds a value that differs", async () => {
    const text = "UNB+UNOC:3+A+B+261101:1200+R'UNH+1+X:1:1:ZZ'FTX+a:b?'c'UNT+3+1'UNZ+1+R'";
    const theirs = packageSegments(text);
    expect(await ourSegments(text)).toEqual(theirs);
    expect(await ourSegments(text.replace("a:b", "a:x"))).not.toEqual(theirs);
  });
});
