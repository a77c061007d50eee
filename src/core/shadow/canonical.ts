// An answer in a form in which two can be compared: JSON without the order of its keys and with numbers by their value, XML without
// prefixes, the order of attributes and white space between elements. Anything else is its text.

import { MOST_DEPTH, MOST_PARTS, readXml, type XmlNode } from "./canonical-xml.ts";

export type Canon =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Canon[] }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, Canon> }
  | { readonly kind: "element"; readonly node: XmlNode };

/** Throws RangeError where it is too deep or has too many parts. */
export function canonicalText(text: string, contentType: string | undefined): Canon {
  const trimmed = text.trim();
  const plain: Canon = { kind: "text", text: `t ${text}` };
  if (trimmed === "") return { kind: "text", text: "t " };
  const isXml = /[/+]xml\b/iu.test(contentType ?? "") || trimmed.startsWith("<");
  if (!isXml) return canonicalJson(text) ?? plain;
  const node = readXml(text);
  return node ? { kind: "element", node } : plain;
}

/** undefined: it is none. */
function canonicalJson(text: string): Canon | undefined {
  let value: unknown;
  try {
    // The number as it is written: a double would take 9007199254740993 for its neighbour.
    const revive = (_key: string, parsed: unknown, context?: { readonly source?: string }): unknown =>
      typeof parsed === "number" ? new Written(context?.source ?? String(parsed)) : parsed;
    value = (JSON.parse as (text: string, reviver: typeof revive) => unknown)(text, revive);
  } catch {
    return undefined;
  }
  return canonicalValue(value);
}

class Written {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

/** A JSON value; absent = null. */
export function canonicalValue(value: unknown): Canon {
  let parts = 0;
  const visit = (one: unknown, depth: number): Canon => {
    if (depth > MOST_DEPTH || ++parts > MOST_PARTS) throw new RangeError("too deep, or of too many parts");
    if (one instanceof Written) return { kind: "text", text: `n ${numberKey(one.source)}` };
    if (typeof one === "number") return { kind: "text", text: `n ${numberKey(String(one))}` };
    if (typeof one === "string") return { kind: "text", text: `s ${one}` };
    if (Array.isArray(one)) return { kind: "list", items: one.map((item) => visit(item, depth + 1)) };
    if (typeof one === "object" && one !== null) {
      const entries = Object.entries(one).map(([key, inner]) => [key, visit(inner, depth + 1)] as const);
      return { kind: "map", entries: new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) };
    }
    return { kind: "text", text: one === undefined ? "null" : JSON.stringify(one) };
  };
  return visit(value, 0);
}

/** 1, 1.0 and 10e-1 are one number; -0 is 0. */
export function numberKey(source: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/.exec(source);
  if (!match) return source;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const plain = digits.replace(/0+$/, "");
  if (plain === "") return "0";
  return `${sign}${plain}e${Number(exponent) - fraction.length + (digits.length - plain.length)}`;
}

/** The same for equal values, and only for these. */
export function keyOf(canon: Canon): string {
  if (canon.kind === "text") return JSON.stringify(canon.text);
  if (canon.kind === "list") return `[${canon.items.map(keyOf).join(",")}]`;
  if (canon.kind === "element") return elementKey(canon.node);
  return `{${[...canon.entries].map(([key, value]) => `${JSON.stringify(key)}:${keyOf(value)}`).join(",")}}`;
}

function elementKey({ name, attributes, children, text }: XmlNode): string {
  const own = [...attributes].map(([key, value]) => `${JSON.stringify(key)}=${JSON.stringify(value)}`).join(" ");
  return `<${JSON.stringify(name)} ${own}>${JSON.stringify(text)}${children.map(elementKey).join("")}</>`;
}
