// Messages made of rows of cells are the messages made of records, however the drop was cut and however late somebody reads them; and the
// memory of rows is used again only when the last who held it let go.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Per } from "../../src/core/bridge/types.ts";
import type { Batch, Cells, Codec, DecodeContext } from "../../src/core/contract.ts";
import type { Unit } from "../../src/core/pipeline/unit.ts";
import { decodeUnits } from "../../src/core/pipeline/units.ts";
import { chunked, decodeContext } from "../conformance/codec.ts";
import { plainCodec } from "./cell-formulas.ts";
import { compiled, scopeOf } from "./formula-place.ts";

function codecOf(window: number | undefined): Codec {
  return plainCodec(["A", "B"], window);
}

const isOf = ({ rows, cells }: Unit): readonly Cells[] => rows?.map((run) => run.cells) ?? (cells ? [cells] : []);

function shape({ first, last, line, end, records, fault }: Unit): unknown {
  return { first, last, line, end, records: [...records], fault: fault && [fault.code, fault.message, fault.detail] };
}

interface Way {
  readonly per: Per;
  readonly window: number | undefined;
  readonly cells: boolean;
  /** Units that are worked on together; then what nobody needs any more is given back, as a run of a drop does it. */
  readonly chunk: number;
  /** Every so many chunks one is held, and looked at only so many chunks later. */
  readonly late: number;
}

interface Units {
  readonly shapes: readonly unknown[];
  readonly ofRows: number;
}

async function unitsOf(text: string, { per, window, cells, chunk: most, late }: Way): Promise<Units> {
  const context: DecodeContext = { ...decodeContext(), cells };
  const shapes: unknown[] = [];
  const held: { readonly units: readonly Unit[]; readonly at: number }[] = [];
  const spent: Cells[] = [];
  let chunk: Unit[] = [];
  let chunks = 0;
  let count = 0;
  let ofRows = 0;
  const read = (units: readonly Unit[], at: number): void => {
    for (const [index, unit] of units.entries()) shapes[at + index] = shape(unit);
  };
  const letGo = (): void => {
    for (const { units, at } of held.splice(0)) {
      read(units, at);
      for (const one of units.flatMap(isOf)) one.release();
    }
  };
  const work = (): void => {
    const at = count;
    count += chunk.length;
    ofRows += chunk.filter((unit) => isOf(unit).length > 0).length;
    if (chunks++ % late === late - 1) letGo();
    if (chunks % 2 === 0) {
      for (const one of chunk.flatMap(isOf)) one.hold();
      held.push({ units: chunk, at });
    } else read(chunk, at);
    for (const cells of spent.splice(0)) cells.release();
    for (const unit of chunk) unit.release?.();
    chunk = [];
  };
  const scopeFor = (record: Parameters<typeof scopeOf>[0], index: number) => scopeOf(record, { index });
  for await (const batch of decodeUnits(codecOf(window), chunked(Buffer.from(text), []), context, per, scopeFor)) {
    for (const unit of batch.units) {
      chunk.push(unit);
      if (chunk.length >= most) work();
    }
    if (per.by !== "record") batch.cells?.release();
    else if (batch.cells) spent.push(batch.cells);
  }
  if (chunk.length > 0) work();
  letGo();
  return { shapes, ofRows };
}

const KEYS = [
  "A",
  "B",
  "FEHLT",
  "$substring(A, 0, 1)",
  "$substring(A, 1)",
  "$substring(A, 1, $length(A) - 2)",
  "$uppercase(A)",
  "A & B",
  "A = 'aa'",
];
const per: fc.Arbitrary<Per> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Per>({ by: "record" }) },
  { weight: 2, arbitrary: fc.constantFrom(20, 90, 1_000_000).map((most): Per => ({ by: "file", most })) },
  { weight: 1, arbitrary: fc.constant<Per>({ by: "from", starts: compiled("A = 'aa'"), most: 60 }) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom(...KEYS), fc.constantFrom(18, 40, 1_000_000))
      .map(([key, most]): Per => ({ by: "group", key: compiled(key), most })),
  },
);

const key = fc.constantFrom("aa", "aa", "ab", "b", "ä1", "ä2", "", "a", "\u0000", "😀");
const value = fc.constantFrom("1", "22", "", "x;y", 'er sagte "ja"', "Ende", "ü", "\t");
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const row = fc.tuple(key, value, fc.nat(40)).map(([a, b, kind]): string => {
  if (kind === 0) return "zu;viele;Zellen";
  if (kind === 1) return "zuwenig";
  if (kind === 2) return `${a};"mit\nUmbruch"`;
  if (kind === 3) return `${a};"zu"viel`;
  if (kind === 4) return "";
  return kind % 2 === 0 ? `${quoted(a)};${quoted(b)}` : `${a};${/[;"]/.test(b) ? quoted(b) : b}`;
});
/** Rows of one key often follow each other. */
const rows = fc
  .array(fc.tuple(row, fc.integer({ min: 1, max: 4 })), { maxLength: 25, size: "max" })
  .map((all) => all.flatMap(([one, times]) => Array.from({ length: times }, () => one)));
const drop = fc
  .tuple(rows, fc.constantFrom("\n", "\r\n", "\r"), fc.constantFrom("", "\n", '\naa;"offen'))
  .map(([all, lineEnd, tail]) => all.join(lineEnd) + tail);

describe("messages of rows", () => {
  it("are those of records: the same borders, records and faults, in windows of any size and however late they are read", async () => {
    const windows = fc.option(fc.integer({ min: 1, max: 90 }), { nil: undefined, freq: 5 });
    const sizes = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }));
    let ofRows = 0;
    let others = 0;
    const property = fc.asyncProperty(drop, per, windows, sizes, async (text, by, window, [chunk, late]) => {
      const plain = await unitsOf(text, { per: by, window: undefined, cells: false, chunk: 1, late: 1 });
      const made = await unitsOf(text, { per: by, window, cells: true, chunk, late });
      expect(made.shapes).toEqual(plain.shapes);
      expect(plain.ofRows).toBe(0);
      ofRows += made.ofRows;
      others += made.shapes.length - made.ofRows;
    });
    await fc.assert(property, { numRuns: 1_500 });
    expect(ofRows).toBeGreaterThan(3_000);
    expect(others).toBeGreaterThan(2_000);
  });

  it("let go of what they do not keep: a message that never ends holds no more than its limit", async () => {
    const text = Array.from({ length: 20_000 }, (_, at) => `aa;${at}`).join("\n");
    const held = new Set<Cells>();
    const codec: Codec = {
      ...codecOf(undefined),
      async *decode(bytes, decoding) {
        for await (const batch of codecOf(undefined).decode(bytes, decoding)) {
          if (batch.cells) watch(batch.cells);
          yield batch;
        }
      },
    };
    const watch = (cells: Cells): void => {
      const { hold, release } = cells;
      let holders = 1;
      held.add(cells);
      Object.assign(cells, {
        hold: () => (holders++, hold()),
        release: () => (--holders === 0 && held.delete(cells), release()),
      });
    };
    const by: Per = { by: "group", key: compiled("A"), most: 30_000 };
    const context: DecodeContext = { ...decodeContext(), cells: true };
    let most = 0;
    const units: Unit[] = [];
    for await (const batch of decodeUnits(codec, chunked(Buffer.from(text), []), context, by, (one) => scopeOf(one))) {
      units.push(...batch.units);
      batch.cells?.release();
      most = Math.max(most, held.size);
    }
    expect(units).toMatchObject([{ last: 20_000, fault: { code: "GROUP_TOO_LARGE" } }]);
    expect(most).toBeGreaterThan(3);
    expect(most).toBeLessThan(12);
    expect(held.size).toBe(0);
  });

  it("of many batches are one message, whose records are made of all of them", async () => {
    const text = Array.from({ length: 1_300 }, (_, at) => `${at < 1_201 ? "aa" : "b"};${at}`).join("\n");
    const by: Per = { by: "group", key: compiled("A"), most: 1_000_000 };
    const units: Unit[] = [];
    const context: DecodeContext = { ...decodeContext(), cells: true };
    const bytes = chunked(Buffer.from(text), []);
    for await (const batch of decodeUnits(codecOf(undefined), bytes, context, by, (record) => scopeOf(record))) {
      units.push(...batch.units);
    }
    expect(units.map(({ rows: runs }) => runs?.map(({ from, to }) => to - from))).toEqual([[500, 500, 201], [99]]);
    expect(units[0]?.records.map(({ B }) => Number(B))).toEqual(Array.from({ length: 1_201 }, (_, at) => at));
  });
});

describe("the memory of rows", () => {
  it("is used again when the last holder let go, and not before", async () => {
    const text = Array.from({ length: 200 }, (_, at) => `a${at};${at}`).join("\n");
    const batches = codecOf(40).decode(chunked(Buffer.from(text), []), { ...decodeContext(), cells: true });
    const some = batches[Symbol.asyncIterator]();
    const next = async (count: number): Promise<readonly Cells[]> => {
      const found: Cells[] = [];
      while (found.length < count) found.push(((await some.next()).value as Batch).cells as Cells);
      return found;
    };
    const [first] = (await next(1)) as [Cells];
    const was = first.record(0);
    first.hold();
    first.hold();
    first.release();
    first.release();
    for (const cells of await next(2)) {
      expect(cells.places).not.toBe(first.places);
      expect(cells.bytes.buffer).not.toBe(first.bytes.buffer);
      cells.release();
    }
    expect(first.record(0)).toEqual(was);
    first.release();
    expect(() => first.record(0)).toThrow("given back");
    const later = await next(5);
    expect(later.map(({ places }) => places)).toContain(first.places);
    expect(later.map(({ bytes }) => bytes.buffer)).toContain(first.bytes.buffer);
    // Twice is once.
    first.release();
    const again = await next(3);
    expect(again.map(({ places }) => places)).not.toContain(first.places);
  });
});
