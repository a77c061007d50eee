// The interchange that answers one that was read: a functional acknowledgement (997) or an implementation acknowledgement (999) for each
// of its groups, and TA1 for itself: what was accepted, what was not, and where. Pure: numbers and moment are given.
//
// Codes are X12's own: of a transaction set data element 718 (AK502, IK502), of a group 716 (AK905), of a segment 720 (AK304, IK304),
// of an element 723 (AK403, IK403), of an interchange I17 and I18 (TA104, TA105).

import type { Rec } from "../../core/contract.ts";
import type { Delimiters } from "./delimiters.ts";
import { envelopeOf, type Stamp } from "./envelope.ts";
import type { Line } from "./segments.ts";

/** One interchange as it was read, as far as it is answered. */
export interface InterchangeReading {
  /** ISA as decode.x12 gives it. */
  readonly isa: Rec;
  /** What TA1 says: accepted, accepted with errors, refused; and why (data element I18). undefined = no TA1. */
  readonly verdict?: { readonly status: "A" | "E" | "R"; readonly note: string } | undefined;
  readonly groups: readonly GroupReading[];
}

/** One group as it was read. */
export interface GroupReading {
  /** GS as decode.x12 gives it. */
  readonly gs: Rec;
  /** GE01: how many transaction sets there should be; undefined = there is no GE. */
  readonly announced: number | undefined;
  readonly sets: readonly SetReading[];
  readonly codes: readonly string[];
  /** Nothing of it was taken, whatever is wrong with itself. */
  readonly refused: boolean;
}

export interface SetReading {
  /** ST01, ST02 and, from 005010 on, ST03. */
  readonly set: string;
  readonly number: string;
  readonly convention?: string | undefined;
  /** Empty, and no segments = there is nothing wrong with it. */
  readonly codes: readonly string[];
  readonly segments: readonly SegmentFinding[];
  /** It was not taken, because another one was not. */
  readonly refused?: boolean;
  /** What is wrong with its segments alone was let be. */
  readonly noted?: boolean;
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
  readonly stamp: Stamp & { readonly groups?: readonly string[] };
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

/** The whole interchange that answers, from the former receiver to the former sender. `stamp.groups`: GS06 of each group. */
export function acknowledge(
  { isa, verdict, groups }: InterchangeReading,
  { kind, stamp, delimiters, lineEnd = "" }: AcknowledgeOptions,
): string {
  const head = mapOf({
    ISA05: text(isa, "ISA07"),
    ISA06: text(isa, "ISA08"),
    ISA07: text(isa, "ISA05"),
    ISA08: text(isa, "ISA06"),
    ISA12: text(isa, "ISA12"),
    ISA15: text(isa, "ISA15"),
  });
  const ahead: readonly Line[] = verdict
    ? [["TA1", text(isa, "ISA13"), text(isa, "ISA09"), text(isa, "ISA10"), verdict.status, verdict.note]]
    : [];
  const answers = groups.map((group, at) => ({
    gs: mapOf({
      GS01: "FA",
      GS02: text(group.gs, "GS03"),
      GS03: text(group.gs, "GS02"),
      GS06: stamp.groups?.[at] ?? "",
      GS08: kind === "999" ? CONVENTION_999 : text(group.gs, "GS08").slice(0, 6),
    }),
    st: mapOf({ ST01: kind, ST03: kind === "999" ? CONVENTION_999 : "" }),
    body: [...linesOf(group, kind, delimiters)],
  }));
  return envelopeOf(head, stamp, ahead, answers, delimiters, lineEnd);
}

function* linesOf(group: GroupReading, kind: "997" | "999", delimiters: Delimiters): Generator<Line> {
  const { gs, announced, sets, codes } = group;
  const full = kind === "999";
  const isRefused = (one: SetReading): boolean => group.refused || one.refused === true || isWrong(one);
  yield ["AK1", text(gs, "GS01"), text(gs, "GS06"), full ? text(gs, "GS08") : ""];
  for (const one of sets) {
    yield ["AK2", one.set, one.number, full ? (one.convention ?? "") : ""];
    for (const segment of one.segments) yield* segmentLines(segment, full, delimiters);
    const all = new Set([...one.codes, ...(one.segments.length > 0 ? [SEGMENTS_WRONG] : [])]);
    yield [full ? "IK5" : "AK5", isRefused(one) ? "R" : all.size > 0 ? "E" : "A", ...[...all].slice(0, MOST_CODES)];
  }
  const accepted = sets.filter((one) => !isRefused(one)).length;
  const counts = [announced ?? sets.length, sets.length, accepted].map(String);
  yield ["AK9", statusOf(group, accepted), ...counts, ...codes.slice(0, MOST_CODES)];
}

/** Data element 715: refused, in part, accepted with errors, accepted. */
function statusOf({ refused, sets, codes }: GroupReading, accepted: number): string {
  if (refused || (accepted === 0 && sets.length > 0)) return "R";
  if (accepted < sets.length) return "P";
  return codes.length > 0 || sets.some(({ segments }) => segments.length > 0) ? "E" : "A";
}

/** So that it was not taken. */
export function isWrong({ codes, segments, noted }: SetReading): boolean {
  return codes.length > 0 || (segments.length > 0 && noted !== true);
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
