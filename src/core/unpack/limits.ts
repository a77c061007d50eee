// What unpacking may cost. The numbers that an archive says about itself are not believed: what comes out is counted while it does.

import { BridgeError } from "../errors.ts";
import { formatSize } from "../options/units.ts";

export interface UnpackLimits {
  /** Files in one archive. */
  readonly members: number;
  /** Bytes of all files together, unpacked. */
  readonly total: number;
  /** From `ratioFrom` unpacked bytes on, at most so many times the packed ones: blank-padded records reach 100, a bomb 1,000. */
  readonly ratio: number;
  readonly ratioFrom: number;
}

export const UNPACK_LIMITS: UnpackLimits = {
  members: 10_000,
  total: 64 * 1024 ** 3,
  ratio: 200,
  ratioFrom: 16 * 1024 ** 2,
};

/** What is the matter with it, for texts in other languages. */
export type ArchiveFault = "damaged" | "large" | "names" | "password" | "packing" | "nested";

/** The archive cannot be read, or may not be: what it says about itself is wrong, or it is larger than it may be. */
export function refusedArchive(fault: ArchiveFault, why: string, detail?: string): BridgeError {
  return new BridgeError("ARCHIVE_REFUSED", `the archive is refused: ${why}`, {
    stage: "decode",
    detail,
    facts: { fault },
  });
}

export interface Gauge {
  /** So many bytes of the drop have been read. */
  packed(bytes: number): void;
  /** So many bytes have come out. Throws ARCHIVE_REFUSED. */
  unpacked(bytes: number): void;
  /** A file begins. Throws ARCHIVE_REFUSED. */
  member(): void;
}

export function createGauge(limits: UnpackLimits): Gauge {
  let packed = 0;
  let unpacked = 0;
  let members = 0;
  return {
    packed(bytes) {
      packed += bytes;
    },
    unpacked(bytes) {
      unpacked += bytes;
      if (unpacked > limits.total)
        throw refusedArchive("large", `unpacked it is larger than ${formatSize(limits.total)}, the most that is taken`);
      if (unpacked > limits.ratioFrom && unpacked > packed * limits.ratio) {
        throw refusedArchive(
          "large",
          `it is packed more than ${limits.ratio} to 1, as archives are that are made to fill disks`,
        );
      }
    },
    member() {
      members++;
      if (members > limits.members) throw refusedArchive("large", `it holds more than ${limits.members} files`);
    },
  };
}
