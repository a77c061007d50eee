// Bytes of an XML answer → text: byte order mark, then what HTTP says, then what the document says (RFC 7303, 3), else
// UTF-8; bytes that are none of the encoding are refused, because U+FFFD in a name is nobody's name.

import { Mismatch } from "./value/mismatch.ts";
import { parameter } from "./related.ts";

/** Throws a mismatch. */
export function textOf(bytes: Buffer, contentType: string): string {
  const label = byMark(bytes) ?? parameter(contentType, "charset") ?? declared(bytes) ?? "utf-8";
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    throw new Mismatch("is in an encoding that is not known", label.slice(0, 100));
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Mismatch(`is not in the encoding that it says (${decoder.encoding})`, undefined);
  }
}

function byMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

function declared(bytes: Buffer): string | undefined {
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]{1,40})["']/.exec(bytes.toString("latin1", 0, 256))?.[1];
}
