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

/** Wider than its place is for the caller to refuse. */
export function envelope(
  heads: Heads,
  stamp: Stamp,
  body: readonly Line[],
  delimiters: Delimiters,
  lineEnd: string,
): string {
  const { isa, gs, st } = heads;
  const version = isa.get("ISA12") ?? "00401";
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
    version,
    number,
    "0",
    "P",
    delimiters.component,
  ]).map((value, at) => (at === 12 ? number : value.padEnd(ISA_WIDTHS[at]!)));
  const group = elements(gs, "GS", [
    "",
    isa.get("ISA06") ?? "",
    isa.get("ISA08") ?? "",
    stamp.date,
    stamp.time.slice(0, 4),
    String(Number(number)),
    "X",
    `${version}0`,
  ]);
  const start = elements(st, "ST", ["", "0001", ""]);
  const lines: Line[] = [
    ["GS", ...group],
    ["ST", ...start],
    ...body,
    ["SE", String(body.length + 2), start[1]!],
    ["GE", "1", group[5]!],
    ["IEA", "1", number],
  ];
  const end = delimiters.segment + lineEnd;
  // Empty elements at the end of a segment are left out, but never in ISA, whose width is fixed.
  const text = lines.map((line) => trimmed(line).join(delimiters.element) + end).join("");
  return `ISA${delimiters.element}${header.join(delimiters.element)}${end}${text}`;
}

function elements(given: ReadonlyMap<string, string>, tag: string, defaults: readonly string[]): string[] {
  return defaults.map((value, at) => given.get(elementName(tag, at + 1)) ?? value);
}

function trimmed(line: Line): Line {
  let length = line.length;
  while (length > 1 && line[length - 1] === "") length--;
  return line.slice(0, length);
}
