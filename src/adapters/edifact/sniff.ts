// charset: detect. What the first MiB of a drop looks like, whatever UNB says: UTF-8 is hardly ever so by chance; where bytes from 0x80 to
// 0x9F are in what is no UTF-8, it is windows-1252.

import { repertoire } from "./repertoires.ts";

export const SNIFFED = 1024 * 1024;

/** declared, UNOW or windows-1252. `start` = up to a MiB; cut says that more follows. */
export function sniff(start: Buffer, isCut: boolean): string {
  const text = start.toString("latin1", 0, start.length);
  // Written in UTF-16 it needs no guess.
  if (text.includes("\0") || !/[^\0-\x7f]/.test(text)) return "declared";
  if (isUtf8(start, isCut)) return "UNOW";
  const declared = repertoire(/UNB.(UNO[A-Z])/.exec(text)?.[1] ?? "")?.coding;
  const isPage = declared instanceof Uint16Array;
  const fits = isPage && !start.some((byte) => byte > 0x7f && declared[byte] === 0xffff);
  return fits ? "declared" : "windows-1252";
}

/** A character that the end of the MiB cuts is not held against it. */
function isUtf8(start: Buffer, isCut: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: isCut });
    return true;
  } catch {
    return false;
  }
}
