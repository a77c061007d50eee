// Between the values of a message and those of node-rfc: bytes are Buffers there, integers numbers, all else text. INT8 comes as a
// number of JavaScript, exact up to 2^53; node-rfc has no other form of it.

import type { Value } from "../../core/contract.ts";
import type { Maker } from "./arguments.ts";
import { emptyValues, type Values } from "./results.ts";
import { fromAbap, isInteger } from "./scalars.ts";
import type { SdkStructure, SdkValue } from "./sdk-types.ts";
import { byName, type Field, type FunctionInterface } from "./types.ts";

export const sdkMaker: Maker<SdkValue> = {
  scalar(text, type, value) {
    if (type === undefined) return value;
    if (type === "RAW" || type === "XSTRING") return Buffer.from(text, "base64");
    return isInteger(type) || type === "INT8" ? Number(text) : text;
  },
  structure: (fields) => Object.fromEntries(fields),
  table: (lines) => [...lines],
};

export function resultsOfSdk(results: SdkStructure, known: FunctionInterface | undefined): Values {
  return fieldsOf(known?.parameters ?? [], results);
}

function fieldsOf(fields: readonly Field[], results: SdkStructure): Values {
  const values = emptyValues();
  for (const [name, value] of Object.entries(results)) {
    values[name] = valueOf(byName(fields).get(name), value);
  }
  return values;
}

function valueOf(field: Field | undefined, value: SdkValue): Value {
  if (Buffer.isBuffer(value)) return value.toString("base64");
  if (Array.isArray(value)) return value.map((line) => valueOf(lineOf(field), line));
  if (typeof value === "object" && value !== null) return fieldsOf(field?.fields ?? [], value);
  if (typeof value === "number") return field && !isInteger(field.type) ? String(value) : value;
  return fromAbap(field?.type, value);
}

function lineOf(field: Field | undefined): Field | undefined {
  if (!field) return undefined;
  return field.line ?? { ...field, type: "STRUCTURE" };
}
