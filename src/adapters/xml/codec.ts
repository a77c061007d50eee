// Windows of text → saxes → records.

import type { Codec } from "../../core/contract.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { declaredEncoding } from "./declaration.ts";
import { type Options, planOf } from "./options.ts";
import { documentReader } from "./reader.ts";

/** `window` is for tests: how many bytes are decoded at a time. */
export function xmlCodec(options: Options, window?: number): Codec {
  const plan = planOf(options);
  const decode: Codec["decode"] = (bytes, context) => {
    const batch = batches();
    const windows = textWindows(bytes, plan.encoding ?? declaredEncoding, context, window);
    return readRecords(windows, batch, documentReader(plan, batch));
  };
  return {
    version: "xml 1",
    fields: undefined,
    decode,
    async checkFrame(bytes, context) {
      // Reading it all is the check.
      for await (const _ of decode(bytes, context));
    },
  };
}
