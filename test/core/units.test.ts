// Records → messages: whatever the formula says and whatever cannot be decoded, every record stands in exactly one unit.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Per } from "../../src/core/bridge/types.ts";
import type { Batch, Codec, Scope } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import type { CompiledFormula } from "../../src/core/mapping/types.ts";
import type { Unit } from "../../src/core/pipeline/unit.ts";
import { decodeUnits } from "../../src/core/pipeline/units.ts";

interface Item {
  readonly key: string | undefined;
  readonly fault: boolean;
  readonly fails: boolean;
  readonly begins?: boolean;
}

const at = { file: "bridge.yaml", line: 1, column: 1 };
const formula = (name: "KEY" | "HEAD"): CompiledFormula => ({
  source: name,
  at,
  names: [],
  evaluate: (record) => {
    const { FAILS, [name]: value } = record as { readonly [key: string]: string | boolean | undefined };
    if (FAILS === true) throw new BridgeError("FORMULA_FAILED", "it failed", { stage: "map" });
    return value;
  },
});

/** Ten bytes per record; batches of the sizes given; `broken`: decoding ends there with an error. */
function codecOf(items: readonly Item[], sizes: readonly number[], broken: boolean): Codec {
  return {
    version: "test",
    fields: undefined,
    async *decode() {
      let first = 0;
      for (let turn = 0; first < items.length; turn++) {
        const part = items.slice(first, first + (sizes[turn % Math.max(1, sizes.length)] ?? items.length));
        yield {
          first: first + 1,
          records: part.map(({ key, fault, fails, begins }) =>
            fault
              ? {
                  fault: new BridgeError("ROW_RAGGED", "ragged", { stage: "decode", detail: "secret" }),
                  ...(begins && { begins }),
                }
              : { KEY: key, HEAD: key === "a", FAILS: fails },
          ),
          lines: part.map((_, index) => first + index + 2),
          ends: part.map((_, index) => (first + index + 1) * 10),
          fields: undefined,
        } satisfies Batch;
        first += part.length;
      }
      if (broken) throw new BridgeError("QUOTE_UNTERMINATED", "broken", { stage: "decode" });
    },
  };
}

async function unitsOf(codec: Codec, per: Per): Promise<readonly Unit[]> {
  const bytes = (async function* () {})();
  const context = { signal: new AbortController().signal, pinned: undefined, detected: () => undefined };
  const units: Unit[] = [];
  for await (const batch of decodeUnits(codec, bytes, context, per, () => ({}) as Scope)) units.push(...batch.units);
  return units;
}

const pers: readonly Per[] = [
  { by: "record" },
  { by: "file", most: 55 },
  { by: "file", most: 1_000_000 },
  { by: "group", key: formula("KEY"), most: 35 },
  { by: "from", starts: formula("HEAD"), most: 35 },
];

const item = fc.record({
  key: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
  fault: fc.integer({ min: 0, max: 4 }).map((value) => value === 0),
  fails: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
  begins: fc.boolean(),
});

describe("units", () => {
  it("hold every record exactly once, ascending, whatever the formula and the faults", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 5 }),
        fc.constantFrom(...pers),
        fc.boolean(),
        async (items, sizes, per, broken) => {
          const units = await unitsOf(codecOf(items, sizes, broken), per);
          const count = items.length + (broken ? 1 : 0);
          let next = 1;
          let end = 0;
          for (const unit of units) {
            expect(unit.first).toBe(next);
            expect(unit.last).toBeGreaterThanOrEqual(unit.first);
            expect(unit.end).toBeGreaterThan(end);
            next = unit.last + 1;
            ({ end } = unit);
            const inside = items.slice(unit.first - 1, unit.last);
            // A message is whole or a dead letter, never a part.
            expect(unit.records.length).toBe(unit.fault ? 0 : unit.last - unit.first + 1);
            const unreadable = inside.some(({ fault }) => fault) || unit.last > items.length;
            expect(unreadable && unit.fault === undefined).toBe(false);
          }
          expect(next).toBe(count + 1);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("do not depend on how the codec cut its batches", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...pers),
        async (items, sizes, per) => {
          const shape = (units: readonly Unit[]): unknown =>
            units.map(({ first, last, line, end, records, fault }) => [first, last, line, end, records, fault?.code]);
          expect(shape(await unitsOf(codecOf(items, sizes, false), per))).toEqual(
            shape(await unitsOf(codecOf(items, [], false), per)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  const plain = (keys: string): Item[] => Array.from(keys, (key) => ({ key, fault: key === "!", fails: key === "?" }));
  const spans = (units: readonly Unit[]): unknown => units.map(({ first, last, fault }) => [first, last, fault?.code]);

  it("of a group begin anew where the key changes, and only there", async () => {
    const per: Per = { by: "group", key: formula("KEY"), most: 1_000 };
    expect(spans(await unitsOf(codecOf(plain("aabba"), [2], false), per))).toEqual([
      [1, 2, undefined],
      [3, 4, undefined],
      [5, 5, undefined],
    ]);
  });

  it("take an undecodable record into the group before it, and the group fails with it", async () => {
    const per: Per = { by: "group", key: formula("KEY"), most: 1_000 };
    expect(spans(await unitsOf(codecOf(plain("aa!ab"), [2], false), per))).toEqual([
      [1, 4, "GROUP_UNDECODABLE"],
      [5, 5, undefined],
    ]);
  });

  it("go on where an undecodable record is a message of its own, whose rest fails with it", async () => {
    const per: Per = { by: "from", starts: formula("HEAD"), most: 1_000 };
    const items = plain("ab!bab").map((one) => ({ ...one, begins: true }));
    expect(spans(await unitsOf(codecOf(items, [2], false), per))).toEqual([
      [1, 2, undefined],
      [3, 4, "ROW_RAGGED"],
      [5, 6, undefined],
    ]);
    expect(spans(await unitsOf(codecOf(plain("ab!bab"), [2], false), per))).toEqual([
      [1, 4, "GROUP_UNDECODABLE"],
      [5, 6, undefined],
    ]);
  });

  it("whose key cannot be computed are dead letters of their own", async () => {
    const per: Per = { by: "group", key: formula("KEY"), most: 1_000 };
    expect(spans(await unitsOf(codecOf(plain("aa?aa"), [], false), per))).toEqual([
      [1, 2, undefined],
      [3, 3, "FORMULA_FAILED"],
      [4, 5, undefined],
    ]);
  });

  it("that are open where the drop cannot be read any further fail whole, together with the rest", async () => {
    const per: Per = { by: "from", starts: formula("HEAD"), most: 1_000 };
    expect(spans(await unitsOf(codecOf(plain("abab"), [3], true), per))).toEqual([
      [1, 2, undefined],
      [3, 5, "QUOTE_UNTERMINATED"],
    ]);
    expect(spans(await unitsOf(codecOf(plain("ab"), [], true), { by: "record" }))).toEqual([
      [1, 1, undefined],
      [2, 2, undefined],
      [3, 3, "QUOTE_UNTERMINATED"],
    ]);
  });

  it("throws what is no fault of the drop: a damaged spool is nobody's record", async () => {
    const codec: Codec = {
      ...codecOf(plain("a"), [], false),
      // eslint-disable-next-line require-yield
      async *decode() {
        throw new BridgeError("SPOOL_DAMAGED", "altered", { stage: "decode" });
      },
    };
    await expect(unitsOf(codec, { by: "record" })).rejects.toMatchObject({ code: "SPOOL_DAMAGED" });
  });
});
