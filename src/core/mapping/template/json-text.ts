// Values as JSON (RFC 8259). With a JSON Schema the schema decides list, number and boolean: legacy formats have only text,
// and a list of one looks like its item.

import type { Scope, Value } from "../../contract.ts";
import type { JsonShape } from "../types.ts";
import type { Place } from "./values.ts";
import { mapError } from "./values.ts";

/** Text that is a JSON number character by character: written as it stands it loses nothing, whatever its length. */
const EXACT_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** JSON text of a value; undefined = absent. Throws VALUE_NOT_TEXT for numbers that JSON cannot say. */
export function jsonOf(value: Value, shape: JsonShape | undefined, where: Place, scope: Scope): string | undefined {
  if (value === undefined) return undefined;
  if (shape !== undefined) return shaped(value, shape, where, scope);
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return finite(value, where, scope);
  if (typeof value === "boolean") return value ? "true" : "false";
  return JSON.stringify(value);
}

/** A JSON string. */
export function quote(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}

/**
 * Whether a text stands in quotes as it is. Short plain text is nearly all there is, and scanning it is cheaper than
 * JSON.stringify; surrogates go the slow way, because a lone one has to be escaped.
 */
export function isPlain(text: string): boolean {
  const { length } = text;
  if (length > 64) return false;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

function finite(value: number, where: Place, scope: Scope): string {
  if (Number.isFinite(value)) return String(value);
  throw mapError(
    "VALUE_NOT_TEXT",
    where,
    scope,
    "the formula gives a number that is not finite, which JSON cannot say",
  );
}

function shaped(value: Exclude<Value, undefined>, shape: JsonShape, where: Place, scope: Scope): string | undefined {
  if (Array.isArray(value)) return listOf(value, shape.item(), where, scope);
  if (wantsList(shape)) return `[${jsonOf(value, shape.item(), where, scope) ?? ""}]`;
  if (typeof value === "string") return textAs(value, shape);
  if (typeof value === "object" && value !== null) {
    return objectOf(value as { readonly [name: string]: Value }, shape, where, scope);
  }
  return jsonOf(value, undefined, where, scope);
}

/** The schema allows nothing but a list here. */
export function wantsList(shape: JsonShape | undefined): boolean {
  return shape?.types?.size === 1 && shape.types.has("list");
}

/** A text where the schema may want a number or a boolean: only what is one character by character becomes one. */
export function textAs(text: string, { types }: JsonShape): string {
  if (types === undefined || types.has("string")) return quote(text);
  if (types.has("number") && EXACT_NUMBER.test(text)) return text;
  if (types.has("boolean") && (text === "true" || text === "false")) return text;
  return quote(text);
}

function listOf(items: readonly Value[], shape: JsonShape | undefined, where: Place, scope: Scope): string {
  if (shape === undefined) return JSON.stringify(items);
  // As JSON.stringify does, an absent item of a list is null: dropping it would move those behind it.
  return `[${items.map((item) => jsonOf(item, shape, where, scope) ?? "null").join(",")}]`;
}

function objectOf(object: { readonly [name: string]: Value }, shape: JsonShape, where: Place, scope: Scope): string {
  let out = "";
  for (const name of Object.keys(object)) {
    const text = jsonOf(object[name], shape.property(name), where, scope);
    if (text !== undefined) out += `${out === "" ? "" : ","}${quote(name)}:${text}`;
  }
  return `{${out}}`;
}
