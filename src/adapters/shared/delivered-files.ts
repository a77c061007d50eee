// A parcel as files: what goes with the message first, the message last, so that whoever finds the message finds its files too.

import type { Parcel } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { nameFault } from "./names.ts";

export interface DeliveredFile {
  readonly name: string;
  /** The same for the same file of the same parcel, and no other's: for a temporary name. */
  readonly stem: string;
  readonly size: number;
  /** In memory, or undefined: then it is read by `open` and known by its SHA-256. */
  readonly body: Uint8Array | undefined;
  readonly sha256: string;
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The message is the last one. Throws TARGET_ADDRESS where two files would have one name, or one has none that can be. */
export function filesOf(parcel: Parcel, name: string): readonly DeliveredFile[] {
  const stem = parcel.key.replaceAll(/[^A-Za-z0-9-]/gu, "_");
  const { body, enclosures = [] } = parcel;
  const message: DeliveredFile = { name, stem, size: body.length, body, sha256: "", open: () => once(body) };
  if (enclosures.length === 0) return [message];
  const taken = new Set([name]);
  const files = enclosures.map((enclosure, at): DeliveredFile => {
    const fault = nameFault(enclosure.name) ?? (taken.has(enclosure.name) ? "another file has it" : undefined);
    if (fault !== undefined) throw unusable(fault, enclosure.name);
    taken.add(enclosure.name);
    const { size, sha256 } = enclosure;
    return {
      name: enclosure.name,
      stem: `${stem}_${at + 1}`,
      size,
      body: undefined,
      sha256,
      open: (signal) => enclosure.open(signal),
    };
  });
  return [...files, message];
}

function unusable(fault: string, name: string): BridgeError {
  const message = `the name of a file that goes with the message is not usable: ${fault}`;
  return new BridgeError("TARGET_ADDRESS", message, { stage: "deliver", detail: name });
}

async function* once(body: Uint8Array): AsyncIterable<Uint8Array> {
  yield body;
}
