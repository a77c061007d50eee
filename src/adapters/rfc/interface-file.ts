// schemas/BAPI_X.json or .csv in the bridge's folder: the interface of a function module, as people can read and write it.
//
//   { "function": "Z_EXAMPLE",
//     "parameters": [
//       { "name": "NUMBER", "direction": "I", "type": "NUMC", "length": 10 },
//       { "name": "RETURN", "direction": "T", "fields": [ { "name": "TYPE", "type": "CHAR", "length": 1 } ] } ],
//     "exceptions": ["NO_ENTRY"] }
//
//   parameter;direction;field;type;length;decimals;optional;text       the same as CSV: fields follow their parameter,
//   RETURN;T;TYPE;CHAR;1;;;                                             dotted where they nest; direction X is an exception

import { BridgeError } from "../../core/errors.ts";
import { isFieldName, isFunctionName } from "./names.ts";
import { abapType, type AbapType, type Field, type FunctionInterface, type Parameter } from "./types.ts";

const MOST_FIELDS = 20_000;
const DEEPEST = 20;

/** Throws OPTION_UNUSABLE with the place in the file. `name` decides whether it is CSV. */
export function readInterface(bytes: Uint8Array, name: string, wanted: string | undefined): FunctionInterface {
  const text = decoded(bytes, name);
  const given = /\.csv$/iu.test(name) ? fromCsv(text, name, wanted) : fromJson(text, name);
  const found = checkedInterface(given, name);
  if (wanted !== undefined && found.function !== wanted)
    throw unusable(name, `is the interface of ${found.function}, but the bridge calls ${wanted}`);
  return found;
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unusable(name, "is not UTF-8");
  }
}

function unusable(name: string, what: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", `the interface file ${name}${what.startsWith(":") ? "" : " "}${what}`, {
    hint: "docs/rfc.md shows how an interface is written, and how it is fetched from SAP.",
    facts: { option: "interface" },
  });
}

/** A field as files give it, before it is looked at. */
interface Loose {
  readonly [key: string]: unknown;
}

function isLoose(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fromJson(text: string, name: string): Loose {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable(name, "is not JSON");
  }
  if (!isLoose(value)) throw unusable(name, "is not a JSON object with function and parameters");
  return value;
}

const KEYS = new Set(["name", "direction", "type", "length", "decimals", "optional", "text", "fields", "line"]);

/** What a file or an answer of SAP gives, checked key by key. Throws OPTION_UNUSABLE. */
export function checkedInterface(given: Loose, name: string): FunctionInterface {
  let count = 0;

  function field(loose: unknown, place: string, depth: number, isParameter: boolean): Field {
    if (!isLoose(loose)) throw unusable(name, `: ${place} is no object`);
    if (++count > MOST_FIELDS) throw unusable(name, `has more than ${MOST_FIELDS} fields`);
    if (depth > DEEPEST) throw unusable(name, `nests deeper than ${DEEPEST}`);
    const key = Object.keys(loose).find((each) => !KEYS.has(each) || (!isParameter && each === "direction"));
    if (key !== undefined) throw unusable(name, `: ${place} has an unknown key ${JSON.stringify(key.slice(0, 40))}`);
    const fieldName = loose["name"];
    if (typeof fieldName !== "string" || !isFieldName(fieldName))
      throw unusable(name, `: ${place} has no name as ABAP has them (upper case, digits, _ and /)`);
    const where = isParameter ? fieldName : `${place}.${fieldName}`;
    const type = typeOf(loose, where, isParameter);
    return {
      name: fieldName,
      type,
      length: wholeNumber(loose, "length", where),
      decimals: wholeNumber(loose, "decimals", where) ?? 0,
      fields: fieldsOf(loose["fields"], where, depth),
      line: loose["line"] === undefined ? undefined : lineOf(loose["line"], where, depth),
    };
  }

  function lineOf(loose: unknown, place: string, depth: number): Field {
    return field(isLoose(loose) ? { name: "ITEM", ...loose } : loose, place, depth + 1, false);
  }

  function fieldsOf(given: unknown, place: string, depth: number): readonly Field[] {
    if (given === undefined) return [];
    if (!Array.isArray(given)) throw unusable(name, `: ${place}.fields is no list`);
    const fields = given.map((each) => field(each, place, depth + 1, false));
    refuseTwice(fields, place);
    return fields;
  }

  function refuseTwice(fields: readonly Field[], place: string): void {
    const seen = new Set<string>();
    for (const each of fields) {
      if (seen.has(each.name)) throw unusable(name, `names ${each.name} twice in ${place}`);
      seen.add(each.name);
    }
  }

  function typeOf(loose: Loose, place: string, isParameter: boolean): AbapType {
    const { type } = loose;
    if (type === undefined && loose["direction"] === "T" && isParameter) return "TABLE";
    if (type === undefined && loose["fields"] !== undefined) return "STRUCTURE";
    const known = typeof type === "string" ? abapType(type) : undefined;
    if (known === undefined) throw unusable(name, `: ${place} has no type of ABAP (C or CHAR, N or NUMC, D or DATS …)`);
    // A TABLES parameter is declared by the structure of its lines.
    return loose["direction"] === "T" && isParameter ? "TABLE" : known;
  }

  function wholeNumber(loose: Loose, key: string, place: string): number | undefined {
    const value = loose[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647) return value;
    throw unusable(name, `: ${key} of ${place} is no whole number`);
  }

  function parameter(loose: unknown, index: number): Parameter {
    const place = `parameter ${index + 1}`;
    const known = field(loose, place, 0, true);
    const { direction, optional, text } = loose as Loose;
    if (direction !== "I" && direction !== "E" && direction !== "C" && direction !== "T")
      throw unusable(name, `: direction of ${known.name} is not I, E, C or T`);
    if (optional !== undefined && typeof optional !== "boolean")
      throw unusable(name, `: optional of ${known.name} is not true or false`);
    return {
      ...known,
      direction,
      // A table that is not sent is an empty one.
      optional: optional ?? direction === "T",
      text: typeof text === "string" && text !== "" ? text.slice(0, 200) : undefined,
    };
  }

  const { function: functionName, parameters = [], exceptions = [] } = given;
  if (typeof functionName !== "string" || !isFunctionName(functionName))
    throw unusable(name, "has no function with the name of one");
  if (!Array.isArray(parameters)) throw unusable(name, ": parameters is no list");
  if (!Array.isArray(exceptions) || !exceptions.every((each): each is string => typeof each === "string"))
    throw unusable(name, ": exceptions is no list of names");
  const all = parameters.map(parameter);
  refuseTwice(all, functionName);
  return { function: functionName, parameters: all, exceptions: exceptions.slice(0, 1_000) };
}

const COLUMNS = ["parameter", "direction", "field", "type", "length", "decimals", "optional", "text"] as const;

interface Node {
  readonly key: Record<string, unknown>;
  readonly fields: Map<string, Node>;
}

function fromCsv(text: string, name: string, wanted: string | undefined): Loose {
  const lines = text
    .replace(/^\uFEFF/u, "")
    .split(/\r?\n/u)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const header = (lines.shift() ?? "").split(";").map((cell) => cell.trim());
  const unknown = header.find((cell) => !(COLUMNS as readonly string[]).includes(cell));
  if (unknown !== undefined || !header.includes("parameter") || !header.includes("direction"))
    throw unusable(name, `has not the columns ${COLUMNS.join(";")}`);
  if (wanted === undefined) throw unusable(name, "names no function; the option function does");
  const roots = new Map<string, Node>();
  const exceptions: string[] = [];
  for (const [index, line] of lines.entries()) {
    const cells = line.split(";").map((cell) => cell.trim());
    const row = new Map(header.map((column, at) => [column, cells[at] ?? ""]));
    const of = (column: (typeof COLUMNS)[number]): string => row.get(column) ?? "";
    if (of("direction") === "X") exceptions.push(of("parameter"));
    else place(roots, of, `${name}: line ${index + 2}`);
  }
  return { function: wanted, parameters: [...roots.values()].map(loose), exceptions };
}

function place(roots: Map<string, Node>, of: (column: (typeof COLUMNS)[number]) => string, where: string): void {
  const path = of("field") === "" ? [] : of("field").split(".");
  if (path.length > DEEPEST) throw unusable(where, `nests deeper than ${DEEPEST}`);
  let node = nodeIn(roots, of("parameter"));
  if (of("direction") !== "") node.key["direction"] = of("direction");
  for (const step of path) node = nodeIn(node.fields, step);
  if (of("type") !== "") node.key["type"] = of("type");
  for (const column of ["length", "decimals"] as const) {
    if (of(column) === "") continue;
    if (!/^\d{1,10}$/u.test(of(column))) throw unusable(where, `has no number as ${column}`);
    node.key[column] = Number(of(column));
  }
  if (/^(?:x|true|yes)$/iu.test(of("optional"))) node.key["optional"] = true;
  if (of("text") !== "") node.key["text"] = of("text");
}

function nodeIn(nodes: Map<string, Node>, name: string): Node {
  let node = nodes.get(name);
  if (!node) {
    node = { key: { name }, fields: new Map() };
    nodes.set(name, node);
  }
  return node;
}

function loose({ key, fields }: Node): Loose {
  return fields.size === 0 ? key : { ...key, fields: [...fields.values()].map(loose) };
}
