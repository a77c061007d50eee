// Sound segments are read at once, all others the slow way: what is read at once is the same, and nothing is wrong with it.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import { split } from "../../src/adapters/edifact/segment.ts";
import { DEFAULTS, kindsOf, SPECIAL, TERMINATOR } from "../../src/adapters/edifact/service.ts";
import { compileMessage } from "../../src/adapters/edifact/structure/match.ts";
import type { MatchRules, QuickText } from "../../src/adapters/edifact/structure/types.ts";

const name = { type: "INVOIC", version: "D", release: "96A", agency: "UN", association: "" };
const service = { ...DEFAULTS, repetition: "*" };
const kinds = Uint8Array.from({ length: 256 }, (_, code) =>
  code < 32 ? SPECIAL : (kindsOf(service)[code] ?? SPECIAL),
);
kinds[39] = TERMINATOR;

function quickText(text: string): QuickText {
  return { text, bytes: Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(4)]), kinds };
}

/** The record of a message of UNH, BGM and this segment, by either way; undefined = it was not read at once. */
function both(segment: string, rules: MatchRules) {
  const def = openDirectories().message(name)!;
  const matcher = compileMessage(def, rules);
  const tag = segment.slice(0, 3);
  const elements = () => split(segment, 0, segment.length, kindsOf(service));
  const opened = (): ReturnType<typeof matcher.begin> => {
    const run = matcher.begin();
    run.take({ tag: "UNH", position: 1, elements: () => [[["1"]], [["INVOIC", "D", "96A", "UN"]]] });
    run.take({ tag: "BGM", position: 2, elements: () => [[["380"]]] });
    return run;
  };
  const slow = opened();
  slow.take({ tag, position: 3, elements });
  const quick = opened();
  const end = quick.takeQuick(quickText(`${segment}'`), 0, 3);
  if (end < 0) return { slow, quick: undefined };
  expect(end).toBe(segment.length + 1);
  return { slow, quick };
}

/** Values that fit, and others: numbers with marks, too long, empty, released, repeated, controls, other bytes. */
const value = fc.oneof(
  fc.constantFrom(
    "",
    "",
    "SE",
    "137",
    "102",
    "4000001000005",
    "12.50",
    "-3",
    "1,5",
    ".5",
    "5.",
    "1.2.3",
    "A?+B",
    "?",
    "x*y",
    "ü",
  ),
  fc.string({ unit: fc.constantFrom(...Array.from("ABc09 .,-?:*+\u0001ä")), maxLength: 40 }),
);
const element = fc.array(value, { minLength: 1, maxLength: 6 }).map((components) => components.join(":"));
const segment = fc
  .tuple(
    fc.constantFrom("DTM", "FTX", "NAD", "RFF", "CUX", "PAT", "MOA", "LIN", "IMD", "XYZ", "QTY"),
    fc.array(element, { maxLength: 9 }),
  )
  .map(([tag, elements]) => [tag, ...elements].join("+"));

describe("what is read at once", () => {
  it("is what the slow way reads, and sound", () => {
    let read = 0;
    fc.assert(
      fc.property(segment, fc.constantFrom(3, 4), fc.constantFrom(".", ",", undefined), (text, syntax, decimal) => {
        const { slow, quick } = both(text, { syntax, ...(decimal && { decimal }) });
        if (!quick) return;
        read++;
        expect(slow.findings.filter(({ position }) => position === 3)).toEqual([]);
        expect(plain(quick.finish())).toEqual(plain(slow.finish()));
      }),
      { numRuns: 3_000 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it.each([
    "DTM+137:20261101:102",
    "NAD+SE+4000001000005::9++Blumen Muster:Abteilung 1+Ratsweg 12+Neustadt++12345+DE",
    "FTX+ZZZ+++Zahlbar?: 14 Tage, ja??+DE",
    "PAT+3++66:1:D:14",
    "RFF+ON:B1",
    "CUX+2:EUR:4+3:USD:4",
  ])("is a segment as %s", (text) => {
    const { slow, quick } = both(text, { syntax: 3 });
    expect(plain(quick!.finish())).toEqual(plain(slow.finish()));
  });

  it.each([
    ["a value that is too long", "DTM+1377:20261101:102"],
    ["a required part that is missing", "DTM+:20261101:102"],
    ["a required element that is missing", "NAD"],
    ["one element too many", "DTM+137+x"],
    ["one component too many", "DTM+137:20261101:102:x"],
    ["a repetition", "DTM+137*138"],
    ["a control character", "RFF+ON:\u0001"],
    ["letters in a number", "PAT+3++66:1:D:x"],
    ["a segment of other messages", "BUS+1"],
  ])("is not %s", (_, text) => {
    expect(both(text, { syntax: 3 }).quick).toBeUndefined();
  });

  it("is nothing where ends that are empty have to be told", () => {
    expect(both("RFF+ON:B1", { syntax: 4, trailing: true }).quick).toBeUndefined();
  });
});

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
