// A message as the arguments of a function: an object whose names are parameters, checked against the interface where there is one.
// Without one, texts and numbers go as they are, objects are structures and lists are tables.

import type { Value } from "../../core/contract.ts";
import { abapText, plainText, unfit } from "./scalars.ts";
import { isFieldName } from "./names.ts";
import { byName, isInput, type AbapType, type Field, type FunctionInterface } from "./types.ts";

/** What becomes of each value: XML, or what the SDK takes. */
export interface Maker<T> {
  /** `type` is undefined without an interface; `value` is what stood in the message. */
  scalar(text: string, type: AbapType | undefined, value: string | number): T;
  structure(fields: readonly (readonly [name: string, value: T])[]): T;
  table(lines: readonly T[]): T;
}

const DEEPEST = 32;

/** In the order of the interface, or of the message. Throws RFC_VALUE. */
export function argumentsOf<T>(
  message: Value,
  known: FunctionInterface | undefined,
  maker: Maker<T>,
): (readonly [name: string, value: T])[] {
  if (Array.isArray(message))
    throw unfit("list", "is no set of parameters: deliver.rfc takes one message at a time, without batch");
  if (typeof message !== "object" || message === null)
    throw unfit("names", "are missing: the message is no object whose names are parameters");
  const values = message as { readonly [name: string]: Value };
  if (!known) return fieldsOf(Object.entries(values), "", maker, 0);
  const names = byName(known.parameters);
  const stray = Object.keys(values).find((name) => isGiven(values[name]) && !names.has(name));
  if (stray !== undefined) throw unfit(shown(stray), `is none of ${known.function}`);
  return known.parameters.flatMap((parameter) => {
    const value = Object.hasOwn(values, parameter.name) ? values[parameter.name] : undefined;
    if (isGiven(value)) {
      if (!isInput(parameter)) throw unfit(parameter.name, "is an answer of the function, which cannot be sent");
      return [[parameter.name, typed(parameter, value, parameter.name, maker)] as const];
    }
    if (parameter.direction !== "T" && isInput(parameter) && !parameter.optional)
      throw unfit(parameter.name, "is required, but the message has none");
    return [];
  });
}

function isGiven(value: Value): boolean {
  return value !== undefined && value !== null;
}

/** Names are shown where they are names; anything else may be a value. */
function shown(name: string): string {
  return isFieldName(name) ? name : "(no name of ABAP)";
}

function typed<T>(field: Field, value: Value, place: string, maker: Maker<T>): T {
  if (field.type === "TABLE") {
    if (!Array.isArray(value)) throw unfit(place, "is a table and takes a list");
    return maker.table(value.map((line: Value, at) => lineOf(field, line, `${place}[${at + 1}]`, maker)));
  }
  if (field.type === "STRUCTURE") return structureOf(field, value, place, maker);
  return maker.scalar(abapText(field, value, place), field.type, value as string | number);
}

function lineOf<T>(field: Field, line: Value, place: string, maker: Maker<T>): T {
  if (field.line) return typed(field.line, line, place, maker);
  if (field.fields.length > 0) return structureOf(field, line, place, maker);
  return untyped(line, place, maker, 0);
}

function structureOf<T>(field: Field, value: Value, place: string, maker: Maker<T>): T {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unfit(place, "is a structure and takes an object");
  const values = value as { readonly [name: string]: Value };
  if (field.fields.length === 0) return maker.structure(fieldsOf(Object.entries(values), place, maker, 0));
  const stray = Object.keys(values).find((name) => !byName(field.fields).has(name));
  if (stray !== undefined) throw unfit(`${place}.${shown(stray)}`, "is no field of this structure");
  return maker.structure(
    field.fields.flatMap((each) => {
      const part = Object.hasOwn(values, each.name) ? values[each.name] : undefined;
      return isGiven(part) ? [[each.name, typed(each, part, `${place}.${each.name}`, maker)] as const] : [];
    }),
  );
}

function fieldsOf<T>(
  entries: readonly (readonly [string, Value])[],
  place: string,
  maker: Maker<T>,
  depth: number,
): (readonly [string, T])[] {
  return entries.flatMap(([name, value]) => {
    if (!isGiven(value)) return [];
    const where = place === "" ? shown(name) : `${place}.${shown(name)}`;
    if (!isFieldName(name)) throw unfit(where, "has no name as ABAP has them (upper case, digits, _ and /)");
    return [[name, untyped(value, where, maker, depth + 1)] as const];
  });
}

function untyped<T>(value: Value, place: string, maker: Maker<T>, depth: number): T {
  if (depth > DEEPEST) throw unfit(place, `nests deeper than ${DEEPEST}`);
  if (Array.isArray(value))
    return maker.table(value.map((line: Value, at) => untyped(line, `${place}[${at + 1}]`, maker, depth + 1)));
  if (typeof value === "object" && value !== null)
    return maker.structure(fieldsOf(Object.entries(value), place, maker, depth));
  return maker.scalar(plainText(value, place), undefined, value as string | number);
}
