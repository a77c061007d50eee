// The part of the contract for formats: bytes → records, and a rendered template → bytes.

import type { Rec, Scope, Value } from "./contract.ts";
import type { BridgeError } from "./errors.ts";

// ── decode ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A record that could not be decoded: it becomes a dead letter, the rest of the drop goes on. */
export interface DecodeFault {
  readonly fault: BridgeError;
  /** It is a whole message by itself, so with `map.per.from` the message before it goes on without it. */
  readonly begins?: boolean;
}

/** A file out of a packed drop. */
export interface MemberInfo {
  /** As the archive gives it, with `/`; undefined where there is only one (gzip): then the drop's name without `.gz`. */
  readonly name: string | undefined;
}

/**
 * Consecutive records. Batches are what makes decoding fast: one await per batch, not per record. Where a batch ends
 * is the codec's choice (some hundred records, or the end of a read); it means nothing to the rest.
 */
export interface Batch {
  /** Number of the first record in the drop, from 1. */
  readonly first: number;
  readonly records: readonly (Rec | DecodeFault)[];
  /** Line on which each record begins, from 1; 0 where the format has no lines. */
  readonly lines: ArrayLike<number>;
  /** Byte offset in the drop just behind each record; strictly rising. The same on every decoding. */
  readonly ends: ArrayLike<number>;
  /**
   * Top-level names a record can have; undefined = open (JSON). The same array as long as it does not change, so that
   * names are checked once. With record types: the union.
   */
  readonly fields: readonly string[] | undefined;
  /** The file of the archive they come from: the same object for all of its batches. */
  readonly member?: MemberInfo | undefined;
  /** The same records as places in bytes, where `DecodeContext.cells` asked for them; `records` are made when somebody reads them. */
  readonly cells?: Cells | undefined;
}

/** Rows of a batch that nobody has made records of: cells are where they stand in the drop. */
export interface Cells {
  /** Valid UTF-8; until `release`. */
  readonly bytes: Uint8Array;
  /** Names of the columns; the same array as long as it does not change. */
  readonly names: readonly string[];
  /** Where each cell begins and ends, row by row (row × 2 × columns); the same place twice = blank. */
  readonly places: Int32Array;
  /** By row: what is not kept as cells. undefined, and all behind its end: rows of cells. */
  readonly others: readonly (Rec | DecodeFault | undefined)[];
  /** The record of a row of cells. */
  record(row: number): Rec;
  /** Somebody else looks at these rows, and will release them as well. */
  hold(): void;
  /** When nobody looks at these rows any more, their memory may be used again. Whoever does not say so leaves it to V8. */
  release(): void;
}

export interface DecodeContext {
  readonly signal: AbortSignal;
  /** What `detect` chose for this drop at its first decoding, or undefined then; a replay decodes as pinned. */
  readonly pinned: Readonly<Record<string, string>> | undefined;
  /** Called at most once per option with what was detected, before the first batch; core pins it in the journal. */
  detected(option: string, value: string): void;
  /**
   * Something is wrong that costs no record (the partner is read leniently): a person hears of it in the receipt. Told in the order of the
   * drop, the same at every decoding; core keeps a bounded number of them. Absent = nobody listens.
   */
  notice?(what: BridgeError): void;
  /**
   * By `checkFrame`, of what may come only once, as an interchange by its references: where another drop of the bridge had the same key
   * within `remembers`, nothing of this one is delivered, and it fails of `twice`. Absent = nobody remembers.
   */
  once?(key: string, twice: BridgeError): void;
  /**
   * By `checkFrame` and `decode`, of each interchange: whom its header names as its sender, as it stands there; "" or nothing where it
   * names nobody. Absent = nobody asks.
   */
  sender?(name: string): void;
  /** Records are written cell by cell and hardly ever read by name: a codec that can gives `Batch.cells`. */
  readonly cells?: boolean | undefined;
}

/** What people call a place of a record, and the code that stands there: `Party: Seller`. */
export interface Remark {
  /** Names, and positions in lists from 0. */
  readonly path: readonly (string | number)[];
  readonly says: string;
}

/** Bytes → records. Pure: no clock, no files, no network; the same bytes give the same records in the same order. */
export interface Codec {
  /** Changes whenever the same bytes could decode differently; pinned per drop. */
  readonly version: string;
  /** Every value of a record is text: a field compared with a number is then never equal, and the checker says so. */
  readonly textOnly?: boolean;
  /** What it reads names its senders (`DecodeContext.sender`): a drop that nobody decodes is read for them alone. */
  readonly namesSenders?: true;
  /** For how many milliseconds the keys of `once` are remembered; absent = they are not. */
  readonly remembers?: number | undefined;
  /** Names known before any data (columns, layout), for `steg check`; undefined where only the data tells. */
  readonly fields: readonly string[] | undefined;
  /**
   * A structural failure that makes the rest unreadable (an unterminated quote, a broken XML frame) is thrown as a
   * BridgeError with stage decode; a record that alone is bad is yielded as a DecodeFault.
   */
  decode(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncIterable<Batch>;
  /**
   * Formats whose end proves them (XML, JSON documents) are read once over the spool before anything is delivered: throws if the
   * frame is broken. Absent where there is no frame.
   */
  checkFrame?(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): Promise<void>;
  /**
   * Formats whose records are tags, numbers and codes: what those mean, for people who look at one record (`steg try --record`), in any
   * order. A place without a remark is shown as it is; codecs without this have records that formulas alone make plain, and none is shown.
   */
  explain?(record: Rec): Iterable<Remark>;
}

// ── map ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Stands in a sketch where a formula will give the value. */
export const FORMULA = Symbol("formula");
/** `map.<name>` as the bridge file has it, before there is a record: literals are text as written, what `=each` repeats is a list of one. */
export type Sketch = string | typeof FORMULA | undefined | readonly Sketch[] | { readonly [name: string]: Sketch };

/** What a template can never make right: a JSON pointer into it (RFC 6901), and `has no segment XYZ`. */
export interface SketchProblem {
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Values → the bytes of one message, for formats that are more than text around values. Pure: the same values give the same bytes. */
export interface Writer {
  /** For example `application/EDIFACT`. */
  readonly contentType: string;
  /** Messages may stand one behind the other in one body; absent = each is a body of its own. */
  readonly joins?: true;
  /** All that is wrong with the template, whatever the records say. */
  readonly problems: readonly SketchProblem[];
  /**
   * What the template gave; what is absent in it has no key. Throws BridgeError with stage map; `facts.path` (a JSON pointer) tells which
   * line of the bridge file is at fault.
   */
  write(value: Value, scope: Scope): Uint8Array;
  /** What it wrote, for people to read and for the tests of a mapping to compare. */
  show(bytes: Uint8Array): string;
  /** What each line of that means, "" where nothing is known: for people who look at one message (`steg try --record`). */
  explain?(shown: string): readonly string[];
}
