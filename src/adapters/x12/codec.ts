// X12 read: windows of bytes → interchanges → records.

import type { Batch, Codec, DecodeContext } from "../../core/contract.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { explain } from "./explain.ts";
import { type Options, structureOf } from "./options.ts";
import { interchangeReader, type Plan } from "./reader.ts";

/** `window` is for tests: how many bytes are decoded at a time. */
export function x12Codec(options: Options, window?: number): Codec {
  const { record, strict, encoding, most } = options;
  const structure = structureOf(options);
  const plan = { record, strict, most, empty: new Set(options.empty ?? []) };

  function read(bytes: AsyncIterable<Uint8Array>, context: DecodeContext, whole: Plan): AsyncIterable<Batch> {
    const batch = batches();
    return readRecords(
      textWindows(bytes, encoding, context, window),
      batch,
      interchangeReader({ ...whole, sender: (name) => context.sender?.(name) }, batch),
    );
  }

  return {
    version: "x12 2",
    namesSenders: true,
    fields: undefined,
    decode: (bytes, context) => read(bytes, context, { ...plan, structure, notice: (what) => context.notice?.(what) }),
    explain,
    ...(strict && {
      async checkFrame(bytes, context) {
        // Reading it all is the check.
        for await (const _ of read(bytes, context, { ...plan, structure: undefined }));
      },
    }),
  };
}
