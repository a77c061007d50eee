// Text strings of a PDF (ISO 32000-1, 7.9.2): UTF-16, UTF-8 (2.0) or PDFDocEncoding, told by their first bytes. A byte that means nothing
// is refused, because U+FFFD in a name is nobody's name.

import { BridgeError } from "../../../core/errors.ts";

/** 0x18 to 0x1f and 0x80 to 0xa0; the rest is Latin-1 (annex D.3). */
const LOW = "˘ˇˆ˙˝˛˚˜";
const HIGH = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\0€";
/** What PDFDocEncoding has otherwise than Latin-1, or not at all. */
const UNLIKE_LATIN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u00a0\u00ad]/;
const ALL_UNLIKE = new RegExp(UNLIKE_LATIN, "g");
/** Between two of them stands a language code, which is no text (7.9.2.2.1). */
const LANGUAGE = /\u001b[^\u001b]*\u001b/g;

/** `what` names the place for the message. Throws PDF_BROKEN. */
export function pdfText(bytes: Uint8Array, what: string): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return strict("utf-16be", bytes, what).replace(LANGUAGE, "");
  // No standard allows it, some write it.
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return strict("utf-16le", bytes, what).replace(LANGUAGE, "");
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return strict("utf-8", bytes, what);
  const plain = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return UNLIKE_LATIN.test(plain) ? plain.replace(ALL_UNLIKE, (character) => characterOf(character, what)) : plain;
}

function strict(encoding: string, bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw invalid(what, encoding);
  }
}

function characterOf(latin: string, what: string): string {
  const code = latin.charCodeAt(0);
  const character = code < 0x20 ? LOW[code - 0x18] : HIGH[code - 0x80];
  if (character === undefined || character === "\0") throw invalid(what, "PDFDocEncoding");
  return character;
}

function invalid(what: string, encoding: string): BridgeError {
  return new BridgeError("PDF_BROKEN", `${what} holds a byte that does not exist in ${encoding}`, {
    stage: "decode",
    facts: { encoding },
    hint: "The program that filled the form in wrote it wrongly; it has to be filled in and saved again.",
  });
}

/** Names are bytes as well; by custom UTF-8, else as text strings are. */
export function nameText(name: string): string {
  const bytes = Buffer.from(name, "latin1");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return name;
  }
}
