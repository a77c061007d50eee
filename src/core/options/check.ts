// A YAML node against a shape: typed options, or findings that say what was found, what was expected, what to write.

import { finding, findingAt, found } from "../bridge/finding.ts";
import type { Finding, MapEntry, MapNode, Node, ScalarNode } from "../bridge/tree.ts";
import type { Position } from "../errors.ts";
import { exceptionShape, settleExceptions } from "./check-exception.ts";
import { checkScalar, lastName } from "./check-scalar.ts";
import type { Checked, CheckedObject, CheckEnvironment } from "./checked.ts";
import { exampleOf, expected } from "./describe.ts";
import { nearest } from "./nearest.ts";
import type { AnyShape, Kind } from "./shape.ts";

/**
 * undefined after findings; a map is given with what is right in it, so that later checks find the rest: whoever goes on to
 * use it asks whether errors were reported. Absent options with a default are filled in.
 */
export function checkOption(
  node: Node,
  shape: AnyShape,
  path: string,
  environment: CheckEnvironment,
): Checked | undefined {
  const { kind } = shape;
  switch (kind.type) {
    case "node":
      return { kind: "node", node, at: node.at };
    case "list":
      return checkList(node, shape, kind, path, environment);
    case "map":
      return node.kind === "map"
        ? checkFreeMap(node, kind, path, environment)
        : wrongKind(node, shape, path, environment);
    case "object":
      return node.kind === "map"
        ? checkObject(node, kind.properties, path, environment)
        : wrongKind(node, shape, path, environment);
    case "oneKey":
      return node.kind === "map"
        ? checkOneKey(node, kind, path, environment)
        : wrongKind(node, shape, path, environment);
    case "either":
      return checkEither(node, kind.of, shape, path, environment);
    default:
      return node.kind === "scalar"
        ? checkScalar(node, shape, path, environment)
        : wrongKind(node, shape, path, environment);
  }
}

function wrongKind(node: Node, shape: AnyShape, path: string, environment: CheckEnvironment): undefined {
  const name = lastName(path);
  const example = exampleOf(shape);
  const message = `${name} must be ${expected(shape)}, found ${found(node)}`;
  environment.report(
    findingAt("WRONG_TYPE", node, message, { hint: slipHint(node, shape, name) ?? (example && `${name}: ${example}`) }),
  );
  return undefined;
}

/** Two slips that YAML takes without a word: `{AGS}` is a map, `b:1` is a text. */
function slipHint(node: Node, shape: AnyShape, name: string): string | undefined {
  const first = node.kind === "map" ? node.entries[0] : undefined;
  if (
    first &&
    node.kind === "map" &&
    node.entries.length === 1 &&
    first.value.kind === "scalar" &&
    first.value.type === "null"
  ) {
    return `a text in braces is quoted: ${name}: "{${first.key}}"`;
  }
  if (node.kind === "scalar" && !node.quoted && isMapKind(shape.kind)) {
    const [, key, value] = /^(\w+):(\S.*)$/s.exec(node.text) ?? [];
    if (key !== undefined) return `a space is missing behind the colon: ${key}: ${value}`;
  }
  return undefined;
}

function isMapKind(kind: Kind): boolean {
  return kind.type === "map" || kind.type === "object" || kind.type === "oneKey";
}

// ── lists and free maps ─────────────────────────────────────────────────────────────────────────────────────────

function checkList(
  node: Node,
  shape: AnyShape,
  kind: Extract<Kind, { type: "list" }>,
  path: string,
  environment: CheckEnvironment,
): Checked | undefined {
  if (node.kind !== "list") {
    const empty = node.kind === "scalar" && node.type === "null" && !node.quoted;
    if (!kind.single || empty) return wrongKind(node, shape, path, environment);
    const only = checkOption(node, kind.item, path, environment);
    return only && { kind: "list", items: [only], at: node.at };
  }
  if (tooMany(node.items.length, kind.most, node, path, environment)) return undefined;
  const items = node.items.map((item, index) => checkOption(item, kind.item, `${path}[${index + 1}]`, environment));
  const good = items.filter((item) => item !== undefined);
  return good.length === items.length ? { kind: "list", items: good, at: node.at } : undefined;
}

function checkFreeMap(
  node: MapNode,
  kind: Extract<Kind, { type: "map" }>,
  path: string,
  environment: CheckEnvironment,
): Checked | undefined {
  if (tooMany(node.entries.length, kind.most, node, path, environment)) return undefined;
  const entries = new Map<string, Checked>();
  for (const { key, keyAt, value } of node.entries) {
    if (kind.key && !kind.key.test(key)) {
      const message = `${key} cannot be a name in ${path}`;
      const hint = kind.keyHint ?? `names here look like ${kind.key.source}`;
      environment.report(finding("WRONG_VALUE", keyAt, message, { hint, length: key.length }));
      continue;
    }
    const checked = checkOption(value, kind.value, `${path}.${key}`, environment);
    if (checked) entries.set(key, checked);
  }
  return { kind: "object", entries, at: node.at };
}

function tooMany(count: number, most: number, node: Node, path: string, environment: CheckEnvironment): boolean {
  if (count <= most) return false;
  environment.report(findingAt("TOO_MANY", node, `${path} has ${count} entries, at most ${most} are allowed`));
  return true;
}

// ── objects ─────────────────────────────────────────────────────────────────────────────────────────────────────

type Properties = Readonly<Record<string, AnyShape>>;

function checkObject(
  node: MapNode,
  properties: Properties,
  path: string,
  environment: CheckEnvironment,
  names: readonly string[] = Object.keys(properties),
): CheckedObject {
  const weaker = Object.values(properties).some((shape) => shape.needsException !== undefined);
  const known =
    weaker && !Object.hasOwn(properties, "exception") ? { ...properties, exception: exceptionShape } : properties;
  const state = checkEntries(node, known, path, environment, names);
  for (const [name, shape] of Object.entries(known)) {
    if (state.written.has(name)) continue;
    if (shape.default !== undefined) fillDefault(state, name, shape, node.at, path, environment);
    else if (shape.required && !state.meant.has(name)) missing(node, name, shape, path, environment);
  }
  if (weaker) settleExceptions(state, properties, path, environment);
  return { kind: "object", entries: state.entries, at: node.at };
}

export interface ObjectState {
  readonly entries: Map<string, Checked>;
  readonly written: ReadonlyMap<string, MapEntry>;
  /** Names that misspelt keys probably stand for: they are not missing as well. */
  readonly meant: ReadonlySet<string>;
}

function checkEntries(
  node: MapNode,
  known: Properties,
  path: string,
  environment: CheckEnvironment,
  names: readonly string[],
): ObjectState {
  const written = new Map<string, MapEntry>();
  const meant = new Set<string>();
  const state: ObjectState = { entries: new Map(), written, meant };
  for (const entry of node.entries) {
    const shape = Object.hasOwn(known, entry.key) ? known[entry.key] : undefined;
    if (!shape) {
      const near = unknownKey(entry, names, node, path, environment);
      if (near !== undefined) meant.add(near);
      continue;
    }
    written.set(entry.key, entry);
    const checked = checkOption(entry.value, shape, join(path, entry.key), environment);
    if (checked) state.entries.set(entry.key, checked);
  }
  return state;
}

function fillDefault(
  state: ObjectState,
  name: string,
  shape: AnyShape,
  at: Position,
  path: string,
  environment: CheckEnvironment,
): void {
  const { default: value } = shape;
  const type = typeof value === "string" ? "text" : (typeof value as "number" | "boolean");
  const node: ScalarNode = { kind: "scalar", text: String(value), type, quoted: type === "text", at, locate: () => at };
  const checked = checkOption(node, shape, join(path, name), environment);
  if (checked) state.entries.set(name, checked);
}

function missing(node: MapNode, name: string, shape: AnyShape, path: string, environment: CheckEnvironment): void {
  const example = exampleOf(shape);
  const where = path === "" ? "the bridge file" : path;
  environment.report(
    finding("MISSING_KEY", node.at, `${where} needs ${name}${shape.doc === "" ? "" : ` (${shape.doc})`}`, {
      hint: example === "" ? `${name}: …` : `${name}: ${example}`,
    }),
  );
}

/** What an unknown key says: what is near (which it returns), where it is known, what there is. */
export function unknownKey(
  entry: MapEntry,
  known: readonly string[],
  node: MapNode,
  path: string,
  environment: Pick<CheckEnvironment, "report" | "elsewhere" | "unavailable">,
): string | undefined {
  const { key, keyAt } = entry;
  const where = path === "" ? "the bridge file" : path;
  const later = environment.unavailable(join(path, key), known);
  if (later !== undefined) {
    environment.report(finding("NOT_AVAILABLE", keyAt, later, { length: key.length, hint: "" }));
    return undefined;
  }
  const present = new Set(node.entries.map((each) => each.key));
  const near = nearest(
    key,
    known.filter((name) => !present.has(name)),
  );
  const elsewhere = near === undefined ? environment.elsewhere(key, path) : [];
  const hint =
    near ??
    (elsewhere.length > 0
      ? `${key} belongs under ${alternatives(elsewhere.slice(0, 3))}`
      : known.length > 0
        ? `known here: ${listed(known)}`
        : "nothing may stand here");
  environment.report(
    finding("UNKNOWN_KEY", keyAt, `${where} has no ${key}`, {
      hint: near === undefined ? hint : `Did you mean ${near}?`,
      length: key.length,
    }),
  );
  return near;
}

/** `a, b or c` */
function alternatives(places: readonly string[]): string {
  const last = places.at(-1) ?? "";
  return places.length < 2 ? last : `${places.slice(0, -1).join(", ")} or ${last}`;
}

function listed(known: readonly string[]): string {
  return known.length > 14 ? `${known.slice(0, 14).join(", ")}, …` : known.join(", ");
}

export function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

// ── one of several keys ─────────────────────────────────────────────────────────────────────────────────────────

function checkOneKey(
  node: MapNode,
  kind: Extract<Kind, { type: "oneKey" }>,
  path: string,
  environment: CheckEnvironment,
): Checked | undefined {
  const { properties, beside = {} } = kind;
  const chosen = node.entries.filter(({ key }) => Object.hasOwn(properties, key));
  const unknown = node.entries.filter(({ key }) => !Object.hasOwn(properties, key) && !Object.hasOwn(beside, key));
  // Unknown keys are compared with all the choices, not only with the one that was made.
  const names = [...Object.keys(properties), ...Object.keys(beside)];
  const checked = checkObject(node, { ...beside, ...pick(properties, chosen) }, path, environment, names);
  if (chosen.length > 1 && !kind.several) {
    const [first, ...more] = chosen as [MapEntry, ...MapEntry[]];
    for (const { key, keyAt } of more) {
      const message = `${path} has ${first.key} already, and takes one of ${Object.keys(properties).join(", ")}`;
      environment.report(
        finding("WRONG_VALUE", keyAt, message, { hint: `leave out ${key} or ${first.key}`, length: key.length }),
      );
    }
  }
  if (chosen.length === 0 && !kind.none && unknown.length === 0) {
    const [first] = Object.entries(properties);
    const hint = first === undefined ? "" : `${first[0]}: ${exampleOf(first[1]) || "{ … }"}`;
    environment.report(
      finding("MISSING_KEY", node.at, `${path} needs one of ${Object.keys(properties).join(", ")}`, { hint }),
    );
    return undefined;
  }
  return checked;
}

function pick(properties: Properties, chosen: readonly MapEntry[]): Properties {
  return Object.fromEntries(chosen.map(({ key }) => [key, properties[key] as AnyShape]));
}

// ── alternatives ────────────────────────────────────────────────────────────────────────────────────────────────

/** The first alternative that takes the value without a finding; else the findings of the first whose YAML kind fits. */
function checkEither(
  node: Node,
  of: readonly AnyShape[],
  shape: AnyShape,
  path: string,
  environment: CheckEnvironment,
): Checked | undefined {
  const fitting = of.filter((each) => fits(node, each.kind));
  const only = fitting.length === 1 ? fitting[0]?.kind : undefined;
  if (only?.type === "choice" && node.kind === "scalar" && !only.values.includes(node.text)) {
    const near = nearest(node.text, only.values);
    const message = `${lastName(path)} must be ${expected(shape)}, found ${found(node)}`;
    environment.report(
      findingAt("WRONG_VALUE", node, message, { hint: near === undefined ? "" : `${lastName(path)}: ${near}` }),
    );
    return undefined;
  }
  if (fitting.length === 1) return checkOption(node, fitting[0] as AnyShape, path, environment);
  let first: readonly Finding[] | undefined;
  for (const each of fitting) {
    const findings: Finding[] = [];
    const checked = checkOption(node, each, path, { ...environment, report: (one) => findings.push(one) });
    if (checked && !findings.some(({ severity }) => severity === "error")) {
      for (const one of findings) environment.report(one);
      return checked;
    }
    first ??= findings;
  }
  if (first && node.kind !== "scalar") for (const one of first) environment.report(one);
  else return wrongKind(node, shape, path, environment);
  return undefined;
}

function fits(node: Node, kind: Kind): boolean {
  switch (kind.type) {
    case "node":
      return true;
    case "list":
      return node.kind === "list" || (kind.single && fits(node, kind.item.kind));
    case "map":
    case "object":
    case "oneKey":
      return node.kind === "map";
    case "either":
      return kind.of.some((each) => fits(node, each.kind));
    case "formula":
      return node.kind === "scalar" && node.text.startsWith("=");
    case "boolean":
      return node.kind === "scalar" && node.type === "boolean";
    case "integer":
    case "number":
      return node.kind === "scalar" && node.type === "number";
    default:
      return node.kind === "scalar" && !(node.text.startsWith("=") && node.text.length > 1);
  }
}
