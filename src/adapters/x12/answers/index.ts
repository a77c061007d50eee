// Answers to X12 interchanges.

import { adapter } from "../../../core/contract.ts";
import type { Options as DecodeOptions } from "../options.ts";
import { type Options, options } from "./options.ts";

export const x12Answers = adapter<"acknowledger", Options>({
  name: "x12",
  role: "acknowledger",
  summary:
    "Answers each group of an X12 interchange with a 997 or 999 once its drop has its end, and the interchange with a TA1 where it is asked for.",
  options,
  refuses: () => true,
  build: async (options, context) =>
    (await import("./acknowledger.ts")).acknowledger(options, context.decoding as DecodeOptions),
});
