// JSON objects and lists as pieces. The rule of the empty is the one of pieces.ts, with one addition: a list without items is
// written, because "none" is an answer, but it keeps nothing around it.

import type { Scope, Value } from "../../contract.ts";
import type { CompiledFormula, JsonShape } from "../types.ts";
import { jsonOf, quote } from "./json-text.ts";
import type { Live, Piece } from "./pieces.ts";
import { requiredEmpty } from "./pieces.ts";
import type { Place } from "./values.ts";
import { checkSize, itemsOf } from "./values.ts";

export const NO_ITEMS = "[]";

export interface Member {
  readonly name: string;
  readonly piece: Piece;
}

/** What a formula gives, with its JSON type. */
export function valuePiece(
  formula: CompiledFormula,
  shape: JsonShape | undefined,
  where: Place,
  required: Place | undefined,
): Live {
  return {
    write: (item, scope) => jsonOf(formula.evaluate(item, scope), shape, where, scope),
    yields: true,
    shown: undefined,
    formula,
    required,
  };
}

/** The items of what a formula gives, without brackets: `[ "= f" ]` splices. */
export function splicePiece(formula: CompiledFormula, shape: JsonShape | undefined, where: Place): Live {
  return {
    write: (item, scope) => {
      let out: string | undefined;
      for (const current of itemsOf(formula.evaluate(item, scope))) {
        const text = jsonOf(current, shape, where, scope);
        if (text !== undefined) out = out === undefined ? text : `${out},${text}`;
        if (out !== undefined) checkSize(out, where, scope);
      }
      return out;
    },
    yields: true,
    shown: undefined,
    formula,
    required: undefined,
  };
}

/** Brackets around items; a list is always written. */
export function bracketed(piece: Live, required: Place | undefined): Live {
  return {
    ...piece,
    write: (item, scope) => {
      const text = piece.write(item, scope);
      return text === undefined ? NO_ITEMS : `[${text}]`;
    },
    required,
  };
}

/** The one that the schema wants as a list. */
export function wrapped(piece: Piece): Piece {
  if (typeof piece === "string") return `[${piece}]`;
  return {
    ...piece,
    write: (item, scope) => {
      const text = piece.write(item, scope);
      return text === undefined ? undefined : `[${text}]`;
    },
  };
}

export function listPiece(pieces: readonly Piece[], required: Place | undefined): Piece {
  if (pieces.every((piece) => typeof piece === "string")) return `[${pieces.join(",")}]`;
  const inner = summary(pieces);
  return bracketed(
    {
      ...inner,
      required,
      write: (item, scope) => {
        let out: string | undefined;
        for (const piece of pieces) {
          const text = typeof piece === "string" ? piece : piece.write(item, scope);
          if (text !== undefined) out = out === undefined ? text : `${out},${text}`;
        }
        return out;
      },
    },
    required,
  );
}

export function objectPiece(members: readonly Member[], required: Place | undefined): Piece {
  const keyed = members.map(({ name, piece }) => ({ key: `${quote(name)}:`, piece }));
  if (members.every(({ piece }) => typeof piece === "string")) {
    return `{${keyed.map(({ key, piece }) => key + (piece as string)).join(",")}}`;
  }
  const inner = summary(members.map(({ piece }) => piece));
  const soft = members.flatMap(({ piece }) => (typeof piece === "string" ? [] : (piece.shown ?? [])));
  return {
    ...inner,
    required,
    write: (item, scope) => {
      let out = "";
      let kept = !inner.yields;
      let missing: Live | undefined;
      for (const { key, piece } of keyed) {
        let text: string | undefined;
        if (typeof piece === "string") text = piece;
        else {
          text = piece.write(item, scope);
          if (text === undefined) {
            if (piece.required !== undefined) missing ??= piece;
            continue;
          }
          if (piece.yields && text !== NO_ITEMS) kept = true;
        }
        out = out === "" ? key + text : `${out},${key}${text}`;
      }
      if (!kept && !soft.some((shown) => shown(item, scope))) return undefined;
      if (missing !== undefined) throw requiredEmpty(missing.required as Place, missing.formula, scope, "name");
      return `{${out}}`;
    },
  };
}

/** What pieces are together, but for how they are written. */
function summary(pieces: readonly Piece[]): Omit<Live, "write" | "required"> {
  const lives = pieces.filter((piece) => typeof piece !== "string");
  const yields = lives.some((piece) => piece.yields);
  const soft = lives.flatMap((piece) => piece.shown ?? []);
  const shown =
    yields || soft.length === 0
      ? undefined
      : (item: Value, scope: Scope): boolean => soft.some((asked) => asked(item, scope));
  return { yields, shown, formula: lives.find((piece) => piece.formula)?.formula };
}
