// A text that a regular expression matches, for examples in a description: `[0-9]{5}` → `00000`. What it does not understand it
// leaves; the caller tries what comes out against the expression itself.

const MOST = 200;

/** `more` = how often a part that may repeat does so beyond its least number. undefined = not understood. */
export function sampleOfPattern(pattern: string, more = 0): string | undefined {
  const reader = { text: pattern, at: 0, more };
  try {
    const made = alternatives(reader);
    return reader.at === pattern.length && made.length <= MOST ? made : undefined;
  } catch (cause) {
    if (cause instanceof NotUnderstood) return undefined;
    throw cause;
  }
}

class NotUnderstood extends Error {}

interface Reader {
  readonly text: string;
  at: number;
  readonly more: number;
}

function alternatives(reader: Reader): string {
  const first = sequence(reader);
  while (reader.text[reader.at] === "|") {
    reader.at++;
    sequence(reader);
  }
  return first;
}

function sequence(reader: Reader): string {
  let made = "";
  while (reader.at < reader.text.length && !"|)".includes(reader.text[reader.at] as string)) {
    const one = atom(reader);
    const times = repetition(reader);
    if (one.length * times > MOST) throw new NotUnderstood();
    made += one.repeat(times);
  }
  return made;
}

function atom(reader: Reader): string {
  const sign = reader.text[reader.at++] as string;
  if (sign === "(") return group(reader);
  if (sign === "[") return fromClass(reader);
  if (sign === "\\") return escape(reader);
  if (sign === ".") return "a";
  if (sign === "^" || sign === "$") return "";
  if ("*+?{".includes(sign)) throw new NotUnderstood();
  return sign;
}

function group(reader: Reader): string {
  const kind = /^\?(?::|P?<[A-Za-z]\w*>)/.exec(reader.text.slice(reader.at, reader.at + 40));
  if (kind) reader.at += kind[0].length;
  else if (reader.text[reader.at] === "?") throw new NotUnderstood();
  const made = alternatives(reader);
  if (reader.text[reader.at++] !== ")") throw new NotUnderstood();
  return made;
}

/** One of a class: a digit before a letter before the rest. */
function fromClass(reader: Reader): string {
  const negated = reader.text[reader.at] === "^";
  if (negated) reader.at++;
  const ranges: [string, string][] = [];
  for (let first = true; first || reader.text[reader.at] !== "]"; first = false) {
    const low = classSign(reader);
    let high = low;
    if (reader.text[reader.at] === "-" && reader.text[reader.at + 1] !== "]") {
      reader.at++;
      high = classSign(reader);
    }
    ranges.push([low, high]);
  }
  reader.at++;
  if (!negated) return (ranges[0] as [string, string])[0];
  const free = "aA0_ -.,".split("").find((sign) => ranges.every(([low, high]) => sign < low || sign > high));
  if (free === undefined) throw new NotUnderstood();
  return free;
}

function classSign(reader: Reader): string {
  const sign = reader.text[reader.at++];
  if (sign === undefined) throw new NotUnderstood();
  return sign === "\\" ? escape(reader) : sign;
}

const ESCAPES: Readonly<Record<string, string>> = {
  d: "0",
  w: "a",
  s: " ",
  D: "a",
  W: "-",
  S: "a",
  t: "\t",
  n: "\n",
  r: "\r",
  b: "",
  i: "a",
  c: "a",
};

function escape(reader: Reader): string {
  const sign = reader.text[reader.at++];
  if (sign === undefined) throw new NotUnderstood();
  if (sign === "p" || sign === "P") {
    const name = /^\{([^}]{1,40})\}/.exec(reader.text.slice(reader.at, reader.at + 42));
    if (!name || sign === "P") throw new NotUnderstood();
    reader.at += name[0].length;
    return /^(?:Nd?|Number|Decimal_Number)$/.test(name[1] as string)
      ? "0"
      : /Lu|Upper/.test(name[1] as string)
        ? "A"
        : "a";
  }
  if (/[0-9kxu]/.test(sign)) throw new NotUnderstood();
  return ESCAPES[sign] ?? sign;
}

function repetition(reader: Reader): number {
  const found = /^(?:[*+?]|\{(\d{1,3})(?:(,)(\d{0,4}))?\})\??/.exec(reader.text.slice(reader.at, reader.at + 14));
  if (!found) return 1;
  reader.at += found[0].length;
  const sign = found[0][0] as string;
  const least = sign === "{" ? Number(found[1]) : sign === "+" ? 1 : 0;
  const most =
    sign === "?" ? 1 : sign !== "{" || found[3] === "" ? Infinity : found[2] === undefined ? least : Number(found[3]);
  return Math.min(least + reader.more, most);
}
