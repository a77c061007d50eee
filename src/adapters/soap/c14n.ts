// Exclusive XML Canonicalization 1.0 without comments (W3C Recommendation of 2002, sections 2 and 3), of elements that
// an attribute wsu:Id marks: what is digested for a signature. Ours is the XML that it reads: no DOCTYPE, one encoding.

import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from "saxes";
import { WSU } from "./security-names.ts";

type Rendered = ReadonlyMap<string, string>;

/** Canonical text by wsu:Id, of every element that has one; such elements do not lie in each other. */
export function canonicalParts(xml: string): ReadonlyMap<string, string> {
  const parser = new SaxesParser({ xmlns: true });
  const parts = new Map<string, string>();
  const rendered: Rendered[] = [];
  let id: string | undefined;
  let out = "";
  parser.on("opentag", (tag) => {
    if (id === undefined) {
      id = idOf(tag);
      if (id === undefined) return;
      out = "";
    }
    const [text, now] = startTag(tag, rendered.at(-1) ?? new Map(), (prefix) => parser.resolve(prefix));
    out += text;
    rendered.push(now);
  });
  const addText = (text: string): void => {
    if (id !== undefined) out += escapeText(text);
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", (tag) => {
    if (id === undefined) return;
    out += `</${tag.name}>`;
    rendered.pop();
    if (rendered.length > 0) return;
    parts.set(id, out);
    id = undefined;
  });
  parser.write(xml).close();
  return parts;
}

function idOf(tag: SaxesTagNS): string | undefined {
  return Object.values(tag.attributes).find((it) => it.uri === WSU && it.local === "Id")?.value;
}

/** A namespace is declared where its prefix is used first on the way down; attributes stand by namespace, then by name. */
function startTag(
  tag: SaxesTagNS,
  before: Rendered,
  resolve: (prefix: string) => string | undefined,
): readonly [text: string, rendered: Rendered] {
  const attributes: SaxesAttributeNS[] = [];
  const used = new Set([tag.prefix]);
  for (const attribute of Object.values(tag.attributes)) {
    if (attribute.prefix === "xmlns" || attribute.name === "xmlns") continue;
    attributes.push(attribute);
    if (attribute.prefix !== "") used.add(attribute.prefix);
  }
  let text = `<${tag.name}`;
  let now = before;
  for (const prefix of [...used].toSorted(byCode)) {
    if (prefix === "xml") continue;
    const uri = resolve(prefix) ?? "";
    if ((before.get(prefix) ?? "") === uri) continue;
    text += ` ${prefix === "" ? "xmlns" : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`;
    now = new Map(now).set(prefix, uri);
  }
  for (const { name, value } of attributes.toSorted((a, b) => byCode(a.uri, b.uri) || byCode(a.local, b.local))) {
    text += ` ${name}="${escapeAttribute(value)}"`;
  }
  return [`${text}>`, now];
}

/** By code points, not by anybody's alphabet. */
function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#xD;");
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\t", "&#x9;")
    .replaceAll("\n", "&#xA;")
    .replaceAll("\r", "&#xD;");
}
