// What a bridge file says about a REST call: once under receive.rest, or beside `call:` in each case.

import {
  boolean,
  bridgeFile,
  choice,
  either,
  integer,
  list,
  map,
  number,
  object,
  required,
  text,
  type Infer,
} from "../../core/options/shape.ts";

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export const TYPES = ["string", "integer", "number", "boolean", "date"] as const;

const parameter = either(
  [
    choice(TYPES, "its type; nothing else to say"),
    object(
      {
        type: choice(TYPES, "what its text has to be: date is 2026-11-21; a string stays as it came", {
          default: "string",
        }),
        required: boolean("whether it must be there; those in the path always are", { default: false }),
        default: either([boolean("value"), text("value")], "its value where it is absent"),
        enum: list(either([boolean("value"), text("value")], "value"), "the values that it may have", { most: 1_000 }),
        pattern: text("what the whole text must match, as a regular expression in linear time (RE2)", {
          example: '"[0-9]{8}"',
          most: 1_000,
        }),
        least: number("smallest number, or fewest characters of a string"),
        most: number("largest number, or most characters of a string; 1000 characters without it"),
        list: boolean("it may stand several times: ?art=a&art=b; formulas then see a list", { default: false }),
        description: text("what it means, for those who call", { most: 1_000 }),
        example: either([boolean("value"), text("value")], "a value to show"),
        deprecated: boolean("it is going to vanish", { default: false }),
      },
      "a parameter with more to say",
    ),
  ],
  "a parameter",
);

const NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Of one call: beside `call:` in a case, or under receive.rest where that is the only one. */
export const perCall = {
  summary: text("what the call is for, in one line", { most: 200 }),
  description: text("more about it, for those who call", { most: 5_000 }),
  params: map(parameter, "types of what stands in braces in the path; each is a string without it", {
    most: 20,
    example: '{ om: { pattern: "[0-9]{8}" } }',
  }),
  query: map(parameter, "parameters behind the ?; others are refused", {
    key: NAME,
    keyHint: "names of letters, digits, _ . and -",
    most: 100,
    example: "{ seite: { type: integer, default: 1 } }",
  }),
  request: object(
    {
      schema: bridgeFile("JSON Schema that the body must fit", { catalog: true, example: "schemas/request.json" }),
      contentType: text("what the body is: JSON, a form (application/x-www-form-urlencoded), or text", {
        pattern: /^[a-z0-9][a-z0-9!#$&^_.+-]{0,60}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}$/,
        patternHint: "a media type in small letters, without parameters, such as application/json",
        default: "application/json",
      }),
      required: boolean("whether there must be a body", { default: true }),
    },
    "the body of a request",
  ),
  reply: object(
    {
      schema: bridgeFile(
        "JSON Schema that the answer to the caller must fit; what does not is an error of the service",
        {
          catalog: true,
          example: "schemas/reply.json",
        },
      ),
      status: integer("status of the answer, for the description", { least: 200, most: 299 }),
    },
    "the body of the answer",
  ),
  deprecated: boolean("this call is going to end before the bridge does", { default: false }),
} as const;

export const options = required(
  object({
    method: choice(
      METHODS,
      "method of HTTP, where the bridge takes one call; else each case names its own: call: GET /einwohner/{om}",
    ),
    path: text("path of that one call below /bridges/NAME, with {name} where it varies", {
      example: '"/einwohner/{om}"',
      most: 500,
    }),
    ...perCall,
  }),
);

export type Options = Infer<typeof options>;
const callShape = required(object(perCall));
export type CallOptions = Infer<typeof callShape>;
export type ParameterOptions = Exclude<NonNullable<Infer<typeof parameter>>, string>;
