// A document as a read-only tree for XPath (XDM 3.1): nodes know their place in document order, elements are found by
// name through an index. Made once per document, never changed.

export type NodeKind = "document" | "element" | "attribute" | "text" | "comment" | "instruction";

const NONE: readonly XNode[] = [];

export class XNode {
  readonly kind: NodeKind;
  /** `{namespace}local`, or `local` without a namespace; the target of a processing instruction. */
  readonly key: string;
  readonly local: string;
  readonly namespace: string;
  readonly prefix: string;
  /** Of attributes, texts, comments, processing instructions. */
  readonly value: string;
  readonly parent: XNode | undefined;
  readonly tree: XTree;
  /** Position in document order: an element, then its attributes, then what is in it. */
  readonly order: number;
  /** `order` of the last node inside it. */
  last: number;
  children: readonly XNode[] = NONE;
  attributes: readonly XNode[] = NONE;
  /** Line of the text, from 1, where the reader was asked to keep it. */
  line = 0;

  constructor(
    kind: NodeKind,
    name: { readonly key: string; readonly local: string; readonly namespace: string; readonly prefix: string },
    value: string,
    parent: XNode | undefined,
    tree: XTree,
  ) {
    this.kind = kind;
    this.key = name.key;
    this.local = name.local;
    this.namespace = name.namespace;
    this.prefix = name.prefix;
    this.value = value;
    this.parent = parent;
    this.tree = tree;
    this.order = tree.nodes.length;
    this.last = this.order;
    tree.nodes.push(this);
  }

  /** The name as the document writes it. */
  get qname(): string {
    return this.prefix === "" ? this.local : `${this.prefix}:${this.local}`;
  }
}

export class XTree {
  /** By `order`. The first is the document node. */
  readonly nodes: XNode[] = [];
  /** Work that texts of elements took: nodes gone through, and a step for 64 characters. Counts like steps of a run. */
  worked = 0;
  readonly #named = new Map<string, XNode[]>();
  #elements: XNode[] | undefined;

  get document(): XNode {
    return this.nodes[0] as XNode;
  }

  /** Elements of this name, in document order. */
  named(key: string): readonly XNode[] {
    return this.#named.get(key) ?? NONE;
  }

  elements(): readonly XNode[] {
    return (this.#elements ??= this.nodes.filter((node) => node.kind === "element"));
  }

  /** For the reader. */
  index(element: XNode): void {
    const known = this.#named.get(element.key);
    if (known) known.push(element);
    else this.#named.set(element.key, [element]);
  }
}

export const NO_NAME = { key: "", local: "", namespace: "", prefix: "" } as const;

export function keyOf(namespace: string, local: string): string {
  return namespace === "" ? local : `{${namespace}}${local}`;
}

/** fn:string of a node: the texts in it, one behind the other (XDM 3.1, 5.13). */
export function textOf(node: XNode): string {
  if (node.kind !== "element" && node.kind !== "document") return node.value;
  const { children } = node;
  if (children.length === 0) return "";
  const only = children[0] as XNode;
  if (children.length === 1 && only.kind === "text") return only.value;
  let text = "";
  const { nodes } = node.tree;
  for (let at = node.order + 1; at <= node.last; at++) {
    const inside = nodes[at] as XNode;
    if (inside.kind === "text") text += inside.value;
  }
  node.tree.worked += node.last - node.order + (text.length >> 6);
  return text;
}

/** `/a:b/c[2]/@d` with the prefixes of the document; positions only where there are several of a name. */
export function pathOf(node: XNode): string {
  const steps: string[] = [];
  let at: XNode | undefined = node;
  while (at !== undefined && at.kind !== "document") {
    steps.push(stepOf(at));
    at = at.parent;
  }
  return `/${steps.reverse().join("/")}`;
}

function stepOf(node: XNode): string {
  if (node.kind === "attribute") return `@${node.qname}`;
  const step =
    node.kind === "element"
      ? node.qname
      : node.kind === "instruction"
        ? `processing-instruction(${node.local})`
        : `${node.kind}()`;
  const alike = node.parent?.children.filter((one) => one.kind === node.kind && one.key === node.key) ?? NONE;
  return alike.length > 1 ? `${step}[${alike.indexOf(node) + 1}]` : step;
}
