// Failures after which nothing more may be promised: the journal, or the disk under it, does not keep what it is given.

import { BridgeError } from "../errors.ts";

export function isFatal(cause: unknown): boolean {
  return cause instanceof BridgeError && cause.code === "JOURNAL_FAILED";
}

/** The target is away as a whole, met outside an attempt (a growing file): the drop waits, nothing of it is marked failed. */
export function isTargetAway(cause: unknown): cause is BridgeError {
  return cause instanceof BridgeError && (cause.code === "TARGET_UNREACHABLE" || cause.code === "TARGET_BUSY");
}
