// The grammar of RFC 8259 as a pushdown automaton over text that arrives in pieces. It tells where keys, values and
// containers stand, so that an array of records is read record by record and never held whole; JSON.parse then makes the
// value of one record from text that is known to be well-formed.
//
// Beside the grammar it counts what JSON.parse would pass over in silence: keys (a duplicate loses a value), numbers
// that a double cannot hold, and escapes that make half a surrogate pair.

/** What `next` found. */
export type Token = "begin" | "end" | "key" | "scalar" | "more" | "done";

/** Levels of nesting. */
export const DEEPEST = 256;

export interface Scanner {
  /** Where the token begins; for `more` the place from which the text must be shown again. */
  readonly start: number;
  /** Index behind the token. */
  readonly end: number;
  /** Containers open behind the token. */
  readonly depth: number;
  /** The innermost open container is an array. */
  readonly inArray: boolean;
  /** Keys passed since `reset`. */
  readonly keys: number;
  /** Numbers passed since `reset` that a double does not hold exactly. */
  readonly inexact: number;
  /** An escape of a surrogate was passed since `reset`. */
  readonly surrogates: boolean;
  /** Starts the counts anew. */
  reset(): void;
  /** Begins another text. */
  restart(): void;
  /**
   * The next token of `text` from `at` on; `last` = nothing follows the text. Throws NotJson where the grammar is
   * broken; nothing can be read behind that. Remembers no text: the caller may show the rest under other indexes.
   */
  next(text: string, at: number, last: boolean): Token;
}

/** Where and why text is not JSON; the reader makes an error of its own of it. */
export class NotJson {
  readonly at: number;
  readonly expected: string;
  readonly deep: boolean;

  constructor(at: number, expected: string, deep = false) {
    this.at = at;
    this.expected = expected;
    this.deep = deep;
  }
}

// What may stand next.
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY = 2;
const KEY_OR_END = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const NOTHING = 6;
const EXPECTED = [
  "a value",
  "a value or ]",
  "a key in double quotes",
  "a key in double quotes or }",
  "a colon",
  "a comma or the end of the object or array",
  "nothing more",
] as const;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERALS = ["true", "false", "null"] as const;
/** A number of so many characters without exponent has at most 15 significant digits: a double holds it. */
const SURELY_EXACT = 15;

export function scanner(): Scanner {
  const arrays: boolean[] = [];
  let expect = VALUE;

  const counts = { keys: 0, inexact: 0, surrogates: false };
  const self = { start: 0, end: 0, depth: 0, inArray: false, ...counts, reset, restart, next };

  function reset(): void {
    Object.assign(self, counts);
  }

  function restart(): void {
    reset();
    arrays.length = 0;
    self.depth = 0;
    self.inArray = false;
    expect = VALUE;
  }

  function found(token: Token, start: number, end: number): Token {
    self.start = start;
    self.end = end;
    return token;
  }

  function open(array: boolean, at: number): Token {
    if (arrays.length >= DEEPEST) throw new NotJson(at, `at most ${DEEPEST} levels of nesting`, true);
    arrays.push(array);
    self.depth = arrays.length;
    self.inArray = array;
    expect = array ? VALUE_OR_END : KEY_OR_END;
    return found("begin", at, at + 1);
  }

  function close(array: boolean, at: number): Token {
    const allowed = expect === COMMA_OR_END || expect === (array ? VALUE_OR_END : KEY_OR_END);
    if (!allowed || self.inArray !== array) throw new NotJson(at, EXPECTED[expect]!);
    arrays.pop();
    self.depth = arrays.length;
    self.inArray = arrays[arrays.length - 1] ?? false;
    expect = arrays.length === 0 ? NOTHING : COMMA_OR_END;
    return found("end", at, at + 1);
  }

  function string(text: string, at: number, last: boolean): Token {
    if (expect > KEY_OR_END) throw new NotJson(at, EXPECTED[expect]!);
    const end = behindString(text, at, last, self);
    if (end < 0) return found("more", at, at);
    if (expect === KEY || expect === KEY_OR_END) {
      expect = COLON;
      self.keys++;
      return found("key", at, end);
    }
    return scalar(at, end);
  }

  function scalar(at: number, end: number): Token {
    expect = self.depth === 0 ? NOTHING : COMMA_OR_END;
    return found("scalar", at, end);
  }

  /** A number or true, false, null. */
  function word(text: string, at: number, last: boolean): Token {
    if (expect !== VALUE && expect !== VALUE_OR_END) throw new NotJson(at, EXPECTED[expect]!);
    NUMBER.lastIndex = at;
    if (NUMBER.test(text)) {
      const end = NUMBER.lastIndex;
      // At the end of the text, or before what may be its fraction or exponent, a number may go on.
      if (!last && mayGoOn(text, end)) return found("more", at, at);
      if (!isExact(text, at, end)) self.inexact++;
      return scalar(at, end);
    }
    for (const literal of LITERALS) if (text.startsWith(literal, at)) return scalar(at, at + literal.length);
    if (!last && text.length - at < 5 && startsWord(text.slice(at))) return found("more", at, at);
    throw new NotJson(at, EXPECTED[expect]);
  }

  function next(text: string, from: number, last: boolean): Token {
    for (let at = from; at < text.length; at++) {
      switch (text.charCodeAt(at)) {
        case 0x20:
        case 0x0a:
        case 0x0d:
        case 0x09:
          break;
        case 0x22:
          return string(text, at, last);
        case 0x2c:
          if (expect !== COMMA_OR_END) throw new NotJson(at, EXPECTED[expect]!);
          expect = self.inArray ? VALUE : KEY;
          break;
        case 0x3a:
          if (expect !== COLON) throw new NotJson(at, EXPECTED[expect]!);
          expect = VALUE;
          break;
        case 0x7b:
        case 0x5b:
          if (expect !== VALUE && expect !== VALUE_OR_END) throw new NotJson(at, EXPECTED[expect]!);
          return open(text.charCodeAt(at) === 0x5b, at);
        case 0x7d:
        case 0x5d:
          return close(text.charCodeAt(at) === 0x5d, at);
        default:
          return word(text, at, last);
      }
    }
    if (!last) return found("more", text.length, text.length);
    if (expect !== NOTHING) throw new NotJson(text.length, EXPECTED[expect]!);
    return found("done", text.length, text.length);
  }

  return self;
}

/** Index behind the string that opens at `at`, or -1 where its end is not in the text. */
function behindString(text: string, at: number, last: boolean, flags: { surrogates: boolean }): number {
  for (let index = at + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) return index + 1;
    if (code < 0x20) throw new NotJson(index, "no control character in a string");
    if (code !== 0x5c) continue;
    index++;
    if (index === text.length) break;
    const escape = text[index]!;
    if (escape === "u") {
      const digits = text.slice(index + 1, index + 5);
      if (digits.length < 4 && !last) return -1;
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new NotJson(index, "four hexadecimal digits behind \\u");
      if (/^[dD][89a-fA-F]/.test(digits)) flags.surrogates = true;
      index += 4;
    } else if (!'"\\/bfnrt'.includes(escape)) throw new NotJson(index, "an escape that JSON has");
  }
  if (last) throw new NotJson(text.length, "the end of a string");
  return -1;
}

/** Whether text that follows could still belong to the number that ends here. */
function mayGoOn(text: string, end: number): boolean {
  if (end === text.length) return true;
  return text.length - end <= 2 && /^(?:\.|[eE][+-]?)$/.test(text.slice(end));
}

function startsWord(text: string): boolean {
  return text === "-" || LITERALS.some((literal) => literal.startsWith(text));
}

/** Whether the nearest double is this number and no other: their shortest decimal forms agree. */
export function isExact(text: string, from: number, to: number): boolean {
  if (to - from <= SURELY_EXACT && !/[eE]/.test(text.slice(from, to))) return true;
  const written = text.slice(from, to);
  const number = Number(written);
  return Number.isFinite(number) && normal(written) === normal(String(number));
}

/** Digits without zeros at either end, and the power of ten of the last one. */
function normal(number: string): string {
  const parts = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(number)!;
  const [, sign, whole, fraction = "", exponent = "0"] = parts;
  const digits = (whole! + fraction).replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  if (trimmed === "") return "0";
  // A power beyond any double, which may have a million digits: written as it is, it agrees with nothing.
  if (exponent.length > 9) return number;
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}
