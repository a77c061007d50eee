// The mapping against the target's JSON Schema, before any data comes: what is required but not mapped, what the schema does
// not know, which constant can never be valid. What depends on data is left to the validator.

import { finding } from "../bridge/finding.ts";
import type { Finding, ListNode, MapEntry, MapNode, Node, ScalarNode } from "../bridge/tree.ts";
import type { Value } from "../contract.ts";
import type { Code, Position } from "../errors.ts";
import type { JsonShape, JsonType } from "../mapping/types.ts";
import { formulaShape } from "../mapping/formula/shape.ts";
import { isFormula, literalText } from "../mapping/template/compiling.ts";
import { textAs, wantsList } from "../mapping/template/json-text.ts";
import { nearest } from "../options/nearest.ts";

interface Place {
  /** `adresse/ort`, as people read it; "" at the top. */
  readonly path: string;
  readonly at: Position;
}

interface Check {
  report(code: Code, at: Position, message: string, hint?: string, length?: number): void;
}

/** All findings about a `json:` template (the node under `map.json`). */
export function checkJsonTemplate(template: Node, shape: JsonShape): readonly Finding[] {
  const findings: Finding[] = [];
  const check: Check = {
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

/** A literal, or a formula that is a constant. */
function checkScalar(node: ScalarNode, shape: JsonShape, place: Place, check: Check): void {
  const target = wantsList(shape) ? shape.item() : shape;
  if (!target) return;
  const constant = isFormula(node) ? formulaShape(node.text.slice(1)) : undefined;
  if (constant && constant.kind !== "constant") return;
  const value = constant ? valueOfConstant(constant.value, target) : valueOf(node, target);
  const why = target.refuse(value);
  if (why !== undefined)
    reportConstant(typeof value === "string" ? value : JSON.stringify(value), why, target, node, place, check);
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
