// The form of a spool file: a header that describes the file, then frames.
//
//   "STEGSPL1" · length and bytes of the drop's id · length and bytes of the master key's id · frames
//   frame = up to 64 KiB, AES-256-GCM, tag of 16 bytes behind it; all but the last are full
//
// Each frame is bound to its drop, its number and to whether it is the last one (the STREAM construction: number and end marker
// are in the nonce, drop and header in the associated data). So no frame can be changed, moved, dropped, repeated or
// cut off without being noticed. A key is used for one file only, so the nonces never repeat.

import { createCipheriv, createDecipheriv } from "node:crypto";
import { TAG_BYTES, derive, keyOf } from "./seal.ts";

export const FRAME_BYTES = 65_536;
export const SEALED_FRAME_BYTES = FRAME_BYTES + TAG_BYTES;
const MAGIC = Buffer.from("STEGSPL1", "latin1");
const NONCE_BYTES = 12;
export const MOST_HEADER_BYTES = MAGIC.length + 2 * 256;

export interface SpoolHeader {
  readonly drop: string;
  /** Which master key wrapped the drop's key when the file was written; after a rotation the journal knows better. */
  readonly keyId: string;
}

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length > 255) throw new RangeError("ids in a spool header have at most 255 bytes");
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

export function encodeHeader(header: SpoolHeader): Buffer {
  return Buffer.concat([MAGIC, withLength(header.drop), withLength(header.keyId)]);
}

/** The header and its length, or undefined where the bytes are not one. */
export function decodeHeader(bytes: Uint8Array): { readonly header: SpoolHeader; readonly length: number } | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!buffer.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  let at = MAGIC.length;
  const texts: string[] = [];
  while (texts.length < 2) {
    const length = buffer[at];
    if (length === undefined || at + 1 + length > buffer.length) return undefined;
    texts.push(buffer.toString("utf8", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { header: { drop: texts[0] ?? "", keyId: texts[1] ?? "" }, length: at };
}

export interface FrameCipher {
  /** Ciphertext and tag of one frame. */
  seal(plain: Uint8Array, number: number, last: boolean): readonly [Uint8Array, Uint8Array];
  /** Plain bytes; throws where the frame is not the one that was written here. */
  open(sealed: Uint8Array, number: number, last: boolean): Uint8Array;
}

function nonce(number: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(NONCE_BYTES);
  bytes.writeUIntBE(number, 0, 6);
  bytes[NONCE_BYTES - 1] = last ? 1 : 0;
  return bytes;
}

export function frameCipher(dropKey: Uint8Array, header: Uint8Array): FrameCipher {
  const key = keyOf(derive(dropKey, "spool frames"));
  return {
    seal(plain, number, last) {
      const cipher = createCipheriv("aes-256-gcm", key, nonce(number, last));
      cipher.setAAD(header);
      const body = cipher.update(plain);
      cipher.final();
      return [body, cipher.getAuthTag()];
    },
    open(sealed, number, last) {
      if (sealed.length < TAG_BYTES) throw new Error("the frame is too short");
      const border = sealed.length - TAG_BYTES;
      const decipher = createDecipheriv("aes-256-gcm", key, nonce(number, last), { authTagLength: TAG_BYTES });
      decipher.setAAD(header);
      decipher.setAuthTag(sealed.subarray(border));
      const plain = decipher.update(sealed.subarray(0, border));
      decipher.final();
      return plain;
    },
  };
}
