// SOAP encoding may write a value once and refer to it: `href="#id1"` (SOAP 1.1, 5.4.1), as Axis does with everything
// below the operation. The referred elements are put where they are meant before anything reads them; what is meant by
// itself, or often enough to become a bomb, is refused.

import type { SaxesAttributeNS, SaxesTagNS } from "saxes";
import type { XmlEvents } from "../../shared/xml/strict-parser.ts";
import { parseXml } from "../parse.ts";
import { Mismatch } from "./mismatch.ts";

interface Node {
  readonly tag: SaxesTagNS;
  readonly content: (Node | string)[];
  readonly prefixes: ReadonlyMap<string, string>;
}

const NODE_LIMIT = 200_000;
const DEEPEST = 400;

export function resolveReferences(text: string, events: XmlEvents): void {
  const stack: Node[] = [];
  const byId = new Map<string, Node>();
  let root: Node | undefined;
  let nodes = 0;
  parseXml(text, {
    open(tag) {
      if (++nodes > NODE_LIMIT) throw new Mismatch("has too many elements", undefined);
      const parent = stack.at(-1);
      const own = Object.entries(tag.ns);
      const outer = parent?.prefixes ?? new Map<string, string>();
      const prefixes = own.length === 0 ? outer : new Map([...outer, ...own]);
      const node: Node = { tag: { ...tag, attributes: { ...tag.attributes } }, content: [], prefixes };
      parent?.content.push(node);
      root ??= node;
      stack.push(node);
      const id = attribute(tag, "id")?.value;
      if (id !== undefined && !byId.has(id)) byId.set(id, node);
    },
    text: (piece) => stack.at(-1)?.content.push(piece),
    close: () => stack.pop(),
  });
  if (root !== undefined) replay(root, byId, events);
}

function attribute(tag: SaxesTagNS, local: string): SaxesAttributeNS | undefined {
  return Object.values(tag.attributes).find((it) => it.uri === "" && it.local === local);
}

/** Elements of the body behind the first one are there to be referred to only. */
function replay(root: Node, byId: ReadonlyMap<string, Node>, events: XmlEvents): void {
  let written = 0;
  const walk = (node: Node, inside: ReadonlySet<Node>, depth: number): void => {
    if (++written > NODE_LIMIT || depth > DEEPEST)
      throw new Mismatch("refers to its parts too often or too deep", undefined);
    const href = attribute(node.tag, "href")?.value;
    const target = href?.startsWith("#") ? byId.get(href.slice(1)) : undefined;
    if (href?.startsWith("#") && target === undefined) throw new Mismatch("refers to an id that is not there", href);
    if (target !== undefined && inside.has(target)) throw new Mismatch("has a value that holds itself", href);
    const meant = target ?? node;
    const attributes = { ...meant.tag.attributes };
    for (const [name, it] of Object.entries(attributes)) {
      const isReference = it.local === "href" && it.value.startsWith("#");
      if (it.uri === "" && (it.local === "id" || isReference)) delete attributes[name];
    }
    const tag = { ...node.tag, attributes };
    const scope = (it: Node) => (prefix: string) => it.prefixes.get(prefix);
    events.open(tag, scope(meant));
    const inner = target === undefined ? inside : new Set([...inside, target]);
    let elements = 0;
    for (const item of meant.content) {
      if (typeof item === "string") events.text(item);
      else if (depth !== 1 || node.tag.local !== "Body" || ++elements === 1) walk(item, inner, depth + 1);
    }
    events.close();
  };
  walk(root, new Set(), 0);
}
