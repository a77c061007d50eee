// PDF: forms that were filled in, and files that travel inside (Factur-X, ZUGFeRD).

import { adapter } from "../../core/contract.ts";
import { type Options, options } from "./options.ts";

export const pdf = adapter<"codec", Options>({
  name: "pdf",
  role: "codec",
  summary: "PDF: the fields of a filled-in form, and files inside such as the XML of Factur-X and ZUGFeRD.",
  options,
  check({ fields, attachments }, refuse) {
    if (fields !== true && (attachments ?? []).length === 0) {
      refuse(
        "fields",
        "asks for nothing, and neither does attachments",
        "fields: true, or attachments: [factur-x.xml]",
      );
    }
  },
  // The reader is loaded only where a bridge reads PDFs.
  build: async (options) => (await import("./codec.ts")).pdfCodec(options),
});
