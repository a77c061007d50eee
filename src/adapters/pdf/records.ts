// What was read of a PDF → records: one of the document and one per file, or what is in the files alone.

import type { DecodeContext, DecodeFault, Rec } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { textWindows } from "../shared/encodings/windows.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import { recordType } from "../shared/records/record.ts";
import { declaredEncoding } from "../shared/xml/declaration.ts";
import type { Naming } from "../shared/xml/naming.ts";
import { documentReader } from "../shared/xml/reader.ts";
import { tree } from "../shared/xml/tree.ts";
import { nestedFields } from "./names.ts";
import type { FileInside, PdfContent } from "./read/read.ts";

/** Names that records of the document and of files can have. */
export const NAMES: readonly string[] = [
  "kind",
  "fields",
  "pages",
  "info",
  "signatures",
  "xfa",
  "encrypted",
  "name",
  "mediaType",
  "description",
  "relationship",
  "size",
  "text",
  "base64",
  "xml",
];

const Document = recordType();
const File = recordType();
const Texts = recordType();

/** How a file that is XML becomes a record: its root element is one. */
export interface Plan extends Naming {
  /** Longest file, in characters. */
  readonly most: number;
}

export function documentRecord({ fields, text, pages, info, signatures, xfa, isEncrypted }: PdfContent): Rec {
  const record = new Document();
  record["kind"] = "document";
  record["fields"] = fields && nestedFields(fields);
  record["text"] = text && textRecord(text);
  record["pages"] = pages;
  record["info"] = info;
  record["signatures"] = signatures;
  record["xfa"] = xfa;
  record["encrypted"] = isEncrypted;
  return record;
}

function textRecord(texts: ReadonlyMap<string, string>): Rec {
  const record = new Texts();
  for (const [name, text] of texts) record[name] = text;
  return record;
}

/** `number` of the file among those that were asked for, for messages. */
export async function fileRecord(
  file: FileInside,
  number: number,
  plan: Plan,
  context: DecodeContext,
): Promise<Rec | DecodeFault> {
  const isXml = /\.xml$/i.test(file.name) || /[/+]xml$/i.test(file.mediaType ?? "");
  const xml = isXml ? await treeRecord(file, number, plan, context) : undefined;
  if (xml && isFault(xml)) return xml;
  const record = new File();
  record["kind"] = "file";
  record["name"] = file.name;
  record["mediaType"] = file.mediaType;
  record["description"] = file.description;
  record["relationship"] = file.relationship;
  record["size"] = file.bytes.length;
  record["text"] = textOf(file.bytes);
  record["base64"] = bufferOf(file.bytes).toString("base64");
  record["xml"] = xml;
  return record;
}

/** The root element of the file as decode.xml makes a record of it. */
export async function treeRecord(
  { bytes }: FileInside,
  number: number,
  plan: Plan,
  context: DecodeContext,
): Promise<Rec | DecodeFault> {
  const batch = batches();
  const path = [{ local: undefined, uri: undefined }];
  const root = { path, most: plan.most, tree: (where: string) => tree(plan, where), lacks: () => undefined };
  const windows = textWindows(one(bytes), declaredEncoding, context);
  let found: Rec | DecodeFault | undefined;
  try {
    for await (const { records } of readRecords(windows, batch, documentReader(root, batch))) found ??= records[0];
  } catch (cause) {
    if (!(cause instanceof BridgeError) || cause.stage !== "decode") throw cause;
    return { fault: inFile(cause, number) };
  }
  if (found === undefined)
    return { fault: new BridgeError("XML_BROKEN", `${placeOf(number)}: empty`, { stage: "decode" }) };
  return isFault(found) ? { fault: inFile(found.fault, number) } : found;
}

function isFault(record: Rec | DecodeFault): record is DecodeFault {
  return (record as Partial<DecodeFault>).fault instanceof BridgeError;
}

/** Names of files are data; their number is none. */
function placeOf(number: number): string {
  return `file ${number} inside the PDF`;
}

function inFile({ code, message, detail, hint, facts }: BridgeError, number: number): BridgeError {
  return new BridgeError(code, `${placeOf(number)}: ${message}`, { stage: "decode", detail, hint, facts });
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** UTF-8, or UTF-16 with its mark; undefined for what is no text. */
function textOf(bytes: Uint8Array): string | undefined {
  const mark =
    bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    const text = new TextDecoder(mark, { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
