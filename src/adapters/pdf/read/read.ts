// One PDF read for one bridge: its fields, the files in it, texts of its pages. Runs in the thread (thread.ts).

import { BridgeError } from "../../../core/errors.ts";
import { compileGlobs } from "../../../core/options/glob.ts";
import { budgetOf, type Limits } from "./budget.ts";
import { openPdf, type PdfDocument } from "./document.ts";
import { beyond } from "./faults.ts";
import { type Field, readForm } from "./fields.ts";
import { type EmbeddedFile, filesOf } from "./files.ts";
import { infoOf } from "./info.ts";
import { pagesOf } from "./pages.ts";
import { type Region, textsOf } from "../text/regions.ts";

export interface Wanted {
  readonly fields: boolean;
  /** Patterns of names; undefined = no files. */
  readonly attachments: readonly string[] | undefined;
  /** Texts of pages by name; undefined = none. */
  readonly text: Readonly<Record<string, Region>> | undefined;
  /** Without a file that fits, there is nothing to hand over. */
  readonly filesOnly: boolean;
  readonly limits: Limits & { /** Bytes of one file inside. */ readonly file: number };
}

export interface FileInside extends Omit<EmbeddedFile, "stream"> {
  readonly bytes: Uint8Array;
}

export interface PdfContent {
  readonly pages: number;
  readonly fields: readonly Field[] | undefined;
  readonly signatures: number;
  readonly xfa: boolean;
  readonly isEncrypted: boolean;
  readonly info: Readonly<Record<string, string>>;
  readonly text: ReadonlyMap<string, string> | undefined;
  readonly files: readonly FileInside[];
}

/** Throws BridgeError with stage decode. */
export function readPdf(bytes: Uint8Array, wanted: Wanted): PdfContent {
  const document = openPdf(bytes, budgetOf(wanted.limits));
  const pages = pagesOf(document);
  const form = wanted.fields ? readForm(document) : undefined;
  if (form?.fields.length === 0) {
    throw new BridgeError("PDF_NO_FIELDS", "the PDF has no form fields", { stage: "decode" });
  }
  return {
    pages: pages.length,
    fields: form?.fields,
    signatures: form?.signatures ?? 0,
    xfa: form?.xfa ?? false,
    isEncrypted: document.isEncrypted,
    info: infoOf(document),
    text: wanted.text && textsOf(document, pages, wanted.text),
    files: wanted.attachments ? filesWanted(document, filesOf(document, pages), wanted, wanted.attachments) : [],
  };
}

/** Names are compared without regard to case: `ZUGFeRD-invoice.xml` is written in three ways. */
function filesWanted(
  document: PdfDocument,
  files: readonly EmbeddedFile[],
  { limits, filesOnly }: Wanted,
  patterns: readonly string[],
): readonly FileInside[] {
  const fits = compileGlobs(patterns.map((pattern) => pattern.toLowerCase()));
  const found = files.filter(({ name }) => fits(name.toLowerCase()));
  if (found.length === 0 && filesOnly) {
    const count = files.length === 0 ? "no file" : `${files.length} file${files.length === 1 ? "" : "s"}, none`;
    throw new BridgeError("PDF_NO_ATTACHMENT", `the PDF holds ${count} of the names that decode.pdf.attachments has`, {
      stage: "decode",
      detail: files.map(({ name }) => name).join("\n"),
    });
  }
  return found.map(({ stream, ...file }) => {
    const bytes = document.unpacked(stream);
    if (bytes.length > limits.file) throw beyond("file", `holds a file of more than ${limits.file} bytes`);
    // A copy of its own, which can change hands; the rest of the file it lies in need not.
    return { ...file, bytes: Uint8Array.from(bytes) };
  });
}
