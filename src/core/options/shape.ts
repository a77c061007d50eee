// Shapes: one description of an option from which its check with positions, its JSON Schema, its page in the reference
// and its TypeScript type are made. Nothing else in the product describes an option a second time.
//
//   const options = object({
//     path: required(path("folder that is watched; relative to STEG_DATA")),
//     settle: duration("how long size and time must stand still", { default: "10s" }),
//     after: choice(["archive", "delete", "keep"], "what happens to a file that was taken", { default: "archive" }),
//   });
//   type Options = Infer<typeof options>;   // { path: string; settle: number; after: "archive" | "delete" | "keep" }

import type { Scope, Value } from "../contract.ts";

/** A compiled formula in an option: `when:`, `by:`. */
export type Formula = (item: Value, scope: Scope) => Value;
/** A compiled text that may hold `{formula}`: url, path, name. Encodes for its place, refuses what must not stand there. */
export type Pattern = ((scope: Scope) => string) & {
  /** The text as written, without values: for messages, and to see which parts are fixed (the host of an address). */
  readonly source?: string;
  /**
   * What stands before the first formula, all of it where there is none, with what values from outside hold: never for a message.
   * Absent where these are not known yet.
   */
  readonly head?: string;
  /** It reads nothing but `$file` and `$bridge`: all messages of a drop have the same text. */
  readonly perDrop?: boolean;
};

export type Kind =
  | { readonly type: "text"; readonly pattern?: RegExp; readonly patternHint?: string; readonly most?: number }
  | { readonly type: "integer"; readonly least?: number; readonly most?: number }
  | { readonly type: "number"; readonly least?: number; readonly most?: number }
  | { readonly type: "boolean" }
  /** `10s`, `5m`, `2h`, `1d`; in milliseconds. */
  | { readonly type: "duration"; readonly least?: number; readonly most?: number }
  /** `64KiB`, `10MiB`, `1GiB`; in bytes. */
  | { readonly type: "size"; readonly least?: number; readonly most?: number }
  /** ISO date `2027-11-16` (or with `time` also `2027-11-16T10:00`); stays text. */
  | { readonly type: "date"; readonly time: boolean }
  | { readonly type: "choice"; readonly values: readonly string[] }
  | {
      readonly type: "list";
      readonly item: AnyShape;
      readonly most: number;
      /** a single value may stand without brackets */ readonly single: boolean;
    }
  /** Free keys, one shape for all values. */
  | {
      readonly type: "map";
      readonly value: AnyShape;
      readonly key?: RegExp;
      readonly keyHint?: string;
      readonly most: number;
    }
  | { readonly type: "object"; readonly properties: Readonly<Record<string, AnyShape>> }
  /** Exactly one of these keys: `auth: { bearer: … }`. The result is the object with that one key. */
  | {
      readonly type: "oneKey";
      readonly properties: Readonly<Record<string, AnyShape>>;
      /** Keys that may stand next to the one: `deliver: { http: …, batch: … }`. */
      readonly beside?: Readonly<Record<string, AnyShape>>;
      /** None of the keys is fine, too. */
      readonly none?: boolean;
      /** As many of them as one likes: `answer: { folder: …, json: … }`. */
      readonly several?: boolean;
    }
  /** The first shape whose YAML kind fits (text, number, list, map): `order: none` or `order: { by: = KEY }`. */
  | { readonly type: "either"; readonly of: readonly AnyShape[] }
  /** `= formula`; becomes a Formula. */
  | { readonly type: "formula" }
  /** Text with `{formula}`; becomes a Pattern. `place` decides encoding and what is refused. */
  | { readonly type: "pattern"; readonly place: "url" | "path" | "name" | "text" }
  /** Text that may hold `${env:NAME}` and `${file:/path}`; resolved when the adapter is built. `secret` values never appear anywhere. */
  | { readonly type: "outside"; readonly secret: boolean }
  /** Name of a file beside the bridge file, or `catalog:…`; must exist. */
  | { readonly type: "bridgeFile"; readonly catalog: boolean }
  /** A template or anything else that its own compiler checks; stays the YAML node. */
  | { readonly type: "node" };

export interface Shape<T> {
  readonly kind: Kind;
  /** What it is, in one line of plain English, without a full stop; the reference page prints it. */
  readonly doc: string;
  /** As one would write it in YAML. */
  readonly default?: string | number | boolean;
  readonly required: boolean;
  /** Must stand there, too, but a rule elsewhere says so in its own words; for the reference and the JSON Schema. */
  readonly needed?: boolean;
  readonly example?: string;
  /** What is weaker than today's minimum needs `exception: { reason, approvedBy, until }` beside it; says for which values. */
  readonly needsException?: (value: unknown) => boolean;
  /** Carries the type only; never set. */
  readonly _type?: T;
}
export type AnyShape = Shape<any>;
export type Infer<S extends AnyShape> = S extends Shape<infer T> ? T : never;

export interface Common {
  readonly default?: string | number | boolean;
  readonly example?: string;
  readonly needsException?: (value: unknown) => boolean;
}

type Range = Common & { least?: number; most?: number };

/** T where a default or `required` guarantees a value, else T | undefined. */
type Given<T, C> = C extends { readonly default: string | number | boolean } ? T : T | undefined;

function shape<T>(kind: Kind, doc: string, common: Common = {}): Shape<T> {
  return { kind, doc, required: false, ...common };
}

export function text<const C extends Common & { pattern?: RegExp; patternHint?: string; most?: number }>(
  doc: string,
  more?: C,
): Shape<Given<string, C>> {
  const { pattern, patternHint, most, ...common } = (more ?? {}) as Common & {
    pattern?: RegExp;
    patternHint?: string;
    most?: number;
  };
  return shape(
    { type: "text", ...(pattern && { pattern }), ...(patternHint && { patternHint }), ...(most && { most }) },
    doc,
    common,
  );
}
export function integer<const C extends Common & { least?: number; most?: number }>(
  doc: string,
  more?: C,
): Shape<Given<number, C>> {
  const { least, most, ...common } = (more ?? {}) as Range;
  return shape(
    { type: "integer", ...(least !== undefined && { least }), ...(most !== undefined && { most }) },
    doc,
    common,
  );
}
/** A share, a factor: a number that may have decimals. */
export function number<const C extends Common & { least?: number; most?: number }>(
  doc: string,
  more?: C,
): Shape<Given<number, C>> {
  const { least, most, ...common } = (more ?? {}) as Range;
  return shape(
    { type: "number", ...(least !== undefined && { least }), ...(most !== undefined && { most }) },
    doc,
    common,
  );
}
export function boolean<const C extends Common>(doc: string, more?: C): Shape<Given<boolean, C>> {
  return shape({ type: "boolean" }, doc, more);
}
/** In milliseconds. */
export function duration<const C extends Common & { least?: number; most?: number }>(
  doc: string,
  more?: C,
): Shape<Given<number, C>> {
  const { least, most, ...common } = (more ?? {}) as Range;
  return shape(
    { type: "duration", ...(least !== undefined && { least }), ...(most !== undefined && { most }) },
    doc,
    common,
  );
}
/** In bytes. */
export function size<const C extends Common & { least?: number; most?: number }>(
  doc: string,
  more?: C,
): Shape<Given<number, C>> {
  const { least, most, ...common } = (more ?? {}) as Range;
  return shape(
    { type: "size", ...(least !== undefined && { least }), ...(most !== undefined && { most }) },
    doc,
    common,
  );
}
export function date<const C extends Common & { time?: boolean }>(doc: string, more?: C): Shape<Given<string, C>> {
  const { time, ...common } = (more ?? {}) as Common & { time?: boolean };
  return shape({ type: "date", time: time ?? false }, doc, common);
}
export function choice<const V extends readonly string[], const C extends Common>(
  values: V,
  doc: string,
  more?: C,
): Shape<Given<V[number], C>> {
  return shape({ type: "choice", values }, doc, more);
}
export function list<S extends AnyShape>(
  item: S,
  doc: string,
  more: Common & { most?: number; single?: boolean } = {},
): Shape<readonly NonNullable<Infer<S>>[] | undefined> {
  const { most = 1_000, single = false, ...common } = more;
  return shape({ type: "list", item, most, single }, doc, common);
}
export function map<S extends AnyShape>(
  value: S,
  doc: string,
  more: Common & { most?: number; key?: RegExp; keyHint?: string } = {},
): Shape<Readonly<Record<string, NonNullable<Infer<S>>>> | undefined> {
  const { most = 1_000, key, keyHint, ...common } = more;
  return shape({ type: "map", value, most, ...(key && { key }), ...(keyHint && { keyHint }) }, doc, common);
}
export function object<P extends Readonly<Record<string, AnyShape>>>(
  properties: P,
  doc = "",
  more: Common = {},
): Shape<{ readonly [K in keyof P]: Infer<P[K]> } | undefined> {
  return shape({ type: "object", properties }, doc, more);
}
export function oneKey<P extends Readonly<Record<string, AnyShape>>>(
  properties: P,
  doc: string,
  more: Common = {},
): Shape<{ readonly [K in keyof P]?: NonNullable<Infer<P[K]>> } | undefined> {
  return shape({ type: "oneKey", properties }, doc, more);
}
/** One of the keys as in oneKey, and fixed ones beside it. */
export function oneKeyBeside<
  P extends Readonly<Record<string, AnyShape>>,
  B extends Readonly<Record<string, AnyShape>>,
>(
  properties: P,
  beside: B,
  doc: string,
  more: Common & { none?: boolean; several?: boolean } = {},
): Shape<
  ({ readonly [K in keyof P]?: NonNullable<Infer<P[K]>> } & { readonly [K in keyof B]: Infer<B[K]> }) | undefined
> {
  const { none = false, several = false, ...common } = more;
  return shape({ type: "oneKey", properties, beside, none, several }, doc, common);
}
export function either<const S extends readonly AnyShape[], const C extends Common>(
  of: S,
  doc: string,
  more?: C,
): Shape<Given<NonNullable<Infer<S[number]>>, C>> {
  return shape({ type: "either", of }, doc, more);
}
export function formula(doc: string, more: Common = {}): Shape<Formula | undefined> {
  return shape({ type: "formula" }, doc, more);
}
export function pattern<const C extends Common>(
  place: "url" | "path" | "name" | "text",
  doc: string,
  more?: C,
): Shape<Given<Pattern, C>> {
  return shape({ type: "pattern", place }, doc, more);
}
export function outside<const C extends Common>(doc: string, more?: C): Shape<Given<string, C>> {
  return shape({ type: "outside", secret: false }, doc, more);
}
export function secret(doc: string, more: Common = {}): Shape<string | undefined> {
  return shape({ type: "outside", secret: true }, doc, more);
}
export function bridgeFile(doc: string, more: Common & { catalog?: boolean } = {}): Shape<string | undefined> {
  const { catalog = false, ...common } = more;
  return shape({ type: "bridgeFile", catalog }, doc, common);
}
/** Checked by a compiler of its own (templates); the value is the YAML node as the loader has it. */
export function node<T = unknown>(doc: string, more: Common = {}): Shape<T | undefined> {
  return shape({ type: "node" }, doc, more);
}
/** Must stand there; what is said where it is missing is a rule's, not the shape's. */
export function needed<T>(inner: Shape<T>): Shape<T> {
  return { ...inner, needed: true };
}
/** The key must stand there. */
export function required<T>(inner: Shape<T>): Shape<NonNullable<T>> {
  return { ...inner, required: true } as Shape<NonNullable<T>>;
}
