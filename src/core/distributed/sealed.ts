// What passes through Redis: compressed, then sealed with a key derived from those of the key file, which appliance and workers share.
// Nothing of a record can be read there, and nothing that was changed there is taken.

import type { KeyObject } from "node:crypto";
import { deserialize, serialize } from "node:v8";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { BridgeError } from "../errors.ts";
import type { MasterKey } from "../journal/key-file.ts";
import { derive, keyOf, seal, unseal } from "../journal/seal.ts";

/** Of one job or one result before compression; a chunk holds 1 MiB of the drop, a batch 8, a message at most 10. */
export const MOST_BYTES = 64 << 20;
/** Most of a chunk repeats its names: a fast level takes nearly all of it. */
const LEVEL = 1;

export interface Sealed {
  /** Which key. */
  readonly k: string;
  /** Base64. */
  readonly p: string;
}

export interface Sealer {
  /** `purpose` is authenticated: what was sealed for one job cannot be given out as another's. Throws CHUNK_TOO_LARGE. */
  seal(purpose: string, value: unknown): Sealed;
  /** Throws CHUNK_DAMAGED: another key, another purpose, or changed bytes. */
  open(purpose: string, sealed: Sealed): unknown;
}

/** The last key seals, all of them open, so that keys rotate while chunks are under way. */
export function createSealer(keys: readonly MasterKey[]): Sealer {
  const derived = new Map<string, KeyObject>(keys.map(({ id, key }) => [id, keyOf(derive(key, "redis"))]));
  const newest = keys.at(-1)?.id ?? "";
  return {
    seal(purpose, value) {
      const plain = serialize(value);
      if (plain.length > MOST_BYTES)
        throw new BridgeError("CHUNK_TOO_LARGE", `a chunk of ${plain.length} bytes; ${MOST_BYTES} may travel`);
      const bytes = seal(derived.get(newest) as KeyObject, purpose, deflateRawSync(plain, { level: LEVEL }));
      return { k: newest, p: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
    },
    open(purpose, sealed) {
      const key = derived.get(sealed.k);
      if (key === undefined)
        throw new BridgeError("CHUNK_DAMAGED", "it is sealed with a key that the key file here does not hold");
      try {
        const plain = unseal(key, purpose, Buffer.from(sealed.p, "base64"));
        return deserialize(inflateRawSync(plain, { maxOutputLength: MOST_BYTES }));
      } catch (cause) {
        throw new BridgeError("CHUNK_DAMAGED", "it does not open with its key", { cause });
      }
    },
  };
}
