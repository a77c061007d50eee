// Casting between atomic types (F&O 3.1, 19) and sequence types (XPath 3.1, 2.5.4), as far as rules need them.

import { asDecimal, decimal, Decimal, parseDecimal, parseInteger, roundExact } from "./decimal.ts";
import { typeFault, UnsupportedFault, XPathFault } from "./fault.ts";
import { Duration, Moment, parseDuration, parseMoment, type DurationType, type MomentType } from "./temporal.ts";
import { XNode, type NodeKind } from "./tree.ts";
import {
  atomOf,
  isNumeric,
  numberOf,
  parseDouble,
  stringOf,
  toDouble,
  trimXml,
  typeNameOf,
  Untyped,
  type Atomic,
  type Item,
  type Sequence,
} from "./values.ts";

/** Whole numbers with bounds: value space and name, but no type of their own once they are made. */
const INTEGERS: Readonly<Record<string, readonly [bigint | undefined, bigint | undefined]>> = {
  "xs:integer": [undefined, undefined],
  "xs:long": [-(2n ** 63n), 2n ** 63n - 1n],
  "xs:int": [-(2n ** 31n), 2n ** 31n - 1n],
  "xs:short": [-32_768n, 32_767n],
  "xs:byte": [-128n, 127n],
  "xs:nonNegativeInteger": [0n, undefined],
  "xs:positiveInteger": [1n, undefined],
  "xs:nonPositiveInteger": [undefined, 0n],
  "xs:negativeInteger": [undefined, -1n],
  "xs:unsignedLong": [0n, 2n ** 64n - 1n],
  "xs:unsignedInt": [0n, 2n ** 32n - 1n],
  "xs:unsignedShort": [0n, 65_535n],
  "xs:unsignedByte": [0n, 255n],
};

/** Texts with a form; undefined = any. */
const TEXTS: Readonly<Record<string, RegExp | undefined>> = {
  "xs:string": undefined,
  "xs:anyURI": undefined,
  "xs:normalizedString": undefined,
  "xs:token": undefined,
  "xs:language": /^[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*$/,
};

const OTHERS = new Set([
  "xs:boolean",
  "xs:decimal",
  "xs:double",
  "xs:untypedAtomic",
  "xs:anyAtomicType",
  "xs:date",
  "xs:dateTime",
  "xs:time",
  "xs:dayTimeDuration",
  "xs:yearMonthDuration",
]);

/** The prefix is always `xs` here. */
export function isAtomicType(name: string): boolean {
  return Object.hasOwn(INTEGERS, name) || Object.hasOwn(TEXTS, name) || OTHERS.has(name);
}

/** For static checks. `xs:numeric` is the union of XPath 3.1. */
export function requireType(name: string, at: number): void {
  if (isAtomicType(name) || name === "xs:numeric") return;
  throw new UnsupportedFault(`the type ${name} is not supported`, at);
}

function invalid(type: string): XPathFault {
  return new XPathFault("FORG0001", `the value is no ${type}`);
}

/** `cast as`. Throws FORG0001 where the text is none, XPTY0004 where the types have nothing to do with each other. */
export function cast(value: Atomic, type: string): Atomic {
  if (type in INTEGERS) return castInteger(value, type);
  if (type in TEXTS) return castText(value, type);
  const text = typeof value === "string" ? value : value instanceof Untyped ? value.text : undefined;
  switch (type) {
    case "xs:boolean":
      return text === undefined ? castBoolean(value) : parseBoolean(text);
    case "xs:decimal":
      return text === undefined ? castDecimal(value) : (parseDecimal(trimXml(text)) ?? raise(type));
    case "xs:double":
      return text === undefined ? castDouble(value) : (parseDouble(text) ?? raise(type));
    case "xs:untypedAtomic":
      return value instanceof Untyped ? value : new Untyped(stringOf(value));
    case "xs:anyAtomicType":
      return value;
    case "xs:dayTimeDuration":
    case "xs:yearMonthDuration":
      return castDuration(value, type, text);
    default:
      return castMoment(value, type as MomentType, text);
  }
}

function raise(type: string): never {
  throw invalid(type);
}

function noCast(value: Atomic, type: string): XPathFault {
  return typeFault(`a value of ${typeNameOf(value)} cannot be made ${type}`);
}

function castInteger(value: Atomic, type: string): bigint {
  const number = toInteger(value, type);
  const [least, most] = INTEGERS[type] ?? [];
  if ((least !== undefined && number < least) || (most !== undefined && number > most)) throw invalid(type);
  return number;
}

function toInteger(value: Atomic, type: string): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "string") return parseInteger(trimXml(value)) ?? raise(type);
  if (value instanceof Untyped) return parseInteger(trimXml(value.text)) ?? raise(type);
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (value instanceof Decimal) return truncate(value);
  if (typeof value !== "number") throw noCast(value, type);
  if (!Number.isFinite(value)) throw new XPathFault("FOCA0002", "NaN and INF are no whole numbers");
  return BigInt(Math.trunc(value));
}

function truncate(value: Decimal): bigint {
  return asDecimal(roundExact(value, 0, value.units < 0n ? "ceiling" : "floor")).units;
}

function castText(value: Atomic, type: string): string {
  const text = stringOf(value);
  if (type === "xs:string") return text;
  if (type === "xs:normalizedString") return text.replace(/[\t\n\r]/g, " ");
  const collapsed = trimXml(text).replace(/[ \t\n\r]+/g, " ");
  if (TEXTS[type]?.test(collapsed) === false) throw invalid(type);
  return collapsed;
}

function parseBoolean(text: string): boolean {
  const trimmed = trimXml(text);
  if (trimmed === "true" || trimmed === "1") return true;
  if (trimmed === "false" || trimmed === "0") return false;
  throw invalid("xs:boolean");
}

function castBoolean(value: Atomic): boolean {
  if (typeof value === "boolean") return value;
  if (!isNumeric(value)) throw noCast(value, "xs:boolean");
  const number = toDouble(value);
  return number !== 0 && !Number.isNaN(number);
}

function castDecimal(value: Atomic): Atomic {
  if (value instanceof Decimal) return value;
  if (typeof value === "bigint") return asDecimal(value);
  if (typeof value === "boolean") return new Decimal(value ? 1n : 0n, 0);
  if (typeof value !== "number") throw noCast(value, "xs:decimal");
  if (!Number.isFinite(value)) throw new XPathFault("FOCA0002", "NaN and INF are no decimals");
  return exactDouble(value);
}

/** A double is a fraction with a power of two below: all of its digits count. */
function exactDouble(value: number): Decimal {
  let [units, scale] = [value, 0];
  while (!Number.isInteger(units)) {
    units *= 2;
    scale++;
  }
  // value = units / 2^scale = units · 5^scale / 10^scale
  return decimal(BigInt(units) * 5n ** BigInt(scale), scale);
}

function castDouble(value: Atomic): number {
  if (isNumeric(value)) return toDouble(value);
  if (typeof value === "boolean") return numberOf(value);
  throw noCast(value, "xs:double");
}

function castDuration(value: Atomic, type: DurationType, text: string | undefined): Duration {
  if (text !== undefined) return parseDuration(type, trimXml(text)) ?? raise(type);
  if (value instanceof Duration) return value.typeName === type ? value : new Duration(type, 0);
  throw noCast(value, type);
}

const DAY = 86_400_000_000;

function castMoment(value: Atomic, type: MomentType, text: string | undefined): Moment {
  if (text !== undefined) return parseMoment(type, trimXml(text)) ?? raise(type);
  if (!(value instanceof Moment)) throw noCast(value, type);
  if (value.typeName === type) return value;
  const days = Math.floor(value.local / DAY) * DAY;
  if (value.typeName === "xs:dateTime") {
    return new Moment(type, type === "xs:date" ? days : value.local - days, value.zone);
  }
  if (value.typeName === "xs:date" && type === "xs:dateTime") return new Moment(type, value.local, value.zone);
  throw noCast(value, type);
}

/** `castable as`. */
export function isCastable(value: Atomic, type: string): boolean {
  try {
    cast(value, type);
    return true;
  } catch (cause) {
    if (cause instanceof XPathFault) return false;
    throw cause;
  }
}

// ── sequence types ──────────────────────────────────────────────────────────────────────────────────────────────

export interface ItemType {
  /** `item`, `node`, an atomic type (`xs:integer`), or a kind of node. */
  readonly name: string;
  /** Key of an element's, attribute's or processing instruction's name; undefined = any. */
  readonly key?: string;
}

export interface SequenceType {
  /** undefined = empty-sequence(). */
  readonly item: ItemType | undefined;
  readonly occurs: "one" | "optional" | "many" | "some";
}

const ANY: SequenceType = { item: { name: "item" }, occurs: "many" };
export const ANYTHING: SequenceType = ANY;

/** Whether a value is of a type, without converting it. */
export function isOfType(sequence: Sequence, type: SequenceType): boolean {
  if (type.item === undefined) return sequence.length === 0;
  const { item } = type;
  return countFits(sequence.length, type.occurs) && sequence.every((one) => isOfItemType(one, item));
}

function countFits(count: number, occurs: SequenceType["occurs"]): boolean {
  if (occurs === "one") return count === 1;
  if (occurs === "optional") return count <= 1;
  return occurs === "many" || count > 0;
}

const KINDS: Readonly<Record<string, NodeKind>> = {
  element: "element",
  attribute: "attribute",
  text: "text",
  comment: "comment",
  "processing-instruction": "instruction",
  "document-node": "document",
};

function isOfItemType(item: Item, { name, key }: ItemType): boolean {
  if (name === "item") return true;
  if (item instanceof XNode) {
    if (name === "node") return true;
    return KINDS[name] === item.kind && (key === undefined || key === item.key);
  }
  return isOfAtomicType(item, name);
}

function isOfAtomicType(item: Atomic, name: string): boolean {
  if (name === "xs:anyAtomicType") return true;
  if (name === "xs:numeric") return isNumeric(item);
  const own = typeNameOf(item);
  // Whole numbers are decimals, and their bounded kinds are told by value.
  if (typeof item === "bigint") return name === "xs:decimal" || (name in INTEGERS && isCastable(item, name));
  return own === name || (own === "xs:string" && name === "xs:anyURI");
}

/** The function conversion rules (XPath 3.1, 3.1.5.2): what is given is atomized, and untyped values are cast. */
export function convert(sequence: Sequence, type: SequenceType, what: string): Sequence {
  const { item } = type;
  if (item === undefined || item.name === "item" || item.name === "node" || item.name in KINDS) {
    if (isOfType(sequence, type)) return sequence;
    throw typeFault(`${what} must be ${typeText(type)}`);
  }
  if (!countFits(sequence.length, type.occurs)) {
    throw typeFault(`${what} must be ${typeText(type)}, not ${sequence.length} values`);
  }
  return sequence.map((one) => convertOne(atomOf(one), item.name, what));
}

function convertOne(value: Atomic, name: string, what: string): Atomic {
  if (value instanceof Untyped && name !== "xs:untypedAtomic" && name !== "xs:anyAtomicType") {
    return cast(value, name === "xs:numeric" ? "xs:double" : name);
  }
  if (isOfAtomicType(value, name)) return value;
  if (name === "xs:double" && isNumeric(value)) return toDouble(value);
  if (name === "xs:string" && typeof value === "string") return value;
  throw typeFault(`${what} must be ${name}, not ${typeNameOf(value)}`);
}

const SIGNS = { one: "", optional: "?", many: "*", some: "+" } as const;

export function typeText({ item, occurs }: SequenceType): string {
  if (item === undefined) return "empty-sequence()";
  return `${item.name.includes(":") ? item.name : `${item.name}()`}${SIGNS[occurs]}`;
}
