// XML documents, record by record.

import { adapter } from "../../core/contract.ts";
import { type Options, options } from "./options.ts";

export const xml = adapter<"codec", Options>({
  name: "xml",
  role: "codec",
  summary: "XML documents, read record by record; attributes as @name, entities refused.",
  options,
  // The parser is loaded only where a bridge reads XML.
  build: async (options) => (await import("./codec.ts")).xmlCodec(options),
});
