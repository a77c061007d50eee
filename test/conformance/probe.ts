// The parcels of the targets' suite, for the suite and for the process that it kills.

import { createHash } from "node:crypto";
import type { Enclosure, Parcel } from "../../src/core/contract.ts";
import { parcelOf } from "./surroundings.ts";

/** How a child process builds the same target: an exported function `(argument: string) => Promise<Target>` of a module. */
export interface ChildTarget {
  /** file: URL. */
  readonly module: string;
  readonly export: string;
  readonly argument: string;
}

/** The n-th parcel: the same number always has the same name, key and body. */
export function probeParcel(n: number, size = 300): Parcel {
  const body = Buffer.from(`<probe n="${n}">${"x".repeat(size + (n % 50))}</probe>`);
  return parcelOf(n, body, { NAME: `probe-${n}.xml` });
}

/** A file that goes with a message, as the spool would give it: in pieces whose memory is used again. */
export function enclosureOf(name: string, bytes: Uint8Array, mediaType = "application/pdf"): Enclosure {
  return {
    name,
    mediaType,
    size: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    async *open(signal) {
      const piece = Buffer.alloc(65_536);
      for (let at = 0; at < bytes.length; at += piece.length) {
        signal.throwIfAborted();
        const part = bytes.subarray(at, at + piece.length);
        piece.set(part);
        yield piece.subarray(0, part.length);
        await new Promise((resolve) => void setImmediate(resolve));
        piece.fill(0x21);
      }
    },
  };
}

/** The n-th parcel with two files of its own beside it. */
export function probeParcelWithFiles(n: number): Parcel {
  const antrag = Buffer.from(`%PDF-1.4 antrag ${n} ${"a".repeat(40_000 + n)}`);
  const bescheid = Buffer.from(`%PDF-1.4 bescheid ${n}`);
  const enclosures = [enclosureOf(`probe-${n}-antrag.pdf`, antrag), enclosureOf(`probe-${n}-bescheid.pdf`, bescheid)];
  return { ...probeParcel(n), enclosures };
}
