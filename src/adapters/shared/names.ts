// File names are data. What a stranger named is shown escaped and never becomes a path by itself; what formulas made is
// refused where it could lead elsewhere, hide, or say one thing and show another.

import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { LONGEST_NAME, nameFault, UNSHOWABLE } from "../../core/options/file-names.ts";

export { LONGEST_NAME, nameFault };

/** Every file that Steg writes beside others' files begins so; a source never takes one of them. */
export const OWN_PREFIX = ".steg-";

const EACH_UNSHOWABLE = new RegExp(UNSHOWABLE.source, "gu");

/**
 * A name as people may see it and as formulas get it: bytes that are no UTF-8 and characters that act on a screen become
 * `%NN`, as in a URL, so that what is left may stand in a name that a formula makes of it.
 */
export function shownName(bytes: Uint8Array): string {
  const text = isUtf8(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
    : Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : escaped(byte))).join("");
  return shownText(text);
}

/** The same for text: characters that act on a screen become `%NN` for each of their bytes. */
export function shownText(text: string): string {
  return text.replace(EACH_UNSHOWABLE, (character) => Array.from(Buffer.from(character), escaped).join(""));
}

function escaped(byte: number): string {
  return `%${byte.toString(16).padStart(2, "0")}`;
}

/** Bytes as printable ASCII that `bytesOf` reads back; for hints and tokens. */
export function exactName(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte > 0x20 && byte < 0x7f && byte !== 0x25 ? String.fromCharCode(byte) : escaped(byte);
  }
  return text;
}

export function bytesOf(exact: string): Buffer {
  const bytes: number[] = [];
  for (let at = 0; at < exact.length; at++) {
    if (exact[at] === "%") {
      bytes.push(Number.parseInt(exact.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(exact.charCodeAt(at));
    }
  }
  return Buffer.from(bytes);
}

/** Why a folder path that formulas made must not be used; the same rules for each of its parts. */
export function pathFault(path: string): string | undefined {
  for (const part of path.replace(/^\//u, "").split("/")) {
    if (part === ".") continue;
    const fault = nameFault(part);
    if (fault) return `one of its parts cannot be a folder: ${fault}`;
  }
  return undefined;
}

/**
 * A name that can always be written, for receipts: what nameFault refuses is replaced, and then a hash keeps different
 * names different.
 */
export function writableName(name: string): string {
  const longest = LONGEST_NAME - 40;
  if (nameFault(name, longest) === undefined) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
  const clean = name.toWellFormed().replace(EACH_UNSHOWABLE, "_").replace(/[/\\]/gu, "_").replace(/^\.+/u, "_");
  const dot = clean.lastIndexOf(".");
  const [stem, extension] = dot > 0 && clean.length - dot <= 12 ? [clean.slice(0, dot), clean.slice(dot)] : [clean, ""];
  return `${cutBytes(stem, longest - 60)}-${hash}${extension}`;
}

function cutBytes(text: string, most: number): string {
  let length = 0;
  let cut = "";
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > most) break;
    cut += character;
  }
  return cut;
}

/** `name.csv` and an addition → `name-addition.csv`, as bytes, within the length that file systems take. */
export function withAddition(name: Uint8Array, addition: string): Buffer {
  const bytes = Buffer.from(name);
  const dot = bytes.lastIndexOf(0x2e);
  const at = dot > 0 && bytes.length - dot <= 12 ? dot : bytes.length;
  const extra = Buffer.from(`-${addition}`);
  const room = LONGEST_NAME - extra.length - (bytes.length - at);
  return Buffer.concat([bytes.subarray(0, Math.min(at, room)), extra, bytes.subarray(at)]);
}
