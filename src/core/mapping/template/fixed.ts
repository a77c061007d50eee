// `map.fixed`: columns with positions → one line of exactly one length.
//
//   fixed: { length: 80, fields: { NAME: { at: [1, 30], value: = X }, BETRAG: { at: [31, 12], value: = B, align: right, pad: "0" } } }
//
// `at` is start (from 1) and length in characters. A value that is too long is an error, never cut. An absent value is blank,
// also where numbers are padded with zeros: blank says "unknown", zero would be a statement ($orEmpty makes it zeros).

import type { MapEntry, MapNode, Node } from "../../bridge/tree.ts";
import type { CompileTemplate } from "../types.ts";
import type { Compiling } from "./compiling.ts";
import { startCompiling } from "./compiling.ts";
import type { CellFormat, LinePart } from "./lines.ts";
import { compileLines } from "./lines.ts";
import { nearest } from "../../options/nearest.ts";
import { createOrigin, locateColumn } from "./origins.ts";

export const FIXED_CONTENT_TYPE = "text/plain";

/** No line of a legacy system is longer. */
const LENGTH_LIMIT = 1_000_000;
const FIELD_KEYS = ["at", "value", "align", "pad"];

interface Field {
  readonly entry: MapEntry;
  /** Counted from 0. */
  readonly start: number;
  readonly length: number;
  readonly value: Node;
  readonly cell: CellFormat;
}

export function compileFixed(lineEnd: string): CompileTemplate {
  return (node, environment) => {
    const compiling = startCompiling(environment);
    const top = createOrigin(node.at);
    const render = compileLines(
      compiling,
      node,
      { format: "fixed", lineEnd, line: (rest, line) => fixedLine(compiling, rest, line) },
      top,
    );
    return compiling.finish(FIXED_CONTENT_TYPE, render, (path) => locateColumn(top, path));
  };
}

function fixedLine(compiling: Compiling, entries: readonly MapEntry[], line: MapNode): readonly LinePart[] | undefined {
  let fields: MapEntry | undefined;
  let length: number | undefined;
  for (const entry of entries) {
    if (entry.key === "fields") fields = entry;
    else if (entry.key === "length") length = wholeNumber(compiling, entry.value, "length");
    else unknownKey(compiling, entry, ["length", "fields"], "fixed");
  }
  if (fields?.value.kind !== "map" || fields.value.entries.length === 0) {
    compiling.error(
      fields?.value.at ?? line.at,
      "FIELDS_MISSING",
      "fixed needs its fields",
      "Write: fields: { NAME: { at: [1, 30], value: = … } }",
    );
    return undefined;
  }
  const known = fields.value.entries.map((entry) => fieldOf(compiling, entry));
  const sorted = known.filter((field) => field !== undefined).toSorted((left, right) => left.start - right.start);
  if (sorted.length < known.length) return undefined;
  return layOut(compiling, sorted, length);
}

/** Fields in their places, blanks between them. */
function layOut(
  compiling: Compiling,
  fields: readonly Field[],
  length: number | undefined,
): readonly LinePart[] | undefined {
  const parts: LinePart[] = [];
  let end = 0;
  let before: Field | undefined;
  let good = true;
  for (const field of fields) {
    if (before && field.start < end) {
      compiling.error(
        field.entry.keyAt,
        "FIELD_OVERLAPS",
        `${field.entry.key} begins at ${field.start + 1}, but ${before.entry.key} reaches to ${end}`,
      );
      good = false;
    } else if (field.start > end) parts.push(" ".repeat(field.start - end));
    parts.push({ cell: field.cell, value: field.value });
    end = field.start + field.length;
    before = field;
    if (length !== undefined && end > length) {
      compiling.error(
        field.entry.keyAt,
        "FIELD_OUTSIDE",
        `${field.entry.key} ends at ${end}, but the line has ${length} characters`,
      );
      good = false;
    }
  }
  if (length !== undefined && length > end) parts.push(" ".repeat(length - end));
  return good ? parts : undefined;
}

function fieldOf(compiling: Compiling, entry: MapEntry): Field | undefined {
  const { key: name, value: node } = entry;
  if (node.kind !== "map") {
    compiling.error(
      node.at,
      "FIELD_INCOMPLETE",
      `${name} needs a place and a value`,
      `Write: ${name}: { at: [1, 30], value: = … }`,
    );
    return undefined;
  }
  const found = new Map(node.entries.map((inner) => [inner.key, inner]));
  for (const inner of node.entries) if (!FIELD_KEYS.includes(inner.key)) unknownKey(compiling, inner, FIELD_KEYS, name);
  const value = found.get("value")?.value;
  const place = placeOf(compiling, name, found.get("at")?.value, entry);
  if (!value) compiling.error(entry.keyAt, "FIELD_INCOMPLETE", `${name} has no value`, `Write: value: = ${name}`);
  const align = oneOf(compiling, found.get("align"), ["left", "right"]) ?? "left";
  const pad = padOf(compiling, found.get("pad"));
  if (!value || !place || pad === undefined) return undefined;
  return { entry, ...place, value, cell: { name, write: padder(place.length, align, pad) } };
}

function padder(length: number, align: string, pad: string): CellFormat["write"] {
  const blank = " ".repeat(length);
  return (text) => {
    if (text === undefined) return blank;
    let size = 0;
    for (const character of text) {
      if (character < " " || character === "\u007f") {
        return { code: "CELL_CHARACTER", what: "the text holds a control character, which would break the line" };
      }
      size += 1;
    }
    if (size > length) return { code: "CELL_TOO_LONG", what: `the text has ${size} characters, the field ${length}` };
    const fill = pad.repeat(length - size);
    return align === "right" ? fill + text : text + fill;
  };
}

// ── reading the options of a field ──────────────────────────────────────────────────────────────────────────────

function placeOf(
  compiling: Compiling,
  name: string,
  node: Node | undefined,
  entry: MapEntry,
): { readonly start: number; readonly length: number } | undefined {
  if (node?.kind !== "list" || node.items.length !== 2) {
    compiling.error(node?.at ?? entry.keyAt, "FIELD_INCOMPLETE", `${name} needs at: [start, length], counted from 1`);
    return undefined;
  }
  const start = wholeNumber(compiling, node.items[0] as Node, "start");
  const length = wholeNumber(compiling, node.items[1] as Node, "length");
  return start === undefined || length === undefined ? undefined : { start: start - 1, length };
}

function wholeNumber(compiling: Compiling, node: Node, what: string): number | undefined {
  const number = node.kind === "scalar" && /^\d{1,7}$/.test(node.text) ? Number(node.text) : 0;
  if (number >= 1 && number <= LENGTH_LIMIT) return number;
  compiling.error(node.at, "WRONG_TYPE", `${what} is a whole number from 1 to ${LENGTH_LIMIT}`);
  return undefined;
}

function oneOf(compiling: Compiling, entry: MapEntry | undefined, values: readonly string[]): string | undefined {
  if (!entry) return undefined;
  const { value } = entry;
  if (value.kind === "scalar" && values.includes(value.text)) return value.text;
  compiling.error(value.at, "WRONG_VALUE", `${entry.key} is ${values.join(" or ")}`);
  return undefined;
}

function padOf(compiling: Compiling, entry: MapEntry | undefined): string | undefined {
  if (!entry) return " ";
  const { value } = entry;
  if (value.kind === "scalar" && /^.$/u.test(value.text) && value.text >= " ") return value.text;
  compiling.error(value.at, "WRONG_VALUE", "pad is one character", 'Write: pad: "0"');
  return undefined;
}

function unknownKey(compiling: Compiling, entry: MapEntry, known: readonly string[], what: string): void {
  const near = nearest(entry.key, known);
  const hint = near ? `Did you mean ${near}?` : `There are ${known.join(", ")}`;
  compiling.error(entry.keyAt, "UNKNOWN_KEY", `${entry.key} is not an option of ${what}`, hint, entry.key.length);
}
