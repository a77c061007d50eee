// Whatever the dictionary allows is written, read and sound; whatever is broken of it is found where it was broken.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acknowledge, type SegmentFinding } from "../../src/adapters/x12/acknowledge.ts";
import { type Delimiters, repeats } from "../../src/adapters/x12/delimiters.ts";
import { elementName, segmentRecord } from "../../src/adapters/x12/elements.ts";
import { type Loop, type Part, PROFILED, profileOf } from "../../src/adapters/x12/profiles.ts";
import { type OpenGroup, readInterchanges } from "../../src/adapters/x12/readings.ts";
import { type Place, type Release, type SegmentDef, segmentsOf } from "../../src/adapters/x12/structure/dictionary.ts";
import { keeps } from "../../src/adapters/x12/structure/notes.ts";
import { QuickReader } from "../../src/adapters/x12/structure/quick.ts";
import { x12Writer } from "../../src/adapters/x12/writer.ts";
import type { Scope, Value } from "../../src/core/contract.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";
import { scopeOf } from "../core/template-support.ts";
import { ENVELOPE, OPTIONS } from "./x12-sample.ts";

const SCOPE: Scope = { ...scopeOf({}), received: Date.UTC(2026, 10, 2, 7, 15), timezone: "Europe/Berlin" };
const RELEASES: readonly Release[] = ["004010", "005010"];
const CASES = RELEASES.flatMap((release) => PROFILED.map((set) => [set, release] as const));

type Values = Record<string, unknown>;

// ── what the dictionary allows ──────────────────────────────────────────────────────────────────────────────────

function textOf({ element, composite }: Place): fc.Arbitrary<unknown> {
  if (composite) {
    const parts = composite.parts.map((part) =>
      part.must ? textOf(part) : fc.option(textOf(part), { nil: undefined }),
    );
    return fc
      .tuple(...parts)
      .filter((values) => values.some((value) => value !== undefined))
      .map((values) =>
        Object.fromEntries(values.flatMap((value, at) => (value === undefined ? [] : [[`C${at + 1}`, value]]))),
      );
  }
  const { type, least, most } = element!;
  const digits = (from: number, to: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom("0", "1", "5", "9"), minLength: from, maxLength: to });
  switch (type) {
    case "DT":
      return fc.date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }).map((date) => {
        return date.toISOString().slice(0, 10).replaceAll("-", "");
      });
    case "TM":
      return fc.constantFrom("0000", "2359", "081500", "23595999", "1200001");
    case "N":
      return fc.tuple(fc.constantFrom("", "-"), digits(Math.max(1, least), most)).map((both) => both.join(""));
    case "R":
      return fc
        .tuple(fc.constantFrom("", "-"), digits(Math.max(1, least), most), fc.constantFrom("", "."))
        .map(
          ([sign, number, point]) => `${sign}${number.slice(0, 1)}${number.length > 1 ? point : ""}${number.slice(1)}`,
        );
    default: {
      const letters = fc.constantFrom("A", "z", "0", "9", " ", "-", "/", "ä", "ß");
      const text = fc.string({ unit: letters, minLength: Math.max(0, least - 1), maxLength: Math.min(most, 40) - 1 });
      return fc.oneof({ weight: 9, arbitrary: text.map((rest) => `A${rest}`) }, fc.constant("A".repeat(most)));
    }
  }
}

/** Numbers of elements that may stand together, from those that somebody likes to have. */
function allowed({ tag, places, notes }: SegmentDef, wanted: readonly boolean[]): number {
  let present = 0;
  for (const [at, { must }] of places.entries()) if (must || wanted[at] === true) present |= 1 << at;
  for (let round = 0; round < 20; round++) {
    const note = notes.find((one) => !keeps(one, present));
    if (!note) return present;
    // In 004010 some notes name elements that came later.
    const last = 1 << (note.numbers.filter((number) => number <= places.length).at(-1)! - 1);
    if (note.kind === "E") present &= ~last;
    else present |= note.kind === "P" || note.kind === "C" ? note.all : last;
  }
  // One note takes back what another wants: fewer elements have fewer wishes.
  return allowed({ tag, places, notes }, []);
}

function elementsArbitrary(tag: string, release: Release): fc.Arbitrary<Values> {
  const def = segmentsOf(release).get(tag)!;
  const values = def.places.map((place) => {
    const one = textOf(place);
    const many = place.most > 1 && release === "005010" ? fc.array(one, { minLength: 2, maxLength: 3 }) : one;
    return fc.oneof(one, many);
  });
  return fc
    .tuple(fc.array(fc.boolean(), { minLength: values.length, maxLength: values.length }), fc.tuple(...values))
    .map(([wanted, texts]) => {
      const present = allowed(def, wanted);
      const held = texts.map((text, at) => [elementName(tag, at + 1), text] as const);
      return Object.fromEntries(held.filter((_, at) => (present & (1 << at)) !== 0));
    });
}

function partsArbitrary(loop: Loop, release: Release, depth: number): fc.Arbitrary<Values> {
  const parts = [...loop.parts.values()].filter(({ foreign }) => !foreign);
  const lists = parts.map((part) => {
    const isNeeded = loop.needed.includes(part);
    const most = Math.min(part.most, 2);
    const segment = segmentArbitrary(part, release, depth);
    const some = fc.array(segment, { minLength: 1, maxLength: most });
    return isNeeded
      ? some
      : fc.oneof({ weight: 4 + 2 * depth, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some });
  });
  return fc
    .tuple(...lists)
    .map((all) =>
      Object.fromEntries(
        all.flatMap((list, at) => (list.length === 0 ? [] : [[parts[at]!.tag, parts[at]!.single ? list[0] : list]])),
      ),
    );
}

function segmentArbitrary(part: Part, release: Release, depth: number): fc.Arbitrary<Values> {
  const elements = elementsArbitrary(part.tag, release);
  if (!part.loop) return elements;
  return fc
    .tuple(elements, partsArbitrary(part.loop, release, depth + 1))
    .map(([own, inner]) => ({ ...own, ...inner }));
}

function written(set: string, release: Release, parts: Values): string {
  const version = release === "004010" ? "00401" : "00501";
  const sketch = { ISA: { ISA06: "WERKNORD", ISA08: "HANDELSUED", ISA12: version }, ST: { ST01: set }, ...parts };
  const writer = x12Writer(sketch);
  expect(writer.problems).toEqual([]);
  return Buffer.from(writer.write(sketch as Value, SCOPE)).toString();
}

async function groupOf(text: string): Promise<OpenGroup> {
  const read = await readInterchanges(chunked(Buffer.from(text), []), OPTIONS, decodeContext());
  return read.interchanges[0]!.groups[0]!;
}

async function found(text: string): Promise<readonly SegmentFinding[]> {
  const { sets } = await groupOf(text);
  expect(sets).toHaveLength(1);
  return sets[0]!.segments;
}

/** A set, its release, and what a valid template of it gives. */
const validSet = fc
  .constantFrom(...CASES)
  .chain(([set, release]) =>
    fc.tuple(fc.constant(set), fc.constant(release), partsArbitrary(profileOf(set, release)!, release, 0)),
  );

describe("what is written from a valid template", () => {
  it.each(CASES)("%s of %s is sound", async (set, release) => {
    const property = fc.asyncProperty(partsArbitrary(profileOf(set, release)!, release, 0), async (parts) => {
      expect(await found(written(set, release, parts))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

// ── what is broken of it ────────────────────────────────────────────────────────────────────────────────────────

interface Broken {
  readonly lines: readonly string[];
  readonly position: number;
  readonly segment?: string;
  readonly element?: readonly [number, string];
}

/** Breaks the segment at `at` (ST = 0) where it can be broken so. */
type Break = (lines: readonly string[], at: number, def: SegmentDef, seed: number) => Broken | undefined;

const BREAKS: Readonly<Record<string, Break>> = {
  "a segment nobody knows": (lines, at) => ({
    lines: [...lines.slice(0, at + 1), "ZZ9*1", ...lines.slice(at + 1)],
    position: at + 2,
    segment: "1",
  }),
  "an element too long": changed(
    "5",
    ({ element }) => element && element.type !== "DT" && element.type !== "TM",
    ({ element }) => (element!.type === "AN" || element!.type === "ID" ? "X" : "1").repeat(element!.most + 1),
  ),
  "a letter in a number": changed(
    "6",
    ({ element }) => element?.type === "N" || element?.type === "R",
    () => "1x",
  ),
  "a day that does not exist": changed(
    "8",
    ({ element }) => element?.type === "DT",
    () => "20260230",
  ),
  "an hour that does not exist": changed(
    "9",
    ({ element }) => element?.type === "TM",
    () => "2500",
  ),
  "an element that lacks": changed(
    "1",
    ({ must }) => must,
    () => "",
  ),
  "an element too many": (lines, at, { places }) => {
    const parts = lines[at]!.split("*");
    while (parts.length <= places.length) parts.push("");
    return { lines: lines.with(at, `${parts.join("*")}*x`), position: at + 1, element: [places.length + 1, "3"] };
  },
};

/** Of the elements that are there and fit, one becomes another. */
function changed(code: string, fits: (place: Place) => boolean | undefined, value: (place: Place) => string): Break {
  return (lines, at, { places }, seed) => {
    const parts = lines[at]!.split("*");
    const numbers = parts
      .map((_, number) => number)
      .filter((number) => number > 0 && parts[number] !== "" && fits(places[number - 1]!));
    const number = numbers[seed % numbers.length];
    if (number === undefined) return undefined;
    const text = parts.with(number, value(places[number - 1]!)).join("*");
    return { lines: lines.with(at, text), position: at + 1, element: [number, code] };
  };
}

describe("what is broken", () => {
  for (const [name, breaks] of Object.entries(BREAKS)) {
    it(`is found: ${name}`, async () => {
      let broken = 0;
      const cases = fc.tuple(validSet, fc.nat(), fc.nat());
      const property = fc.asyncProperty(cases, async ([[set, release, parts], place, seed]) => {
        const [head = "", body = "", tail = ""] = written(set, release, parts).split(/(?=ST\*)|(?=SE\*)/);
        const lines = body.split("~").slice(0, -1);
        const from = place % (lines.length - 1);
        // The first one behind it that can be broken so.
        const outcome = lines.slice(1).reduce<Broken | undefined>((done, _, step, all) => {
          const at = 1 + ((from + step) % all.length);
          return done ?? breaks(lines, at, segmentsOf(release).get(lines[at]!.split("*")[0]!)!, seed);
        }, undefined);
        if (!outcome) return;
        broken++;
        const { position, segment, element } = outcome;
        const counted = tail.replace(/^SE\*\d+/, `SE*${outcome.lines.length + 1}`);
        const findings = await found(`${head}${outcome.lines.map((line) => `${line}~`).join("")}${counted}`);
        expect(findings.map((one) => one.position)).toEqual([position]);
        expect(findings[0]!.code).toBe(segment);
        const told = findings[0]!.elements!.map((one) => `${one.position}=${one.code}`);
        expect(element ? told.includes(element.join("=")) : told.length === 0, told.join(" ")).toBe(true);
      });
      await fc.assert(property, { numRuns: 60 });
      expect(broken).toBeGreaterThan(10);
    });
  }

  it("is found: a segment that must be there", async () => {
    for (const [set, tag] of [
      ["850", "BEG"],
      ["810", "BIG"],
      ["810", "TDS"],
      ["997", "AK9"],
      ["999", "AK1"],
    ] as const) {
      for (const release of RELEASES) {
        const whole = profileOf(set, release)!;
        const needed = { ...whole, parts: new Map(whole.needed.map((part) => [part.tag, part])) };
        const [parts] = fc.sample(partsArbitrary(needed, release, 0), { numRuns: 1, seed: 7 });
        const text = written(set, release, parts!);
        const tags = text
          .slice(text.indexOf("ST*"))
          .split("~")
          .map((line) => line.split("*")[0]!);
        const lacking = text.replaceAll(new RegExp(`~${tag}\\*[^~]*`, "g"), "").replace(/SE\*\d+/, () => {
          return `SE*${tags.indexOf("SE") + 1 - tags.filter((one) => one === tag).length}`;
        });
        const findings = await found(lacking);
        expect(
          findings.map((one) => `${one.tag} ${one.code}`),
          `${set} ${tag}`,
        ).toContain(`${tag} 3`);
        expect(findings.find((one) => one.tag === tag)!.position).toBe(tags.indexOf(tag) + 1);
      }
    }
  });
});

// ── the short way and the long way ──────────────────────────────────────────────────────────────────────────────

describe("a segment that is read quickly", () => {
  it("gives the record that the reader of elements gives", () => {
    const delimiters: Delimiters = { element: "*", component: ">", repetition: "^", segment: "~" };
    const tags = [...segmentsOf("005010").keys()];
    const quick = new QuickReader("005010", ">", "^");
    const words = fc.constantFrom(
      "",
      "",
      "A",
      "AB",
      "ABC",
      "12",
      "20261102",
      "0815",
      "1.5",
      " ",
      "  x",
      "A>B",
      "A^B",
      "\n",
      "X".repeat(90),
    );
    let read = 0;
    const property = fc.property(fc.constantFrom(...tags), fc.array(words, { maxLength: 8 }), (tag, elements) => {
      const parts = [tag, ...elements];
      const record = quick.read(parts);
      if (!record) return;
      read++;
      expect({ ...record }).toEqual({ ...segmentRecord(parts, delimiters, new Set()) });
    });
    fc.assert(property, { numRuns: 5_000 });
    expect(read).toBeGreaterThan(100);
  });
});

describe("an acknowledgement of anything", () => {
  it("is sound itself", async () => {
    const cases = fc.tuple(validSet, fc.nat());
    const property = fc.asyncProperty(cases, async ([[set, release, parts], cut]) => {
      const whole = written(set, release, parts);
      // Something goes missing anywhere in the middle.
      const from = whole.indexOf("~", whole.indexOf("~ST*") + 1) + 1;
      const at = from + (cut % (whole.indexOf("~SE*") - from + 1));
      const bytes = whole.slice(0, at) + whole.slice(at + (cut % 7));
      const group = await groupOf(bytes);
      const kind = release === "004010" ? "997" : "999";
      const repetition = repeats(kind === "997" ? "00401" : "00501") ? "^" : undefined;
      const delimiters = { element: "*", component: ">", repetition, segment: "~" };
      const stamp = { date: "20261103", time: "101500", number: "77" };
      const isa = { ...ENVELOPE.ISA, ISA12: kind === "997" ? "00401" : "00501" };
      const answer = acknowledge({ isa, groups: [{ ...group, refused: false }] }, { kind, stamp, delimiters });
      expect(await found(answer)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
