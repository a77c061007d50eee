// JSON objects and lists as pieces. The rule of the empty is the one of pieces.ts, with one addition: a list without items is
// written, because "none" is an answer, but it keeps nothing around it.

import type { Scope, Value } from "../../contract.ts";
import type { CompiledFormula, JsonShape } from "../types.ts";
import { isPlain, jsonOf, quote } from "./json-text.ts";
import type { Live, Piece } from "./pieces.ts";
import { requiredEmpty } from "./pieces.ts";
import { type Straight, straightObject, type StraightMember } from "./straight.ts";
import type { Place } from "./values.ts";
import { checkSize, itemsOf } from "./values.ts";

export const NO_ITEMS = "[]";

export interface Member {
  readonly name: string;
  readonly piece: Piece;
}

/** A piece that is one value without a schema: the object around it writes plain texts without a detour. */
interface ValuePiece extends Live {
  readonly evaluate: CompiledFormula["evaluate"];
  readonly textOf: (value: Value, scope: Scope) => string | undefined;
}

/** What a formula gives, with its JSON type. */
export function valuePiece(
  formula: CompiledFormula,
  shape: JsonShape | undefined,
  where: Place,
  required: Place | undefined,
): Live | ValuePiece {
  const { evaluate } = formula;
  const textOf = (value: Value, scope: Scope): string | undefined => jsonOf(value, shape, where, scope);
  const live: Live = {
    write: (item, scope) => textOf(evaluate(item, scope), scope),
    yields: true,
    shown: undefined,
    formula,
    required,
  };
  return shape === undefined ? { ...live, evaluate, textOf } : live;
}

/** The same piece, written otherwise. */
export function rewritten(piece: Live, write: Live["write"]): Live {
  const { yields, shown, formula, required } = piece;
  return { write, yields, shown, formula, required };
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
  const write: Live["write"] = (item, scope) => {
    const text = piece.write(item, scope);
    return text === undefined ? NO_ITEMS : `[${text}]`;
  };
  return { ...rewritten(piece, write), required };
}

/** The one that the schema wants as a list. */
export function wrapped(piece: Piece): Piece {
  if (typeof piece === "string") return `[${piece}]`;
  return rewritten(piece, (item, scope) => {
    const text = piece.write(item, scope);
    return text === undefined ? undefined : `[${text}]`;
  });
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

// An object grows as a rope, and a rope's price is the number of its parts. So what stands between two values is one text made
// at load (`","name":"`), and a plain text's closing quote waits for the next name.

const EMPTY = 0;
const CLOSED = 1;
/** The last value is a text whose closing quote is not written yet. */
const OPEN = 2;
type State = typeof EMPTY | typeof CLOSED | typeof OPEN;

/** The same text behind each of the three states. */
function behind(text: string): readonly [string, string, string] {
  return [`{${text}`, `,${text}`, `",${text}`];
}

interface Keyed {
  readonly piece: Piece;
  /** `"name":`, for literals with the value. */
  readonly key: readonly [string, string, string];
  /** `"name":"` */
  readonly quoted: readonly [string, string, string];
  readonly value: ValuePiece | undefined;
}

function keyedOf({ name, piece }: Member): Keyed {
  const key = `${quote(name)}:`;
  const value = typeof piece !== "string" && "evaluate" in piece ? (piece as ValuePiece) : undefined;
  return { piece, key: behind(typeof piece === "string" ? key + piece : key), quoted: behind(`${key}"`), value };
}

/** An object that still knows what it consists of. */
interface ObjectPiece extends Live {
  readonly members: readonly Member[];
}

/** The same for rows of cells; undefined where a member is more than a literal or a formula with a plan. */
export function straightPiece(piece: Live | ObjectPiece): Straight | undefined {
  if (!("members" in piece)) return undefined;
  const members: StraightMember[] = [];
  for (const { name, piece: member } of piece.members) {
    const value = typeof member === "string" ? member : "evaluate" in member ? member.formula?.cells : undefined;
    if (value === undefined) return undefined;
    members.push({ name, value });
  }
  return straightObject(members);
}

export function objectPiece(members: readonly Member[], required: Place | undefined): Piece | ObjectPiece {
  if (members.every(({ piece }) => typeof piece === "string")) {
    return `{${members.map(({ name, piece }) => `${quote(name)}:${piece as string}`).join(",")}}`;
  }
  const keyed = members.map(keyedOf);
  const inner = summary(members.map(({ piece }) => piece));
  const soft = members.flatMap(({ piece }) => (typeof piece === "string" ? [] : (piece.shown ?? [])));
  return {
    ...inner,
    required,
    members,
    write: (item, scope) => {
      let out = "";
      let state: State = EMPTY;
      let kept = !inner.yields;
      let missing: Live | undefined;
      for (const { piece, key, quoted, value } of keyed) {
        if (typeof piece === "string") {
          out += key[state];
          state = CLOSED;
          continue;
        }
        let text: string | undefined;
        if (value === undefined) text = piece.write(item, scope);
        else {
          const given = value.evaluate(item, scope);
          if (typeof given === "string" && isPlain(given)) {
            out += quoted[state];
            out += given;
            state = OPEN;
            kept = true;
            continue;
          }
          text = value.textOf(given, scope);
        }
        if (text === undefined) {
          if (piece.required !== undefined) missing ??= piece;
          continue;
        }
        if (piece.yields && text !== NO_ITEMS) kept = true;
        out += key[state];
        out += text;
        state = CLOSED;
      }
      if (!kept && !soft.some((shown) => shown(item, scope))) return undefined;
      if (missing !== undefined) throw requiredEmpty(missing.required as Place, missing.formula, scope, "name");
      return state === EMPTY ? "{}" : out + (state === OPEN ? '"}' : "}");
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
