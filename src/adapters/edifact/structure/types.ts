// What the matcher is given of a message, and what it says of it.

import type { Rec } from "../../../core/contract.ts";

/** Elements of a segment → their repetitions → components; the first is the one behind the tag. What is absent is "". */
export type SegmentElements = readonly (readonly (readonly string[])[])[];

/** Text of one byte per character, for reading sound segments at once. */
export interface QuickText {
  /** Four zeros stand behind the last one: nothing has to ask whether there is one more. */
  readonly bytes: Uint8Array;
  readonly text: string;
  /** By byte: what it is (service.ts), of all 256; SPECIAL where the text's character is not what the drop means. */
  readonly kinds: Uint8Array;
}

/** A segment as the reader cuts it out of the bytes. */
export interface ReadSegment {
  readonly tag: string;
  /** In its message; UNH is 1. */
  readonly position: number;
  /** Cut up when it is asked for. */
  elements(): SegmentElements;
}

/** What is wrong with a message, by data element 0085, where CONTRL says it. */
export interface StructureFinding {
  readonly code0085: number;
  /** UCS = the segment, UCD = an element of it. */
  readonly place: "UCS" | "UCD";
  readonly tag: string;
  /** Data element 0096; what is missing is told of the last segment before it. */
  readonly position: number;
  /** Data element 0098: the tag is 1, the first element 2. Of UCD only. */
  readonly element?: number;
  /** Data element 0104, from 1. */
  readonly component?: number;
  /** Data element 0136, from 1; of repeated elements only. */
  readonly occurrence?: number;
  /** `NAD 3035 (Party function code qualifier) is missing`: for people; no values. */
  readonly message: string;
}

/** What the rules of the interchange change about the checks. */
export interface MatchRules {
  /** Syntax version, 1 to 4. */
  readonly syntax: number;
  /** Decimal marks that numbers may have: of UNA in syntax 1 to 3; absent = both. */
  readonly decimal?: string;
  /** Empty elements and components at an end are findings (45); absent = they are tolerated. */
  readonly trailing?: boolean;
}

export interface Matched {
  readonly record: Rec;
  readonly findings: readonly StructureFinding[];
}

/** A group begins: its name, its record (not filled yet), and the position of its trigger. */
export type GroupOpened = (group: string, fields: Rec, position: number) => void;

export interface Matcher {
  /** The segments of one message, UNH to UNT, in order. */
  match(segments: Iterable<ReadSegment>): Matched;
  /** For segments as they come. */
  begin(opened?: GroupOpened): MessageRun;
}

/** One message that is being read. */
export interface MessageRun {
  take(segment: ReadSegment): void;
  /**
   * Takes the segment whose tag begins at `from`, if it is sound and fits here. The index behind its terminator; -1 = nothing was done,
   * it has to be taken the other way.
   */
  takeQuick(text: QuickText, from: number, position: number): number;
  finish(): Matched;
  /** Position of the last segment that had its place. */
  readonly last: number;
  /** So far. */
  readonly findings: readonly StructureFinding[];
}
