// What a function answers, as `$reply` has it: parameters by name, structures as objects, tables as lists, an initial value as "".

import type { Value } from "../../core/contract.ts";
import { fromAbap } from "./scalars.ts";
import { fromXmlName } from "./names.ts";
import { byName, type Field, type FunctionInterface } from "./types.ts";
import type { Element } from "./xml-tree.ts";

const NONE: readonly Field[] = [];

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
  const fields = byName(known?.parameters ?? NONE);
  for (const element of parameters) {
    const name = fromXmlName(element.local);
    const field = fields.get(name);
    values[name] = !field && tables.includes(name) ? lines(undefined, element) : valueOf(field, element);
  }
  return values;
}

function valueOf(field: Field | undefined, element: Element): Value {
  if (field?.type === "TABLE") return lines(field, element);
  if (field?.type === "STRUCTURE") return structure(field.fields, element);
  const { children } = element;
  if (children.length === 0) return fromAbap(field?.type, element.text);
  return children.every(({ local }) => local === "item") ? lines(undefined, element) : structure(NONE, element);
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
  const known = byName(fields);
  let repeated: Map<string, Value[]> | undefined;
  for (const each of children) {
    const name = fromXmlName(each.local);
    const value = valueOf(known.get(name), each);
    if (!Object.hasOwn(values, name)) {
      values[name] = value;
      continue;
    }
    // Nothing of ABAP has two fields of one name; what came twice is kept, not overwritten.
    repeated ??= new Map();
    const list = repeated.get(name) ?? [values[name]];
    if (list.length === 1) repeated.set(name, list);
    list.push(value);
    values[name] = list;
  }
  return values;
}
