// One record as people read it: a line per value, under the names that formulas use, with what its codec says of it beside.
//
//   SG2[0]                                 group NAD, Name and address: Seller
//     NAD                                  Name and address: Seller
//       de3035          SE                 Party qualifier: Seller

import type { Rec, Remark, Value } from "../core/contract.ts";
import type { Console } from "../core/terminal/console.ts";
import { formatCount } from "../core/terminal/format.ts";
import { paint, sign } from "../core/terminal/look.ts";
import { cutEnd, escapeControls, pad, widthOf } from "../core/terminal/text.ts";

interface Line {
  readonly depth: number;
  readonly name: string;
  /** "" = an object, whose values follow. */
  readonly value: string;
  readonly says: string;
}

const NAME = 34;
const VALUE = 28;
/** Deeper is no message, but data that wants to be a tower. */
const DEEPEST = 40;

/** `most` lines are printed, the others counted; `margin` columns stay free at their left. */
export function printRecord(
  console: Console,
  record: Rec,
  remarks: Iterable<Remark>,
  { most, margin }: { readonly most: number; readonly margin: number },
): void {
  const lines = [...linesOf(record, remarks)];
  const shown = lines.slice(0, most);
  const look = console.out;
  const names = shown.map(({ depth, name }) => "  ".repeat(depth) + escapeControls(name));
  const name = Math.min(NAME, Math.max(0, ...names.map(widthOf)));
  const values = shown.map(({ value }) => cutEnd(look, escapeControls(value), VALUE));
  const value = Math.max(0, ...values.map(widthOf));
  for (const [at, { says }] of shown.entries()) {
    const start = `${" ".repeat(margin)}${pad(cutEnd(look, names[at]!, NAME), name)}  ${pad(values[at]!, value)}`;
    const room = look.width - margin - name - value - 4;
    const beside = says === "" ? "" : `  ${paint(look, "dim", cutEnd(look, escapeControls(says), room))}`;
    console.line(`${start}${beside}`.trimEnd());
  }
  const more = lines.length - shown.length;
  if (more > 0)
    console.line(`${" ".repeat(margin)}${sign(look, "…")} ${formatCount(more)} more line${more === 1 ? "" : "s"}`);
}

/** An object of which nothing is said has no line: its name stands before those of its values. */
function* linesOf(record: Rec, remarks: Iterable<Remark>): Iterable<Line> {
  const said = new Map<string, string>();
  for (const { path, says } of remarks) said.set(keyOf(path), says);

  function* walk(value: Value, path: Remark["path"], name: string, depth: number): Iterable<Line> {
    if (value === undefined || value === null || path.length > DEEPEST) return;
    const says = said.get(keyOf(path)) ?? "";
    if (Array.isArray(value)) {
      for (const [at, one] of value.entries()) yield* walk(one as Value, [...path, at], `${name}[${at}]`, depth);
    } else if (typeof value === "object") {
      if (says !== "") yield { depth, name, value: "", says };
      const [before, below] = says === "" && name !== "" ? [`${name}.`, depth] : ["", says === "" ? depth : depth + 1];
      for (const [key, one] of Object.entries(value)) yield* walk(one, [...path, key], before + quoted(key), below);
    } else yield { depth, name, value: String(value), says };
  }
  yield* walk(record, [], "", 0);
}

/** As formulas write it. */
function quoted(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `\`${name}\``;
}

function keyOf(path: Remark["path"]): string {
  return JSON.stringify(path);
}
