// What map.edifact writes is read back as it was, by our own reader and by others.

import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileLevels, type Child, type Level } from "../../src/adapters/edifact/structure/compile.ts";
import type { PartPlan, PlacePlan, SegmentPlan } from "../../src/adapters/edifact/structure/segment.ts";
import { openDirectories } from "../../src/adapters/edifact/directory/open.ts";
import { FORMULA, type Rec, type Sketch, type Value } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { edifact } from "./edifact-samples.ts";
import { splitInterchange } from "./edifact-split.ts";
import { PARTIES, SCOPE, writer } from "./edifact-writing.ts";

/** Without types of its own; an oracle here, nothing more. */
interface PackageParser {
  onopensegment(tag: string): void;
  onelement(): void;
  oncomponent(value: string): void;
  encoding(level: string): void;
  write(text: string): void;
  end(): void;
}
const { Parser } = createRequire(import.meta.url)("edifact") as { readonly Parser: new () => PackageParser };

const directories = openDirectories();

/** Letters of UNOC, service characters and umlauts among them. */
const character = fc.constantFrom(...Array.from("aZ0 ?'+:*äß.,-"));

function valueOf({ element: { type, least, most } }: PartPlan): fc.Arbitrary<string> {
  const length = { minLength: Math.max(least, 1), maxLength: Math.min(most, Math.max(least, 8)) };
  if (type === "n") return fc.stringMatching(new RegExp(`^[1-9]{${length.minLength},${length.maxLength}}$`));
  return fc.string({ unit: type === "a" ? fc.constantFrom("a", "Z", "?", "'") : character, ...length });
}

/** Places of one key, in their order. */
function byKey<T extends { readonly key: string }>(plans: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const plan of plans) found.set(plan.key, [...(found.get(plan.key) ?? []), plan]);
  return found;
}

type Made = { [key: string]: Value };

function fieldsOf<T extends PlacePlan | PartPlan>(
  plans: readonly T[],
  valueFor: (plan: T) => fc.Arbitrary<Value>,
): fc.Arbitrary<Made> {
  const keys = [...byKey(plans)].map(([key, all]) => {
    const [first] = all as [T, ...T[]];
    const one = valueFor(first);
    const value =
      first.index === -1
        ? one
        : fc
            .tuple(fc.array(first.required ? one : fc.option(one), { maxLength: all.length - 1 }), one)
            .map(([before, last]) => [...before, last]);
    return [key, first.required ? value : fc.option(value, { nil: undefined, freq: 2 })] as const;
  });
  return fc
    .record(Object.fromEntries(keys))
    .map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)));
}

function segmentOf({ places }: SegmentPlan): fc.Arbitrary<Made> {
  return fieldsOf(places, (place) =>
    place.nested
      ? fieldsOf(place.parts, valueOf).filter((fields) => Object.keys(fields).length > 0)
      : valueOf(place.parts[0]!),
  ).filter((fields) => Object.keys(fields).length > 0);
}

/** Deeper ones more seldom, or messages grow without end. */
function seldom<T>(value: fc.Arbitrary<T>, depth: number): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 2 + depth, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

function levelOf(level: Level, depth: number): fc.Arbitrary<Made> {
  const children = level.children.filter(({ tag, key }) => tag !== "UNH" && tag !== "UNT" && key !== "UNS");
  const made = children.map((child: Child) => {
    const one: fc.Arbitrary<Made> = child.level === undefined ? segmentOf(child.plan) : levelOf(child.level, depth + 1);
    const value: fc.Arbitrary<Value> = child.list
      ? fc.array(one, { minLength: 1, maxLength: Math.min(child.most, 2) })
      : one;
    return [child.key, child.required ? value : seldom(value, depth)] as const;
  });
  return fc
    .record(Object.fromEntries(made))
    .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
}

async function decoded(bytes: Uint8Array): Promise<readonly Rec[]> {
  const codec = edifact();
  const records: Rec[] = [];
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const context = { signal: new AbortController().signal, pinned: undefined, detected: () => {} };
  for await (const batch of codec.decode(whole(), context))
    for (const record of batch.records) {
      if ("fault" in record && record["fault"] instanceof BridgeError) throw record["fault"];
      records.push(record as Rec);
    }
  return records;
}

/** Events of the package, as our splitter gives segments. */
function readByPackage(text: string): unknown[] {
  const parser = new Parser();
  const segments: { tag: string; elements: string[][] }[] = [];
  parser.onopensegment = (tag) => void segments.push({ tag, elements: [] });
  parser.onelement = () => void segments.at(-1)!.elements.push([]);
  parser.oncomponent = (value) => void segments.at(-1)!.elements.at(-1)!.push(value);
  parser.encoding("UNOC");
  parser.write(text);
  parser.end();
  return segments;
}

/** What the writer adds. */
const OWN = new Set(["UNB", "UNH", "UNS", "UNT"]);

describe("what is written", () => {
  const types = [
    ["INVOIC", "96A"],
    ["ORDERS", "01B"],
    ["DESADV", "96A"],
    ["UTILMD", "11A"],
    ["INVOIC", "14B"],
  ] as const;

  it.each(types)("is read back as it was: %s D.%s", async (type, release) => {
    const def = directories.message({ type, version: "D", release, agency: "UN", association: "" })!;
    const made = writer({
      message: `${type} D ${release} UN`,
      UNB: PARTIES,
      ...Object.fromEntries(required(compileLevels(def))),
    });
    expect(made.problems).toEqual([]);
    await fc.assert(
      fc.asyncProperty(levelOf(compileLevels(def), 0), async (body) => {
        const bytes = made.write({ message: `${type} D ${release} UN`, UNB: PARTIES, ...body }, SCOPE);
        const [record] = await decoded(bytes);
        expect(record!["UNB"]).toMatchObject(PARTIES);
        const rest = Object.entries(record!).filter(([key]) => !OWN.has(key));
        expect(Object.fromEntries(rest)).toEqual(body);
        const text = Buffer.from(bytes).toString("latin1");
        const ours = splitInterchange(text).segments.map(({ tag, elements }) => ({
          tag,
          elements: elements().map(([once]) => once),
        }));
        expect(readByPackage(text)).toEqual(ours);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});

/** Formulas for what a type must have. */
function required({ children }: Level): [string, Sketch][] {
  return children
    .filter(({ tag, required: must }) => must && !["UNH", "UNT", "UNS"].includes(tag))
    .map(({ key }) => [key, FORMULA]);
}
