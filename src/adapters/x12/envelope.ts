// ISA, GS, ST … SE, GE, IEA around the segments of one transaction set: counts and control numbers reckoned.

import { type Delimiters, ISA_WIDTHS } from "./delimiters.ts";
import { elementName } from "./elements.ts";
import type { Line } from "./segments.ts";

/** Elements by name, those that are not given have their usual values. */
export interface Heads {
  readonly isa: ReadonlyMap<string, string>;
  readonly gs: ReadonlyMap<string, string>;
  readonly st: ReadonlyMap<string, string>;
}

/** Moment and number of an interchange. */
export interface Stamp {
  /** `20261102` and `081500`. */
  readonly date: string;
  readonly time: string;
  /** ISA13, up to nine digits; `gs.GS06` follows it where it is not given. */
  readonly number: string;
}

/** A group with one transaction set. */
export interface Written extends Pick<Heads, "gs" | "st"> {
  /** All between ST and SE. */
  readonly body: readonly Line[];
}

/** Wider than its place is for the caller to refuse. */
export function envelope(
  { isa, gs, st }: Heads,
  stamp: Stamp,
  body: readonly Line[],
  delimiters: Delimiters,
  lineEnd: string,
): string {
  return envelopeOf(isa, stamp, [], [{ gs, st, body }], delimiters, lineEnd);
}

/** `ahead` stands between ISA and the groups (TA1). */
export function envelopeOf(
  isa: Heads["isa"],
  stamp: Stamp,
  ahead: readonly Line[],
  groups: readonly Written[],
  delimiters: Delimiters,
  lineEnd: string,
): string {
  const number = (isa.get("ISA13") ?? stamp.number).padStart(9, "0");
  const header = elements(isa, "ISA", [
    "00",
    "",
    "00",
    "",
    "ZZ",
    "",
    "ZZ",
    "",
    stamp.date.slice(2),
    stamp.time.slice(0, 4),
    delimiters.repetition ?? "U",
    versionOf(isa),
    number,
    "0",
    "P",
    delimiters.component,
  ]).map((value, at) => (at === 12 ? number : value.padEnd(ISA_WIDTHS[at]!)));
  const lines = [
    ...ahead,
    ...groups.flatMap((group) => groupLines(group, isa, stamp, number)),
    ["IEA", String(groups.length), number],
  ];
  const end = delimiters.segment + lineEnd;
  // Empty elements at the end of a segment are left out, but never in ISA, whose width is fixed.
  const text = lines.map((line) => trimmed(line).join(delimiters.element) + end).join("");
  return `ISA${delimiters.element}${header.join(delimiters.element)}${end}${text}`;
}

function groupLines({ gs, st, body }: Written, isa: Heads["isa"], stamp: Stamp, number: string): readonly Line[] {
  const group = elements(gs, "GS", [
    "",
    isa.get("ISA06") ?? "",
    isa.get("ISA08") ?? "",
    stamp.date,
    stamp.time.slice(0, 4),
    String(Number(number)),
    "X",
    `${versionOf(isa)}0`,
  ]);
  const start = elements(st, "ST", ["", "0001", ""]);
  return [
    ["GS", ...group],
    ["ST", ...start],
    ...body,
    ["SE", String(body.length + 2), start[1]!],
    ["GE", "1", group[5]!],
  ];
}

function versionOf(isa: Heads["isa"]): string {
  return isa.get("ISA12") ?? "00401";
}

function elements(given: ReadonlyMap<string, string>, tag: string, defaults: readonly string[]): string[] {
  return defaults.map((value, at) => given.get(elementName(tag, at + 1)) ?? value);
}

function trimmed(line: Line): Line {
  let length = line.length;
  while (length > 1 && line[length - 1] === "") length--;
  return line.slice(0, length);
}
