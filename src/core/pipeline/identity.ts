// Names that are the same on every attempt: idempotency keys and the identity of a drop.

import { createHash } from "node:crypto";

/** Namespace of the product's version 5 UUIDs (RFC 9562, section 5.5). */
const NAMESPACE = Buffer.from("5c1f0c0b1d3a5e7f9b2d4f6081a3c5e7", "hex");

/** UUID version 5 over the parts; a separator that cannot stand in a part keeps them apart. */
export function uuidV5(...parts: readonly (string | number)[]): string {
  const digest = createHash("sha1").update(NAMESPACE).update(parts.join("\u0000")).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString("hex", 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export interface DropIdentity {
  readonly bridge: string;
  readonly sha256: string;
  readonly occurrence: number;
}

/** What `$uuid` and the keys are made of: the same for the same bytes, whenever they come. */
export function dropIdentity(drop: DropIdentity): string {
  return `${drop.bridge}\u0000${drop.sha256}\u0000${drop.occurrence}`;
}

/** Idempotency-Key of a message or batch (engine, promise 3). */
export function idempotencyKey(identity: string, first: number, last: number, generation: number): string {
  return uuidV5("delivery", identity, first, last, generation);
}
