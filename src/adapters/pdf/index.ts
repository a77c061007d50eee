// PDF: forms that were filled in, and files that travel inside (Factur-X, ZUGFeRD).

import { adapter, type Known, type Refuse } from "../../core/contract.ts";
import { globFault } from "../../core/options/glob.ts";
import { type Options, options } from "./options.ts";

export const pdf = adapter<"codec", Options>({
  name: "pdf",
  role: "codec",
  summary: "PDF: the fields of a filled-in form, and files inside such as the XML of Factur-X and ZUGFeRD.",
  options,
  check: checkWanted,
  // The reader is loaded only where a bridge reads PDFs.
  build: async (options) => (await import("./codec.ts")).pdfCodec(options),
});

function checkWanted({ fields, attachments, text }: Known<Options>, refuse: Refuse): void {
  if (fields !== true && (attachments ?? []).length === 0 && Object.keys(text ?? {}).length === 0) {
    const hint = "fields: true, or attachments: [factur-x.xml]";
    refuse("fields", "asks for nothing, and neither do attachments and text", hint);
  }
  (attachments ?? []).forEach((pattern, at) => {
    const why = pattern === undefined ? undefined : globFault(pattern);
    if (why !== undefined) refuse(`attachments[${at + 1}]`, why);
  });
  for (const [name, region] of Object.entries(text ?? {})) {
    const { after, until, box } = region ?? {};
    if ((after === undefined) === (box === undefined)) {
      refuse(`text.${name}`, "needs either after or box", '{ after: "Aktenzeichen:" }, or { box: [20, 40, 80, 10] }');
    } else if (box && box.length !== 4) {
      refuse(`text.${name}.box`, "is not four numbers", "x, y, width, height in millimetres: [20, 40, 80, 10]");
    } else if (box && until !== undefined) refuse(`text.${name}.until`, "goes with after only");
  }
}
