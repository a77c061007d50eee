// An interchange as people read it: one segment per line.

import { decode, repertoire, UNKNOWN } from "../repertoires.ts";

/** `bytes` as this writer wrote them, one interchange or several. */
export function showInterchanges(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const name = /UNB\+(UNO[A-Z])/.exec(latin.slice(0, 40))?.[1] ?? "";
  const { text } = decode(latin, (repertoire(name) ?? UNKNOWN).coding);
  // UNA ends without being released: its fourth character is the release character itself.
  return text.replaceAll(/UNA.{6}|(?:\?.|[^?'])*'/gsu, (segment) => `${segment}\n`);
}
