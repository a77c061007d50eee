// `map.pdf`: a form of the bridge filled in, or a sheet made, with files inside.

import { adapter, type Sketch } from "../../../core/contract.ts";
import { node, type Shape } from "../../../core/options/shape.ts";

export const pdfWriter = adapter<"writer", Sketch>({
  name: "pdf",
  role: "writer",
  summary: "PDF: a form filled in, or a sheet of labelled lines, with files such as XML inside.",
  options: node(
    "form: a file of the bridge, and fields by their names; or page: title, lines, footer; beside it embed and title (docs/pdf.md)",
  ) as unknown as Shape<Sketch>,
  build: async (sketch, context) =>
    (await import("./writer.ts")).pdfWriterOf(sketch, (path) => context.readBridgeFile(path)),
});
