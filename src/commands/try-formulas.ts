// What each formula of a template makes of one record, for `steg try --record N`. The template's compiled function does not
// keep values, so every formula is evaluated once more, on its own, with the record and the scope that the message had.

import { readYaml } from "../core/bridge/read-yaml.ts";
import type { MapNode, Node, ScalarNode } from "../core/bridge/tree.ts";
import type { LoadedBridge } from "../core/bridge/types.ts";
import type { Rec, Scope, Value } from "../core/contract.ts";
import { asBridgeError } from "../core/errors.ts";
import type { Position } from "../core/errors.ts";
import { compileFormula } from "../core/mapping/formula/compile.ts";
import type { AttachmentPlace, CompiledFormula } from "../core/mapping/types.ts";
import { isTrue, itemsOf, scopeOfEach } from "../core/mapping/template/values.ts";
import type { DryMessage } from "../core/pipeline/dry-run.ts";

export interface FormulaRow {
  /** `41:22` */
  readonly place: string;
  readonly name: string;
  readonly formula: string;
  readonly value: string;
  readonly failed: boolean;
}

const MOST_ITEMS = 3;
const MOST_ROWS = 500;

interface Walk {
  readonly rows: FormulaRow[];
  readonly lets: readonly string[];
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly record: Rec;
}

export function formulaRows(bridge: LoadedBridge, message: DryMessage): readonly FormulaRow[] {
  const record = message.records[0];
  const bytes = bridge.files.get("bridge.yaml");
  const root = bytes === undefined ? undefined : readYaml(bridge.file, bytes, () => undefined);
  if (record === undefined || root?.kind !== "map") return [];
  const way = message.way ?? bridge.ways[0];
  const map = mapNodeOf(root, way?.number ?? 0);
  if (map === undefined) return [];
  const lets = (way?.lets ?? []).map((one) => one.name);
  const tables = new Map([...message.scope.tables].map(([name, table]) => [name, table.columns]));
  const walk: Walk = { rows: [], lets, tables, record };
  const scope: Scope = { ...message.scope, lets: [] };
  for (const { name, formula } of way?.lets ?? []) {
    const value = show(walk, `$${name}`, formula, record, scope);
    scope.lets.push(value);
  }
  if (map.kind === "scalar") visit(walk, "", "", map, record, scope);
  else if (map.kind === "map") {
    for (const { key, value } of map.entries) if (!NOT_TEMPLATES.has(key)) visit(walk, "", "", value, record, scope);
  }
  return walk.rows;
}

const NOT_TEMPLATES: ReadonlySet<string> = new Set(["codes", "let", "per", "attach", "most"]);

function entry(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === "map" ? node.entries.find((one) => one.key === key)?.value : undefined;
}

/** The map of the case that the record took, else the bridge's. */
function mapNodeOf(root: MapNode, way: number): Node | undefined {
  const cases = entry(root, "cases");
  const own = cases?.kind === "list" && way > 0 ? entry(cases.items[way - 1], "map") : undefined;
  return own ?? entry(root, "map");
}

function visit(walk: Walk, name: string, indent: string, node: Node, item: Value, scope: Scope): void {
  if (walk.rows.length >= MOST_ROWS) return;
  if (node.kind === "scalar") {
    const formula = compile(walk, node, item === walk.record);
    if (formula !== undefined) show(walk, indent + name, formula, item, scope);
  } else if (node.kind === "list") {
    for (const [at, one] of node.items.entries()) visit(walk, `${name}[${at + 1}]`, indent, one, item, scope);
  } else visitMap(walk, name, indent, node, item, scope);
}

function visitMap(walk: Walk, name: string, indent: string, node: MapNode, item: Value, scope: Scope): void {
  const directive = (key: string): ScalarNode | undefined => {
    const value = node.entries.find((entry) => entry.key === key)?.value;
    return value?.kind === "scalar" ? value : undefined;
  };
  const each = directive("=each");
  const rest = node.entries.filter(({ key }) => key !== "=each" && key !== "=when");
  const when = directive("=when");
  const children = (inner: Value, innerScope: Scope, prefix: string): void => {
    const condition = when && compile(walk, when, inner === walk.record);
    if (condition !== undefined && !isTrue(show(walk, `${prefix}${name} =when`, condition, inner, innerScope))) return;
    for (const { key, value } of rest) visit(walk, key === "=text" ? name : key, prefix, value, inner, innerScope);
  };
  const list = each && compile(walk, each, item === walk.record);
  if (list === undefined) {
    children(item, scope, indent);
    return;
  }
  const items = itemsOf(show(walk, indent + name, list, item, scope, true));
  const inner = scopeOfEach(scope, item);
  for (const [at, one] of items.slice(0, MOST_ITEMS).entries()) {
    inner.n = at + 1;
    children(one, { ...inner }, `${indent}  [${at + 1}] `);
  }
}

function compile(walk: Walk, node: ScalarNode, itemIsRecord: boolean): CompiledFormula | undefined {
  if (!node.text.startsWith("=")) return undefined;
  return compileFormula(node, {
    lets: walk.lets,
    tables: walk.tables,
    variables: [],
    fields: undefined,
    optional: [],
    itemIsRecord,
    attachments: ANYWHERE,
    report: () => undefined,
  });
}

/** The bridge was loaded: where attachments cannot be asked for is known. */
const ANYWHERE: AttachmentPlace = { role: "value", lets: new Set(), found: () => undefined };

function show(walk: Walk, name: string, formula: CompiledFormula, item: Value, scope: Scope, list = false): Value {
  const base = { place: placeOf(formula.at), name, formula: formula.source.replaceAll(/\s+/g, " ") };
  try {
    const value = formula.evaluate(item, scope);
    walk.rows.push({ ...base, value: list ? itemsText(value) : valueText(walk, formula, value), failed: false });
    return value;
  } catch (cause) {
    const error = asBridgeError(cause, "map");
    walk.rows.push({ ...base, value: `${error.code} ${error.message}`, failed: true });
    return undefined;
  }
}

function placeOf(at: Position): string {
  return `${at.line}:${at.column}`;
}

function itemsText(value: Value): string {
  const count = itemsOf(value).length;
  return `${count} item${count === 1 ? "" : "s"}`;
}

/** `RF "GMBH" → 351` where a formula reads one field and makes something else of it. */
function valueText(walk: Walk, formula: CompiledFormula, value: Value): string {
  const names = [...new Set(formula.names.map((used) => used.name))];
  const [name] = names;
  const made = value === undefined ? "absent, no node" : plain(value);
  if (names.length !== 1 || name === undefined || !Object.hasOwn(walk.record, name)) return made;
  const input = walk.record[name];
  if (input === undefined || input === value || formula.source === name || formula.source === `\`${name}\``)
    return made;
  return `${name} ${JSON.stringify(input)} → ${made}`;
}

function plain(value: Value): string {
  if (Array.isArray(value)) return itemsText(value);
  if (typeof value === "string") return value;
  return JSON.stringify(withoutBytes(value));
}

/** Bytes of attachments are long, and not there where no formula reads them. */
function withoutBytes(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Value) => withoutBytes(item));
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value));
  return Object.fromEntries(
    fields.map(([name, field]) => [name, field.get ? "…" : withoutBytes(field.value as Value)]),
  );
}
