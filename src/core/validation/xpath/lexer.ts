// XPath text → tokens (XPath 3.1, A.2). Whether a name is an operator or a step is the parser's to say: it knows whether
// an operand is due.

import { XPathFault } from "./fault.ts";

export type Token =
  /** `a`, `p:a`, `*:a`, `p:*`, `Q{uri}a`; prefix undefined = none, `*` = any. */
  | {
      readonly kind: "name";
      readonly prefix: string | undefined;
      readonly local: string;
      readonly uri?: string;
      readonly at: number;
    }
  | { readonly kind: "integer" | "decimal" | "double" | "string"; readonly text: string; readonly at: number }
  | { readonly kind: "symbol"; readonly text: string; readonly at: number }
  | { readonly kind: "end"; readonly text: ""; readonly at: number };

/** Characters of one expression; the longest in official rules has 9,000. */
const LENGTH_LIMIT = 256 * 1024;

const NAME =
  "[A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}]" +
  "[-.0-9A-Z_a-z\\u{B7}\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}\\u{203F}-\\u{2040}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}]*";
const name = new RegExp(`(?:(\\*|${NAME}):(?!:))?(${NAME}|\\*)`, "yu");
const braced = new RegExp(`Q\\{([^{}]*)\\}(${NAME}|\\*)`, "yu");
const number = /(?:\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?/y;
const symbols = /::|\/\/|\.\.|!=|<=|>=|<<|>>|\|\||=>|:=|[()[\]{}@,.$/|=<>+\-*!?#:]/y;

/** Throws XPST0003. */
export function tokens(text: string): readonly Token[] {
  if (text.length > LENGTH_LIMIT) throw new XPathFault("XPST0003", "longer than 256 KiB", 0);
  const found: Token[] = [];
  let at = 0;
  while ((at = skipBlank(text, at)) < text.length) {
    const token = tokenAt(text, at);
    found.push(token.token);
    at = token.end;
  }
  found.push({ kind: "end", text: "", at: text.length });
  return found;
}

function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
    if (!text.startsWith("(:", at)) return at;
    at = commentEnd(text, at);
  }
}

/** Comments nest. */
function commentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith("(:", at)) depth++;
    else if (text.startsWith(":)", at)) depth--;
    else continue;
    at++;
    if (depth === 0) return at + 1;
  }
  throw new XPathFault("XPST0003", "a comment (: … does not end", start);
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly end: number } {
  const first = text[at] as string;
  if (first === '"' || first === "'") return literal(text, at, first);
  if (/\d/.test(first) || (first === "." && /\d/.test(text[at + 1] ?? ""))) return numeral(text, at);
  braced.lastIndex = at;
  const long = first === "Q" ? braced.exec(text) : null;
  if (long !== null) {
    const [all, uri = "", local = ""] = long;
    return { token: { kind: "name", prefix: undefined, local, uri, at }, end: at + all.length };
  }
  name.lastIndex = at;
  const match = name.exec(text);
  // A star alone may be a multiplication.
  if (match !== null && !(match[1] === undefined && match[2] === "*")) {
    return { token: { kind: "name", prefix: match[1], local: match[2] as string, at }, end: at + match[0].length };
  }
  symbols.lastIndex = at;
  const symbol = symbols.exec(text);
  if (symbol === null) throw new XPathFault("XPST0003", `${JSON.stringify(first)} means nothing here`, at);
  return { token: { kind: "symbol", text: symbol[0], at }, end: at + symbol[0].length };
}

/** A quote inside is written twice. */
function literal(text: string, at: number, quote: string): { readonly token: Token; readonly end: number } {
  let value = "";
  for (let from = at + 1; ;) {
    const end = text.indexOf(quote, from);
    if (end < 0) throw new XPathFault("XPST0003", `a text that begins with ${quote} does not end`, at);
    value += text.slice(from, end);
    if (text[end + 1] !== quote) return { token: { kind: "string", text: value, at }, end: end + 1 };
    value += quote;
    from = end + 2;
  }
}

function numeral(text: string, at: number): { readonly token: Token; readonly end: number } {
  number.lastIndex = at;
  const match = number.exec(text) as RegExpExecArray;
  const kind = match[1] !== undefined ? "double" : match[0].includes(".") ? "decimal" : "integer";
  return { token: { kind, text: match[0], at }, end: at + match[0].length };
}
