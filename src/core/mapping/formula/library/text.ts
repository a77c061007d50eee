// JSONata's text functions that need no pattern. Characters are code points, as the language says.

import { Fault, grown, tick, type Data, type Run } from "../runtime.ts";

const surrogate = /[\ud800-\udfff]/;

/** Long texts cost steps by their length, so that a loop over them stays bounded. */
function weigh(text: string, run: Run): void {
  if (text.length > 1024) tick(run, text.length >> 8);
}

export function length(run: Run, text: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  if (!surrogate.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

export function substring(run: Run, text: Data, start: Data, size: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  const characters: string | string[] = surrogate.test(text) ? Array.from(text as string) : (text as string);
  const whole = characters.length;
  const from = whole + start < 0 ? 0 : start;
  if (size !== undefined && size <= 0) return "";
  const end = size === undefined ? undefined : from >= 0 ? from + size : whole + from + size;
  const part = characters.slice(from, end);
  return typeof part === "string" ? part : part.join("");
}

export function substringBefore(run: Run, text: Data, mark: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  const at = text.indexOf(mark);
  return at > -1 ? text.slice(0, at) : text;
}

export function substringAfter(run: Run, text: Data, mark: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  const at = text.indexOf(mark);
  return at > -1 ? text.slice(at + mark.length) : text;
}

export function lowercase(run: Run, text: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  return text.toLowerCase();
}

export function uppercase(run: Run, text: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  return text.toUpperCase();
}

const untidy = /[\t\n\r]| {2}/;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** Trims, and makes every run of white space one blank. */
export function trim(run: Run, text: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  let from = 0;
  let to = text.length;
  while (from < to && isSpace(text.charCodeAt(from))) from += 1;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to -= 1;
  const inner: string = text.slice(from, to);
  return untidy.test(inner) ? inner.replaceAll(/[ \t\n\r]+/g, " ") : inner;
}

export function pad(run: Run, text: Data, width: Data, filler: Data): Data {
  if (text === undefined) return undefined;
  const fill: string = filler === undefined || filler === "" ? " " : filler;
  const wanted = Math.trunc(width);
  const missing = Math.abs(wanted) - (length(run, text) as number);
  if (!(missing > 0)) return text;
  if (missing > run.limits.text) throw new Fault("LIMIT_TEXT", { note: String(run.limits.text) });
  tick(run, missing >> 6);
  let padding: string;
  if (fill.length === 1) padding = fill.repeat(missing);
  else {
    const characters = Array.from(fill);
    padding = fill.repeat(Math.floor(missing / characters.length));
    padding += characters.slice(0, missing % characters.length).join("");
  }
  return grown(wanted > 0 ? text + padding : padding + text, run);
}

export function join(run: Run, list: Data, separator: Data): Data {
  if (list === undefined) return undefined;
  tick(run, list.length >> 4);
  return grown(list.join(separator === undefined ? "" : separator), run);
}

export function base64encode(run: Run, text: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  return grown(Buffer.from(text, "binary").toString("base64"), run);
}

export function base64decode(run: Run, text: Data): Data {
  if (text === undefined) return undefined;
  weigh(text, run);
  return Buffer.from(text, "base64").toString("binary");
}

/** A malformed sequence is JSONata's D3140, not JavaScript's URIError. */
function coded(name: string, convert: (text: string) => string): (run: Run, text: Data) => Data {
  return (run, text) => {
    if (text === undefined) return undefined;
    weigh(text, run);
    try {
      return grown(convert(text), run);
    } catch (error) {
      if (error instanceof Fault) throw error;
      throw new Fault("D3140", { value: text, note: name });
    }
  };
}

export const encodeUrlComponent = coded("encodeUrlComponent", encodeURIComponent);
export const encodeUrl = coded("encodeUrl", encodeURI);
export const decodeUrlComponent = coded("decodeUrlComponent", decodeURIComponent);
export const decodeUrl = coded("decodeUrl", decodeURI);
