// The functional acknowledgement (997) and the implementation acknowledgement (999) of a group that was read: what was accepted, what
// was not, and where. Pure: numbers and moment are given.
//
// Codes are X12's own: of a transaction set data element 718 (AK502, IK502), of a group 716 (AK905), of a segment 720 (AK304, IK304),
// of an element 723 (AK403, IK403).

import type { Rec } from "../../core/contract.ts";
import type { Delimiters } from "./delimiters.ts";
import { envelope, type Stamp } from "./envelope.ts";
import type { Line } from "./segments.ts";

/** One group as it was read. */
export interface GroupReading {
  /** ISA and GS as decode.x12 gives them. */
  readonly isa: Rec;
  readonly gs: Rec;
  /** GE01: how many transaction sets there should be; undefined = there is no GE. */
  readonly announced: number | undefined;
  readonly sets: readonly SetReading[];
  readonly codes: readonly string[];
}

export interface SetReading {
  /** ST01, ST02 and, from 005010 on, ST03. */
  readonly set: string;
  readonly number: string;
  readonly convention?: string | undefined;
  /** Empty, and no segments = accepted. */
  readonly codes: readonly string[];
  readonly segments: readonly SegmentFinding[];
}

export interface SegmentFinding {
  readonly tag: string;
  /** In the transaction set, ST = 1. */
  readonly position: number;
  readonly loop?: string | undefined;
  /** undefined where only its elements are wrong. */
  readonly code?: string | undefined;
  readonly elements?: readonly ElementFinding[] | undefined;
}

export interface ElementFinding {
  /** In the segment, from 1; in a composite its component, in a repeated element its repetition. */
  readonly position: number;
  readonly component?: number | undefined;
  readonly repetition?: number | undefined;
  /** Number of the data element in the dictionary of the standard. */
  readonly reference?: string | undefined;
  readonly code: string;
  /** What stands there; cut to 99 characters, and left out where it holds a delimiter. */
  readonly copy?: string | undefined;
}

export interface AcknowledgeOptions {
  readonly kind: "997" | "999";
  readonly stamp: Stamp;
  readonly delimiters: Delimiters;
  readonly lineEnd?: string | undefined;
}

/** A segment has data element errors. */
const ELEMENTS_WRONG = "8";
/** One or more segments in error. */
const SEGMENTS_WRONG = "5";
/** AK502 to AK506, AK905 to AK909. */
const MOST_CODES = 5;
/** The implementation guide of HIPAA that has the 999. */
const CONVENTION_999 = "005010X231A1";

/** The whole interchange that answers, from the former receiver to the former sender. */
export function acknowledge(
  reading: GroupReading,
  { kind, stamp, delimiters, lineEnd = "" }: AcknowledgeOptions,
): string {
  const { isa, gs } = reading;
  const version = text(gs, "GS08");
  const heads = {
    isa: mapOf({
      ISA05: text(isa, "ISA07"),
      ISA06: text(isa, "ISA08"),
      ISA07: text(isa, "ISA05"),
      ISA08: text(isa, "ISA06"),
      ISA12: text(isa, "ISA12"),
      ISA15: text(isa, "ISA15"),
    }),
    gs: mapOf({
      GS01: "FA",
      GS02: text(gs, "GS03"),
      GS03: text(gs, "GS02"),
      GS08: kind === "999" ? CONVENTION_999 : version.slice(0, 6),
    }),
    st: mapOf({ ST01: kind, ST03: kind === "999" ? CONVENTION_999 : "" }),
  };
  return envelope(heads, stamp, [...linesOf(reading, kind, delimiters)], delimiters, lineEnd);
}

function* linesOf(
  { gs, announced, sets, codes }: GroupReading,
  kind: "997" | "999",
  delimiters: Delimiters,
): Generator<Line> {
  const full = kind === "999";
  yield ["AK1", text(gs, "GS01"), text(gs, "GS06"), full ? text(gs, "GS08") : ""];
  for (const { set, number, convention, codes: own, segments } of sets) {
    yield ["AK2", set, number, full ? (convention ?? "") : ""];
    for (const segment of segments) yield* segmentLines(segment, full, delimiters);
    const all = new Set([...own, ...(segments.length > 0 ? [SEGMENTS_WRONG] : [])]);
    yield [full ? "IK5" : "AK5", all.size > 0 ? "R" : "A", ...[...all].slice(0, MOST_CODES)];
  }
  const accepted =
    codes.length > 0 ? 0 : sets.filter((one) => one.codes.length === 0 && one.segments.length === 0).length;
  const status = codes.length > 0 || (accepted === 0 && sets.length > 0) ? "R" : accepted < sets.length ? "P" : "A";
  const counts = [announced ?? sets.length, sets.length, accepted].map(String);
  yield ["AK9", status, ...counts, ...codes.slice(0, MOST_CODES)];
}

function* segmentLines(
  { tag, position, loop = "", code, elements = [] }: SegmentFinding,
  full: boolean,
  delimiters: Delimiters,
): Generator<Line> {
  yield [full ? "IK3" : "AK3", tag, String(position), loop, code ?? (elements.length > 0 ? ELEMENTS_WRONG : "")];
  for (const { position: at, component, repetition, reference = "", code: wrong, copy } of elements) {
    const parts = [at, component ?? "", repetition ?? ""].map(String);
    while (parts.length > 1 && parts.at(-1) === "") parts.pop();
    // Before 00402 nothing repeats, and the composite has two components.
    const place = (delimiters.repetition === undefined ? parts.slice(0, 2) : parts).join(delimiters.component);
    yield [full ? "IK4" : "AK4", place, reference, wrong, shownCopy(copy, delimiters)];
  }
}

function shownCopy(copy: string | undefined, { element, component, repetition, segment }: Delimiters): string {
  if (copy === undefined || /[\u0000-\u001f\u007f]/.test(copy)) return "";
  const separates = [element, component, repetition, segment].some((one) => one !== undefined && copy.includes(one));
  return separates ? "" : copy.slice(0, 99).trim();
}

function text(record: Rec, name: string): string {
  const value = record[name];
  return typeof value === "string" ? value : "";
}

function mapOf(values: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(values).filter(([, value]) => value !== ""));
}
