// The cryptography of the state in one place: AES-256-GCM (NIST SP 800-38D) for everything that is kept, HMAC-SHA-256
// (RFC 2104) for everything that must be recognised without being kept.

import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomFillSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** Keys are key objects wherever they are used again: Node prepares raw bytes anew on each call, five times the work. */
export function keyOf(bytes: Uint8Array): KeyObject {
  return createSecretKey(bytes);
}

const noncePool = Buffer.allocUnsafeSlow(NONCE_BYTES * 512);
let nonceAt = noncePool.length;

/** Each nonce is given out once; asking the system for many at a time is what makes a small seal cheap. */
function newNonce(): Uint8Array {
  if (nonceAt === noncePool.length) {
    randomFillSync(noncePool);
    nonceAt = 0;
  }
  const nonce = Buffer.from(noncePool.subarray(nonceAt, nonceAt + NONCE_BYTES));
  nonceAt += NONCE_BYTES;
  return nonce;
}

/**
 * nonce ‖ ciphertext ‖ tag. The nonce is random: one key seals far fewer than 2³² texts. `purpose` is authenticated, so
 * that a sealed text moved to another place of the journal no longer opens.
 */
export function seal(key: KeyObject, purpose: string, plain: Uint8Array | string): Uint8Array {
  const nonce = newNonce();
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(purpose, "utf8"));
  const body = typeof plain === "string" ? cipher.update(plain, "utf8") : cipher.update(plain);
  cipher.final();
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

/** The plain bytes; throws where key, purpose or bytes are not those of the sealing. */
export function unseal(key: KeyObject, purpose: string, sealed: Uint8Array): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error("sealed text is too short");
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose, "utf8"));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  decipher.final();
  return plain;
}

/** JSON keeps the borders between the parts unambiguous. */
export function mac(key: KeyObject, parts: readonly (string | number)[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}

/** A key of its own per use (HKDF, RFC 5869), so that no two uses can meet in a nonce. */
export function derive(key: Uint8Array | KeyObject, use: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), `steg ${use} 1`, KEY_BYTES));
}
