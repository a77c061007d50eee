// Messages in a form in which only what matters differs: one line per tag or value, attributes in order, white space
// outside text gone, JSON names sorted. Each line knows its path, so a difference can be traced to its formula.

import { SaxesParser } from "saxes";
import type { SaxesTagNS } from "saxes";

export interface CanonicalLine {
  readonly text: string;
  /** What is compared: the same as `text`, but with namespaces in place of prefixes. */
  readonly key: string;
  /** `/gw:a/gw:b[2]` or `/items/0/name`. */
  readonly path: string;
}

export type Canonical = readonly CanonicalLine[];

const MOST_DEPTH = 256;

/** One entry per document; a file of several messages holds them one after another. Throws where it is not well-formed. */
export function canonicalXml(text: string): readonly Canonical[] {
  // Documents in a row: each may have its declaration, which is not allowed behind the first byte of a fragment; a
  // DOCTYPE is not allowed in one at all.
  const bare = text.replace(/^\ufeff/, "").replaceAll(/<\?xml\s[^?]*\?>/g, "");
  const documents: CanonicalLine[][] = [];
  const parser = new SaxesParser({ xmlns: true, fragment: true });
  const open: Element[] = [];
  let lines: CanonicalLine[] = [];
  parser.on("error", (error) => {
    throw new Error(error.message);
  });
  parser.on("opentag", (tag) => {
    if (open.length >= MOST_DEPTH) throw new Error(`deeper than ${MOST_DEPTH} elements`);
    const parent = open.at(-1);
    if (parent === undefined) lines = [];
    else openParent(parent, lines);
    open.push(elementOf(tag, parent, open.length));
  });
  const onText = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  };
  parser.on("text", onText);
  parser.on("cdata", onText);
  parser.on("closetag", () => {
    const element = open.pop();
    if (element === undefined) return;
    close(element, lines);
    if (open.length === 0) documents.push(lines);
  });
  parser.write(bare).close();
  return documents;
}

interface Element {
  readonly tag: string;
  readonly key: string;
  readonly name: string;
  readonly path: string;
  readonly indent: string;
  readonly children: Map<string, number>;
  opened: boolean;
  text: string;
}

function elementOf(tag: SaxesTagNS, parent: Element | undefined, depth: number): Element {
  const attributes = Object.values(tag.attributes).filter((one) => one.prefix !== "xmlns" && one.name !== "xmlns");
  const sorted = attributes
    .map((one) => ({
      text: ` ${one.name}="${escape(one.value)}"`,
      key: ` {${one.uri}}${one.local}="${escape(one.value)}"`,
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const count = (parent?.children.get(tag.name) ?? 0) + 1;
  parent?.children.set(tag.name, count);
  return {
    tag: `<${tag.name}${sorted.map((one) => one.text).join("")}`,
    key: `<{${tag.uri}}${tag.local}${sorted.map((one) => one.key).join("")}`,
    name: tag.name,
    path: `${parent?.path ?? ""}/${tag.name}${count > 1 ? `[${count}]` : ""}`,
    indent: "  ".repeat(depth),
    children: new Map(),
    opened: false,
    text: "",
  };
}

/** A first child: the element's own tag gets its line, with text before the child, if it is more than white space. */
function openParent(element: Element, lines: CanonicalLine[]): void {
  if (!element.opened) {
    element.opened = true;
    lines.push({
      text: `${element.indent}${element.tag}>`,
      key: `${element.indent}${element.key}>`,
      path: element.path,
    });
  }
  looseText(element, lines);
}

function looseText(element: Element, lines: CanonicalLine[]): void {
  if (element.text.trim() !== "") {
    const text = `${element.indent}  ${escape(element.text)}`;
    lines.push({ text, key: text, path: element.path });
  }
  element.text = "";
}

function close(element: Element, lines: CanonicalLine[]): void {
  const { indent, path, name } = element;
  if (element.opened) {
    looseText(element, lines);
    lines.push({ text: `${indent}</${name}>`, key: `${indent}</>`, path });
    return;
  }
  const rest = element.text === "" ? "/>" : `>${escape(element.text)}</${name}>`;
  const keyRest = element.text === "" ? "/>" : `>${escape(element.text)}</>`;
  lines.push({ text: indent + element.tag + rest, key: indent + element.key + keyRest, path });
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Names sorted, lists in order. */
export function canonicalJson(value: unknown, path = "", indent = "", label = "", last = true): CanonicalLine[] {
  const comma = last ? "" : ",";
  const line = (text: string): CanonicalLine => ({ text: indent + text, key: indent + text.replace(/,$/, ""), path });
  if (typeof value !== "object" || value === null) return [line(`${label}${JSON.stringify(value) ?? "null"}${comma}`)];
  if (indent.length > MOST_DEPTH * 2) throw new Error(`deeper than ${MOST_DEPTH}`);
  const list = Array.isArray(value);
  const entries: [string, unknown][] = list
    ? value.map((item: unknown, at): [string, unknown] => [String(at), item])
    : Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const [opening, closing] = list ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return [line(`${label}${opening}${closing}${comma}`)];
  const inner = entries.flatMap(([name, item], at) => {
    const pointer = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return canonicalJson(
      item,
      pointer,
      `${indent}  `,
      list ? "" : `${JSON.stringify(name)}: `,
      at === entries.length - 1,
    );
  });
  return [line(label + opening), ...inner, line(closing + comma)];
}

/** Lines as they are, for CSV and fixed-length messages. */
export function canonicalText(text: string): Canonical {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, at) => ({ text: line, key: line, path: `line ${at + 1}` }));
}
