// Directories: our notation read and written, and how a message finds its type.

import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { meaningOf } from "../../src/adapters/edifact/directory/meanings.ts";
import { readNotation } from "../../src/adapters/edifact/directory/notation.ts";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import { printNotation } from "../../src/adapters/edifact/directory/print.ts";
import type { Release } from "../../src/adapters/edifact/directory/release.ts";
import { serviceSegment, shippedPath } from "../../src/adapters/edifact/directory/service.ts";
import type { MessageName } from "../../src/adapters/edifact/directory/types.ts";
import { BridgeError } from "../../src/core/errors.ts";

const SAMPLE = `# a comment
release D99Z

elements
  1000 an..35 Document name
  1001 an3 Document name code
  5004 n..18 Amount

composites
  C002 Document: 1001! 1000

segments
  BGM Begin: C002! 5004 3
  DTM Date: 1001 1001

messages
  PROBES A probe
    UNH! BGM! DTM 35
    SG1 0..9: BGM! DTM
      SG2 1..99: DTM!
        SG3 0..1: BGM!
      SG4 0..1: DTM!
    SG5 1..1: BGM!
    UNS! UNT!
`;

function read(text: string): Release {
  return readNotation(text, "probe.txt", serviceSegment);
}

function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof BridgeError && error.code === "EDIFACT_DIRECTORY") {
      const { file, line, column } = error.position!;
      return `${file}:${line}:${column} ${error.message}${error.hint?.startsWith("Did") ? ` | ${error.hint}` : ""}`;
    }
    throw error;
  }
  return "nothing";
}

describe("the notation", () => {
  it("says the same when it is read and written again", () => {
    const release = read(SAMPLE);
    const text = printNotation(release, ["a comment"], new Map([["PROBES", "A probe"]]));
    expect(text).toBe(SAMPLE);
    expect(read(text)).toEqual(release);
  });

  it("tells required from optional, fixed from longest lengths, and how often", () => {
    const { elements, segments, messages } = read(SAMPLE);
    expect(elements.get("1001")).toEqual({ id: "1001", name: "Document name code", type: "an", least: 3, most: 3 });
    expect(elements.get("5004")).toMatchObject({ type: "n", least: 0, most: 18 });
    expect(segments.get("BGM")?.places).toMatchObject([
      { required: true, most: 1, composite: { id: "C002", parts: [{ required: true }, { required: false }] } },
      { required: false, most: 3, element: { id: "5004" } },
    ]);
    const tree = messages.get("PROBES")!;
    expect(tree[3]).toMatchObject({ kind: "group", name: "SG1", required: false, most: 9 });
    expect(tree[3]).toHaveProperty("children.2.children.1", expect.objectContaining({ name: "SG3" }));
    expect(tree[3]).toHaveProperty("children.3", expect.objectContaining({ name: "SG4" }));
  });

  it.each([
    ["release D99Z", "", "probe.txt:1:1 the file does not say its release: release D96A"],
    ["release D99Z", "relaese D99Z", "probe.txt:2:1 expected release, elements, composites, segments, messages"],
    [
      "composites",
      "composite",
      "probe.txt:9:1 expected release, elements, composites, segments, messages | Did you mean composites? Entries of a section are indented by two blanks.",
    ],
    ["an..35", "an..x", "probe.txt:5:3 expected an element, as: 3035 an..3 Party qualifier"],
    ["  1001 an3", "  1000 an3", "probe.txt:6:3 1000 is defined twice"],
    ["  1001 an3", "   1001 an3", "probe.txt:6:4 entries of elements are indented by two blanks"],
    ["  1001 an3", "\t1001 an3", "probe.txt:6:1 a tab; indent with blanks"],
    ["1001! 1000", "1001! 1010", "probe.txt:10:24 there is no element 1010 | Did you mean 1000?"],
    ["C002! 5004 3", "C003! 5004 3", "probe.txt:13:14 there is no composite C003 | Did you mean C002?"],
    ["C002! 5004 3", "C002! 5004 3 4", "probe.txt:13:27 4 stands behind nothing that could repeat"],
    ["C002! 5004 3", "C002! etc", "probe.txt:13:20 etc is neither an element, a composite nor a number"],
    ["  BGM Begin: C002! 5004 3", "  BGM Begin:", "probe.txt:13:3 it has no parts; they stand behind a colon"],
    ["UNH! BGM!", "UNH! BMG!", "probe.txt:18:10 there is no segment BMG | Did you mean BGM?"],
    [
      "SG1 0..9: BGM!",
      "SG1 0..9: BGM",
      "probe.txt:19:5 SG1 begins with its trigger: one segment that is required and stands there once, as NAD!",
    ],
    ["SG1 0..9: BGM!", "SG1 2..9: BGM!", "probe.txt:19:5 SG1 stands there 0 or 1 times at least"],
    ["SG1 0..9: BGM!", "SG1 0..0: BGM!", "probe.txt:19:5 SG1 stands there 1 to 9999999 times"],
    ["      SG2 1", "          SG2 1", "probe.txt:20:11 the indentation is two blanks per group"],
    [
      "PROBES A probe",
      "Probes",
      "probe.txt:17:3 expected a message, indented by two blanks, as: INVOIC Invoice message",
    ],
    ["messages", "messages\n  OTHERS", "probe.txt:17:3 OTHERS has no segments"],
  ])("refuses %j written as %j", (good, bad, expected) => {
    expect(refusal(SAMPLE.replace(good, bad))).toBe(expected);
  });

  it("refuses sections in another order, and depths without end", () => {
    expect(refusal(`${SAMPLE}elements\n`)).toBe(
      "probe.txt:25:1 elements stands behind messages; the order is elements, composites, segments, messages",
    );
    const deep = Array.from({ length: 40 }, (_, at) => `${" ".repeat(4 + 2 * at)}SG1 0..1: BGM!`).join("\n");
    expect(refusal(`${SAMPLE}  DEEPER\n${deep}\n`)).toMatch(/more than 12 levels/);
  });
});

describe("whatever a file holds", () => {
  const scraps = [
    "release D1",
    "elements",
    "composites",
    "segments",
    "messages",
    "  ",
    "1000 an..3 X",
    "C001 X: 1000",
    "AAA X: C001!",
    "PROBES",
    "SG1 0..1: AAA!",
    "!",
    ":",
    " 9",
    "\t",
    "#",
  ];
  const line = fc.array(fc.oneof(fc.constantFrom(...scraps), fc.string({ maxLength: 5 })), { maxLength: 4 });
  const changed = fc
    .tuple(fc.nat(SAMPLE.length), fc.nat(8), fc.string({ maxLength: 4 }))
    .map(([at, length, text]) => SAMPLE.slice(0, at) + text + SAMPLE.slice(at + length));
  const made = fc.array(line, { maxLength: 12 }).map((lines) => lines.map((one) => one.join("")).join("\n"));

  it("it is read, or refused with its place", () => {
    fc.assert(
      fc.property(fc.oneof(changed, made), (text) => {
        expect(refusal(text)).toMatch(/^(?:nothing|probe\.txt:\d+:\d+ .+)$/s);
      }),
      { numRuns: 1_000 },
    );
  });

  it("blanks without end cost nothing", () => {
    const before = performance.now();
    const blanks = " ".repeat(7_000);
    expect(refusal(`release X\nelements\n  1000${blanks}x\ncomposites\n  C001${blanks}x\n`)).toMatch(
      /:3:3 expected an element/,
    );
    expect(refusal(`release X\ncomposites\n  C001${blanks}x${blanks}\n`)).toMatch(/more than 8000 characters/);
    expect(refusal(`release X\ncomposites\n  C001${blanks}x\n`)).toMatch(/:3:3 expected a composite/);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

describe("the shipped directories", () => {
  const name = (text: string): MessageName => {
    const [type = "", version = "", release = "", agency = "", association = ""] = text.split(" ");
    return { type, version, release, agency, association };
  };

  it.each([
    ["INVOIC D 96A UN EAN008", "D96A"],
    ["UTILMD D 11A UN 5.1f", "D11A"],
    ["MSCONS D 04B UN 2.4c", "D04B"],
    ["CONTRL D 3 UN 2.0b", "D3"],
    ["CONTRL 4 1 UN", "41"],
  ])("know %s", (text, release) => {
    const def = openDirectories().message(name(text));
    expect(def).toMatchObject({ type: text.slice(0, 6), release });
    expect(def?.children[0]).toMatchObject({ segment: { tag: "UNH" }, required: true });
    expect(def?.children.at(-1)).toMatchObject({ segment: { tag: "UNT" }, required: true });
  });

  it.each([
    "MSCONS D 96A UN",
    "INVOIC D 16B UN",
    "INVOIC D 96A ZZ",
    "CONTRL D 93A ZZ",
    "__proto__ D 96A UN",
    "INVOIC D /../x UN",
  ])("do not know %s", (text) => {
    expect(openDirectories().message(name(text))).toBeUndefined();
  });

  it("give way to what a bridge brings along, file by file", () => {
    const own = SAMPLE.replace("D99Z", "D96A").replaceAll("PROBES", "INVOIC");
    const directories = openDirectories([{ name: "own.txt", text: own }]);
    expect(directories.message(name("INVOIC D 96A UN"))?.children[3]).toMatchObject({ name: "SG1", most: 9 });
    expect(directories.message(name("ORDERS D 96A UN"))?.release).toBe("D96A");
    const later = { name: "later.txt", text: own.replace("SG1 0..9", "SG1 0..8") };
    const both = openDirectories([{ name: "own.txt", text: own }, later]);
    expect(both.message(name("INVOIC D 96A UN"))?.children[3]).toMatchObject({ most: 8 });
    expect(() => openDirectories([{ name: "own.txt", text: "x" }])).toThrow(/expected release/);
  });

  it("know the service segments of each version of the syntax", () => {
    const { service } = openDirectories();
    const lengths = [1, 2, 3, 4].map((syntax) => service("UNH", syntax)?.places.length);
    expect(lengths).toEqual([4, 4, 4, 7]);
    expect(service("UNO", 3)).toBeUndefined();
    expect(service("XYZ", 4)).toBeUndefined();
  });

  it("know the meaning of common codes", () => {
    expect(meaningOf("3035", "SE")).toBe("Seller");
    expect(meaningOf("3035", "XX")).toBeUndefined();
    expect(meaningOf("1234", "SE")).toBeUndefined();
  });

  it("stay small", () => {
    const folder = new URL(".", `file://${shippedPath("D96A")}`);
    const sizes = readdirSync(folder).map((file) => readFileSync(new URL(file, folder)).length);
    expect(Math.max(...sizes)).toBeLessThan(40_000);
  });
});
