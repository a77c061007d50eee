// Answers to EDIFACT interchanges.

import { adapter } from "../../../core/contract.ts";
import { type Options, options } from "./options.ts";

export const edifactAnswers = adapter<"acknowledger", Options>({
  name: "edifact",
  role: "acknowledger",
  summary:
    "Answers each UN/EDIFACT interchange once its drop has its end: with a CONTRL (what was taken, what was refused, and where it is wrong), and with APERAKs about what became of its messages.",
  options,
  refuses: ({ control }) => control !== false,
  template: "aperak.template",
  build: async (options, context) => (await import("./open.ts")).openAcknowledger(options, context),
});
