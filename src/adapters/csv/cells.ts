// Rows that stay cells. Where everything of a record is written cell by cell (`DecodeContext.cells`), making an object of texts of each row
// would cost more than all the rest; so plain rows are scanned in the window's own bytes, and the tokenizer reads the others one by one.

import type { Batch, Cells, Rec, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { TextWindow } from "../shared/encodings/windows.ts";
import { type Batches, type BatchesOfRows, type BatchOfOthers, RECORDS } from "../shared/records/batches.ts";
import type { ReadWindow } from "../shared/records/reading.ts";
import type { RowBytes, RowMemory } from "./row-memory.ts";
import { MORE, OTHER, scanner, type Scanner } from "./scanner.ts";

/** What rows of cells share, once it is known. */
export interface CellLayout {
  readonly names: readonly string[];
  readonly make: (cells: readonly Value[]) => Rec;
}

/** The general way, and what it shares with the scanner. */
export interface TextRows {
  /** Reads one record, or passes over something that is none, from `window.consumed` on. */
  step(window: TextWindow): void;
  /** What the next row is if it is plain; undefined = the general way has to look at it. */
  layout(): CellLayout | undefined;
  /** Line of the next row. */
  line: number;
}

export interface CellDialect {
  readonly delimiter: string;
  readonly quote: string;
  readonly most: number;
}

/** Batches that know which of their records are rows of cells. */
export interface CellBatches extends Batches {
  /** The bytes of the rows that come now. */
  open(bytes: RowBytes, layout: CellLayout): void;
  readonly places: Int32Array;
  /** Whether rows of the window that is open wait to be handed over. */
  readonly waits: boolean;
  row(line: number, end: number): void;
}

const NO_PLACES: Int32Array = new Int32Array(0);

export function cellBatches(inner: BatchesOfRows, memory: RowMemory): CellBatches {
  let bytes: RowBytes | undefined;
  let layout: CellLayout | undefined;
  let places = NO_PLACES;
  let rows = 0;
  return {
    get fields() {
      return inner.fields;
    },
    set fields(fields) {
      inner.fields = fields;
    },
    add: (record, line, end) => inner.add(record, line, end),
    fault: (fault, line, end, begins) => inner.fault(fault, line, end, begins),
    get full() {
      return inner.full;
    },
    get count() {
      return inner.count;
    },
    get places() {
      return places;
    },
    get waits() {
      return rows > 0;
    },
    open(given, known) {
      bytes = given;
      layout = known;
      const columns = known.names.length;
      // Records between the rows count, too, and are as short as a byte and a line end.
      const most = Math.min(RECORDS, inner.count + Math.floor(given.bytes.length / 2) + 1);
      if (rows === 0 && places.length < 2 * columns * most) places = memory.places(2 * columns * most);
    },
    row(line, end) {
      inner.row(line, end);
      rows++;
    },
    take() {
      if (rows === 0 || !bytes || !layout) return inner.take();
      const batch = inner.takeOthers();
      if (!batch) return undefined;
      const cells = cellsOf(batch.records, bytes, layout, places, memory);
      rows = 0;
      places = NO_PLACES;
      return new CellBatch(batch, cells);
    },
  };
}

function cellsOf(
  records: BatchOfOthers["records"],
  held: RowBytes,
  { names, make }: CellLayout,
  places: Int32Array,
  memory: RowMemory,
): Cells {
  const { bytes } = held;
  let holders = 1;
  held.hold();
  return {
    bytes,
    names,
    places,
    others: records,
    record(row) {
      if (holders <= 0) throw givenBack();
      const first = 2 * names.length * row;
      return make(
        names.map((_, column) => {
          const at = first + 2 * column;
          return places[at] === places[at + 1] ? undefined : bytes.toString("utf8", places[at], places[at + 1]);
        }),
      );
    },
    hold() {
      if (holders <= 0) throw givenBack();
      holders++;
    },
    release() {
      if (--holders !== 0) return;
      held.drop();
      memory.takeBack(places);
    },
  };
}

/** Of no stage: nothing is wrong with the drop. */
function givenBack(): BridgeError {
  return new BridgeError("INTERNAL", "a row was read after it had been given back");
}

/** A class: a getter of an object literal would be a hidden class of its own for each batch, which outlives it. */
class CellBatch implements Batch {
  readonly first: number;
  readonly lines: readonly number[];
  readonly ends: readonly number[];
  readonly fields: readonly string[] | undefined;
  readonly cells: Cells;
  private made: Batch["records"] | undefined;

  constructor({ first, lines, ends, fields }: BatchOfOthers, cells: Cells) {
    this.first = first;
    this.lines = lines;
    this.ends = ends;
    this.fields = fields;
    this.cells = cells;
  }

  get records(): Batch["records"] {
    const { others } = this.cells;
    return (this.made ??= this.ends.map((_, row) => others[row] ?? this.cells.record(row)));
  }
}

/** Reads windows that are UTF-8, or can be, by the scanner where it can, everything else by `text`. */
export function cellReader(
  { delimiter, quote, most }: CellDialect,
  batch: CellBatches,
  rows: TextRows,
  text: ReadWindow,
  memory: RowMemory,
): ReadWindow {
  let known: { readonly layout: CellLayout; readonly scanner: Scanner | undefined } | undefined;
  let current: TextWindow | undefined;
  let held = memory.copy(Buffer.alloc(0));
  let at = 0;
  // The tokenizer counts in characters.
  let [bytesSeen, charactersSeen] = [0, 0];

  function scannerOf(layout: CellLayout): Scanner | undefined {
    if (known?.layout !== layout) known = { layout, scanner: scanner(delimiter, quote, layout.names.length) };
    return known.scanner;
  }

  /** Reads plain rows until there are no more of them; answers why it stopped. */
  function scanRows(window: TextWindow, layout: CellLayout, { scan }: Scanner): "full" | typeof MORE | typeof OTHER {
    const { last, offset } = window;
    const { bytes } = held;
    const { length } = bytes;
    batch.open(held, layout);
    const { places } = batch;
    const stride = 2 * layout.names.length;
    let slot = stride * batch.count;
    let { line } = rows;
    let stopped: "full" | typeof MORE | typeof OTHER = MORE;
    while (at < length) {
      const byte = bytes[at];
      if (byte === 10 || byte === 13) {
        if (byte === 13 && at + 1 === length && !last) break;
        at += byte === 13 && bytes[at + 1] === 10 ? 2 : 1;
        line++;
        continue;
      }
      const next = scan(bytes, at, last, places, slot);
      if (next === OTHER || (next === MORE ? length : next) - at > most) {
        stopped = OTHER;
        break;
      }
      if (next === MORE) break;
      batch.row(line, offset + window.originOf(next));
      line++;
      slot += stride;
      at = next;
      if (batch.full) {
        stopped = "full";
        break;
      }
    }
    rows.line = line;
    return stopped;
  }

  /** One row by the tokenizer; false = it needs the next window. */
  function stepText(window: TextWindow, utf8: Buffer): boolean {
    charactersSeen += utf8.toString("utf8", bytesSeen, at).length;
    bytesSeen = at;
    window.consumed = charactersSeen;
    rows.step(window);
    if (window.consumed === charactersSeen) return false;
    at += Buffer.byteLength(window.text.slice(charactersSeen, window.consumed));
    charactersSeen = window.consumed;
    bytesSeen = at;
    return true;
  }

  return (window) => {
    const { utf8 } = window;
    if (!utf8) return text(window);
    if (window !== current) {
      current = window;
      at = 0;
      [bytesSeen, charactersSeen] = [0, 0];
      held.drop();
      held = memory.copy(utf8);
    }
    for (;;) {
      const layout = rows.layout();
      const scans = layout && scannerOf(layout);
      const stopped = layout && scans ? scanRows(window, layout, scans) : OTHER;
      const goesOn = stopped === OTHER && stepText(window, utf8);
      window.consumedBytes = window.originOf(at);
      if (batch.full) return true;
      // Rows of cells are handed over before their bytes make way for the next window's.
      if (!goesOn) return batch.waits;
    }
  };
}
