// Fields of a template or of its values, nested or with dots in their names, each with the field of the form that it means.

import type { FormField } from "../read/form-fields.ts";
import type { Form, Unfit } from "./form.ts";
import type { Filling } from "./protocol.ts";

export type Step = string | number;

/** A JSON pointer (RFC 6901). */
export function pointer(path: readonly Step[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export interface Found<T> {
  /** `name` as it would stand in the form. */
  unknown(path: readonly Step[], name: string): void;
  field(path: readonly Step[], field: FormField, value: T): void;
}

export function walkFields<T>(
  fields: { readonly [name: string]: T },
  form: Form,
  at: readonly Step[],
  found: Found<T>,
  above: readonly string[] = [],
): void {
  for (const [key, value] of Object.entries(fields)) {
    const place = [...at, key];
    const path = pathOf(form, above, key);
    const field = form.field(path);
    const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
    if (isNested && form.isPrefix(path)) {
      walkFields(value as { readonly [name: string]: T }, form, place, found, path);
    } else if (field) found.field(place, field, value);
    else found.unknown(place, path.join("."));
  }
}

/** A name with dots is several steps, unless the form has it as one. */
function pathOf(form: Form, above: readonly string[], key: string): readonly string[] {
  const whole = [...above, key];
  return form.field(whole) || form.isPrefix(whole) ? whole : [...above, ...key.split(".")];
}

export function isFilling(filling: Filling | Unfit): filling is Filling {
  return "kind" in filling;
}
