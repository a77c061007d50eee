// PDFs made by hand, object by object, so that a test can say exactly what is wrong with one.

import { deflateSync } from "node:zlib";

/** The text of an object, or a stream with what its dictionary says beside the length. */
export type PdfObject = string | { readonly dict?: string; readonly data: Uint8Array | string };

export interface PdfShape {
  /** By number; 1 is the catalogue unless the trailer says otherwise. */
  readonly objects: Readonly<Record<number, PdfObject>>;
  /** Beside Size and Root. */
  readonly trailer?: string;
  /** Before the header. */
  readonly before?: string;
}

/** A file with one cross-reference table. */
export function pdfFile({ objects, trailer = "", before = "" }: PdfShape): Buffer {
  const parts: Buffer[] = [Buffer.from("%PDF-1.7\n%\u00e2\u00e3\n", "latin1")];
  let at = parts[0]!.length;
  const offsets = new Map<number, number>();
  for (const [number, object] of Object.entries(objects)) {
    const part = Buffer.concat([Buffer.from(`${number} 0 obj\n`), bodyOf(object), Buffer.from("\nendobj\n")]);
    offsets.set(Number(number), at);
    parts.push(part);
    at += part.length;
  }
  const size = Math.max(...offsets.keys()) + 1;
  const rows = Array.from({ length: size }, (_, number) => {
    const offset = offsets.get(number);
    return offset === undefined ? "0000000000 65535 f \n" : `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const end = `trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`;
  return Buffer.concat([
    Buffer.from(before, "latin1"),
    ...parts,
    Buffer.from(`xref\n0 ${size}\n${rows.join("")}${end}`, "latin1"),
  ]);
}

function bodyOf(object: PdfObject): Buffer {
  if (typeof object === "string") return Buffer.from(object, "latin1");
  const data = typeof object.data === "string" ? Buffer.from(object.data, "latin1") : object.data;
  return Buffer.concat([
    Buffer.from(`<< /Length ${data.length} ${object.dict ?? ""} >>\nstream\n`, "latin1"),
    data,
    Buffer.from("\nendstream", "latin1"),
  ]);
}

/** Packed as the dictionary then says. */
export function flate(data: Uint8Array | string, dict = ""): PdfObject {
  return {
    dict: `/Filter /FlateDecode ${dict}`,
    data: deflateSync(typeof data === "string" ? Buffer.from(data, "latin1") : data),
  };
}

/** Catalogue, one page and a form of these fields, each an object from 10 on. */
export function formFile(
  fields: readonly string[],
  more: {
    readonly form?: string;
    readonly catalog?: string;
    readonly trailer?: string;
    readonly objects?: Readonly<Record<number, PdfObject>>;
  } = {},
): Buffer {
  const refs = fields.map((_, at) => `${10 + at} 0 R`).join(" ");
  return pdfFile({
    objects: {
      1: `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${refs}] ${more.form ?? ""} >> ${more.catalog ?? ""} >>`,
      2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
      ...Object.fromEntries(fields.map((field, at) => [10 + at, field])),
      ...more.objects,
    },
    ...(more.trailer !== undefined && { trailer: more.trailer }),
  });
}

/** A document with files inside: name and bytes. */
export function fileWithin(files: readonly (readonly [name: string, data: Uint8Array | string])[]): Buffer {
  const specs = files.map(([name], at) => `(${name}) << /Type /Filespec /F (${name}) /EF << /F ${20 + at} 0 R >> >>`);
  return pdfFile({
    objects: {
      1: `<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [${specs.join(" ")}] >> >> >>`,
      2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      3: "<< /Type /Page /Parent 2 0 R >>",
      ...Object.fromEntries(files.map(([, data], at) => [20 + at, flate(data, "/Type /EmbeddedFile")])),
    },
  });
}
