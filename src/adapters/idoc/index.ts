// SAP's IDocs: the flat files of a file port, and IDoc-XML. Reader and writer are loaded where a bridge has IDocs.

import { adapter, type Sketch } from "../../core/contract.ts";
import { node } from "../../core/options/shape.ts";
import { type Options, options } from "./options.ts";

export const idoc = adapter<"codec", Options>({
  name: "idoc",
  role: "codec",
  summary:
    "SAP IDocs, one record each: the flat file of a port, or IDoc-XML; segments as a tree, fields by a dictionary.",
  options,
  build: async (options, context) =>
    await (await import("./codec.ts")).idocCodec(options, (path) => context.readBridgeFile(path)),
});

export const idocWritten = adapter<"writer", Sketch>({
  name: "idoc",
  role: "writer",
  summary: "An IDoc, flat or as XML: control record and segments as in what decode.idoc gives.",
  options: node<Sketch>(
    "control record and segments as decode.idoc gives them: EDI_DC40: { IDOCTYP: …, MESTYP: …, SNDPRT: …, SNDPRN: … }, E1EDK01: { … }, E1EDP01: [ … ]; beside them form (flat or xml), dictionary, encoding, lineEnd (lf, crlf, none); docs/idoc.md",
  ),
  build: async (sketch, context) =>
    (await import("./writer.ts")).idocWriter(sketch, (path) => context.readBridgeFile(path)),
});
