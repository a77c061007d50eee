// Bytes of an XML answer → text: byte order mark, then what HTTP says, then what the document says (RFC 7303, 3), else
// UTF-8; bytes that are none of the encoding are refused, because U+FFFD in a name is nobody's name.

import { byteOrderMark } from "../encodings/detect.ts";
import { parameter } from "../http/headers.ts";
import type { RefuseXml } from "./strict-parser.ts";

/** `contentType` is the header as it came; "" = none. Throws what `refuse` throws. */
export function decodeXml(bytes: Uint8Array, contentType: string, refuse: RefuseXml): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const label =
    byteOrderMark(buffer)?.encoding ?? parameter(contentType, "charset") ?? declaredEncoding(buffer) ?? "utf-8";
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    return refuse("is in an encoding that is not known", label.slice(0, 100));
  }
  try {
    return decoder.decode(buffer);
  } catch {
    return refuse(`is not in the encoding that it says (${decoder.encoding})`);
  }
}

function declaredEncoding(bytes: Buffer): string | undefined {
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]{1,40})["']/.exec(bytes.toString("latin1", 0, 256))?.[1];
}
