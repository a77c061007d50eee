// EDIFACT interchanges as a format of `map`.

import { adapter, type Sketch } from "../../../core/contract.ts";
import { node } from "../../../core/options/shape.ts";

const options = node<Sketch>(
  "an interchange: { message: INVOIC D 96A UN EAN008, syntax: UNOC 3, UNB: { … }, BGM: { … }, SG2: [ … ] }; segments as decode.edifact gives them",
);

export const edifactWriter = adapter<"writer", Sketch>({
  name: "edifact",
  role: "writer",
  summary: "UN/EDIFACT interchanges (ISO 9735, syntax 1 to 4), written by the directory of their messages.",
  options,
  // Directories are read only where a bridge writes EDIFACT.
  build: async (sketch, context) => (await import("./writer.ts")).openWriter(sketch, context),
});
