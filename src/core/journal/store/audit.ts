// Operations on the audit trail.

import type { AuditCheckpoint, AuditEntry, AuditHead } from "../types.ts";
import { defect } from "./store.ts";
import type { Store } from "./store.ts";
import { CHECKPOINT_EVENT, checkpointBytes, verifyPage } from "./trail.ts";
import type { VerifyState } from "./trail.ts";

export function audit(store: Store, entry: AuditEntry): void {
  store.trail.append(entry);
}

interface StoredEntry {
  readonly seq: number;
  readonly at: number;
  readonly event: string;
  readonly bridge: string | null;
  readonly drop_id: string | null;
  readonly actor: string;
  readonly facts: string;
  readonly hash: Uint8Array;
}

export type ListedEntry = AuditEntry & { readonly seq: number; readonly hash: string; readonly pseudonym: string };

export interface AuditPage {
  readonly after: number;
  readonly limit: number;
  readonly bridge: string | undefined;
  /** Then `after` means older than that one. */
  readonly newestFirst: boolean;
}

export function auditEntries(store: Store, input: AuditPage): readonly ListedEntry[] {
  const { after, limit, bridge, newestFirst } = input;
  const [beyond, order] = newestFirst ? ["<", "DESC"] : [">", "ASC"];
  const only = bridge === undefined ? "" : "bridge = ? AND ";
  const rows = store
    .sql(`SELECT * FROM audit WHERE ${only}seq ${beyond} ? ORDER BY seq ${order} LIMIT ?`)
    .all(...(bridge === undefined ? [] : [bridge]), after, limit) as unknown as StoredEntry[];
  return rows.map((row) => ({
    seq: row.seq,
    at: row.at,
    event: row.event,
    bridge: row.bridge ?? undefined,
    drop: row.drop_id ?? undefined,
    actor: store.actors.resolve(row.actor),
    pseudonym: row.actor,
    facts: JSON.parse(row.facts) as AuditEntry["facts"],
    hash: Buffer.from(row.hash).toString("hex"),
  }));
}

/** Signs the head; the signature becomes the next entry, so that removing a checkpoint breaks the chain. */
export function checkpoint(store: Store): AuditCheckpoint {
  const head = store.trail.head();
  const signed = { seq: head.seq, at: Math.trunc(store.now), hash: head.hash };
  const signature = store.secrets.sign(checkpointBytes(signed)).toString("base64");
  store.trail.append({
    at: signed.at,
    event: CHECKPOINT_EVENT,
    bridge: undefined,
    drop: undefined,
    actor: "system",
    facts: { of: signed.seq, signature },
  });
  return { ...signed, signature };
}

export function auditHead(store: Store, seqs: readonly number[]): AuditHead {
  const head = store.trail.head();
  const signed = { seq: head.seq, at: Math.trunc(store.now), hash: head.hash };
  const select = store.sql("SELECT hash FROM audit WHERE seq = ?");
  const earlier = seqs.flatMap((seq) => {
    const row = select.get(seq) as { hash: Uint8Array } | undefined;
    return row === undefined ? [] : [{ seq, hash: Buffer.from(row.hash).toString("hex") }];
  });
  return { ...signed, signature: store.secrets.sign(checkpointBytes(signed)).toString("base64"), earlier };
}

/** Ed25519 over the text; base64. Only JSON objects: none of them reads like a checkpoint. */
export function signDocument(store: Store, text: string): string {
  if (!text.startsWith("{")) throw defect("signDocument: only JSON objects are signed");
  return store.secrets.sign(Buffer.from(text, "utf8")).toString("base64");
}

export function verifyAudit(
  store: Store,
  input: { readonly from: VerifyState; readonly limit: number; readonly against: AuditCheckpoint | undefined },
): VerifyState {
  return verifyPage(store.db, store.secrets.publicKey, input.from, input.limit, input.against);
}

export function erasePseudonym(store: Store, actor: string): boolean {
  const erased = store.actors.erase(actor);
  if (erased) {
    store.trail.append({
      at: store.now,
      event: "actor.erased",
      bridge: undefined,
      drop: undefined,
      actor: "system",
      facts: {},
    });
  }
  return erased;
}
