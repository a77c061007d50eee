// The parcels of the targets' suite, for the suite and for the process that it kills.

import type { Parcel } from "../../src/core/contract.ts";
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
