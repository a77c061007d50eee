// What people compare keys by.

import { createHash } from "node:crypto";

/** As OpenSSH writes it: SHA-256 of the key's blob, base64 without filling. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/u, "")}`;
}
