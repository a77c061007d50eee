// Items and sequences (XDM 3.1). Atomic values are JavaScript's own where these mean the same: string = xs:string,
// boolean = xs:boolean, number = xs:double, bigint = xs:integer.

import { Decimal, exactText, exactToDouble, type Exact } from "./decimal.ts";
import { typeFault, XPathFault } from "./fault.ts";
import { Duration, Moment } from "./temporal.ts";
import { textOf, XNode } from "./tree.ts";

/** xs:untypedAtomic: what a document without a schema holds. */
export class Untyped {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Numeric = Exact | number;
export type Atomic = string | boolean | Numeric | Untyped | Moment | Duration;
export type Item = XNode | Atomic;
export type Sequence = readonly Item[];

export const EMPTY: Sequence = [];
export const TRUE: Sequence = [true];
export const FALSE: Sequence = [false];

export function isNode(item: Item): item is XNode {
  return item instanceof XNode;
}

export function isNumeric(item: Item): item is Numeric {
  return typeof item === "number" || typeof item === "bigint" || item instanceof Decimal;
}

export function isExact(item: Item): item is Exact {
  return typeof item === "bigint" || item instanceof Decimal;
}

/** fn:data of one item (XDM 3.1, 2.7.2): comments and processing instructions are strings, other nodes untyped. */
export function atomOf(item: Item): Atomic {
  if (!(item instanceof XNode)) return item;
  return item.kind === "comment" || item.kind === "instruction" ? item.value : new Untyped(textOf(item));
}

/** fn:string of one item. */
export function stringOf(item: Item): string {
  if (typeof item === "string") return item;
  if (item instanceof XNode) return textOf(item);
  if (item instanceof Untyped) return item.text;
  if (typeof item === "number") return doubleText(item);
  if (typeof item === "boolean") return item ? "true" : "false";
  return isExact(item) ? exactText(item) : item.toString();
}

/** xs:double as text (F&O 3.1, 19.1.2.1): without an exponent between 0.000001 and 1000000. */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-6 && size < 1e6)) return plainDouble(value);
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${exponent.replace("+", "")}`;
}

/** Without an exponent, whatever the size: XPath 1.0's form. JavaScript writes one below 1e-6 and from 1e21 on. */
export function plainDouble(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text === "Infinity" || text === "-Infinity" ? text : text === "-0" ? "0" : text;
  const [, sign = "", front = "", behind = "", exponent = "0"] = match;
  const places = Number(exponent);
  if (places < 0) return `${sign}0.${"0".repeat(-places - 1)}${front}${behind}`;
  return `${sign}${front}${behind.padEnd(places, "0")}`;
}

/** XPath 1.0's string() of a number. */
export function compatText(item: Item): string {
  return typeof item === "number" ? plainDouble(item) : stringOf(item);
}

export function toDouble(value: Numeric): number {
  return typeof value === "number" ? value : exactToDouble(value);
}

/** The lexical form of xs:double; NaN only where the text says so, undefined where it is no number. */
export function parseDouble(text: string): number | undefined {
  const trimmed = trimXml(text);
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) return Number(trimmed);
  if (trimmed === "INF" || trimmed === "+INF") return Infinity;
  if (trimmed === "-INF") return -Infinity;
  return trimmed === "NaN" ? NaN : undefined;
}

/** fn:number of one item: NaN for what is none. */
export function numberOf(item: Item): number {
  const atom = atomOf(item);
  if (isNumeric(atom)) return toDouble(atom);
  if (typeof atom === "boolean") return atom ? 1 : 0;
  if (typeof atom === "string") return parseDouble(atom) ?? NaN;
  return atom instanceof Untyped ? (parseDouble(atom.text) ?? NaN) : NaN;
}

export function trimXml(text: string): string {
  return text.replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, "");
}

/** The effective boolean value (XPath 3.1, 2.4.3). */
export function truthOf(sequence: Sequence): boolean {
  const first = sequence[0];
  if (first === undefined) return false;
  if (first instanceof XNode) return true;
  if (sequence.length > 1)
    throw new XPathFault("FORG0006", "several values that are no nodes are neither true nor false");
  if (typeof first === "boolean") return first;
  if (typeof first === "string") return first !== "";
  if (typeof first === "number") return first !== 0 && !Number.isNaN(first);
  if (typeof first === "bigint") return first !== 0n;
  if (first instanceof Untyped) return first.text !== "";
  if (first instanceof Decimal) return first.units !== 0n;
  throw new XPathFault("FORG0006", "a date or duration is neither true nor false");
}

/** At most one item. */
export function atMostOne(sequence: Sequence, what: string): Item | undefined {
  if (sequence.length > 1) throw typeFault(`${what} takes one value, not ${sequence.length}`);
  return sequence[0];
}

/** Sorted by document order, each node once. Results of most steps are so already, which one look tells. */
export function inOrder(nodes: XNode[]): XNode[] {
  let sorted = true;
  for (let at = 1; at < nodes.length; at++) {
    if ((nodes[at - 1] as XNode).order >= (nodes[at] as XNode).order) {
      sorted = false;
      break;
    }
  }
  if (sorted) return nodes;
  nodes.sort((a, b) => a.order - b.order);
  return nodes.filter((node, at) => at === 0 || node !== nodes[at - 1]);
}

/** All of them nodes, or XPTY0004. */
export function nodesOf(sequence: Sequence, what: string): readonly XNode[] {
  for (const item of sequence) if (!(item instanceof XNode)) throw typeFault(`${what} takes nodes`);
  return sequence as readonly XNode[];
}

/** The name of an item's type, for messages. */
export function typeNameOf(item: Item): string {
  if (item instanceof XNode) return item.kind === "instruction" ? "processing-instruction" : item.kind;
  if (typeof item === "string") return "xs:string";
  if (typeof item === "boolean") return "xs:boolean";
  if (typeof item === "number") return "xs:double";
  if (typeof item === "bigint") return "xs:integer";
  if (item instanceof Untyped) return "xs:untypedAtomic";
  return item instanceof Decimal ? "xs:decimal" : item.typeName;
}
