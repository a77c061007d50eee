// The audit trail: a chain of SHA-256 hashes (each entry's hash covers the one before and the entry as canonical JSON) with
// signed checkpoints in it. Who changes an entry must change all after it, and cannot sign the checkpoints among them; who
// cuts the end off is found by a checkpoint held elsewhere.

import { createHash, createPublicKey, verify } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { AuditCheckpoint, AuditEntry } from "../types.ts";
import type { Actors } from "./actors.ts";

export const CHECKPOINT_EVENT = "audit.checkpoint";

export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly event: string;
  readonly bridge: string | null;
  readonly drop_id: string | null;
  readonly actor: string;
  readonly facts: string;
  readonly hash: Uint8Array;
}

export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** The chain's first link is bound to the appliance by its public key, so that trails cannot be exchanged. */
export function genesis(publicKey: string): Head {
  return { seq: 0, hash: createHash("sha256").update(`steg audit 1\n${publicKey}`).digest("hex") };
}

/** Names sorted, no blanks; the values are plain. */
export function canonicalFacts(facts: AuditEntry["facts"]): string {
  const names = Object.keys(facts).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(facts[name] ?? null)}`).join(",")}}`;
}

/** Canonical JSON (RFC 8785: names sorted, no blanks); `facts` is canonical text already and goes in as it stands. */
function canonical(row: Omit<AuditRow, "hash">): string {
  return (
    `{"actor":${JSON.stringify(row.actor)},"at":${JSON.stringify(row.at)},"bridge":${JSON.stringify(row.bridge)},` +
    `"drop":${JSON.stringify(row.drop_id)},"event":${JSON.stringify(row.event)},"facts":${row.facts},"seq":${row.seq}}`
  );
}

function link(previous: string, row: Omit<AuditRow, "hash">): Buffer {
  return createHash("sha256").update(Buffer.from(previous, "hex")).update(canonical(row)).digest();
}

/** What a checkpoint's signature covers. */
export function checkpointBytes(checkpoint: Omit<AuditCheckpoint, "signature">): Buffer {
  return Buffer.from(`steg audit checkpoint 1\n${checkpoint.seq}\n${checkpoint.at}\n${checkpoint.hash}\n`, "utf8");
}

function isSigned(publicKey: string, checkpoint: AuditCheckpoint): boolean {
  const signature = Buffer.from(checkpoint.signature, "base64");
  return verify(null, checkpointBytes(checkpoint), createPublicKey(publicKey), signature);
}

export interface Trail {
  /** Enters an event; call it inside the transaction of the event. */
  append(entry: AuditEntry): Head;
  head(): Head;
  /** After a rollback: what is in memory may no longer be in the database. */
  forget(): void;
}

export function openTrail(db: DatabaseSync, actors: Actors, publicKey: string): Trail {
  const last = db.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
  const insert = db.prepare(
    "INSERT INTO audit (seq, at, event, bridge, drop_id, actor, facts, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  let known: Head | undefined;
  function head(): Head {
    if (known !== undefined) return known;
    const row = last.get() as { seq: number; hash: Uint8Array } | undefined;
    known = row === undefined ? genesis(publicKey) : { seq: row.seq, hash: Buffer.from(row.hash).toString("hex") };
    return known;
  }
  return {
    head,
    append(entry) {
      const before = head();
      const row = {
        seq: before.seq + 1,
        at: Math.trunc(entry.at),
        event: entry.event,
        bridge: entry.bridge ?? null,
        drop_id: entry.drop ?? null,
        actor: actors.pseudonym(entry.actor),
        facts: canonicalFacts(entry.facts),
      };
      const hash = link(before.hash, row);
      insert.run(row.seq, row.at, row.event, row.bridge, row.drop_id, row.actor, row.facts, hash);
      known = { seq: row.seq, hash: hash.toString("hex") };
      return known;
    },
    forget() {
      known = undefined;
    },
  };
}

/** Where a verification begins. */
export function verifyFrom(publicKey: string): VerifyState {
  return { head: genesis(publicKey), broken: undefined, done: false };
}

/** How far a verification has come; handed from page to page, so that a long trail does not stop the writer. */
export interface VerifyState {
  readonly head: Head;
  readonly broken: { readonly seq: number; readonly why: string } | undefined;
  readonly done: boolean;
}

interface CheckpointFacts {
  readonly of?: unknown;
  readonly signature?: unknown;
}

/** A checkpoint stands right behind the entry whose hash it signs. */
function checkpointFault(publicKey: string, row: AuditRow, previous: string): string | undefined {
  let of: unknown;
  let signature: unknown;
  try {
    ({ of, signature } = JSON.parse(row.facts) as CheckpointFacts);
  } catch {
    return "the checkpoint cannot be read";
  }
  if (of !== row.seq - 1 || typeof signature !== "string") return "the checkpoint does not stand behind its entry";
  if (isSigned(publicKey, { seq: of, at: row.at, hash: previous, signature })) return undefined;
  return "the checkpoint's signature does not fit";
}

/** Why an entry does not follow on the one before; undefined = it does. */
export function entryFault(
  publicKey: string,
  row: AuditRow,
  before: Head,
  against: AuditCheckpoint | undefined,
): string | undefined {
  if (row.seq !== before.seq + 1) return "an entry is missing before this one";
  const hash = link(before.hash, row);
  if (!hash.equals(row.hash)) return "the entry or one before it was changed";
  if (against?.seq === row.seq && against.hash !== hash.toString("hex")) {
    return "the trail differs from the checkpoint held elsewhere";
  }
  return row.event === CHECKPOINT_EVENT ? checkpointFault(publicKey, row, before.hash) : undefined;
}

/** What can be wrong before the first entry is looked at. */
function faultBefore(db: DatabaseSync, publicKey: string, against: AuditCheckpoint | undefined): VerifyState["broken"] {
  if (against !== undefined && !isSigned(publicKey, against)) {
    return { seq: against.seq, why: "the checkpoint to compare with was not signed by this appliance" };
  }
  const stray = db.prepare("SELECT seq FROM audit WHERE seq < 1 LIMIT 1").get() as { seq: number } | undefined;
  return stray === undefined ? undefined : { seq: stray.seq, why: "the entry stands outside the chain" };
}

/** Verifies up to `limit` entries behind `from.head`. `against` is a checkpoint held elsewhere. */
export function verifyPage(
  db: DatabaseSync,
  publicKey: string,
  from: VerifyState,
  limit: number,
  against?: AuditCheckpoint,
): VerifyState {
  if (from.head.seq === 0) {
    const broken = faultBefore(db, publicKey, against);
    if (broken !== undefined) return { head: from.head, broken, done: true };
  }
  const rows = db
    .prepare("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
    .all(from.head.seq, limit) as unknown as AuditRow[];
  let { head } = from;
  for (const row of rows) {
    const why = entryFault(publicKey, row, head, against);
    if (why !== undefined) return { head, broken: { seq: row.seq, why }, done: true };
    head = { seq: row.seq, hash: Buffer.from(row.hash).toString("hex") };
  }
  if (rows.length === limit) return { head, broken: undefined, done: false };
  if (against !== undefined && head.seq < against.seq) {
    const why = "the trail ends before the checkpoint held elsewhere";
    return { head, broken: { seq: head.seq + 1, why }, done: true };
  }
  return { head, broken: undefined, done: true };
}
