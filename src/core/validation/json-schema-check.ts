// The mapping against the target's JSON Schema, before any data comes: what is required but not mapped, what the schema does
// not know, which constant can never be valid. What depends on data is left to the validator.

import { finding } from "../bridge/finding.ts";
import type { Finding, ListNode, MapEntry, MapNode, Node, ScalarNode } from "../bridge/tree.ts";
import type { Value } from "../contract.ts";
import type { Code, Position } from "../errors.ts";
import type { JsonShape, JsonType } from "../mapping/types.ts";
import { isFormula, literalText } from "../mapping/template/compiling.ts";
import { textAs, wantsList } from "../mapping/template/json-text.ts";
import { nearest } from "../options/nearest.ts";
import { resultsOf } from "./formula-results.ts";
import type { FormulaLookups } from "./formula-results.ts";
import { shorten } from "./model/simple-type.ts";

interface Place {
  /** `adresse/ort`, as people read it; "" at the top. */
  readonly path: string;
  readonly at: Position;
}

interface Check {
  readonly lookups: FormulaLookups;
  report(code: Code, at: Position, message: string, hint?: string, length?: number): void;
}

/** All findings about a `json:` template (the node under `map.json`). */
export function checkJsonTemplate(template: Node, shape: JsonShape, lookups: FormulaLookups = {}): readonly Finding[] {
  const findings: Finding[] = [];
  const check: Check = {
    lookups,
    report: (code, at, message, hint = "", length = 0) => {
      findings.push(finding(code, at, message, { hint, length }));
    },
  };
  checkNode(template, shape, { path: "", at: template.at }, check);
  return findings;
}

function checkNode(node: Node, shape: JsonShape, place: Place, check: Check): void {
  if (node.kind === "list") return checkList(node, shape, place, check);
  if (node.kind === "map") return checkMap(node, shape, place, check);
  checkScalar(node, shape, place, check);
}

function checkMap(node: MapNode, shape: JsonShape, place: Place, check: Check): void {
  const repeated = node.entries.some(({ key }) => key === "=each");
  if (repeated && !allows(shape, "list")) return wrongKind("a list (=each)", shape, place, check);
  const target = repeated || wantsList(shape) ? shape.item() : shape;
  if (!target) return;
  if (!allows(target, "object")) return wrongKind("an object", target, place, check);
  const entries = node.entries.filter(({ key }) => !key.startsWith("="));
  for (const entry of entries) checkEntry(entry, target, place, check);
  const present = new Set(entries.map(({ key }) => nameOf(key)));
  for (const name of target.required) {
    if (present.has(name)) continue;
    const where = place.path === "" ? "the schema" : place.path;
    const hint = constantHint(name, target.property(name)) ?? `${name}: = …`;
    check.report("SCHEMA_MISSING", place.at, `${where} requires ${name}, nothing is mapped to it`, hint);
  }
}

/** A required name with one allowed value needs no formula. */
function constantHint(name: string, shape: JsonShape | undefined): string | undefined {
  const [only, second] = shape?.enumeration ?? [];
  return only !== undefined && second === undefined ? `${name}: ${JSON.stringify(only)}` : undefined;
}

function checkEntry(entry: MapEntry, shape: JsonShape, place: Place, check: Check): void {
  const name = nameOf(entry.key);
  const inner = shape.property(name);
  const path = place.path === "" ? name : `${place.path}/${name}`;
  if (inner) return checkNode(entry.value, inner, { path, at: entry.keyAt }, check);
  if (!shape.closed) return;
  const near = nearest(name, shape.properties);
  const known = shape.properties.slice(0, 8).join(", ") + (shape.properties.length > 8 ? " …" : "");
  const hint = near ? `Did you mean ${near}?` : `It knows ${known}`;
  check.report("SCHEMA_UNKNOWN", entry.keyAt, `the schema does not know ${path}`, hint, entry.key.length);
}

function checkList(node: ListNode, shape: JsonShape, place: Place, check: Check): void {
  if (!allows(shape, "list")) return wrongKind("a list", shape, place, check);
  const item = shape.item();
  if (!item) return;
  for (const each of node.items) {
    const spliced = each.kind === "map" && each.entries.some(({ key }) => key === "=each");
    // A map with =each among the items makes items, not a list of its own.
    checkNode(
      spliced ? { ...each, entries: each.entries.filter(({ key }) => key !== "=each") } : each,
      item,
      { path: place.path, at: each.at },
      check,
    );
  }
}

/** A literal, or what a formula is known to give. */
function checkScalar(node: ScalarNode, shape: JsonShape, place: Place, check: Check): void {
  const target = wantsList(shape) ? shape.item() : shape;
  if (!target) return;
  if (!isFormula(node)) return checkConstant(valueOf(node, target), target, node, place, check);
  for (const result of resultsOf(node.text.slice(1), check.lookups)) {
    if (result.kind === "table") checkTable(result.table, result.values, target, node, place, check);
    else checkConstant(valueOfConstant(result.value, target), target, node, place, check);
  }
}

function checkConstant(value: Value, target: JsonShape, node: ScalarNode, place: Place, check: Check): void {
  const why = target.refuse(value);
  if (why === undefined) return;
  reportConstant(typeof value === "string" ? value : JSON.stringify(value), why, target, node, place, check);
}

/** Code tables hold text, which becomes a number or boolean as the template will write it. */
function checkTable(
  table: string,
  values: readonly string[],
  target: JsonShape,
  node: ScalarNode,
  place: Place,
  check: Check,
): void {
  const refused = values.filter((value) => target.refuse(valueOfConstant(value, target)) !== undefined);
  const [first] = refused;
  if (first === undefined) return;
  const where = place.path || "the message";
  const message = `${refused.length} of ${values.length} values of the code table ${table} are not allowed in ${where}: ${shorten(refused)}`;
  const { enumeration } = target;
  const why = target.refuse(valueOfConstant(first, target)) ?? "";
  check.report(
    "SCHEMA_LIST",
    node.at,
    message,
    enumeration ? `Allowed: ${shorten(enumeration)}` : why,
    node.text.length,
  );
}

function reportConstant(
  text: string,
  why: string,
  target: JsonShape,
  node: ScalarNode,
  place: Place,
  check: Check,
): void {
  const { enumeration } = target;
  const near = enumeration && nearest(text, enumeration);
  const allowed = enumeration && enumeration.slice(0, 8).join(", ") + (enumeration.length > 8 ? " …" : "");
  const hint = near ? `Did you mean ${near}?` : allowed === undefined ? "" : `Allowed: ${allowed}`;
  const message = `${place.path || "the message"}: the constant ${why}`;
  check.report("SCHEMA_CONSTANT", node.at, message, hint, node.text.length);
}

function valueOfConstant(value: string | number | boolean | null, shape: JsonShape): Value {
  return typeof value === "string" ? (JSON.parse(textAs(value, shape)) as Value) : value;
}

/** The value that the template will write. */
function valueOf(node: ScalarNode, shape: JsonShape): Value {
  if (node.type === "null") return null;
  const text = literalText(node);
  if (node.type === "boolean" && allows(shape, "boolean")) return text.toLowerCase() === "true";
  if (node.type === "number" && allows(shape, "number")) return Number(text);
  return JSON.parse(textAs(text, shape)) as Value;
}

function wrongKind(found: string, shape: JsonShape, place: Place, check: Check): void {
  const wanted = [...(shape.types ?? [])].map((type) => KINDS[type]).join(" or ");
  check.report("SCHEMA_TYPE", place.at, `${place.path || "the message"} must be ${wanted}, and the map makes ${found}`);
}

const KINDS: Readonly<Record<JsonType, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
  list: "a list",
  object: "an object",
};

function allows(shape: JsonShape, type: JsonType): boolean {
  return shape.types === undefined || shape.types.has(type);
}

/** `'=x` is the name `=x`. */
function nameOf(key: string): string {
  return key.startsWith("'=") ? key.slice(1) : key;
}
