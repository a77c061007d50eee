// Answers to EDIFACT interchanges.

import { adapter } from "../../../core/contract.ts";
import { type Options, options } from "./options.ts";

export const edifactAnswers = adapter<"acknowledger", Options>({
  name: "edifact",
  role: "acknowledger",
  summary:
    "Answers each UN/EDIFACT interchange: with a CONTRL once its drop has its end (what was taken, what was refused, and where it is wrong), if wanted with one as soon as it came, and with APERAKs about what became of its messages.",
  options,
  refuses: ({ control }) => control !== false,
  arrivals: ({ receipt }) => receipt === true,
  template: "aperak.template",
  check({ control, receipt }, refuse) {
    if (receipt === true && control === false)
      refuse("receipt", "is a CONTRL, too, and control: false writes none", "control: true, or leave receipt out");
  },
  build: async (options, context) => (await import("./open.ts")).openAcknowledger(options, context),
});
