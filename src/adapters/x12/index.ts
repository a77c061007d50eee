// ANSI ASC X12: interchanges as American trade and health care exchange them. Reader and writer are loaded where a bridge has X12.

import { adapter, type Sketch } from "../../core/contract.ts";
import { node } from "../../core/options/shape.ts";
import { type Options, options } from "./options.ts";

export const x12 = adapter<"codec", Options>({
  name: "x12",
  role: "codec",
  summary: "ANSI X12: a record per transaction set, segments by name and loop (850, 810, 997, 999) or in their order.",
  options,
  build: async (options) => (await import("./codec.ts")).x12Codec(options),
});

export const x12Written = adapter<"writer", Sketch>({
  name: "x12",
  role: "writer",
  summary: "An X12 interchange with one transaction set: ISA, GS, ST and segments as in what decode.x12 gives.",
  options: node<Sketch>(
    "ISA: { ISA06: …, ISA08: … }, GS, ST: { ST01: … } and the segments as decode.x12 gives them; segments: [ { tag: …, … } ] for sets without profile; beside them delimiters, lineEnd (none, lf, crlf), encoding; docs/x12.md",
  ),
  build: async (sketch) => (await import("./writer.ts")).x12Writer(sketch),
});
