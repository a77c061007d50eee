// The interface of a function as JSON Schema (2020-12): for OpenAPI, and for the check of the mapping.

import type { JsonSchema, Operation, Value } from "../../core/contract.ts";
import { isInput, isOutput, type Field, type FunctionInterface, type Parameter } from "./types.ts";

type Side = "input" | "output";

export function operationOf(known: FunctionInterface): Operation {
  const inputs = known.parameters.filter(isInput);
  return {
    name: known.function,
    input: objectOf(inputs, "input", inputs.filter(isNeeded)),
    output: objectOf(known.parameters.filter(isOutput), "output", []),
    ...(known.exceptions.length > 0 && {
      faults: known.exceptions.map((name) => ({ name, detail: { type: "object" } satisfies JsonSchema })),
    }),
  };
}

/** Without an interface nothing is known but the name. */
export function openOperation(name: string): Operation {
  return { name, input: { type: "object" }, output: { type: "object" } };
}

function isNeeded({ direction, optional }: Parameter): boolean {
  return direction !== "T" && !optional;
}

function objectOf(fields: readonly Field[], side: Side, needed: readonly Field[]): JsonSchema {
  if (fields.length === 0 && side === "output") return { type: "object" };
  return {
    type: "object",
    properties: Object.fromEntries(fields.map((field) => [field.name, described(field, side)])),
    ...(needed.length > 0 && { required: needed.map(({ name }) => name) }),
    ...(side === "input" && { additionalProperties: false }),
  };
}

function described(field: Field, side: Side): JsonSchema {
  const text = (field as Partial<Parameter>).text;
  return text === undefined ? schemaOf(field, side) : { ...schemaOf(field, side), description: text };
}

function schemaOf(field: Field, side: Side): JsonSchema {
  const { type, fields, line } = field;
  if (type === "TABLE") return { type: "array", items: line ? schemaOf(line, side) : structureOf(fields, side) };
  if (type === "STRUCTURE") return structureOf(fields, side);
  return scalarOf(field, side);
}

function structureOf(fields: readonly Field[], side: Side): JsonSchema {
  return fields.length === 0 ? {} : objectOf(fields, side, []);
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  INT1: [0, 255],
  INT2: [-32_768, 32_767],
  INT4: [-2_147_483_648, 2_147_483_647],
};

function scalarOf({ type, length, decimals }: Field, side: Side): JsonSchema {
  const limited: { [keyword: string]: Value } = length === undefined || length === 0 ? {} : { maxLength: length };
  const range = Object.hasOwn(RANGES, type) ? RANGES[type] : undefined;
  if (range) return { type: "integer", minimum: range[0], maximum: range[1] };
  switch (type) {
    case "NUMC":
      return { type: "string", pattern: "^[0-9]*$", ...limited };
    case "DATS":
      return side === "input"
        ? { type: "string", pattern: "^([0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2})?$" }
        : { type: "string", pattern: "^([0-9]{8})?$" };
    case "TIMS":
      return side === "input"
        ? { type: "string", pattern: "^([0-9]{6}|[0-9]{2}:[0-9]{2}:[0-9]{2})?$" }
        : { type: "string", pattern: "^([0-9]{6})?$" };
    case "INT8":
      return { type: "string", pattern: "^-?[0-9]{1,19}$" };
    case "BCD":
      return { type: "string", pattern: decimalPattern(length, decimals) };
    case "DECFLOAT16":
    case "DECFLOAT34":
    case "FLOAT":
      return { type: "string", pattern: "^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$" };
    case "RAW":
    case "XSTRING":
      return { type: "string", contentEncoding: "base64" };
    case "STRING":
      return { type: "string" };
    default:
      return { type: "string", ...limited };
  }
}

function decimalPattern(length: number | undefined, decimals: number): string {
  if (length === undefined || length === 0) return "^-?[0-9]+([.][0-9]+)?$";
  const before = Math.max(1, length - decimals);
  return `^-?[0-9]{1,${before}}${decimals > 0 ? `([.][0-9]{1,${decimals}})?` : ""}$`;
}
