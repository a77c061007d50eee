// The text of a message: by its byte order mark, the charset of its content type, its XML declaration, else UTF-8 (RFC 7303, section 3).

import { BridgeError } from "../../../core/errors.ts";
import { decoderOf } from "../../shared/encodings/decoder.ts";
import { byteOrderMark } from "../../shared/encodings/detect.ts";
import { encodingOfLabel } from "../../shared/encodings/names.ts";
import { invalid } from "./envelope.ts";

/** WS-I Basic Profile 1.1 (R4003) asks for UTF-8 and UTF-16; old clients write one of the others. */
const TAKEN = ["utf-8", "utf-16le", "utf-16be", "iso-8859-1", "iso-8859-15", "windows-1252"] as const;
type Taken = (typeof TAKEN)[number];

/** Throws BridgeError: CALL_TYPE where the encoding is not taken, CALL_INVALID where the bytes are not in it. */
export function textOf(bytes: Uint8Array, charset: string | undefined): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoding = byteOrderMark(buffer)?.encoding ?? named(charset) ?? declared(buffer);
  const { text, bad } = decoderOf(takenOf(encoding))(buffer, true);
  if (bad.length > 0)
    throw invalid(`the bytes of the message are not ${encoding}, at byte ${(bad[0]?.offset ?? 0) + 1}`);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** A label as it stands in a content type; UTF-16 without a mark is big-endian (RFC 2781, section 4.3). */
function named(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  if (/^us-ascii$/iu.test(label)) return "utf-8";
  const encoding = encodingOfLabel(label);
  return encoding === "utf-16" ? "utf-16be" : (encoding ?? "");
}

function declared(start: Buffer): string {
  if (start[0] === 0 && start[1] === 0x3c) return "utf-16be";
  if (start[0] === 0x3c && start[1] === 0) return "utf-16le";
  const label = /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/u.exec(
    start.toString("latin1", 0, 1024),
  )?.[1];
  return named(label) ?? "utf-8";
}

function takenOf(encoding: string): Taken {
  const taken = TAKEN.find((one) => one === encoding);
  if (taken !== undefined) return taken;
  throw new BridgeError("CALL_TYPE", `messages are taken in ${TAKEN.join(", ")}`, { stage: "receive" });
}
