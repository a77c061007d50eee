// A schema as a tree that people can read: names, types, what must be there, what is allowed.

import { lookUp } from "../../calls/sample.ts";
import { isObject, type JsonObject } from "../../validation/json-schema-files.ts";
import type { Words } from "./docs-words.ts";
import { html, type Html } from "./html.ts";

/** Names of a tree; what has more is for programs. */
const MOST_NAMES = 250;
const DEEPEST = 8;
/** From here on a level is folded. */
const OPEN_LEVELS = 2;

interface Tree {
  readonly document: unknown;
  readonly words: Words;
  readonly open: readonly string[];
  readonly depth: number;
  readonly budget: { left: number };
}

export function schemaTree(schema: unknown, document: unknown, words: Words): Html {
  const tree: Tree = { document, words, open: [], depth: 0, budget: { left: MOST_NAMES } };
  const { node } = resolved(schema, tree);
  if (!isObject(node) || Object.keys(node).length === 0) return html`<p class="type">${words.anything}</p>`;
  const kind = typeText(schema, tree);
  return html`<p class="type">${kind}${rulesText(node, tree)}</p>
    ${inside(schema, tree)}`;
}

interface Resolved {
  readonly node: unknown;
  readonly tree: Tree;
  /** The reference is being shown already. */
  readonly repeats: boolean;
}

function resolved(schema: unknown, tree: Tree): Resolved {
  let node = schema;
  let open = tree.open;
  for (let hop = 0; hop < 20 && isObject(node) && typeof node["$ref"] === "string"; hop++) {
    const reference = node["$ref"];
    if (open.includes(reference)) return { node: lookUp(tree.document, reference), tree, repeats: true };
    open = [...open, reference];
    node = lookUp(tree.document, reference);
  }
  return { node, tree: { ...tree, open }, repeats: false };
}

// ── one line ────────────────────────────────────────────────────────────────────────────────────────────────────

function typeText(schema: unknown, tree: Tree): string {
  const { node } = resolved(schema, tree);
  const { words } = tree;
  if (!isObject(node)) return words.anything;
  const types = (Array.isArray(node["type"]) ? node["type"] : [node["type"]]).map(String);
  const own = types.filter((type) => type !== "null");
  if (own.length === 0) return words.kinds.null;
  const [type] = own;
  if (type === "array")
    return `${words.listOf} ${typeText(node["items"] ?? {}, { ...tree, depth: tree.depth + 1 })}`.slice(0, 120);
  const format = typeof node["format"] === "string" ? node["format"] : "";
  if (Object.hasOwn(words.formats, format)) return words.formats[format as keyof typeof words.formats];
  const known = own.map((one) => (Object.hasOwn(words.kinds, one) ? words.kinds[one as keyof typeof words.kinds] : ""));
  const named = known.filter((one) => one !== "").join(" / ");
  if (named !== "") return named;
  if (node["properties"] !== undefined || node["allOf"] !== undefined) return words.kinds.object;
  if (node["oneOf"] !== undefined || node["anyOf"] !== undefined) return words.oneOf;
  return node["enum"] === undefined && node["const"] === undefined ? words.anything : words.kinds.string;
}

function rulesText(node: JsonObject, { words }: Tree): string {
  const rules: string[] = [];
  const [least, most] = [node["minLength"], node["maxLength"]];
  if (least !== undefined || most !== undefined) rules.push(`${span(least, most)} ${words.characters}`);
  const [low, high] = [node["minimum"] ?? node["exclusiveMinimum"], node["maximum"] ?? node["exclusiveMaximum"]];
  if (low !== undefined || high !== undefined) rules.push(span(low, high));
  const [few, many] = [node["minItems"], node["maxItems"]];
  if (few !== undefined || many !== undefined) rules.push(`${span(few, many)} ${words.items}`);
  if (typeof node["pattern"] === "string")
    rules.push(shortened(node["pattern"].replace(/^\^(?:\(\?:(.*)\)|(.*))\$$/s, "$1$2")));
  if (node["const"] !== undefined) rules.push(`= ${shortened(JSON.stringify(node["const"]))}`);
  if (node["default"] !== undefined) rules.push(`${words.fallback} ${shortened(JSON.stringify(node["default"]))}`);
  return rules.length === 0 ? "" : `, ${rules.join(", ")}`;
}

function span(least: unknown, most: unknown): string {
  const [low, high] = [least, most].map((bound) => (typeof bound === "number" ? String(bound) : ""));
  if (low === high) return String(low);
  return low === "" ? `≤ ${high}` : high === "" ? `≥ ${low}` : `${low}–${high}`;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

// ── what is inside ──────────────────────────────────────────────────────────────────────────────────────────────

function inside(schema: unknown, before: Tree): Html {
  const { node, tree, repeats } = resolved(schema, before);
  if (!isObject(node)) return html``;
  if (repeats) return html`<span class="muted"> (${tree.words.repeats})</span>`;
  if (tree.depth >= DEEPEST) return html`<span class="muted"> …</span>`;
  const deeper = { ...tree, depth: tree.depth + 1 };
  const allowed = node["enum"];
  if (Array.isArray(allowed)) return allowedValues(allowed);
  if (node["items"] !== undefined) return inside(node["items"], deeper);
  const names = propertiesOf(node, tree);
  if (names.length > 0)
    return html`<ul class="tree">
      ${names.map((name) => property(name, deeper))}
    </ul>`;
  const alternatives = node["oneOf"] ?? node["anyOf"];
  if (!Array.isArray(alternatives)) return html``;
  const rows = alternatives.slice(0, 20).map((one) => html`<li>${typeText(one, deeper)} ${inside(one, deeper)}</li>`);
  return html`<ul class="tree either">
    ${rows}
  </ul>`;
}

function allowedValues(values: readonly unknown[]): Html {
  const shown = values
    .slice(0, 30)
    .map((value) => html`<code>${typeof value === "string" ? value : JSON.stringify(value)}</code> `);
  return html`<span class="values">${shown}${values.length > 30 && "…"}</span>`;
}

interface Property {
  readonly name: string;
  readonly schema: unknown;
  readonly required: boolean;
}

/** Those of all parts that apply together. */
function propertiesOf(node: JsonObject, tree: Tree, depth = 0): readonly Property[] {
  const required = new Set(Array.isArray(node["required"]) ? node["required"].map(String) : []);
  const own = isObject(node["properties"]) ? Object.entries(node["properties"]) : [];
  const found = own.map(([name, schema]) => ({ name, schema, required: required.has(name) }));
  const parts = Array.isArray(node["allOf"]) && depth < DEEPEST ? node["allOf"] : [];
  const others = parts.flatMap((part) => {
    const inner = resolved(part, tree).node;
    return isObject(inner) ? propertiesOf(inner, tree, depth + 1) : [];
  });
  return [...found, ...others];
}

function property({ name, schema, required }: Property, tree: Tree): Html {
  const { words, budget, depth } = tree;
  if (budget.left <= 0) return html``;
  budget.left--;
  if (budget.left === 0) return html`<li class="muted">… ${words.more}</li>`;
  const { node } = resolved(schema, tree);
  const rules = isObject(node) ? rulesText(node, tree) : "";
  const text =
    isObject(schema) && typeof schema["description"] === "string" ? schema["description"] : describedBy(node);
  const head = html`<code>${name}</code>
    <span class="type">${typeText(schema, tree)}${rules}</span
    >${required && html` <strong class="must">${words.required}</strong>`}${
      isObject(node) && node["deprecated"] === true && html` <em>${words.deprecatedName}</em>`
    }${text !== undefined && html`<span class="about">${shortenedText(text)}</span>`}`;
  const below = inside(schema, tree);
  if (!below.html.includes("<ul")) return html`<li>${head} ${below}</li>`;
  const isOpen = depth <= OPEN_LEVELS;
  return html`<li><details${isOpen && html` open`}><summary>${head}</summary>${below}</details></li>`;
}

function describedBy(node: unknown): string | undefined {
  return isObject(node) && typeof node["description"] === "string" ? node["description"] : undefined;
}

function shortenedText(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
