// What one appliance says of itself to a view over many: one document, without payload and values, signed by the key of its audit trail.
// Pulled over HTTP or carried as a file it is the same, so that a fleet has one way to judge it.

import { createHash, createPublicKey, verify } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import type { Cause, Notable, Today } from "../http/dashboard/facts.ts";
import type { AuditHead } from "../journal/types.ts";
import type { ClockAlarm } from "../lifecycle/clock.ts";
import type { LifecycleOutline } from "../lifecycle/outline.ts";
import type { LifecycleRow } from "../lifecycle/state-report.ts";
import type { BridgeView } from "../operations/operations.ts";

/** More of a list than this many do not go into a document; `left` counts them. */
export const MOST_BRIDGES = 1_000;
export const MOST_CAUSES = 500;
export const MOST_NOTABLE = 50;
/** Of lists within a bridge: milestones, brownouts, servers. */
export const MOST_WITHIN = 50;
export const MOST_TEXT = 500;
/** Heads that files were given with, whose hashes the next file repeats: as many files may be lost in between. */
export const MOST_EARLIER = 64;
/** Bytes of a document. Where all of the above is used up, it holds fewer bridges. */
export const MOST_SNAPSHOT = 4 << 20;

export interface SnapshotQuery {
  /** Entry of the trail whose hash shall stand in it: the head that was known before. */
  readonly since?: number | undefined;
  /** For a file: it has the hashes of the heads of earlier files, and the next one has that of this one. */
  readonly file?: boolean | undefined;
}

export interface SnapshotView {
  readonly document: Snapshot;
  /** The same as long as nothing but the time has changed; hex. */
  readonly tag: string;
}

export interface SnapshotBridge {
  readonly view: BridgeView;
  /** null where the bridge file was refused and no earlier version runs. */
  readonly row: LifecycleRow | null;
  readonly outline: LifecycleOutline | null;
  /** Hash over its folder. */
  readonly mapping: string | null;
  readonly callers: { readonly count: number; readonly last: string | null };
}

export interface Snapshot {
  readonly snapshot: 1;
  readonly appliance: {
    /** Of its public key, so the same as long as it has its state. */
    readonly id: string;
    /** Ed25519, SubjectPublicKeyInfo in base64: the PEM file without its frame. */
    readonly publicKey: string;
  };
  /** Of the program. */
  readonly version: string;
  /** ISO 8601, by the clock that states are computed with. */
  readonly at: string;
  /** SHA-256 of the operator's policy. */
  readonly policy: string;
  readonly alarm: ClockAlarm | null;
  readonly bridges: readonly SnapshotBridge[];
  readonly today: Pick<Today, "came" | "capped"> & { readonly date: string; readonly notable: readonly Notable[] };
  readonly causes: readonly Cause[];
  /** More letters are open than are grouped. */
  readonly grouped: boolean;
  /** What did not find room. */
  readonly left: { readonly bridges: number; readonly causes: number; readonly notable: number };
  readonly audit: AuditHead;
  /** Ed25519 over all of this but itself as canonical JSON; base64. The member `snapshot` tells it from all else that is signed. */
  readonly signature: string;
}

export type UnsignedSnapshot = Omit<Snapshot, "signature">;

/** What the signature covers. */
export function snapshotText(document: object): string {
  const { signature: _, ...unsigned } = document as { readonly signature?: unknown };
  return canonicalJson(unsigned);
}

export function isSignedSnapshot(document: object, publicKey: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    if (key.asymmetricKeyType !== "ed25519") return false;
    return verify(null, Buffer.from(snapshotText(document), "utf8"), key, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/** The PEM file of a key in one line. */
export function keyLine(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/g, "");
}

/** 32 hexadecimal digits, from the key in one line. */
export function applianceId(publicKey: string): string {
  return createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("hex").slice(0, 32);
}
