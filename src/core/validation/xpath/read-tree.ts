// XML text → tree, strictly and within limits. A DOCTYPE is refused: entities can be declared nowhere else.

import { SaxesParser, type SaxesTagNS } from "saxes";
import { keyOf, NO_NAME, XNode, XTree } from "./tree.ts";

/** saxes looks names up through all open elements, so depth costs more than its share. */
export const DEPTH_LIMIT = 256;
export const NODE_LIMIT = 1_000_000;

/** Prefix → namespace, as in scope at an element. */
export interface Scope {
  readonly own: Readonly<Record<string, string>>;
  readonly outer: Scope | undefined;
}

export interface ReadOptions {
  /** Called with the scope of namespaces of every element, for documents whose values are qualified names. */
  readonly scopes?: Map<XNode, Scope>;
  /** Lines of elements are kept. */
  readonly lines?: boolean;
}

/** Why a text is no document that can be used; `line` and `column` count from 1. */
export class TreeFault extends Error {
  readonly line: number;
  readonly column: number;
  constructor(message: string, line: number, column: number) {
    super(message);
    this.name = "TreeFault";
    this.line = line;
    this.column = column;
  }
}

/** Throws TreeFault. Line ends are \n then, as XML 1.0, 2.11 has it. */
export function readTree(text: string, options: ReadOptions = {}): XTree {
  const parser = new SaxesParser({ xmlns: true, position: options.lines === true });
  const fail = (message: string): never => {
    throw new TreeFault(message, parser.line, parser.column);
  };
  const builder = new TreeBuilder(options, fail);
  parser.on("doctype", () => fail("a DOCTYPE is refused"));
  parser.on("error", (error) => fail(error.message.replace(/^\d+:\d+: /, "")));
  parser.on("text", (piece) => builder.text(piece));
  parser.on("cdata", (piece) => builder.text(piece));
  parser.on("comment", (value) => builder.add("comment", "", value));
  parser.on("processinginstruction", ({ target, body }) => builder.add("instruction", target, body));
  parser.on("opentag", (tag) => builder.open(tag, parser.line));
  parser.on("closetag", () => builder.close());
  parser.write(text).close();
  return builder.end();
}

interface Name {
  readonly key: string;
  readonly local: string;
  readonly namespace: string;
  readonly prefix: string;
}

/** What is open while a document is read, and what is in it so far. */
class TreeBuilder {
  readonly #tree = new XTree();
  readonly #options: ReadOptions;
  readonly #fail: (message: string) => never;
  /** Names are few, elements many: each name is made once. */
  readonly #names = new Map<string, Name>();
  readonly #outer: XNode[][] = [];
  readonly #scopes: (Scope | undefined)[] = [];
  #scope: Scope | undefined;
  #parent: XNode;
  #children: XNode[] = [];
  #pending = "";

  constructor(options: ReadOptions, fail: (message: string) => never) {
    this.#options = options;
    this.#fail = fail;
    this.#parent = new XNode("document", NO_NAME, "", undefined, this.#tree);
  }

  /** A text may come in pieces (CDATA); it is one node. */
  text(piece: string): void {
    this.#pending += piece;
  }

  add(kind: "comment" | "instruction", name: string, value: string): void {
    this.#flush();
    this.#put(new XNode(kind, this.#name("", "", name), value, this.#parent, this.#tree));
  }

  open(tag: SaxesTagNS, line: number): void {
    this.#flush();
    if (this.#outer.length >= DEPTH_LIMIT) this.#fail(`nested more than ${DEPTH_LIMIT} deep`);
    const element = new XNode("element", this.#name(tag.uri, tag.prefix, tag.local), "", this.#parent, this.#tree);
    if (this.#options.lines === true) element.line = line;
    this.#tree.index(element);
    this.#put(element);
    this.#attributes(element, tag);
    if (this.#options.scopes) {
      this.#scopes.push(this.#scope);
      this.#scope = { own: { ...tag.ns }, outer: this.#scope };
      this.#options.scopes.set(element, this.#scope);
    }
    this.#outer.push(this.#children);
    this.#parent = element;
    this.#children = [];
  }

  close(): void {
    this.#finish();
    this.#children = this.#outer.pop() as XNode[];
    if (this.#options.scopes) this.#scope = this.#scopes.pop();
    this.#parent = this.#parent.parent as XNode;
  }

  end(): XTree {
    this.#finish();
    return this.#tree;
  }

  #attributes(element: XNode, tag: SaxesTagNS): void {
    const attributes: XNode[] = [];
    for (const { prefix, name, uri, local, value } of Object.values(tag.attributes)) {
      if (prefix === "xmlns" || name === "xmlns") continue;
      attributes.push(new XNode("attribute", this.#name(uri, prefix, local), value, element, this.#tree));
    }
    if (attributes.length > 0) element.attributes = attributes;
  }

  #finish(): void {
    this.#flush();
    this.#parent.children = this.#children;
    this.#parent.last = this.#tree.nodes.length - 1;
  }

  /** Outside the root there is no text. */
  #flush(): void {
    if (this.#pending === "") return;
    if (this.#parent.kind === "element") {
      this.#put(new XNode("text", NO_NAME, this.#pending, this.#parent, this.#tree));
    }
    this.#pending = "";
  }

  #put(node: XNode): void {
    if (this.#tree.nodes.length > NODE_LIMIT) this.#fail(`more than ${NODE_LIMIT.toLocaleString("en")} nodes`);
    this.#children.push(node);
  }

  #name(namespace: string, prefix: string, local: string): Name {
    const id = `${prefix}:${local} ${namespace}`;
    const known = this.#names.get(id);
    if (known) return known;
    const made = { key: keyOf(namespace, local), local, namespace, prefix };
    this.#names.set(id, made);
    return made;
  }
}

/** The namespace that a prefix stands for; undefined = none. */
export function lookUp(scope: Scope | undefined, prefix: string): string | undefined {
  for (let at = scope; at !== undefined; at = at.outer) {
    if (Object.hasOwn(at.own, prefix)) return at.own[prefix] || undefined;
  }
  return undefined;
}
