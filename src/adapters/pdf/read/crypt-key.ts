// The key of an encrypted file from the empty user password, or that it is another password.

import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { broken } from "./faults.ts";
import { rc4 } from "./rc4.ts";
import { type Dict, isDict, Name, type PdfValue } from "./values.ts";

/** What an empty password is padded with (algorithm 2, step a). */
const PADDING = Buffer.from("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a", "hex");

type Resolve = (value: PdfValue | undefined) => PdfValue;

/** undefined = the empty password is not the one. Throws PDF_BROKEN. */
export function fileKey(encrypt: Dict, id: Uint8Array, resolve: Resolve, version: number): Uint8Array | undefined {
  const bytes = (key: string, length: number): Uint8Array => {
    const value = resolve(encrypt.get(key));
    if (!(value instanceof Uint8Array) || value.length < length) throw broken("its encryption is not described whole");
    return value;
  };
  const number = (key: string, otherwise: number): number => {
    const value = resolve(encrypt.get(key));
    return typeof value === "number" ? value : otherwise;
  };
  const revision = number("R", 0);
  if (version === 5) return keyOfSha(revision, bytes("U", 48), bytes("UE", 32));
  const length = version === 1 ? 5 : keyBytes(encrypt, resolve, number("Length", version === 4 ? 128 : 40));
  const permissions = Buffer.alloc(4);
  permissions.writeInt32LE(number("P", 0) | 0);
  const hash = createHash("md5").update(PADDING).update(bytes("O", 32).subarray(0, 32)).update(permissions).update(id);
  if (revision >= 4 && resolve(encrypt.get("EncryptMetadata")) === false) hash.update(Buffer.alloc(4, 0xff));
  let key: Buffer = hash.digest().subarray(0, length);
  if (revision >= 3) for (let round = 0; round < 50; round++) key = md5(key).subarray(0, length);
  return fits(key, revision, id, bytes("U", 16)) ? key : undefined;
}

/** In bits, or in bytes as some write it; the crypt filter may say it, too. */
function keyBytes(encrypt: Dict, resolve: Resolve, length: number): number {
  const filters = resolve(encrypt.get("CF"));
  const filter = isDict(filters) ? resolve(filters.get("StdCF")) : null;
  const method = isDict(filter) ? resolve(filter.get("CFM")) : null;
  const bits = method instanceof Name && method.text === "AESV2" ? 128 : length < 40 ? length * 8 : length;
  return Math.min(16, Math.max(5, bits >> 3));
}

function md5(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Algorithms 4, 5 and 6: does the key make the entry U? */
function fits(key: Uint8Array, revision: number, id: Uint8Array, user: Uint8Array): boolean {
  if (revision < 3) return Buffer.compare(rc4(key, PADDING), user.subarray(0, 32)) === 0;
  let made: Uint8Array = rc4(key, md5(PADDING, id));
  for (let round = 1; round < 20; round++)
    made = rc4(
      key.map((byte) => byte ^ round),
      made,
    );
  return Buffer.compare(made.subarray(0, 16), user.subarray(0, 16)) === 0;
}

/** Algorithm 2.A for the user password. */
function keyOfSha(revision: number, user: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const hash = revision >= 6 ? hardHash : plainHash;
  if (Buffer.compare(hash(user.subarray(32, 40)), user.subarray(0, 32)) !== 0) return undefined;
  const cipher = createDecipheriv("aes-256-cbc", hash(user.subarray(40, 48)), Buffer.alloc(16)).setAutoPadding(false);
  return cipher.update(wrapped.subarray(0, 32));
}

function plainHash(salt: Uint8Array): Uint8Array {
  return createHash("sha256").update(salt).digest();
}

/** Algorithm 2.B of ISO 32000-2 for an empty password. */
function hardHash(salt: Uint8Array): Uint8Array {
  let key: Buffer = createHash("sha256").update(salt).digest();
  for (let round = 0, last = 0; round < 64 || last > round - 32; round++) {
    const repeated = Buffer.alloc(key.length * 64);
    for (let at = 0; at < repeated.length; at += key.length) key.copy(repeated, at);
    const cipher = createCipheriv("aes-128-cbc", key.subarray(0, 16), key.subarray(16, 32)).setAutoPadding(false);
    const made = cipher.update(repeated);
    // The first 16 bytes as a number modulo 3: 256 leaves 1, so their sum will do.
    const remainder = made.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) % 3;
    key = createHash(["sha256", "sha384", "sha512"][remainder]!).update(made).digest();
    last = made.at(-1)!;
  }
  return key.subarray(0, 32);
}
