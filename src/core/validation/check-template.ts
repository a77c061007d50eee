// The mapping against the target schema, before any data comes: what is required but not mapped, what the schema does
// not know, which literal or code table can never be valid. It reads the template as it stands in the bridge file, so
// every finding has its place. What depends on data (an absent value, a condition) is left to the validator.

import { finding } from "../bridge/finding.ts";
import type { Finding, MapEntry, MapNode, Node, ScalarNode } from "../bridge/tree.ts";
import type { Position } from "../errors.ts";
import type { ElementContent, ElementDeclaration, OutputSchema, QName } from "../mapping/types.ts";
import { checkAttributes, reportAttributeMissing } from "./check-template-attributes.ts";
import type { TemplateCheck } from "./check-template-context.ts";
import { expandName, listNames, nearestName, scopeOf, showName, type TemplateScope } from "./check-template-names.ts";
import { checkText } from "./check-template-text.ts";
import type { FormulaLookups } from "./formula-results.ts";
import type { ModelContent } from "./model/complex-types.ts";
import { keyOf, missingFrom, namesIn } from "./model/particle.ts";

/** All findings about an `xml:` template (the node under `map.xml`). */
export function checkTemplateAgainstSchema(
  root: Node,
  schema: OutputSchema,
  lookups: FormulaLookups = {},
): readonly Finding[] {
  const findings: Finding[] = [];
  const check: TemplateCheck = {
    schema,
    lookups,
    undeclared: new Set(),
    report: (severity, code, at, length, message, hint) => {
      findings.push(finding(code, at, message, { severity, length, hint }));
    },
  };
  if (root.kind !== "map") return findings;
  for (const entry of root.entries) if (isElementKey(entry.key)) checkRoot(entry, check);
  return findings;
}

function isElementKey(key: string): boolean {
  return !key.startsWith("@") && !key.startsWith("=");
}

const NO_SCOPE: TemplateScope = new Map([["xml", "http://www.w3.org/XML/1998/namespace"]]);

function checkRoot(entry: MapEntry, check: TemplateCheck): void {
  const scope = scopeOf(entry.value, NO_SCOPE);
  const name = expandName(entry.key, scope);
  if (name === undefined) return reportUndeclared(entry, check, check.schema.roots);
  const declaration = check.schema.root(name);
  if (declaration === undefined)
    return reportUnknown(entry, name, "the schema has no root element", check.schema.roots, scope, check);
  checkElement(entry.value, { declaration, shown: entry.key, at: entry.keyAt, fixed: undefined }, NO_SCOPE, check);
}

/** An element of the template with what the schema says about it. */
interface Place {
  readonly declaration: ElementDeclaration;
  /** As written in the template. */
  readonly shown: string;
  readonly at: Position;
  readonly fixed: string | undefined;
}

function checkElement(node: Node, place: Place, outer: TemplateScope, check: TemplateCheck): void {
  if (node.kind === "list") {
    for (const item of node.items) checkElement(item, place, outer, check);
    return;
  }
  const content = place.declaration.content();
  if (node.kind === "scalar") {
    if (needsType(content, place, check)) return;
    for (const attribute of content.attributes) reportAttributeMissing(attribute, place, outer, check);
    return checkScalar(node, content, place, outer, check);
  }
  const scope = scopeOf(node, outer);
  const actual = actualContent(node, content, place, scope, check);
  if (actual === undefined) return;
  checkAttributes(node, actual, place, scope, check);
  checkChildren(node, actual, place, scope, check);
}

// ── xsi:type ────────────────────────────────────────────────────────────────────────────────────────────────────

const XSI = "http://www.w3.org/2001/XMLSchema-instance";

/** The content that xsi:type chooses; undefined where only the data tells. */
function actualContent(
  node: MapNode,
  declared: ElementContent,
  place: Place,
  scope: TemplateScope,
  check: TemplateCheck,
): ElementContent | undefined {
  const entry = node.entries.find(({ key }) => key.startsWith("@") && isXsi(key.slice(1), "type", scope));
  if (entry === undefined) return needsType(declared, place, check) ? undefined : declared;
  if (check.schema.type === undefined || entry.value.kind !== "scalar" || entry.value.text.startsWith("="))
    return undefined;
  const written = entry.value.text.trim();
  const name = expandName(written, scope);
  const type = name === undefined ? undefined : check.schema.type(name);
  if (type === undefined) {
    check.report(
      "error",
      "SCHEMA_CONSTANT",
      entry.value.at,
      written.length,
      `${place.shown}: xsi:type ${written} names no type of the schema`,
    );
  }
  return type;
}

function isXsi(name: string, local: string, scope: TemplateScope): boolean {
  const colon = name.indexOf(":");
  return colon > 0 && name.slice(colon + 1) === local && scope.get(name.slice(0, colon)) === XSI;
}

function needsType(content: ElementContent, place: Place, check: TemplateCheck): boolean {
  if (!("abstract" in content) || content.abstract !== true) return false;
  const message = `${place.shown} has the abstract type ${content.typeName}; xsi:type must name one that extends it`;
  check.report("error", "SCHEMA_ATTRIBUTE_MISSING", place.at, place.shown.length, message, `"@xsi:type": …`);
  return true;
}

// ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The whole content of an element is one literal or formula. */
function checkScalar(
  node: ScalarNode,
  content: ElementContent,
  place: Place,
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  checkContentText(node, content, place, scope, check);
  if (content.text !== undefined || !isBlank(node)) return;
  for (const missing of requiredIn(content, new Set())) reportMissing(missing, place, scope, check);
}

/** Blanks between elements are no text (XML Schema part 1, 3.4.4, clause 2.3). */
function isBlank(node: ScalarNode): boolean {
  return node.type === "null" || node.text.trim() === "";
}

function checkContentText(
  node: ScalarNode,
  content: ElementContent,
  place: Place,
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  if (content.text !== undefined) return checkText(node, content.text, place.fixed, place.shown, check);
  if (isBlank(node)) return;
  const known = content.children.map(({ name }) => name);
  const message = `${place.shown} takes no text${known.length === 0 ? " and must be empty" : ", only child elements"}`;
  const hint = known.length === 0 ? "" : `It takes ${listNames(known, scope)}`;
  const code = node.text.startsWith("=") ? "SCHEMA_UNKNOWN" : "SCHEMA_CONSTANT";
  check.report("error", code, node.at, node.text.length, message, hint);
}

/** Attributes but no text, where the type does not allow an empty one. */
function checkTextMissing(node: MapNode, content: ElementContent, place: Place, check: TemplateCheck): void {
  if (content.text?.refuse("") === undefined || node.entries.some(({ key }) => key === "=text")) return;
  const message = `${place.shown} requires text (${content.text.name}), nothing is mapped to it`;
  check.report("error", "SCHEMA_MISSING", place.at, place.shown.length, message, "=text: = …");
}

// ── children ────────────────────────────────────────────────────────────────────────────────────────────────────

function checkChildren(
  node: MapNode,
  content: ElementContent,
  place: Place,
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  const declared = new Map(content.children.map((child) => [keyOf(child.name), child]));
  const model = "particle" in content ? (content as ModelContent) : undefined;
  const fixed = model?.particle === undefined ? undefined : namesIn(model.particle);
  const present = new Set<string>();
  let blind = false;
  for (const entry of node.entries) {
    if (entry.key === "=text" && entry.value.kind === "scalar") {
      checkContentText(entry.value, content, place, scope, check);
    }
    if (!isElementKey(entry.key)) continue;
    // A prefix may be declared on the very element that uses it, in each item of a list.
    const name = expandName(entry.key, scopeOf(entry.value, scope));
    if (name === undefined) {
      blind = true;
      reportUndeclared(
        entry,
        check,
        content.children.map((child) => child.name),
      );
      continue;
    }
    const declaration = declared.get(keyOf(name)) ?? wildcardMatch(name, content, check);
    if (declaration === undefined) {
      if (!isOpen(content)) reportUnknownChild(entry, name, content, place, scope, check);
      continue;
    }
    checkCount(entry, declaration, present.has(keyOf(name)), place, check);
    present.add(keyOf(name));
    const inner = { declaration, shown: entry.key, at: entry.keyAt, fixed: fixed?.get(keyOf(name))?.fixed };
    checkElement(entry.value, inner, scope, check);
  }
  if (blind || isNil(node, scope)) return;
  checkTextMissing(node, content, place, check);
  for (const missing of requiredIn(content, present)) reportMissing(missing, place, scope, check);
}

function isOpen(content: ElementContent): boolean {
  return "openChildren" in content ? (content as ModelContent).openChildren : content.open;
}

/** Under xs:any a global element is checked as what it is declared to be. */
function wildcardMatch(name: QName, content: ElementContent, check: TemplateCheck): ElementDeclaration | undefined {
  const global = isOpen(content) ? check.schema.root(name) : undefined;
  return global && { ...global, required: false, many: true };
}

function isNil(node: MapNode, scope: TemplateScope): boolean {
  const entry = node.entries.find(({ key }) => key.startsWith("@") && isXsi(key.slice(1), "nil", scope));
  return (
    entry !== undefined && entry.value.kind === "scalar" && entry.value.text !== "false" && entry.value.text !== "0"
  );
}

/** Groups of names of which one is needed and none is there. */
function requiredIn(content: ElementContent, present: ReadonlySet<string>): readonly (readonly QName[])[] {
  if ("particle" in content) {
    const { particle } = content as ModelContent;
    return particle === undefined
      ? []
      : missingFrom(particle, present).map((missing) => missing.map(({ name }) => name));
  }
  const groups = new Map<number, QName[]>();
  const missing: QName[][] = [];
  const satisfied = new Set(content.children.filter((it) => present.has(keyOf(it.name))).map(({ choice }) => choice));
  for (const child of content.children) {
    if (!child.required || present.has(keyOf(child.name))) continue;
    if (child.choice === undefined) missing.push([child.name]);
    else if (!satisfied.has(child.choice)) groups.set(child.choice, [...(groups.get(child.choice) ?? []), child.name]);
  }
  return [...missing, ...groups.values()];
}

/** maxOccurs 1 but several nodes of that name. What may be absent (a formula, a condition) is only doubtful. */
function checkCount(
  entry: MapEntry,
  declaration: ElementDeclaration,
  again: boolean,
  place: Place,
  check: TemplateCheck,
): void {
  if (declaration.many) return;
  const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
  const unconditional = items.filter((item) => !hasDirective(item, "=when"));
  const certain = unconditional.filter(
    (item) => item.kind === "map" || (item.kind === "scalar" && !item.text.startsWith("=")),
  );
  const say = (severity: "error" | "warning", why: string, hint: string): void =>
    check.report(
      severity,
      "SCHEMA_MANY",
      entry.keyAt,
      entry.key.length,
      `${entry.key} may stand once in ${place.shown}, but ${why}`,
      hint,
    );
  if (again || certain.length > 1) say("error", "is mapped more than once", "Keep one, or give the others a =when");
  else if (unconditional.length > 1)
    say("warning", "is mapped more than once", "If only one of them has a value at a time, give each a =when");
  else if (items.some((item) => hasDirective(item, "=each"))) {
    say(
      "warning",
      "=each makes one per item",
      "Choose one item in the formula, or move =each to an element that may repeat",
    );
  }
}

function hasDirective(node: Node, directive: string): boolean {
  return node.kind === "map" && node.entries.some(({ key }) => key === directive);
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────────────────────

function reportMissing(names: readonly QName[], place: Place, scope: TemplateScope, check: TemplateCheck): void {
  const list = listNames(names, scope);
  const message =
    names.length === 1
      ? `${place.shown} requires ${list}, nothing is mapped to it`
      : `${place.shown} requires one of ${list}, nothing is mapped to any of them`;
  const first = names[0];
  const hint = names.length === 1 && first !== undefined ? `${showName(first, scope)}: = …` : "";
  check.report("error", "SCHEMA_MISSING", place.at, place.shown.length, message, hint);
}

function reportUnknownChild(
  entry: MapEntry,
  name: QName,
  content: ElementContent,
  place: Place,
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  const known = content.children.map((child) => child.name);
  const why = known.length === 0 ? `${place.shown} takes no child elements, so not` : `${place.shown} knows no`;
  reportUnknown(entry, name, why, known, scope, check);
}

function reportUnknown(
  entry: MapEntry,
  name: QName,
  why: string,
  known: readonly QName[],
  scope: TemplateScope,
  check: TemplateCheck,
): void {
  const near = nearestName(name, known);
  let hint = known.length === 0 ? "" : `Known here: ${listNames(known, scope)}`;
  if (near !== undefined && near.local === name.local) {
    const own = name.namespace === "" ? "no namespace" : name.namespace;
    hint = `${name.local} is of namespace ${near.namespace === "" ? "none" : near.namespace}, not ${own}: write ${showName(near, scope)}`;
  } else if (near !== undefined) hint = `Did you mean ${showName(near, scope)}?`;
  check.report("error", "SCHEMA_UNKNOWN", entry.keyAt, entry.key.length, `${why} ${entry.key}`, hint);
}

function reportUndeclared(entry: MapEntry, check: TemplateCheck, known: readonly QName[]): void {
  const prefix = entry.key.slice(0, entry.key.indexOf(":"));
  if (check.undeclared.has(prefix)) return;
  check.undeclared.add(prefix);
  const local = entry.key.slice(prefix.length + 1);
  const namespace =
    (known.find((name) => name.local === local) ?? nearestName({ namespace: "", local }, known))?.namespace ?? "urn:…";
  check.report(
    "error",
    "SCHEMA_UNKNOWN",
    entry.keyAt,
    entry.key.length,
    `the prefix ${prefix} is not declared`,
    `"@xmlns:${prefix}": ${namespace}`,
  );
}
