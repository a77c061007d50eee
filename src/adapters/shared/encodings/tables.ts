// Tables of the single-byte encodings: for each of the 256 bytes the UTF-16 unit it stands for, or NONE.
//
// Written compactly: the upper halves of the DOS and ISO pages as text, EBCDIC as the Latin-1 codes of its 256 bytes.

import type { Encoding } from "./names.ts";

/** Marks a byte that does not exist. U+FFFF is a noncharacter, so no table can need it. */
export const NONE = 0xffff;

export type SingleByte = Exclude<Encoding, "utf-8" | "utf-16" | "utf-16le" | "utf-16be">;

const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ" +
  "áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀" +
  "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const CP850 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ" +
  "áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐" +
  "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀" +
  "ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

/** 0xA0 to 0xFF. */
const ISO_8859_2 =
  "\u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00adŽŻ°ą˛ł´ľśˇ¸šşťź˝žż" +
  "ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß" +
  "ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙";

/** 0x80 to 0x9F. The five gaps exist in no windows-1252, whatever lenient decoders make of them. */
const WINDOWS_1252 = "€\uffff‚ƒ„…†‡ˆ‰Š‹Œ\uffffŽ\uffff\uffff‘’“”•–—˜™š›œ\uffffžŸ";

// CCSID 273 (Germany, Austria) and 500 (international). Byte 0x15 (New Line, U+0085 in the registered tables) is what
// mainframes end lines with: here it is a line feed like 0x25, so that a line is a line for everything above.
const EBCDIC_273 =
  "000102039c09867f978d8e0b0c0d0e0f101112139d0a08871819928f1c1d1e1f" +
  "80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a" +
  "20a0e27be0e1e3e5e7f1c42e3c282b2126e9eaebe8edeeefec7edc242a293b5e" +
  "2d2fc25bc0c1c3c5c7d1f62c255f3e3ff8c9cacbc8cdcecfcc603a23a7273d22" +
  "d8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4" +
  "b5df737475767778797aa1bfd0dddeaea2a3a5b7a940b6bcbdbeac7cafa8b4d7" +
  "e4414243444546474849adf4a6f2f3f5fc4a4b4c4d4e4f505152b9fb7df9faff" +
  "d6f7535455565758595ab2d45cd2d3d530313233343536373839b3db5dd9da9f";

const EBCDIC_500 =
  "000102039c09867f978d8e0b0c0d0e0f101112139d0a08871819928f1c1d1e1f" +
  "80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a" +
  "20a0e2e4e0e1e3e5e7f15b2e3c282b2126e9eaebe8edeeefecdf5d242a293b5e" +
  "2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22" +
  "d8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4" +
  "b57e737475767778797aa1bfd0dddeaea2a3a5b7a9a7b6bcbdbeac7cafa8b4d7" +
  "7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff" +
  "5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f";

function latin1(): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => byte);
}

/** Latin-1 with the characters of `text` from byte `from` on. */
function withText(from: number, text: string): Uint16Array {
  const table = latin1();
  for (let at = 0; at < text.length; at++) table[from + at] = text.charCodeAt(at);
  return table;
}

/** A table with single bytes exchanged: `{ 0xa4: "€" }`. */
function patched(table: Uint16Array, changes: Readonly<Record<number, string>>): Uint16Array {
  for (const [byte, text] of Object.entries(changes)) table[Number(byte)] = text.charCodeAt(0);
  return table;
}

/** Seven bits: the upper half does not exist. */
function sevenBits(table: Uint16Array): Uint16Array {
  return table.fill(NONE, 0x80);
}

/**
 * ISO/IEC 8859 itself leaves 0x80 to 0x9F free. IANA's charsets of nearly the same names put control characters there, which no register
 * wants; a file that has such bytes is windows-1252 (0x80 is its euro sign) and would be delivered wrong in silence.
 */
function withoutC1(table: Uint16Array): Uint16Array {
  return table.fill(NONE, 0x80, 0xa0);
}

const BUILDERS: Readonly<Record<SingleByte, () => Uint16Array>> = {
  "us-ascii": () => sevenBits(latin1()),
  "windows-1252": () => withText(0x80, WINDOWS_1252),
  "iso-8859-1": () => withoutC1(latin1()),
  "iso-8859-2": () => withoutC1(withText(0xa0, ISO_8859_2)),
  "iso-8859-15": () =>
    withoutC1(
      patched(latin1(), { 0xa4: "€", 0xa6: "Š", 0xa8: "š", 0xb4: "Ž", 0xb8: "ž", 0xbc: "Œ", 0xbd: "œ", 0xbe: "Ÿ" }),
    ),
  cp437: () => withText(0x80, CP437),
  cp850: () => withText(0x80, CP850),
  cp858: () => patched(withText(0x80, CP850), { 0xd5: "€" }),
  "ebcdic-273": () => Uint16Array.from(Buffer.from(EBCDIC_273, "hex")),
  "ebcdic-500": () => Uint16Array.from(Buffer.from(EBCDIC_500, "hex")),
  "ebcdic-1141": () => patched(Uint16Array.from(Buffer.from(EBCDIC_273, "hex")), { 0x9f: "€" }),
  "din-66003": () =>
    sevenBits(
      patched(latin1(), {
        0x40: "§",
        0x5b: "Ä",
        0x5c: "Ö",
        0x5d: "Ü",
        0x7b: "ä",
        0x7c: "ö",
        0x7d: "ü",
        0x7e: "ß",
      }),
    ),
};

const built = new Map<SingleByte, Uint16Array>();

/** The table of an encoding; made once. */
export function tableOf(encoding: SingleByte): Uint16Array {
  let table = built.get(encoding);
  if (!table) {
    table = BUILDERS[encoding]();
    built.set(encoding, table);
  }
  return table;
}
