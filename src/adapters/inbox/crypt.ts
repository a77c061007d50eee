// The password hash that `openssl passwd -6`, `mkpasswd -m sha-512` and /etc/shadow have: SHA-512 in the form of crypt(3), as Ulrich
// Drepper specified it ("Unix crypt using SHA-256 and SHA-512", 2007). Node has no crypt(3).

import { createHash, timingSafeEqual } from "node:crypto";
import { setImmediate } from "node:timers/promises";

export const SHA512_CRYPT = /^\$6\$(?:rounds=(?<rounds>\d{1,9})\$)?(?<salt>[^$\n]{0,16})\$(?<hash>[./0-9A-Za-z]{86})$/u;

const ROUNDS = 5_000;
const LEAST_ROUNDS = 1_000;
/** Above this a login would take seconds of the processor, and be a way to keep it busy. */
export const MOST_ROUNDS = 200_000;
/** Between so many rounds others have their turn. */
const AT_A_TIME = 500;
const SIZE = 64;

/** Does this password have this hash? Takes as long for a wrong one as for the right one. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const parts = SHA512_CRYPT.exec(hash)?.groups;
  if (!parts) return false;
  const rounds = roundsOf(parts["rounds"]);
  const found = encoded(await digest(Buffer.from(password), Buffer.from(parts["salt"] ?? ""), rounds));
  return timingSafeEqual(Buffer.from(found), Buffer.from(parts["hash"] ?? ""));
}

function roundsOf(text: string | undefined): number {
  if (text === undefined) return ROUNDS;
  return Math.min(MOST_ROUNDS, Math.max(LEAST_ROUNDS, Number(text)));
}

const sha512 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** As many bytes as asked for, the digest over and over (steps 9 to 10, 16, 20). */
function stretched(bytes: Buffer, length: number): Buffer {
  const whole = Buffer.alloc(length);
  for (let at = 0; at < length; at += SIZE) bytes.copy(whole, at);
  return whole;
}

/** The steps are numbered as in the specification. */
async function digest(key: Buffer, salt: Buffer, rounds: number): Promise<Buffer> {
  // Steps 4 to 8.
  const b = sha512(key, salt, key);
  // Steps 1 to 3 and 9 to 12.
  const parts: Uint8Array[] = [key, salt, stretched(b, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? b : key);
  let a = sha512(...parts);
  // Steps 13 to 16.
  const p = stretched(sha512(...Array.from({ length: key.length }, () => key)), key.length);
  // Steps 17 to 20.
  const s = stretched(sha512(...Array.from({ length: 16 + (a[0] ?? 0) }, () => salt)), salt.length);
  // Step 21.
  for (let round = 0; round < rounds; round++) {
    if (round % AT_A_TIME === AT_A_TIME - 1) await setImmediate();
    const odd = round % 2 === 1;
    const inner: Uint8Array[] = [odd ? p : a];
    if (round % 3 !== 0) inner.push(s);
    if (round % 7 !== 0) inner.push(p);
    inner.push(odd ? a : p);
    a = sha512(...inner);
  }
  return a;
}

const LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Step 22: three bytes at a time, in an order of its own. */
function encoded(bytes: Buffer): string {
  let text = "";
  const letters = (high: number, middle: number, low: number, count: number): void => {
    let value = (high << 16) | (middle << 8) | low;
    for (let each = 0; each < count; each++) {
      text += LETTERS[value & 63];
      value >>= 6;
    }
  };
  let [first, second, third] = [0, 21, 42];
  for (let turn = 0; turn < 21; turn++) {
    letters(bytes[first] ?? 0, bytes[second] ?? 0, bytes[third] ?? 0, 4);
    [first, second, third] = [second + 1, third + 1, first + 1];
  }
  letters(0, 0, bytes[63] ?? 0, 2);
  return text;
}
