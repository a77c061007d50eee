// What the conformance test does with documents: read them, hold them against the model, break them in one place, turn
// them into templates.

import { SaxesParser } from "saxes";
import type { MapEntry, Node } from "../../src/core/bridge/tree.ts";
import type { ElementContent, ElementDeclaration } from "../../src/core/mapping/types.ts";
import { checkTemplateAgainstSchema } from "../../src/core/validation/check-template.ts";
import type { XsdModel } from "../../src/core/validation/model/output-schema.ts";

// ── a document as a tree ────────────────────────────────────────────────────────────────────────────────────────

interface Item {
  readonly name: string;
  readonly uri: string;
  readonly local: string;
  readonly attributes: readonly {
    readonly name: string;
    readonly uri: string;
    readonly local: string;
    readonly value: string;
  }[];
  readonly children: Item[];
  text: string;
  readonly path: string;
  /** In the text: start of the start tag, its end, start of the end tag (or the same), end of the end tag. */
  readonly at: number[];
}

export function parse(text: string): Item {
  const open: Item[] = [];
  let root: Item | undefined;
  const parser = new SaxesParser({ xmlns: true, position: true });
  parser.on("opentag", (tag) => {
    const parent = open.at(-1);
    const attributes = Object.values(tag.attributes).map(({ uri, local, value, prefix, name }) => ({
      name,
      uri: name === "xmlns" || prefix === "xmlns" ? "xmlns" : uri,
      local,
      value,
    }));
    const end = parser.position;
    const item: Item = {
      name: tag.name,
      uri: tag.uri,
      local: tag.local,
      attributes,
      children: [],
      text: "",
      path: parent?.path ?? "",
      at: [text.lastIndexOf("<", end - 1), end],
    };
    parent?.children.push(item);
    open.push(item);
    root ??= item;
  });
  const addText = (more: string): void => {
    const item = open.at(-1);
    if (item !== undefined) item.text += more;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", (tag) => {
    const item = open.pop();
    const end = parser.position;
    if (tag.isSelfClosing) item?.at.push(end, end);
    else item?.at.push(text.lastIndexOf("</", end), end);
  });
  parser.write(text).close();
  if (root === undefined) throw new Error("no root");
  return withPaths(root, "");
}

/** The paths that findings use: a position where a name occurs more than once. */
function withPaths(item: Item, path: string): Item {
  (item as { path: string }).path = path === "" ? `/${item.name}` : path;
  const counts = new Map<string, number>();
  for (const child of item.children) counts.set(child.name, (counts.get(child.name) ?? 0) + 1);
  const seen = new Map<string, number>();
  for (const child of item.children) {
    const position = (seen.get(child.name) ?? 0) + 1;
    seen.set(child.name, position);
    withPaths(child, `${item.path}/${child.name}${(counts.get(child.name) ?? 0) > 1 ? `[${position}]` : ""}`);
  }
  return item;
}

const XSI = "http://www.w3.org/2001/XMLSchema-instance";

/** Walks document and model together; `visit` sees every element that the model knows. */
function walk(
  item: Item,
  declaration: ElementDeclaration,
  model: XsdModel,
  visit: (item: Item, content: ElementContent, declaration: ElementDeclaration) => void,
): void {
  let content = declaration.content();
  const typed = item.attributes.find(({ uri, local }) => uri === XSI && local === "type");
  // The samples' xsi:type names are all of the element's own namespace.
  if (typed !== undefined)
    content = model.type({ namespace: item.uri, local: typed.value.replace(/^.*:/, "") }) ?? content;
  visit(item, content, declaration);
  for (const child of item.children) {
    const known = content.children.find(({ name }) => name.local === child.local && name.namespace === child.uri);
    const next = known ?? (content.open ? model.root({ namespace: child.uri, local: child.local }) : undefined);
    if (next !== undefined) walk(child, next, model, visit);
  }
}

/** Everything in the document that the model would not allow. */
export function objections(root: Item, model: XsdModel): readonly string[] {
  const found: string[] = [];
  const declaration = model.root({ namespace: root.uri, local: root.local });
  if (declaration === undefined) return [`${root.path}: no such root`];
  walk(root, declaration, model, (item, content) => {
    found.push(...objectionsTo(item, content));
  });
  return found;
}

function objectionsTo(item: Item, content: ElementContent): readonly string[] {
  const found: string[] = [];
  let before = -1;
  const counts = new Map<number, number>();
  for (const child of item.children) {
    const index = content.children.findIndex(({ name }) => name.local === child.local && name.namespace === child.uri);
    if (index < 0) {
      if (!content.open) found.push(`${child.path}: not known in ${content.typeName}`);
      continue;
    }
    if (index < before && !content.orderFree) found.push(`${child.path}: out of order`);
    before = index;
    counts.set(index, (counts.get(index) ?? 0) + 1);
    if ((counts.get(index) ?? 0) > 1 && content.children[index]?.many === false) found.push(`${child.path}: not many`);
  }
  content.children.forEach((child, index) => {
    if (child.required && child.choice === undefined && !counts.has(index))
      found.push(`${item.path}: requires ${child.name.local}`);
  });
  for (const attribute of item.attributes) {
    if (attribute.uri === "xmlns" || attribute.uri === XSI) continue;
    const use = content.attributes.find(
      ({ name }) => name.local === attribute.local && name.namespace === attribute.uri,
    );
    const refused = use?.type.refuse(attribute.value);
    if (use === undefined && !content.open) found.push(`${item.path}/@${attribute.local}: not known`);
    if (refused !== undefined) found.push(`${item.path}/@${attribute.local}: ${refused}`);
  }
  if (content.text === undefined) {
    if (item.text.trim() !== "") found.push(`${item.path}: text`);
  } else if (item.children.length === 0) {
    const refused = content.text.refuse(item.text);
    if (refused !== undefined) found.push(`${item.path}: ${refused}`);
  }
  return found;
}

// ── mutations ───────────────────────────────────────────────────────────────────────────────────────────────────

interface Mutation {
  readonly what: string;
  readonly text: string;
  /** Where the first finding must point. */
  readonly path: string;
  /** What the static check says of a template that would write this. */
  readonly code: string;
}

/** Up to `most` of them, spread over the document. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.floor(items.length / most));
  return items.filter((_, index) => index % step === 0).slice(0, most);
}

export function mutationsOf(text: string, root: Item, model: XsdModel): readonly Mutation[] {
  const declaration = model.root({ namespace: root.uri, local: root.local });
  if (declaration === undefined) return [];
  const renamed: Mutation[] = [];
  const removed: Mutation[] = [];
  const broken: Mutation[] = [];
  walk(root, declaration, model, (item, content) => {
    for (const child of item.children) {
      const known = content.children.find(({ name }) => name.local === child.local && name.namespace === child.uri);
      if (known === undefined || content.open) continue;
      renamed.push({
        what: `renamed ${child.path}`,
        text: rename(text, child),
        path: newPath(item, child),
        code: "SCHEMA_UNKNOWN",
      });
      const [start = 0, , , end = 0] = child.at;
      const only = item.children.filter((other) => other.name === child.name).length === 1;
      if (known.required && known.choice === undefined && only) {
        const next = item.children[item.children.indexOf(child) + 1];
        const path = next === undefined ? item.path : next.path;
        removed.push({
          what: `removed ${child.path}`,
          text: text.slice(0, start) + text.slice(end),
          path,
          code: "SCHEMA_MISSING",
        });
      }
      const type = known.content().text;
      const [, from = 0, to = 0] = child.at;
      if (child.children.length === 0 && to > from && type?.refuse("\u{1F309}") !== undefined) {
        broken.push({
          what: `broke ${child.path}`,
          text: `${text.slice(0, from)}\u{1F309}${text.slice(to)}`,
          path: child.path,
          code: "SCHEMA_CONSTANT",
        });
      }
    }
  });
  return [...spread(renamed, 4), ...spread(removed, 4), ...spread(broken, 4)];
}

function rename(text: string, { at, name }: Item): string {
  const [start = 0, , endTag = 0, end = 0] = at;
  const tagless =
    endTag === end
      ? text.slice(start + 1 + name.length, end)
      : `${text.slice(start + 1 + name.length, endTag)}</${name}Xyz>`;
  return `${text.slice(0, start)}<${name}Xyz${tagless}${text.slice(end)}`;
}

/** The renamed element is the only one of its new name. */
function newPath(parent: Item, child: Item): string {
  return `${parent.path}/${child.name}Xyz`;
}

// ── a document as a template of literals ────────────────────────────────────────────────────────────────────────

const at = { file: "bridge.yaml", line: 1, column: 1 };

function scalar(text: string): Node {
  // What begins like a formula is written with an apostrophe in a template.
  const written = text.startsWith("=") ? `'${text}` : text;
  return { kind: "scalar", text: written, type: "text", quoted: true, at, locate: () => at };
}

function templateOf(item: Item): Node {
  const entries: MapEntry[] = item.attributes.map(({ name, value }) => ({
    key: `@${name}`,
    keyAt: at,
    value: scalar(value),
  }));
  if (item.children.length === 0) {
    if (entries.length === 0) return scalar(item.text);
    if (item.text !== "") entries.push({ key: "=text", keyAt: at, value: scalar(item.text) });
  }
  const groups = Map.groupBy(item.children, (child) => child.name);
  for (const [key, children] of groups) {
    const [first, ...others] = children.map(templateOf);
    if (first === undefined) continue;
    entries.push({
      key,
      keyAt: at,
      value: others.length === 0 ? first : { kind: "list", items: [first, ...others], at },
    });
  }
  return { kind: "map", entries, at };
}

export function checkDocument(text: string, model: XsdModel): readonly string[] {
  const root = parse(text);
  const node: Node = { kind: "map", entries: [{ key: root.name, keyAt: at, value: templateOf(root) }], at };
  return checkTemplateAgainstSchema(node, model).map(({ code, message }) => `${code} ${message}`);
}
