// Remarks for records that are segments in segments: the names of a short list at their places.

import type { Rec, Remark, Value } from "../../../core/contract.ts";
import type { Names } from "./names.ts";

type Fields = { readonly [name: string]: Value };

/** The name under which the list has a field of a segment: `E1EDKA1.PARVW`. */
export type FieldOf = (segment: string, field: string) => string;

export function explainer(names: Names, fieldOf: FieldOf): (record: Rec) => Iterable<Remark> {
  /** `Who it is: Seller`; undefined = the list has nothing of it. */
  function sayOf(field: string, value: string): string | undefined {
    const [title, meaning] = [names.title(field), names.meaning(field, value)];
    return title === undefined || meaning === undefined ? title : `${title}: ${meaning}`;
  }

  function* walk(value: Value, segment: string, name: string, path: Remark["path"]): Iterable<Remark> {
    if (Array.isArray(value)) {
      for (const [at, one] of value.entries()) yield* walk(one as Value, segment, name, [...path, at]);
    } else if (typeof value === "string") {
      const says = sayOf(fieldOf(segment, name), value);
      if (says !== undefined) yield { path, says };
    } else if (typeof value === "object" && value !== null) yield* object(value as Fields, segment, name, path);
  }

  function* object(fields: Fields, segment: string, name: string, path: Remark["path"]): Iterable<Remark> {
    const { tag } = fields;
    const own = typeof tag === "string" ? tag : name;
    const says = titleOf(names, fieldOf, own, fields);
    if (says !== undefined) yield { path, says };
    // Of a composite only the first component is what the list knows.
    const isComposite = fields["C1"] !== undefined && says === undefined;
    for (const [key, one] of Object.entries(fields)) {
      if (!isComposite) yield* walk(one, own, key, [...path, key]);
      else if (key === "C1") yield* walk(one, segment, name, [...path, key]);
    }
  }

  return (record) => object(record, "", "", []);
}

/** The segment by its name and the first of its codes that is known. */
export function titleOf(names: Names, fieldOf: FieldOf, segment: string, fields: Fields): string | undefined {
  const title = names.title(segment);
  if (title === undefined) return undefined;
  for (const [name, value] of Object.entries(fields)) {
    const code = codeIn(value);
    const meaning = code === undefined ? undefined : names.meaning(fieldOf(segment, name), code);
    if (meaning !== undefined) return `${title}: ${meaning}`;
  }
  return title;
}

/** Of a plain value, or of a composite. */
function codeIn(value: Value): string | undefined {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields)["C1"] : value;
  return typeof plain === "string" ? plain : undefined;
}
