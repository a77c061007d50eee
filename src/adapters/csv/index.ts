// CSV in its dialects: strict, streaming, whole records only.

import { adapter, type Codec } from "../../core/contract.ts";
import { decode } from "./decode.ts";
import { dialectOf, knownFields, type Options, options } from "./options.ts";

/** `window` is for tests: how many bytes are decoded at a time. */
export function csvCodec(options: Options, window?: number): Codec {
  const dialect = dialectOf(options);
  return {
    version: "csv 1",
    textOnly: true,
    fields: knownFields(dialect.columns),
    decode: (bytes, context) => decode(bytes, dialect, context, window),
  };
}

export const csv = adapter<"codec", Options>({
  name: "csv",
  role: "codec",
  summary: "CSV with any delimiter, one record per row; rows that are too short or too long become dead letters.",
  options,
  build: async (options) => csvCodec(options),
});
