// What a function answers, as `$reply` has it: parameters by name, structures as objects, tables as lists, an initial value as "".

import type { Value } from "../../core/contract.ts";
import { fromAbap } from "./scalars.ts";
import { fromXmlName } from "./names.ts";
import type { Field, FunctionInterface } from "./types.ts";
import type { Element } from "./xml-tree.ts";

/** Names are data: what holds them inherits nothing. */
export type Values = Record<string, Value>;

export function emptyValues(): Values {
  return Object.create(null) as Values;
}

/** Parameters as elements without a namespace; `tables` are those that are lists even where they are empty. */
export function resultsOf(
  parameters: readonly Element[],
  known: FunctionInterface | undefined,
  tables: readonly string[],
): Values {
  const values = emptyValues();
  const byName = new Map<string, Field>(known?.parameters.map((each) => [each.name, each]));
  for (const element of parameters) {
    const name = fromXmlName(element.local);
    const field = byName.get(name);
    values[name] = !field && tables.includes(name) ? lines(undefined, element) : valueOf(field, element);
  }
  return values;
}

function valueOf(field: Field | undefined, element: Element): Value {
  if (field?.type === "TABLE") return lines(field, element);
  if (field?.type === "STRUCTURE") return structure(field.fields, element);
  const { children } = element;
  if (children.length === 0) return fromAbap(field?.type, element.text);
  return children.every(({ local }) => local === "item") ? lines(undefined, element) : structure([], element);
}

function lines(field: Field | undefined, { children }: Element): Value[] {
  return children.map((item) => {
    if (field?.line) return valueOf(field.line, item);
    if (field && field.fields.length > 0) return structure(field.fields, item);
    return valueOf(undefined, item);
  });
}

function structure(fields: readonly Field[], { children }: Element): Value {
  const values = emptyValues();
  for (const each of children) {
    const name = fromXmlName(each.local);
    const value = valueOf(
      fields.find((field) => field.name === name),
      each,
    );
    const earlier = values[name];
    // Nothing of ABAP has two fields of one name; what came twice is kept, not overwritten.
    values[name] = !Object.hasOwn(values, name)
      ? value
      : Array.isArray(earlier)
        ? [...earlier, value]
        : [earlier, value];
  }
  return values;
}
