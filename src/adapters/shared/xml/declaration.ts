// The encoding of an XML document, as XML 1.0 (appendix F) finds it: byte order mark, the first characters, declaration.

import { BridgeError } from "../../../core/errors.ts";
import { byteOrderMark } from "../encodings/detect.ts";
import { type Encoding, encodingOfLabel } from "../encodings/names.ts";
import { tableOf } from "../encodings/tables.ts";

/** `start` holds the first bytes of the document, at least 1 KiB of them where there are so many. */
export function declaredEncoding(start: Buffer): Encoding {
  const mark = byteOrderMark(start);
  if (mark) return mark.encoding;
  if (startsWith(start, [0x00, 0x3c, 0x00, 0x3f])) return "utf-16be";
  if (startsWith(start, [0x3c, 0x00, 0x3f, 0x00])) return "utf-16le";
  // The characters of a declaration are the same in all EBCDIC pages here.
  const isEbcdic = startsWith(start, [0x4c, 0x6f, 0xa7, 0x94]);
  const label = labelIn(isEbcdic ? fromEbcdic(start.subarray(0, 1024)) : start.toString("latin1", 0, 1024));
  if (label === undefined) return isEbcdic ? "ebcdic-500" : "utf-8";
  const encoding = encodingOfLabel(label);
  if (encoding === undefined || encoding.startsWith("utf-16") || encoding.startsWith("ebcdic") !== isEbcdic) {
    throw new BridgeError(
      "ENCODING_MISMATCH",
      encoding === undefined
        ? "line 1: the document declares an encoding that is not known here"
        : `line 1: the document declares ${encoding}, but is not written in it`,
      { stage: "decode", detail: label, hint: "Set decode.*.encoding to what the document is really written in." },
    );
  }
  return encoding;
}

function startsWith(bytes: Buffer, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

function fromEbcdic(bytes: Buffer): string {
  return String.fromCharCode(...Array.from(bytes, (byte) => tableOf("ebcdic-500")[byte]!));
}

function labelIn(start: string): string | undefined {
  return /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']/.exec(start)?.[1];
}
