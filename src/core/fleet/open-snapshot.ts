// Bytes that say they are a snapshot. Whoever sent them may be anybody: what is taken over has been checked part by part, and what is not
// known is left out.

import type { ValidateFunction } from "ajv";
import { BridgeError } from "../errors.ts";
import { dayNumber } from "../lifecycle/dates.ts";
import type { LifecycleOutline } from "../lifecycle/outline.ts";
import { makeAjv } from "../validation/make-ajv.ts";
import type { Snapshot } from "./snapshot.ts";
import { snapshotSchema } from "./snapshot-schema.ts";

let compiled: { readonly fits: ValidateFunction; readonly strip: ValidateFunction } | undefined;

/** Made with the first snapshot: an appliance has no use for them. */
function schemas(): NonNullable<typeof compiled> {
  compiled ??= { fits: compile(false), strip: compile("all") };
  return compiled;
}

function compile(removeAdditional: false | "all"): ValidateFunction {
  return makeAjv("draft-07", { strict: false, removeAdditional }).compile(snapshotSchema);
}

/**
 * The document, not yet judged. Throws SNAPSHOT_UNREADABLE where it is none, or of a version that is not known here. What a signature
 * does not cover is nobody's word, so a document with a wrong one keeps its place: `judge` says so.
 */
export function openSnapshot(bytes: Uint8Array): Snapshot {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new BridgeError("SNAPSHOT_UNREADABLE", "the snapshot is no JSON in UTF-8", { cause });
  }
  const { fits } = schemas();
  if (!fits(document)) {
    const [first] = fits.errors ?? [];
    const where = (first?.instancePath ?? "").slice(0, 100);
    throw new BridgeError(
      "SNAPSHOT_UNREADABLE",
      `the snapshot has another form than expected at ${where || "its root"}`,
    );
  }
  const snapshot = document as Snapshot;
  for (const { outline } of snapshot.bridges) if (outline !== null) checkOutline(outline);
  return snapshot;
}

/** What is described of it; the rest was signed, too, but nobody here knows what it is. */
export function knownPart(document: Snapshot): Snapshot {
  const copy = structuredClone(document);
  void schemas().strip(copy);
  const bridges = copy.bridges.map((bridge) => {
    const { outline } = bridge;
    return outline === null ? bridge : { ...bridge, outline: { ...outline, timezone: zoneOf(outline.timezone) } };
  });
  return { ...copy, bridges };
}

/** What a schema cannot say. */
function checkOutline({ timezone, brownouts }: LifecycleOutline): void {
  zoneOf(timezone);
  const days = brownouts.flatMap(({ from, to }) => [from, to]);
  if (days.some((day) => dayNumber(day.slice(0, 10)) === undefined))
    throw new BridgeError("SNAPSHOT_UNREADABLE", "the snapshot names a day that is none");
}

/** In the one spelling that it has: what is kept by zone must not grow by those of strangers. */
function zoneOf(zone: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone;
  } catch (cause) {
    throw new BridgeError("SNAPSHOT_UNREADABLE", "the snapshot names a time zone that is none", { cause });
  }
}
