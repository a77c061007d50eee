// What ajv finds, in words without values: messages are stored and logged, so they may say what the schema wants and what kind
// of thing was found, not what it was. Names of required properties come from the schema; other names come from the data.

import type { ErrorObject } from "ajv";

type Params = Readonly<Record<string, unknown>>;

export function faultMessage(error: ErrorObject): string {
  const params = error.params as Params;
  const say = WORDS[error.keyword];
  return say ? say(params, error) : `breaks the rule ${error.keyword} of the schema`;
}

const count = (word: string) => (params: Params) => `${word} ${String(params["limit"])}`;

const WORDS: Readonly<Record<string, (params: Params, error: ErrorObject) => string>> = {
  required: ({ missingProperty }) => `${String(missingProperty)} is missing`,
  dependentRequired: ({ missingProperty }) => `${String(missingProperty)} is missing beside another name`,
  additionalProperties: () => "a name stands here that the schema does not know",
  unevaluatedProperties: () => "a name stands here that the schema does not know",
  propertyNames: () => "a name stands here that the schema does not allow",
  type: ({ type }) => `must be ${typeWords(type)}`,
  enum: ({ allowedValues }) =>
    `value is not in the list of ${Array.isArray(allowedValues) ? allowedValues.length : 0} allowed`,
  const: ({ allowedValue }) => `must be ${JSON.stringify(allowedValue)}`,
  pattern: ({ pattern }) => `does not match the pattern ${String(pattern)}`,
  format: ({ format }) => `is no ${String(format)}`,
  minLength: count("is shorter than"),
  maxLength: count("is longer than"),
  minItems: count("has fewer items than"),
  maxItems: count("has more items than"),
  minProperties: count("has fewer names than"),
  maxProperties: count("has more names than"),
  minimum: count("is less than"),
  maximum: count("is greater than"),
  exclusiveMinimum: count("is not greater than"),
  exclusiveMaximum: count("is not less than"),
  multipleOf: ({ multipleOf }) => `is no multiple of ${String(multipleOf)}`,
  uniqueItems: () => "has the same item twice",
  contains: () => "lacks an item that the schema wants",
  oneOf: ({ passingSchemas }) =>
    passingSchemas === null ? "fits none of the alternatives" : "fits more than one of the alternatives",
  anyOf: () => "fits none of the alternatives",
  not: () => "is what the schema excludes",
  "false schema": () => "nothing may stand here",
};

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
  array: "a list",
  object: "an object",
};

function typeWords(type: unknown): string {
  const names = Array.isArray(type) ? type : String(type).split(",");
  return names.map((name) => TYPES[String(name)] ?? String(name)).join(" or ");
}
