// The CSV codec with the defaults that the loader fills in, for its tests.

import { csvCodec } from "../../src/adapters/csv/index.ts";
import type { Options } from "../../src/adapters/csv/options.ts";
import { decodeAll } from "../conformance/codec.ts";

const DEFAULTS: Options = {
  delimiter: ";",
  quote: '"',
  encoding: "utf-8",
  header: undefined,
  columns: undefined,
  skip: 0,
  comment: undefined,
  optional: undefined,
  empty: undefined,
  most: 1024 * 1024,
};

export function codec(options: Partial<Options> = {}, window?: number) {
  return csvCodec({ ...DEFAULTS, ...options }, window);
}

export function decode(text: string | Uint8Array, options: Partial<Options> = {}, window?: number) {
  return decodeAll(codec(options, window), typeof text === "string" ? Buffer.from(text) : text);
}
