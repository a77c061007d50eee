// Values of formulas as text, and what to say where they have none.

import type { Scope, Value } from "../../contract.ts";
import { BridgeError } from "../../errors.ts";
import type { Code, Position } from "../../errors.ts";

/** Longest message a template writes, in characters: a formula that explodes ends as one dead letter, not as a dead process. */
export const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** Where in the message and in the bridge file a value is wanted. */
export interface Place {
  /** `gw:betrieb/gw:name`, for messages. */
  readonly path: string;
  readonly at: Position;
}

/** A failure of one record, stage map. `what` holds no values. */
export function mapError(code: Code, place: Place, scope: Scope, what: string, detail?: string): BridgeError {
  return new BridgeError(code, `record ${scope.index}, ${place.path}: ${what}`, {
    stage: "map",
    position: place.at,
    detail,
    facts: { path: place.path },
  });
}

/**
 * The text of a value; undefined = absent. null and a list without items are absent too: in text there is no way to write
 * them that would not look like data. Throws VALUE_NOT_TEXT for lists and objects.
 */
export function textOf(value: Value, place: Place, scope: Scope): string | undefined {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return numberText(value, place, scope);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (Array.isArray(value) && value.length === 0) return undefined;
  throw mapError("VALUE_NOT_TEXT", place, scope, `the formula gives ${kindOf(value)}, text is needed here`);
}

/** As JSONata's $string: integers exactly (without exponent below 1e21), others with at most 15 significant digits. */
export function numberText(value: number, place: Place, scope: Scope): string {
  if (Number.isInteger(value)) return String(value);
  if (!Number.isFinite(value)) {
    throw mapError("VALUE_NOT_TEXT", place, scope, "the formula gives a number that is not finite");
  }
  return String(Number(value.toPrecision(15)));
}

/** What a value is, for people, without what it holds. */
export function kindOf(value: Value): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) {
    const kinds = new Set(value.slice(0, 100).map((item: Value) => typeWord(item)));
    const of = kinds.size === 1 ? ` of type ${[...kinds].join("")}` : "";
    return `a list of ${value.length} ${value.length === 1 ? "item" : "items"}${of}`;
  }
  if (typeof value === "object") return `an object with ${Object.keys(value).length} names`;
  return typeof value === "string" ? "text" : `a ${typeof value}`;
}

function typeWord(value: Value): string {
  if (Array.isArray(value)) return "list";
  if (value === null) return "null";
  return typeof value === "string" ? "text" : typeof value;
}

/** What JSONata's $boolean makes of a value: the condition of `=when`. */
export function isTrue(value: Value): boolean {
  if (typeof value === "boolean") return value;
  if (value === undefined || value === null) return false;
  if (typeof value === "string") return value !== "";
  if (typeof value === "number") return value !== 0 && !Number.isNaN(value);
  if (Array.isArray(value)) return value.some((item: Value) => isTrue(item));
  return typeof value === "object" && Object.keys(value).length > 0;
}

/** What `=each` walks over: the items of a list, or the one thing that is there. */
export function itemsOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

/** The scope inside an `=each`; `n` is set anew for every item, so one object serves them all. */
export interface EachScope extends Omit<Scope, "n"> {
  n: number;
}

/** `$parent` inside is the item outside. Written out, because spreading an object of this size costs more than most formulas. */
export function scopeOfEach(outer: Scope, parent: Value): EachScope {
  const inner = {
    root: outer.root,
    parent,
    n: 0,
    index: outer.index,
    group: outer.group,
    file: outer.file,
    bridge: outer.bridge,
    batch: outer.batch,
    received: outer.received,
    dropIdentity: outer.dropIdentity,
    timezone: outer.timezone,
    tables: outer.tables,
    lets: outer.lets,
  };
  return outer.extra === undefined ? inner : { ...inner, extra: outer.extra };
}

export function checkSize(text: string, place: Place, scope: Scope): void {
  if (text.length > OUTPUT_LIMIT) {
    throw mapError("OUTPUT_TOO_LARGE", place, scope, `the message grows beyond ${OUTPUT_LIMIT} characters here`);
  }
}
