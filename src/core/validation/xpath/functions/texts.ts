// Functions on texts (F&O 3.1, 5). Characters are code points, not halves of them.

import { compareTexts } from "../compare.ts";
import { XPathFault } from "../fault.ts";
import { anyText, condition, joinTexts, neededText, oneOf, sequence, textArgument, value } from "../expression.ts";
import { contextOf, type Expression, type Run } from "../run.ts";
import {
  atomOf,
  EMPTY,
  isExact,
  isNumeric,
  numberOf,
  stringOf,
  toDouble,
  trimXml,
  type Item,
  type Sequence,
} from "../values.ts";
import { fn, type Library, type Made } from "./contract.ts";
import { typeFault } from "../fault.ts";
import { cast } from "../types.ts";
import { Untyped } from "../values.ts";

/** One argument that is a text, or the context; absent is empty. */
function textOrContext({ args, mode, what }: Made): (run: Run) => string {
  const [first] = args;
  if (!first) return (run) => stringOf(contextOf(run));
  const read = textArgument(first, mode, what);
  return (run) => read(run) ?? "";
}

function ofText(make: (text: string) => Item): (made: Made) => Expression {
  return (made) => {
    const read = textOrContext(made);
    return value(typeof make("") === "string" ? "text" : "number", (run) => make(read(run)));
  };
}

type Reader = (run: Run) => string;

function texts({ args, mode, what }: Made): readonly Reader[] {
  return args.map((arg) => {
    const read = textArgument(arg, mode, what);
    return (run: Run) => read(run) ?? "";
  });
}

function refuseCollation(made: Made, at: number): void {
  if (made.args.length > at) throw new XPathFault("FOCH0002", `${made.what} is supported without a collation only`);
}

function ofPair(test: (text: string, part: string) => boolean): (made: Made) => Expression {
  return (made) => {
    refuseCollation(made, 2);
    const [text, part] = texts(made) as [Reader, Reader];
    return condition((run) => test(text(run), part(run)));
  };
}

function half(take: (text: string, part: string, at: number) => string): (made: Made) => Expression {
  return (made) => {
    refuseCollation(made, 2);
    const [text, part] = texts(made) as [Reader, Reader];
    return value("text", (run) => {
      const [whole, wanted] = [text(run), part(run)];
      const at = whole.indexOf(wanted);
      return at < 0 ? "" : take(whole, wanted, at);
    });
  };
}

export function normalizeSpace(text: string): string {
  return trimXml(text).replace(/[ \t\n\r]+/g, " ");
}

/** Without pairs of surrogates, which are few, characters are units. */
function hasPairs(text: string): boolean {
  return /[\ud800-\udbff]/.test(text);
}

export function lengthOf(text: string): number {
  return hasPairs(text) ? Array.from(text).length : text.length;
}

/** Positions are rounded as fn:round does; NaN takes nothing (F&O 3.1, 5.4.3). */
function substring(text: string, start: number, length: number | undefined): string {
  const first = Math.floor(start + 0.5);
  const end = length === undefined ? Infinity : first + Math.floor(length + 0.5);
  if (Number.isNaN(first) || Number.isNaN(end)) return "";
  const from = Math.max(first, 1) - 1;
  if (!hasPairs(text)) return end === Infinity ? text.slice(from) : text.slice(from, Math.max(end - 1, from));
  return Array.from(text)
    .slice(from, end === Infinity ? undefined : Math.max(end - 1, from))
    .join("");
}

function place(argument: Expression, { mode, what }: Made, run: Run): number {
  const item = oneOf(argument.items(run), mode, what);
  if (mode.compat) return item === undefined ? NaN : numberOf(item);
  if (item === undefined) throw typeFault(`${what} takes a number as place, not nothing`);
  const atom = atomOf(item);
  const number = atom instanceof Untyped ? cast(atom, "xs:double") : atom;
  if (!isNumeric(number)) throw typeFault(`${what} takes numbers as places`);
  return toDouble(number);
}

function substringCall(made: Made): Expression {
  const [first, start, length] = made.args as [Expression, Expression, Expression | undefined];
  const text = textArgument(first, made.mode, made.what);
  return value("text", (run) =>
    substring(text(run) ?? "", place(start, made, run), length && place(length, made, run)),
  );
}

function concat({ args, mode, what }: Made): Expression {
  const parts = args.map((arg) => anyText(arg, mode, what));
  return value("text", (run) =>
    joinTexts(
      parts.map((part) => part(run)),
      "",
      run,
    ),
  );
}

function stringJoin({ args: [items, separator], mode, what }: Made): Expression {
  const between = separator && neededText(separator, mode, what);
  return value("text", (run) => {
    const texts = (items as Expression).items(run).map((item) => stringOf(item));
    return joinTexts(texts, between?.(run) ?? "", run);
  });
}

function translate(made: Made): Expression {
  const [text] = texts(made) as [Reader];
  const [from, to] = made.args.slice(1).map((arg) => neededText(arg, made.mode, made.what)) as [Reader, Reader];
  return value("text", (run) => {
    const [wanted, given] = [Array.from(from(run)), Array.from(to(run))];
    const table = new Map<string, string>();
    wanted.forEach((char, at) => {
      if (!table.has(char)) table.set(char, given[at] ?? "");
    });
    let made = "";
    for (const char of text(run)) made += table.get(char) ?? char;
    return made;
  });
}

function compare(made: Made): Expression {
  refuseCollation(made, 2);
  const [a, b] = made.args.map((arg) => textArgument(arg, made.mode, made.what));
  return value("number", (run) => {
    const [left, right] = [a?.(run), b?.(run)];
    if (left === undefined || right === undefined) return undefined;
    return BigInt(Math.sign(compareTexts(left, right)));
  });
}

function toCodepoints(made: Made): Expression {
  const [text] = texts(made) as [Reader];
  return sequence("any", (run): Sequence => {
    const whole = text(run);
    run.spend(whole.length);
    run.room(whole.length);
    return whole === "" ? EMPTY : Array.from(whole, (char) => BigInt(char.codePointAt(0) ?? 0));
  });
}

function fromCodepoints({ args: [points] }: Made): Expression {
  return value("text", (run) => {
    let text = "";
    for (const item of (points as Expression).items(run)) {
      const atom = atomOf(item);
      const point = isExact(atom) ? Number(atom) : numberOf(atom);
      const good = Number.isInteger(point) && point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
      if (!good) throw new XPathFault("FOCH0001", "a number that is no character");
      text += String.fromCodePoint(point);
    }
    return text;
  });
}

const FORMS = new Set(["NFC", "NFD", "NFKC", "NFKD"]);

function normalizeUnicode(made: Made): Expression {
  const [text, form] = texts(made) as [Reader, Reader | undefined];
  return value("text", (run) => {
    const wanted = (form?.(run) ?? "NFC").trim().toUpperCase();
    if (wanted === "") return text(run);
    if (!FORMS.has(wanted)) throw new XPathFault("FOCH0003", "a form of normalization that is not supported");
    return text(run).normalize(wanted);
  });
}

function stringCall({ args, mode, what }: Made): Expression {
  const [only] = args;
  return value("text", only ? anyText(only, mode, what) : (run) => stringOf(contextOf(run)));
}

/** A list of words holds this word (F&O 3.1, 5.5.6). */
function containsToken(made: Made): Expression {
  refuseCollation(made, 2);
  const [list, token] = made.args as [Expression, Expression];
  const wanted = textArgument(token, made.mode, made.what);
  return condition((run) => {
    const word = trimXml(wanted(run) ?? "");
    return list.items(run).some((item) => word !== "" && normalizeSpace(stringOf(item)).split(" ").includes(word));
  });
}

export const TEXTS: Library = {
  string: fn(0, 1, stringCall),
  concat: fn(2, 1_000, concat),
  "string-join": fn(1, 2, stringJoin),
  substring: fn(2, 3, substringCall),
  "string-length": fn(
    0,
    1,
    ofText((text) => BigInt(lengthOf(text))),
  ),
  "normalize-space": fn(0, 1, ofText(normalizeSpace)),
  "normalize-unicode": fn(1, 2, normalizeUnicode),
  "upper-case": fn(
    1,
    1,
    ofText((text) => text.toUpperCase()),
  ),
  "lower-case": fn(
    1,
    1,
    ofText((text) => text.toLowerCase()),
  ),
  translate: fn(3, 3, translate),
  contains: fn(
    2,
    3,
    ofPair((text, part) => text.includes(part)),
  ),
  "starts-with": fn(
    2,
    3,
    ofPair((text, part) => text.startsWith(part)),
  ),
  "ends-with": fn(
    2,
    3,
    ofPair((text, part) => text.endsWith(part)),
  ),
  "substring-before": fn(
    2,
    3,
    half((text, _, at) => text.slice(0, at)),
  ),
  "substring-after": fn(
    2,
    3,
    half((text, part, at) => text.slice(at + part.length)),
  ),
  compare: fn(2, 3, compare),
  "codepoint-equal": fn(
    2,
    2,
    ofPair((a, b) => a === b),
  ),
  "string-to-codepoints": fn(1, 1, toCodepoints),
  "codepoints-to-string": fn(1, 1, fromCodepoints),
  "contains-token": fn(2, 3, containsToken),
  "encode-for-uri": fn(
    1,
    1,
    ofText((text) =>
      encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    ),
  ),
};
