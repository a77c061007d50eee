// ANSI ASC X12: interchanges as American trade and health care exchange them.

import { adapter, type Batch, type Codec, type DecodeContext, type Sketch } from "../../core/contract.ts";
import { node } from "../../core/options/shape.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { explain } from "./explain.ts";
import { type Options, options, structureOf } from "./options.ts";
import { interchangeReader, type Plan } from "./reader.ts";
import { x12Writer } from "./writer.ts";

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

export const x12 = adapter<"codec", Options>({
  name: "x12",
  role: "codec",
  summary: "ANSI X12: a record per transaction set, segments by name and loop (850, 810, 997, 999) or in their order.",
  options,
  build: async (options) => x12Codec(options),
});

export const x12Written = adapter<"writer", Sketch>({
  name: "x12",
  role: "writer",
  summary: "An X12 interchange with one transaction set: ISA, GS, ST and segments as in what decode.x12 gives.",
  options: node<Sketch>(
    "ISA: { ISA06: …, ISA08: … }, GS, ST: { ST01: … } and the segments as decode.x12 gives them; segments: [ { tag: …, … } ] for sets without profile; beside them delimiters, lineEnd (none, lf, crlf), encoding; docs/x12.md",
  ),
  build: async (sketch) => x12Writer(sketch),
});
