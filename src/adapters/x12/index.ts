// ANSI ASC X12: interchanges as American trade and health care exchange them.

import { adapter, type Codec } from "../../core/contract.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { type Options, options } from "./options.ts";
import { interchangeReader } from "./reader.ts";

/** `window` is for tests: how many bytes are decoded at a time. */
export function x12Codec(options: Options, window?: number): Codec {
  const { record, strict, encoding, most } = options;
  const plan = { record, strict, most, empty: new Set(options.empty ?? []) };
  const decode: Codec["decode"] = (bytes, context) => {
    const batch = batches();
    return readRecords(textWindows(bytes, encoding, context, window), batch, interchangeReader(plan, batch));
  };
  return {
    version: "x12 1",
    fields: undefined,
    decode,
    ...(strict && {
      async checkFrame(bytes, context) {
        // Reading it all is the check.
        for await (const _ of decode(bytes, context));
      },
    }),
  };
}

export const x12 = adapter<"codec", Options>({
  name: "x12",
  role: "codec",
  summary: "ANSI X12: a record per transaction set, segments by name and loop (850, 810, 997, 999) or in their order.",
  options,
  build: async (options) => x12Codec(options),
});
