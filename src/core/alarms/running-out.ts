// What has an end of its own, beside the bridge's: certificates, exceptions for weaker options, the support of the legacy system.
// Host keys have none; what weakens one stands beside an exception, which has.

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LoadedBridge } from "../bridge/types.ts";
import { DEFAULT_ZONE, isoIn } from "../lifecycle/dates.ts";
import type { LifecycleState } from "../lifecycle/state.ts";
import type { RunningOut } from "./types.ts";

/** More is no certificate file. */
const MOST_FILE = 512 * 1024;
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,65536}-----END CERTIFICATE-----/;

/**
 * When the first certificate of a PEM text ends, in milliseconds: in a chain that is the one's own. undefined where there is none, or it
 * cannot be read.
 */
export function endOfCertificate(bytes: Uint8Array): number | undefined {
  if (bytes.length > MOST_FILE) return undefined;
  const [pem] = PEM.exec(Buffer.from(bytes).toString("latin1")) ?? [];
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return undefined;
  }
}

/** Of one bridge, with what its servers showed; where that has ended, nothing of it matters any more. */
export function runningOutOf(
  bridge: LoadedBridge,
  state: LifecycleState,
  shown: readonly RunningOut[] = [],
): readonly RunningOut[] {
  return state === "sunset" || state === "retired" ? [] : [...endsOf(bridge), ...shown];
}

/** A bridge does not change while it is loaded, so its certificates are read once. */
const read = new WeakMap<LoadedBridge, readonly RunningOut[]>();

function endsOf(bridge: LoadedBridge): readonly RunningOut[] {
  const known = read.get(bridge);
  if (known !== undefined) return known;
  const { name, files, exceptions = [], lifecycle, timezone } = bridge;
  const certificates = [...files].flatMap(([what, bytes]): RunningOut[] => {
    const end = endOfCertificate(bytes);
    return end === undefined ? [] : [{ bridge: name, of: "certificate", what, until: isoIn(end, timezone) }];
  });
  const weaker = exceptions.map(({ option, until }): RunningOut => ({
    bridge: name,
    of: "exception",
    what: option,
    until,
  }));
  const { system, endOfSupport } = lifecycle.legacy;
  const support: RunningOut[] =
    endOfSupport === undefined ? [] : [{ bridge: name, of: "support", what: system, until: endOfSupport }];
  const found = [...certificates, ...weaker, ...support];
  read.set(bridge, found);
  return found;
}

/** One of the appliance's own certificates; `setting` names it. A file that is away for a moment is exchanged just now: it says nothing. */
export function ownCertificate(path: string | undefined, setting: string): readonly RunningOut[] {
  if (path === undefined) return [];
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    return [];
  }
  const end = endOfCertificate(bytes);
  return end === undefined ? [] : [{ bridge: null, of: "certificate", what: setting, until: isoIn(end, DEFAULT_ZONE) }];
}

/** Soonest first. */
export function soonestFirst(ends: readonly RunningOut[]): readonly RunningOut[] {
  return ends.toSorted((a, b) => Date.parse(a.until) - Date.parse(b.until) || (a.what < b.what ? -1 : 1));
}
