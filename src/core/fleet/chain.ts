// Whether what an appliance says continues what it said before. The fleet keeps the head of each audit trail; who replaces image, state or
// trail of an appliance cannot replace what lies here.
//
//   first document ──▶ kept ──continues──▶ kept (newer head)
//                       └─another key, cut back, changed, not shown to continue──▶ broken ──people acknowledge──▶ kept (what is there now)

import { createPublicKey, verify } from "node:crypto";
import { checkpointBytes } from "../journal/store/trail.ts";
import type { AuditCheckpoint } from "../journal/types.ts";
import { isSignedSnapshot, type Snapshot } from "./snapshot.ts";

export type BreakKind =
  /** Signed by another key than the one that is pinned or was seen first. */
  | "key"
  /** Claims the right key, and its signature does not fit. */
  | "signature"
  /** The trail is shorter than it was. */
  | "cut"
  /** An entry has another hash than it had. */
  | "changed"
  /** It does not show that it continues what is kept. */
  | "gap";

export interface Broken {
  readonly kind: BreakKind;
  /** Milliseconds, by the clock of the fleet. */
  readonly since: number;
  /** What was there instead of what is kept. */
  readonly found: { readonly publicKey: string; readonly head: AuditCheckpoint };
  /** What is kept was continued since: whatever was found, it was not to stay. */
  readonly passed?: boolean;
}

/** What a fleet remembers of one appliance. */
export interface Kept {
  /** undefined = nothing of it was ever in order. */
  readonly trail?: KeptTrail;
  /** When its first document came; milliseconds by the clock of the fleet. */
  readonly first: number;
  readonly broken?: Broken;
}

export interface KeptTrail {
  readonly publicKey: string;
  readonly head: AuditCheckpoint;
  /** Time of the newest document that was taken, by the appliance's clock; ISO 8601. */
  readonly at: string;
  /** When that came; milliseconds by the clock of the fleet. */
  readonly seen: number;
}

export type Verdict =
  | { readonly kind: "continues" }
  /** A file from before the one that is known: it says nothing new. */
  | { readonly kind: "older" }
  | { readonly kind: "broken"; readonly why: BreakKind };

/**
 * Judges a document of the right shape. `carried`: it is a file, and an old one may come again without anybody's fault; what answers now
 * never answers with the past.
 */
export function judge(
  document: Snapshot,
  kept: KeptTrail | undefined,
  pinned: string | undefined,
  carried: boolean,
): Verdict {
  const { publicKey } = document.appliance;
  const expected = pinned ?? kept?.publicKey ?? publicKey;
  // Whether the signature is the key's own matters first: otherwise anybody could be accused of having changed it.
  if (!isSignedSnapshot(document, publicKey, document.signature) || !isSignedHead(document))
    return { kind: "broken", why: "signature" };
  if (publicKey !== expected) return { kind: "broken", why: "key" };
  if (kept === undefined || kept.publicKey !== publicKey) return { kind: "continues" };
  if (carried && Date.parse(document.at) < Date.parse(kept.at)) return { kind: "older" };
  const { audit } = document;
  const { head } = kept;
  if (audit.seq < head.seq) return { kind: "broken", why: "cut" };
  if (audit.seq === head.seq)
    return audit.hash === head.hash ? { kind: "continues" } : { kind: "broken", why: "changed" };
  // Before the first entry there is nothing but the key, which is the same.
  if (head.seq === 0) return { kind: "continues" };
  const before = audit.earlier.find(({ seq }) => seq === head.seq);
  if (before === undefined) return { kind: "broken", why: "gap" };
  return before.hash === head.hash ? { kind: "continues" } : { kind: "broken", why: "changed" };
}

/** The head alone, too: it is what is kept, and what `steg audit verify` can be held against. */
function isSignedHead({ appliance: { publicKey }, audit }: Snapshot): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
  return verify(null, checkpointBytes(audit), key, Buffer.from(audit.signature, "base64"));
}

export function checkpointOf({ audit: { seq, at, hash, signature } }: Snapshot): AuditCheckpoint {
  return { seq, at, hash, signature };
}
