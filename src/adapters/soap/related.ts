// Messages with parts: MTOM/XOP (SOAP Message Transmission Optimization Mechanism, 3; XOP 1.0, 4) and SOAP with
// Attachments, both multipart/related (RFC 2387). Writing streams the files; reading takes a whole answer of bounded size.

import { createHash } from "node:crypto";
import type { Enclosure } from "../../core/contract.ts";
import { type Enclosing, headerText, wholeOf } from "../shared/http/enclosure.ts";
import { parameter } from "../shared/http/headers.ts";
import { Mismatch } from "./value/mismatch.ts";
import type { SoapVersion } from "./wsdl/names.ts";

/** A part behind the envelope. */
export interface OutPart {
  /** Without angle brackets. */
  readonly id: string;
  readonly mediaType: string;
  readonly size: number;
  pieces(signal: AbortSignal): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export function partOfBytes(id: string, bytes: Uint8Array): OutPart {
  return { id, mediaType: "application/octet-stream", size: bytes.length, pieces: () => [bytes] };
}

export function partOfEnclosure(id: string, enclosure: Enclosure): OutPart {
  const { mediaType, size } = enclosure;
  return { id, mediaType, size, pieces: (signal) => wholeOf(enclosure, signal) };
}

const ROOT = "envelope@steg";

export interface RelatedOptions {
  readonly version: SoapVersion;
  /** XOP: bytes were taken out of the envelope; else attachments beside it. */
  readonly xop: boolean;
  /** SOAP 1.2 says its action with the type. */
  readonly action: string;
}

export function relatedOf(envelope: Buffer, parts: readonly OutPart[], options: RelatedOptions): Enclosing {
  const { version, xop, action } = options;
  const boundary = `steg-${createHash("sha256").update(envelope).digest("hex").slice(0, 40)}`;
  const inner = version === "1.1" ? "text/xml" : "application/soap+xml";
  const actionText = version === "1.2" && action !== "" ? `; action="${quotable(action)}"` : "";
  const rootType = xop
    ? `application/xop+xml; charset=UTF-8; type="${inner}"${actionText}`
    : `${inner}; charset=UTF-8${actionText}`;
  const type = xop ? `type="application/xop+xml"; start-info="${inner}"` : `type="${inner}"`;
  const heads = parts.map(({ id, mediaType }) =>
    Buffer.from(
      `\r\n--${boundary}\r\ncontent-type: ${headerText(mediaType)}\r\ncontent-transfer-encoding: binary\r\ncontent-id: <${id}>\r\n\r\n`,
    ),
  );
  const first = Buffer.from(
    `--${boundary}\r\ncontent-type: ${rootType}\r\ncontent-transfer-encoding: binary\r\ncontent-id: <${ROOT}>\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const filesLength = parts.reduce((sum, { size }) => sum + size, 0);
  const headsLength = heads.reduce((sum, { length }) => sum + length, 0);
  return {
    contentType: `multipart/related; ${type}; boundary="${boundary}"; start="<${ROOT}>"${xop ? actionText : ""}`,
    length: first.length + envelope.length + headsLength + filesLength + tail.length,
    filesLength,
    async *pieces(signal) {
      yield first;
      yield envelope;
      for (const [at, part] of parts.entries()) {
        yield heads[at] as Buffer;
        yield* part.pieces(signal);
      }
      yield tail;
    },
  };
}

/** Inside quotes of a header parameter (RFC 9110, 5.6.4). */
export function quotable(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/g, "").replaceAll(/["\\]/g, "\\$&");
}

/** A Content-ID that any name can be part of. */
export function contentId(name: string, index: number): string {
  return `${index + 1}.${encodeURIComponent(name)
    .replaceAll(/[^\w.%-]/g, "_")
    .slice(0, 150)}@steg`;
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface InPart {
  /** Without angle brackets; "" = none. */
  readonly id: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface InParts {
  readonly root: InPart;
  readonly others: readonly InPart[];
}

const MOST_PARTS = 100;
const MOST_HEAD = 16 * 1024;

/** Throws a mismatch. */
export function readRelated(bytes: Buffer, contentType: string): InParts {
  const boundary = parameter(contentType, "boundary");
  if (boundary === undefined || boundary === "" || boundary.length > 200) throw broken("has no boundary");
  const parts: InPart[] = [];
  const mark = Buffer.from(`--${boundary}`, "latin1");
  let at = bytes.indexOf(mark);
  if (at < 0) throw broken("has no part");
  for (;;) {
    at += mark.length;
    if (bytes[at] === 0x2d && bytes[at + 1] === 0x2d) break;
    const start = bytes.indexOf("\n", at) + 1;
    if (start === 0) throw broken("breaks off");
    const next = nextMark(bytes, mark, start);
    if (next < 0) throw broken("breaks off");
    if (parts.length >= MOST_PARTS) throw broken(`has more than ${MOST_PARTS} parts`);
    parts.push(partOf(bytes.subarray(start, next)));
    at = bytes.indexOf(mark, next);
  }
  const wanted = parameter(contentType, "start");
  const start = wanted === undefined ? undefined : bare(wanted);
  const root = parts.find((part) => start !== undefined && part.id === start) ?? parts[0];
  if (root === undefined) throw broken("has no part");
  return { root, others: parts.filter((part) => part !== root) };
}

function broken(what: string): Mismatch {
  return new Mismatch(`its multipart body ${what}`, undefined);
}

/** Where the part ends: before the line end that belongs to the boundary. */
function nextMark(bytes: Buffer, mark: Buffer, from: number): number {
  for (let at = bytes.indexOf(mark, from); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    if (at === from) return at;
    if (bytes[at - 1] === 0x0a) return Math.max(from, bytes[at - 2] === 0x0d ? at - 2 : at - 1);
  }
  return -1;
}

function partOf(bytes: Buffer): InPart {
  let end = bytes.indexOf("\r\n\r\n");
  let skip = 4;
  const plain = bytes.indexOf("\n\n");
  if (end < 0 || (plain >= 0 && plain < end)) {
    end = plain;
    skip = 2;
  }
  const isBare = bytes[0] === 0x0a || (bytes[0] === 0x0d && bytes[1] === 0x0a);
  if (isBare) {
    end = 0;
    skip = bytes[0] === 0x0a ? 1 : 2;
  }
  if (end < 0 || end > MOST_HEAD) throw broken("has a part without or with an endless head");
  const headers = new Map<string, string>();
  const head = bytes.toString("latin1", 0, end).replaceAll(/\r?\n[ \t]+/g, " ");
  for (const line of head.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const body = decoded(bytes.subarray(end + skip), headers.get("content-transfer-encoding"));
  return { id: bare(headers.get("content-id") ?? ""), headers, body };
}

function decoded(body: Buffer, encoding = "binary"): Buffer {
  const name = encoding.toLowerCase();
  if (name === "base64") return Buffer.from(body.toString("latin1"), "base64");
  if (name === "binary" || name === "8bit" || name === "7bit") return body;
  if (name !== "quoted-printable") throw broken("has a part in a transfer encoding that is not known");
  const text = body.toString("latin1").replaceAll(/=\r?\n/g, "");
  return Buffer.from(
    text.replaceAll(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16))),
    "latin1",
  );
}

function bare(id: string): string {
  return id.trim().replace(/^<(.*)>$/, "$1");
}

/** `cid:…` as a reference says it (RFC 2392) → the Content-ID. */
export function idOfCid(href: string): string | undefined {
  if (!href.startsWith("cid:")) return undefined;
  try {
    return decodeURIComponent(href.slice(4));
  } catch {
    return href.slice(4);
  }
}
