// What stands in the path and behind the ?, as typed values. Strict: a parameter nobody knows, a value of another type, the same one
// twice are refused, because what is overlooked here is a wrong answer later.

import type { JsonSchema, OperationParameter, Rec, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { linearPattern } from "../../core/validation/json-schema-pattern.ts";
import { isExact } from "../shared/json/scanner.ts";
import type { ParameterOptions } from "./options.ts";

/** One thing that is wrong with a request. */
export interface Problem {
  /** `/query/seite`, `/body/adresse/ort`; names of the description only. */
  readonly place: string;
  /** Without values. */
  readonly text: string;
}

export type Read = { readonly value: Value } | { readonly problem: string };

export interface Parameter extends OperationParameter {
  readonly fallback: Value;
  read(text: string): Read;
}

const MOST_CHARACTERS = 1_000;
const MOST_VALUES = 1_000;

type Given = ParameterOptions | ParameterOptions["type"] | undefined;

/** Throws BridgeError where a rule contradicts itself; the message goes on behind the parameter's name. */
export function parameterOf(name: string, place: "path" | "query", given: Given): Parameter {
  const rules: Partial<ParameterOptions> =
    typeof given === "object" ? given : given === undefined ? {} : { type: given };
  const type = rules.type ?? "string";
  const matches = rules.pattern === undefined ? undefined : wholePattern(rules.pattern);
  const plain = (text: string): Read => readAs(type, text, rules, matches);
  const allowed = rules.enum?.map((value) => accepted(String(value), plain, "enum"));
  const read = (text: string): Read => {
    const found = plain(text);
    if (!allowed || "problem" in found || allowed.includes(found.value)) return found;
    return { problem: `must be one of ${listed(allowed)}` };
  };
  const fallback = rules.default === undefined ? undefined : accepted(String(rules.default), read, "default");
  const example = rules.example === undefined ? undefined : accepted(String(rules.example), read, "example");
  const list = rules.list ?? false;
  if (place === "path" && list) throw wrong("list", "a parameter of the path stands once");
  if (place === "path" && fallback !== undefined) throw wrong("default", "a parameter of the path is always there");
  if (rules.required === true && fallback !== undefined) throw wrong("default", "it is required");
  return {
    name,
    in: place,
    required: place === "path" || rules.required === true,
    list,
    description: rules.description,
    deprecated: rules.deprecated ?? false,
    schema: schemaOf(type, rules, allowed, fallback, example),
    fallback: list && fallback !== undefined ? [fallback] : fallback,
    read,
  };
}

/** They stand in the description, too. */
function listed(allowed: readonly Value[]): string {
  const shown = allowed.slice(0, 20).map(String).join(", ");
  return allowed.length > 20 ? `${shown} and ${allowed.length - 20} more` : shown;
}

function wrong(option: string, why: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `has ${option}, but ${why}`, { stage: "receive" });
}

function accepted(text: string, read: (text: string) => Read, option: string): Value {
  const found = read(text);
  if ("value" in found) return found.value;
  throw new BridgeError("OPTION_UNUSABLE", `has a value under ${option} that ${found.problem}`, { stage: "receive" });
}

function anchored(pattern: string): string {
  return pattern.includes("|") ? `^(?:${pattern})$` : `^${pattern}$`;
}

/** Anchored: what is allowed is said whole. */
function wholePattern(pattern: string): (text: string) => boolean {
  try {
    const compiled = linearPattern(anchored(pattern));
    return (text) => compiled.test(text);
  } catch (cause) {
    if (!(cause instanceof BridgeError)) throw cause;
    throw new BridgeError("OPTION_UNUSABLE", `has a pattern that cannot be used`, {
      stage: "receive",
      hint: cause.hint,
      cause,
    });
  }
}

// ── one value ───────────────────────────────────────────────────────────────────────────────────────────────────

type Rules = Partial<ParameterOptions>;
type Matches = ((text: string) => boolean) | undefined;

function readAs(type: ParameterOptions["type"], text: string, rules: Rules, matches: Matches): Read {
  const found = type === "string" ? readString(text, rules) : READERS[type](text, rules);
  if ("problem" in found || !matches || matches(text)) return found;
  return { problem: `does not match the pattern ${rules.pattern ?? ""}` };
}

const READERS: Readonly<Record<Exclude<ParameterOptions["type"], "string">, (text: string, rules: Rules) => Read>> = {
  integer(text, rules) {
    const value = Number(text);
    if (!/^(?:0|-?[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(value)) {
      return { problem: "must be a whole number" };
    }
    return within(value, rules);
  },
  number(text, rules) {
    if (!/^-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?$/.test(text))
      return { problem: "must be a number, such as 12.5" };
    if (!isExact(text, 0, text.length)) return { problem: "has more digits than a number keeps" };
    return within(Number(text), rules);
  },
  boolean(text) {
    return text === "true" || text === "false" ? { value: text === "true" } : { problem: "must be true or false" };
  },
  date(text) {
    const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
    // Date.parse takes the 31st of April for the 1st of May.
    const exists = !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
    return exists ? { value: text } : { problem: "must be a day, such as 2026-11-21" };
  },
};

function within(value: number, { least, most }: Rules): Read {
  if (least !== undefined && value < least) return { problem: `must be at least ${least}` };
  if (most !== undefined && value > most) return { problem: `must be at most ${most}` };
  return { value };
}

/** RFC 3986, section 6.2.2.3: a segment of dots is another path, however it is encoded. */
const DOTS = /^\.{1,2}$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

function readString(text: string, { least, most = MOST_CHARACTERS }: Rules): Read {
  // A character beyond the basic plane is two units of a text; JSON Schema counts it as one.
  const length = least === undefined && text.length <= most ? text.length : Array.from(text).length;
  if (length > most) return { problem: `is longer than ${most} characters` };
  if (least !== undefined && length < least) return { problem: `is shorter than ${least} characters` };
  return { value: text };
}

// ── path and query ──────────────────────────────────────────────────────────────────────────────────────────────

/** `texts` are decoded, in the order of `parameters`. */
export function readPath(parameters: readonly Parameter[], texts: readonly string[], problems: Problem[]): Rec {
  const values: [string, Value][] = [];
  for (const [index, parameter] of parameters.entries()) {
    const text = texts[index] ?? "";
    const place = `/path/${parameter.name}`;
    if (DOTS.test(text) || CONTROL.test(text)) {
      problems.push({ place, text: "must not be dots, nor hold control characters" });
      continue;
    }
    const found = parameter.read(text);
    if ("problem" in found) problems.push({ place, text: found.problem });
    else values.push([parameter.name, found.value]);
  }
  return Object.fromEntries(values);
}

const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));
const asItStands = (text: string): string => text;

/** WHATWG URL, section 5.1 (application/x-www-form-urlencoded): `+` is a space. */
export function readPairs(text: string): readonly (readonly [name: string, value: string])[] | undefined {
  if (text === "") return [];
  const pairs: (readonly [string, string])[] = [];
  const read = /[%+]/.test(text) ? formDecoded : asItStands;
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    try {
      pairs.push([read(name), read(value)]);
    } catch {
      return undefined;
    }
    if (pairs.length > MOST_VALUES) return undefined;
  }
  return pairs;
}

export function readQuery(parameters: ReadonlyMap<string, Parameter>, text: string, problems: Problem[]): Rec {
  const pairs = readPairs(text);
  if (!pairs) problems.push({ place: "/query", text: "is no percent-encoded UTF-8, or has too many parameters" });
  const given = new Map<string, Value[]>();
  const refused = new Set<string>();
  for (const [name, value] of pairs ?? []) {
    const parameter = parameters.get(name);
    const problem = parameter ? readOne(parameter, value, given) : unknownName(parameters);
    const place = parameter ? `/query/${name}` : "/query";
    if (problem === undefined || refused.has(place)) continue;
    refused.add(place);
    problems.push({ place, text: problem });
  }
  const values: [string, Value][] = [];
  for (const [name, parameter] of parameters) {
    const found = given.get(name);
    if (found) values.push([name, parameter.list ? found : found[0]]);
    else if (parameter.fallback !== undefined) values.push([name, parameter.fallback]);
    else if (parameter.required && pairs && !refused.has(`/query/${name}`)) {
      problems.push({ place: `/query/${name}`, text: "is missing" });
    }
  }
  return Object.fromEntries(values);
}

function readOne(parameter: Parameter, value: string, given: Map<string, Value[]>): string | undefined {
  const before = given.get(parameter.name) ?? [];
  if (before.length > 0 && !parameter.list) return "stands there more than once";
  if (value.includes("\0")) return "holds a control character";
  const found = parameter.read(value);
  if ("problem" in found) return found.problem;
  given.set(parameter.name, [...before, found.value]);
  return undefined;
}

function unknownName(parameters: ReadonlyMap<string, Parameter>): string {
  const known = [...parameters.keys()].slice(0, 20).join(", ");
  return `has a parameter that this call does not know; it knows ${known === "" ? "none" : known}`;
}

// ── for OpenAPI ─────────────────────────────────────────────────────────────────────────────────────────────────

function schemaOf(
  type: ParameterOptions["type"],
  rules: Rules,
  allowed: readonly Value[] | undefined,
  fallback: Value,
  example: Value,
): JsonSchema {
  const { least, most } = rules;
  const isText = type === "string";
  const lower = isText ? "minLength" : "minimum";
  const upper = isText ? "maxLength" : "maximum";
  return {
    type: type === "date" ? "string" : type,
    ...(type === "date" && { format: "date" }),
    ...(allowed && { enum: allowed }),
    ...(rules.pattern !== undefined && { pattern: anchored(rules.pattern) }),
    ...(least !== undefined && { [lower]: least }),
    ...((most !== undefined || (isText && !allowed)) && { [upper]: most ?? MOST_CHARACTERS }),
    ...(fallback !== undefined && { default: fallback }),
    ...(example !== undefined && { examples: [example] }),
  };
}
