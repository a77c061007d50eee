// The functions of JSONata by name, with their signatures as the package declares them.

import { nativeFunction, type Native } from "../apply.ts";
import { string } from "../stringify.ts";
import { Fault, type Data, type FunctionValue, type Run } from "../runtime.ts";
import { parseSignature } from "../signature.ts";
import * as lists from "./lists.ts";
import * as matching from "./matching.ts";
import * as numbers from "./numbers.ts";
import * as pictures from "./pictures.ts";
import * as text from "./text.ts";

type Call = (run: Run, ...args: any[]) => Data;

/** Name, signature, and how many arguments a higher-order function may hand over. */
const table: readonly (readonly [string, string, number, Call])[] = [
  ["sum", "<a<n>:n>", 1, numbers.sum],
  ["count", "<a:n>", 1, numbers.count],
  ["max", "<a<n>:n>", 1, numbers.max],
  ["min", "<a<n>:n>", 1, numbers.min],
  ["average", "<a<n>:n>", 1, numbers.average],
  ["string", "<x-b?:s>", 1, string],
  ["substring", "<s-nn?:s>", 3, text.substring],
  ["substringBefore", "<s-s:s>", 2, text.substringBefore],
  ["substringAfter", "<s-s:s>", 2, text.substringAfter],
  ["lowercase", "<s-:s>", 1, text.lowercase],
  ["uppercase", "<s-:s>", 1, text.uppercase],
  ["length", "<s-:n>", 1, text.length],
  ["trim", "<s-:s>", 1, text.trim],
  ["pad", "<s-ns?:s>", 3, text.pad],
  ["match", "<s-f<s:o>n?:a<o>>", 3, matching.match],
  ["contains", "<s-(sf):b>", 2, matching.contains],
  ["replace", "<s-(sf)(sf)n?:s>", 4, matching.replace],
  ["split", "<s-(sf)n?:a<s>>", 3, matching.split],
  ["join", "<a<s>s?:s>", 2, text.join],
  ["formatNumber", "<n-so?:s>", 3, pictures.formatNumber],
  ["formatBase", "<n-n?:s>", 2, numbers.formatBase],
  ["formatInteger", "<n-s:s>", 2, pictures.formatInteger],
  ["parseInteger", "<s-s:n>", 2, pictures.parseInteger],
  ["number", "<(nsb)-:n>", 1, numbers.number],
  ["floor", "<n-:n>", 1, numbers.floor],
  ["ceil", "<n-:n>", 1, numbers.ceil],
  ["round", "<n-n?:n>", 2, numbers.round],
  ["abs", "<n-:n>", 1, numbers.abs],
  ["sqrt", "<n-:n>", 1, numbers.sqrt],
  ["power", "<n-n:n>", 2, numbers.power],
  ["random", "<:n>", 0, numbers.random],
  ["boolean", "<x-:b>", 1, lists.toBoolean],
  ["not", "<x-:b>", 1, lists.not],
  ["map", "<af>", 2, lists.map],
  ["zip", "<a+>", 0, lists.zip],
  ["filter", "<af>", 2, lists.filter],
  ["single", "<af?>", 2, lists.single],
  ["reduce", "<afj?:j>", 3, lists.reduce],
  ["sift", "<o-f?:o>", 2, lists.sift],
  ["keys", "<x-:a<s>>", 1, lists.keys],
  ["lookup", "<x-s:x>", 2, lists.lookup],
  ["append", "<xx:a>", 2, lists.append],
  ["exists", "<x:b>", 1, lists.exists],
  ["spread", "<x-:a<o>>", 1, lists.spread],
  ["merge", "<a<o>:o>", 1, lists.merge],
  ["reverse", "<a:a>", 1, lists.reverse],
  ["each", "<o-f:a>", 2, lists.each],
  ["error", "<s?:x>", 1, lists.error],
  ["assert", "<bs?:x>", 2, lists.assert],
  ["type", "<x:s>", 1, lists.type],
  ["sort", "<af?:a>", 2, lists.sort],
  ["shuffle", "<a:a>", 1, lists.shuffle],
  ["distinct", "<x:x>", 1, lists.distinct],
  ["base64encode", "<s-:s>", 1, text.base64encode],
  ["base64decode", "<s-:s>", 1, text.base64decode],
  ["encodeUrlComponent", "<s-:s>", 1, text.encodeUrlComponent],
  ["encodeUrl", "<s-:s>", 1, text.encodeUrl],
  ["decodeUrlComponent", "<s-:s>", 1, text.decodeUrlComponent],
  ["decodeUrl", "<s-:s>", 1, text.decodeUrl],
  ["toMillis", "<s-s?:n>", 2, pictures.toMillis],
  ["fromMillis", "<n-s?s?:s>", 3, pictures.fromMillis],
  ["clone", "<(oa)-:o>", 1, lists.clone],
  ["now", "<s?s?:s>", 2, (run, picture, zone) => pictures.fromMillis(run, run.received, picture, zone)],
  ["millis", "<:n>", 0, (run) => run.received],
  // The compiler handles a call of $eval itself, because the text sees the variables of its place; handed on as a
  // value it has no place, and so no meaning that could be compiled.
  [
    "eval",
    "<sx?:x>",
    2,
    () => {
      throw new Fault("D3121", { note: "$eval can only be called by its name" });
    },
  ],
];

/** These call back, so the depth at which they are called counts. */
export const higherOrder: ReadonlySet<string> = new Set([
  "map",
  "filter",
  "single",
  "reduce",
  "sift",
  "each",
  "sort",
  "match",
  "contains",
  "replace",
  "split",
]);

export const natives: ReadonlyMap<string, Native> = new Map(
  table.map(([name, signature, arity, call]) => [
    name,
    { name, signature: parseSignature(signature), arity, call } satisfies Native,
  ]),
);

export const nativeValues: ReadonlyMap<string, FunctionValue> = new Map(
  [...natives].map(([name, native]) => [name, nativeFunction(native)]),
);
