// What csv and fixed templates share: a message is one line, or several where the template is a list of lines (record types,
// positions under a head). A line whose formulas all give nothing is not written.

import type { MapEntry, MapNode, Node } from "../../bridge/tree.ts";
import type { CompiledFormula } from "../types.ts";
import type { Compiling, Write } from "./compiling.ts";
import { isFormula, isNull, takeDirectives } from "./compiling.ts";
import type { Origin } from "./origins.ts";
import { childOrigin } from "./origins.ts";
import type { Piece } from "./pieces.ts";
import { onlyWhen, place, writeEach } from "./pieces.ts";
import type { Place } from "./values.ts";
import { checkSize, mapError, textOf } from "./values.ts";

const DIRECTIVES = ["=when", "=each"] as const;

/** Why a text cannot stand in a cell; without the text. */
export interface Refused {
  readonly code: "CELL_CHARACTER" | "CELL_TOO_LONG";
  readonly what: string;
}

/** One cell: how its text is written. `undefined` stands for absent; columns have places, so something is always written. */
export interface CellFormat {
  readonly name: string;
  write(text: string | undefined): string | Refused;
}

/** What stands in a line, in order: text between cells, and cells. */
export type LinePart = string | { readonly cell: CellFormat; readonly value: Node };

export interface LineFormat {
  /** `csv` or `fixed`, for messages. */
  readonly format: string;
  /** Between two lines of one message. */
  readonly lineEnd: string;
  /** undefined after findings. */
  line(rest: readonly MapEntry[], node: MapNode): readonly LinePart[] | undefined;
}

/** A message of one line (a map) or of several (a list of maps). */
export function compileLines(compiling: Compiling, node: Node, format: LineFormat, top: Origin): Write | undefined {
  const whole = place(format.format, node.at);
  if (node.kind === "map") {
    const line = compileLine(compiling, node, format, top, true);
    return line === undefined ? undefined : alone(line, whole);
  }
  if (node.kind !== "list" || node.items.length === 0) {
    compiling.error(node.at, "LINES_MISSING", `${format.format} needs its columns by name, or a list of such lines`);
    return undefined;
  }
  const lines: Piece[] = [];
  for (const item of node.items) {
    const line = compileLine(compiling, item, format, top, false);
    if (line !== undefined) lines.push(line);
  }
  return lines.length === node.items.length ? several(lines, format.lineEnd, whole) : undefined;
}

function alone(line: Piece, whole: Place): Write {
  if (typeof line === "string") return () => line;
  return (item, scope) => {
    const text = line.write(item, scope);
    if (text !== undefined) checkSize(text, whole, scope);
    return text;
  };
}

function several(lines: readonly Piece[], lineEnd: string, whole: Place): Write {
  const yields = lines.some((line) => typeof line !== "string" && line.yields);
  return (item, scope) => {
    let out: string | undefined;
    let kept = !yields;
    for (const line of lines) {
      const text = typeof line === "string" ? line : line.write(item, scope);
      if (text === undefined) continue;
      if (typeof line !== "string") kept = true;
      out = out === undefined ? text : out + lineEnd + text;
      checkSize(out, whole, scope);
    }
    return kept ? out : undefined;
  };
}

function compileLine(
  compiling: Compiling,
  node: Node,
  format: LineFormat,
  top: Origin,
  root: boolean,
): Piece | undefined {
  if (node.kind !== "map") {
    compiling.error(node.at, "LINES_MISSING", `a line of ${format.format} gives its columns by name`);
    return undefined;
  }
  const { when, each, rest } = takeDirectives(compiling, node.entries, { known: DIRECTIVES, root, inEach: false });
  const cells = format.line(rest, node);
  if (!cells) return undefined;
  const pieces = cells.map((cell) =>
    typeof cell === "string" ? cell : compileCell(compiling, cell.cell, cell.value, top, each !== undefined),
  );
  const known = pieces.filter((piece) => piece !== undefined);
  if (known.length < pieces.length) return undefined;
  const line = linePiece(known);
  if (each) {
    const write = writeEach(line, { each, when, between: format.lineEnd, place: place(format.format, each.at) });
    return { write, yields: true, shown: undefined, formula: each, required: undefined };
  }
  return when ? onlyWhen(line, when, undefined) : line;
}

interface Cell {
  readonly formula: CompiledFormula;
  readonly format: CellFormat;
  readonly place: Place;
}

/** The text of a literal, the plan of a formula; undefined after findings. */
function compileCell(
  compiling: Compiling,
  format: CellFormat,
  node: Node,
  top: Origin,
  inEach: boolean,
): string | Cell | undefined {
  if (node.kind !== "scalar") {
    compiling.error(node.at, "CELL_NOT_SCALAR", `${format.name} is a text or a formula, not a ${node.kind}`);
    return undefined;
  }
  const origin = childOrigin(top, format.name, node.at);
  if (isFormula(node)) {
    const formula = compiling.formula(node, inEach);
    if (!formula) return undefined;
    origin.formula ??= formula.source;
    return { formula, format, place: place(format.name, node.at) };
  }
  const written = format.write(isNull(node) ? undefined : compiling.literal(node));
  if (typeof written === "string") return written;
  compiling.error(node.at, written.code, `${format.name}: ${written.what}`, "", node.text.length);
  return undefined;
}

function linePiece(cells: readonly (string | Cell)[]): Piece {
  const formulas = cells.filter((cell) => typeof cell !== "string");
  if (formulas.length === 0) return cells.filter((cell) => typeof cell === "string").join("");
  const write: Write = (item, scope) => {
    let out = "";
    let kept = false;
    for (const cell of cells) {
      if (typeof cell === "string") {
        out += cell;
        continue;
      }
      const text = textOf(cell.formula.evaluate(item, scope), cell.place, scope);
      if (text !== undefined) kept = true;
      const written = cell.format.write(text);
      if (typeof written !== "string") throw mapError(written.code, cell.place, scope, written.what, text);
      out += written;
    }
    return kept ? out : undefined;
  };
  return { write, yields: true, shown: undefined, formula: formulas[0]?.formula, required: undefined };
}
