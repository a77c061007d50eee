// XML for comparing, after the ideas of Canonical XML: names with their namespace in place of prefixes, attributes in order, no comments,
// no white space between elements. A DOCTYPE is refused.

import { SaxesParser } from "saxes";

/** Deeper, or of more parts, nothing is compared. */
export const MOST_DEPTH = 64;
export const MOST_PARTS = 50_000;

export interface XmlNode {
  /** `{namespace}local`, or the local name where there is none. */
  readonly name: string;
  readonly local: string;
  /** By name as above, in order. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** Its own text, without what lies only between elements. */
  readonly text: string;
}

interface Growing {
  readonly name: string;
  readonly local: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlNode[];
  readonly texts: string[];
}

/** undefined: it is no well-formed XML, or has a DOCTYPE. Throws RangeError where it is too deep or has too many parts. */
export function readXml(text: string): XmlNode | undefined {
  const parser = new SaxesParser({ xmlns: true });
  const open: Growing[] = [];
  let root: XmlNode | undefined;
  let parts = 0;
  let isBroken = false;
  parser.on("error", () => (isBroken = true));
  parser.on("doctype", () => (isBroken = true));
  parser.on("opentag", ({ local, uri, attributes }) => {
    if (open.length >= MOST_DEPTH || ++parts > MOST_PARTS) throw new RangeError("too deep, or of too many parts");
    const own = Object.values(attributes)
      .filter(({ prefix, name }) => prefix !== "xmlns" && name !== "xmlns")
      .map((one) => [expanded(one.uri, one.local), one.value] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    open.push({ name: expanded(uri, local), local, attributes: new Map(own), children: [], texts: [] });
  });
  const onText = (part: string): void => void open.at(-1)?.texts.push(part);
  parser.on("text", onText);
  parser.on("cdata", onText);
  parser.on("closetag", () => {
    const { texts, ...rest } = open.pop() as Growing;
    const isMixed = rest.children.length > 0;
    const own = texts.filter((part) => !isMixed || part.trim() !== "").join("");
    const node = { ...rest, text: own.trim() === "" ? "" : own };
    const parent = open.at(-1);
    if (parent) parent.children.push(node);
    else root = node;
  });
  try {
    parser.write(text).close();
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    return undefined;
  }
  return isBroken ? undefined : root;
}

function expanded(uri: string, local: string): string {
  return uri === "" ? local : `{${uri}}${local}`;
}
