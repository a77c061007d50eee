// UN/EDIFACT interchanges, message by message.

import { adapter } from "../../core/contract.ts";
import { type Options, options } from "./options.ts";

export const edifact = adapter<"codec", Options>({
  name: "edifact",
  role: "codec",
  summary:
    "UN/EDIFACT interchanges (ISO 9735, syntax 1 to 4): envelopes, structure and elements checked, records by the message's directory.",
  options,
  // The directories are read only where a bridge reads EDIFACT.
  build: async (options, context) => (await import("./open.ts")).openCodec(options, context),
});
