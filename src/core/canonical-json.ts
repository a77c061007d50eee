// JSON in the one form that RFC 8785 (JCS) allows: names sorted, no blanks, numbers and texts as ECMAScript writes them. What is signed
// has to be the same bytes wherever it is written anew.

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const MOST_DEPTH = 32;

/** Throws RangeError for what JSON has no form for: numbers that are none, halves of characters, endless depth. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(sorted(value, 0));
}

/** The same for people, indented by two; the only form in which such a file is written. */
export function indentedJson(value: Json): string {
  return `${JSON.stringify(sorted(value, 0), undefined, 2)}\n`;
}

function sorted(value: Json, depth: number): Json {
  if (depth > MOST_DEPTH) throw new RangeError(`deeper than ${MOST_DEPTH}`);
  if (typeof value === "string") return wellFormed(value);
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError("a number that JSON does not have");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item, depth + 1));
  // A name of digits stands in front whatever the order of its making; none of ours is.
  const names = Object.keys(value).map(wellFormed).sort();
  if (names.some((name) => /^\d+$/.test(name) || name === "__proto__"))
    throw new RangeError("a name that has no place");
  const object = value as { readonly [name: string]: Json };
  return Object.fromEntries(names.map((name) => [name, sorted(object[name] as Json, depth + 1)]));
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new RangeError("half of a character");
  return text;
}
