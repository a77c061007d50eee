// A message with its attachments in one HTTP body: multipart/related (RFC 2387), parts as RFC 2046, section 5.1.1, has them.
//
// The message is the first part, or the one that `start` names; attachments have a Content-ID. Parts are slices of the body, so nothing
// is copied until an attachment is asked for.

import { BridgeError } from "../../../core/errors.ts";
import type { MediaType } from "./media-type.ts";
import { mediaTypeOf } from "./media-type.ts";

const MOST_PARTS = 100;
const MOST_HEADER_BYTES = 8_192;

export interface Part {
  readonly type: MediaType | undefined;
  readonly bytes: Uint8Array;
}

export interface Related {
  readonly root: Part;
  /** By content id, without the angle brackets. */
  readonly attachments: ReadonlyMap<string, Part>;
}

interface RawPart extends Part {
  readonly id: string | undefined;
}

/** Throws BridgeError CALL_INVALID. */
export function readRelated({ parameters }: MediaType, body: Uint8Array): Related {
  const parts = partsOf(body, parameters.get("boundary"));
  const start = parameters.get("start");
  const wanted = start === undefined ? undefined : bare(start);
  const root = wanted === undefined ? parts[0] : parts.find(({ id }) => id === wanted);
  if (root === undefined) throw broken("the part that start names is not there");
  const attachments = new Map<string, Part>();
  for (const part of parts) {
    if (part === root) continue;
    if (part.id === undefined) throw broken("an attachment has no Content-ID");
    if (attachments.has(part.id)) throw broken("two attachments have the same Content-ID");
    attachments.set(part.id, part);
  }
  return { root, attachments };
}

function partsOf(body: Uint8Array, boundary: string | undefined): readonly RawPart[] {
  // RFC 2046, section 5.1.1: at most 70 characters.
  if (boundary === undefined || !/^[\u0020-\u007e]{0,69}[\u0021-\u007e]$/u.test(boundary))
    throw broken("multipart/related without a usable boundary");
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const first = delimiter.subarray(2);
  let at = bytes.subarray(0, first.length).equals(first) ? first.length : after(bytes, delimiter, 0);
  const parts: RawPart[] = [];
  for (;;) {
    if (at < 0) throw broken("the last boundary is missing");
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) break;
    const line = lineEnd(bytes, at);
    const next = bytes.indexOf(delimiter, line - 2);
    if (next < 0) throw broken("the last boundary is missing");
    if (parts.length >= MOST_PARTS) throw broken(`there are more than ${MOST_PARTS} parts`);
    parts.push(partOf(bytes.subarray(line, Math.max(line, next))));
    at = next + delimiter.length;
  }
  if (parts.length === 0) throw broken("there is no part");
  return parts;
}

function after(bytes: Buffer, delimiter: Buffer, from: number): number {
  const found = bytes.indexOf(delimiter, from);
  return found < 0 ? -1 : found + delimiter.length;
}

/** Behind the boundary only blanks may stand on its line. */
function lineEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at++;
  if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) return at + 2;
  throw broken("a boundary is followed by something else than a line end");
}

function partOf(bytes: Buffer): RawPart {
  const empty = bytes[0] === 0x0d && bytes[1] === 0x0a;
  const end = empty ? 0 : bytes.subarray(0, MOST_HEADER_BYTES).indexOf("\r\n\r\n");
  if (end < 0) throw broken("a part has no end of its headers, or too many of them");
  const headers = headersOf(bytes.toString("latin1", 0, end));
  const content = bytes.subarray(empty ? 2 : end + 4);
  const id = headers.get("content-id");
  return {
    id: id === undefined ? undefined : bare(id),
    type: mediaTypeOf(headers.get("content-type")),
    bytes: decoded(content, headers.get("content-transfer-encoding")),
  };
}

function headersOf(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  // A line that begins with a blank continues the one before (RFC 5322, section 2.2.3).
  for (const line of text.replace(/\r\n(?=[ \t])/gu, "").split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon < 1) {
      if (line === "") continue;
      throw broken("a part has a header that is none");
    }
    const name = line.slice(0, colon).trim().toLowerCase();
    if (headers.has(name)) throw broken("a part has a header twice");
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

function decoded(bytes: Uint8Array, encoding = "binary"): Uint8Array {
  const name = encoding.toLowerCase();
  if (name === "binary" || name === "8bit" || name === "7bit") return bytes;
  if (name !== "base64")
    throw broken("a part has a Content-Transfer-Encoding other than binary, 8bit, 7bit and base64");
  return Buffer.from(Buffer.from(bytes).toString("latin1"), "base64");
}

function bare(id: string): string {
  return id.trim().replace(/^<(.*)>$/u, "$1");
}

function broken(why: string): BridgeError {
  return new BridgeError("CALL_INVALID", `the multipart message cannot be read: ${why}`, { stage: "receive" });
}
