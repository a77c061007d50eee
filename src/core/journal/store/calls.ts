// Operations on calls that were accepted. A row lives as long as the drop's payload: whoever sends a key again after that asks anew.

import type { AcceptedCall, CallFilter, CallKey, KeptAnswer, KnownCall, NewCall } from "../call-types.ts";
import type { Store } from "./store.ts";

function callerMac(store: Store, bridge: string, caller: string): Buffer {
  return store.secrets.mac(["call", bridge, caller]);
}

function keyMac(store: Store, bridge: string, caller: string, key: string): Buffer {
  return store.secrets.mac(["call key", bridge, caller, key]);
}

function requestMac(store: Store, request: string): Buffer {
  return store.secrets.mac(["call request", request]);
}

/** Beside the drop, in its transaction. */
export function enterCall(store: Store, drop: string, bridge: string, { id, caller, key, request }: NewCall): void {
  store
    .sql("INSERT INTO calls (id, drop_id, caller_mac, key_mac, request_mac) VALUES (?, ?, ?, ?, ?)")
    .run(
      id,
      drop,
      callerMac(store, bridge, caller),
      key === undefined ? null : keyMac(store, bridge, caller, key),
      requestMac(store, request),
    );
}

interface Stored {
  readonly id: string;
  readonly drop_id: string;
  readonly caller_mac: Uint8Array;
  readonly bridge: string;
  readonly received: number;
  readonly state: string;
  readonly failed: number | null;
  readonly stored: number | null;
}

const SELECT = `SELECT c.id, c.drop_id, c.caller_mac, d.bridge, d.received, d.state, a.failed, a.stored
  FROM calls c JOIN drops d ON d.id = c.drop_id LEFT JOIN call_answers a ON a.drop_id = c.drop_id`;

export function call(store: Store, { bridge, caller, id }: CallFilter): AcceptedCall | undefined {
  const row = store.sql(`${SELECT} WHERE c.id = ?`).get(id) as unknown as Stored | undefined;
  if (row === undefined || row.bridge !== bridge) return undefined;
  return callerMac(store, bridge, caller).equals(row.caller_mac) ? toCall(row) : undefined;
}

export function callOfDrop(store: Store, drop: string): AcceptedCall | undefined {
  const row = store.sql(`${SELECT} WHERE c.drop_id = ?`).get(drop) as unknown as Stored | undefined;
  return row && toCall(row);
}

function toCall(row: Stored): AcceptedCall {
  const { failed, stored } = row;
  return {
    id: row.id,
    drop: row.drop_id,
    received: row.received,
    open: row.state === "open",
    answer: failed === null || stored === null ? undefined : { failed: failed === 1, stored },
  };
}

export function callByKey(store: Store, { bridge, caller, key, request }: CallKey): KnownCall | undefined {
  const row = store
    .sql("SELECT id, request_mac FROM calls WHERE key_mac = ?")
    .get(keyMac(store, bridge, caller, key)) as unknown as { id: string; request_mac: Uint8Array } | undefined;
  return row && { id: row.id, same: requestMac(store, request).equals(row.request_mac) };
}

const PURPOSE = "call answer";

export function callAnswer(store: Store, drop: string): Uint8Array | undefined {
  const row = store.sql("SELECT sealed FROM call_answers WHERE drop_id = ?").get(drop) as
    | { sealed: Uint8Array }
    | undefined;
  return store.unsealFor(drop, PURPOSE, row?.sealed);
}

/** By how many bytes a bridge holds more. */
export interface Grown {
  readonly bridge: string;
  readonly bytes: number;
}

/** In place of an earlier answer. The bytes of a call that were taken anew by people answer nobody. */
export function keepAnswer(store: Store, drop: string, bridge: string, answer: KeptAnswer): Grown | undefined {
  if (store.sql("SELECT 1 AS found FROM calls WHERE drop_id = ?").get(drop) === undefined) return undefined;
  const sealed = store.sealFor(drop, PURPOSE, answer.bytes);
  if (sealed === undefined) return undefined;
  const before = answerSize(store, drop);
  store
    .sql(
      `INSERT INTO call_answers (drop_id, sealed, size, failed, stored) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (drop_id) DO UPDATE SET sealed = excluded.sealed, size = excluded.size, failed = excluded.failed,
       stored = excluded.stored`,
    )
    .run(drop, sealed, answer.bytes.length, answer.failed ? 1 : 0, store.now);
  const bytes = answer.bytes.length - before;
  store.addSum(bridge, { spoolBytes: bytes });
  return { bridge, bytes };
}

function answerSize(store: Store, drop: string): number {
  const row = store.sql("SELECT size FROM call_answers WHERE drop_id = ?").get(drop) as { size: number } | undefined;
  return row?.size ?? 0;
}

/** With its drop; answers how many bytes went. */
export function eraseCall(store: Store, drop: string): number {
  const bytes = answerSize(store, drop);
  store.sql("DELETE FROM call_answers WHERE drop_id = ?").run(drop);
  store.sql("DELETE FROM calls WHERE drop_id = ?").run(drop);
  return bytes;
}
