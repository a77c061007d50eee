// References of interchanges (0020) that this appliance writes.

import { createHash } from "node:crypto";

/**
 * The same for the same name, always. Fourteen characters of 36 make two that are the same less likely than one in a thousand millions
 * among a million.
 */
export function referenceOf(name: readonly (string | number)[]): string {
  const hash = createHash("sha256").update(JSON.stringify(name)).digest("hex");
  return BigInt(`0x${hash}`).toString(36).toUpperCase().slice(-14).padStart(14, "0");
}
