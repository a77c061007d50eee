// What a file is: by its first bytes where they tell, else by its name, else nobody knows. What a stranger calls a PDF and is none is
// not passed on as one.

/** So many bytes are looked at. */
export const HEAD_BYTES = 512;

export const UNKNOWN_MEDIA_TYPE = "application/octet-stream";

interface Magic {
  readonly bytes: readonly number[];
  readonly type: string;
}

const text = (letters: string): readonly number[] => [...Buffer.from(letters, "latin1")];

const MAGIC: readonly Magic[] = [
  { bytes: text("%PDF-"), type: "application/pdf" },
  { bytes: [0x89, ...text("PNG"), 0x0d, 0x0a, 0x1a, 0x0a], type: "image/png" },
  { bytes: [0xff, 0xd8, 0xff], type: "image/jpeg" },
  { bytes: text("GIF87a"), type: "image/gif" },
  { bytes: text("GIF89a"), type: "image/gif" },
  { bytes: [...text("II"), 0x2a, 0x00], type: "image/tiff" },
  { bytes: [...text("MM"), 0x00, 0x2a], type: "image/tiff" },
  { bytes: text("{\\rtf"), type: "application/rtf" },
  { bytes: [...text("PK"), 0x03, 0x04], type: "application/zip" },
  { bytes: text("<?xml"), type: "application/xml" },
];

/** Of containers and texts, which their first bytes do not tell apart. */
const BY_NAME: Readonly<Record<string, string>> = {
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  eml: "message/rfc822",
  gz: "application/gzip",
  htm: "text/html",
  html: "text/html",
  json: "application/json",
  md: "text/markdown",
  odt: "application/vnd.oasis.opendocument.text",
  p7m: "application/pkcs7-mime",
  p7s: "application/pkcs7-signature",
  txt: "text/plain",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  xml: "application/xml",
  zip: "application/zip",
};

/** Containers that are more than that, if their name says so. */
const ZIP_BASED = new Set(["docx", "odt", "xlsx"]);

export function mediaTypeOf(name: string, head: Uint8Array): string {
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 ? name.slice(dot + 1).toLowerCase() : "";
  const named = Object.hasOwn(BY_NAME, extension) ? BY_NAME[extension] : undefined;
  const known = MAGIC.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte))?.type;
  // Readers find the mark of a PDF behind what some writers put before it (ISO 32000-1, annex H, note 13), and so do we.
  if (extension === "pdf" && Buffer.from(head).includes("%PDF-")) return "application/pdf";
  if (known === "application/zip" && ZIP_BASED.has(extension)) return named ?? known;
  return known ?? named ?? UNKNOWN_MEDIA_TYPE;
}
