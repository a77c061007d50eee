// Operations on what belongs to bridges rather than drops: their state as small documents, their versions, batch numbers.

import { seal, unseal } from "../seal.ts";
import type { AuditEntry } from "../types.ts";
import { defect } from "./store.ts";
import type { Store } from "./store.ts";

const MOST_VALUE = 4 << 20;
const MOST_VERSION = 64 << 20;

/** Entries below these prefixes are sealed: names of target files stand in them, and records may have chosen those; keys of hashes. */
const SEALED_PREFIXES = ["term-file/", "shadow/"];

function isSealed(key: string): boolean {
  return SEALED_PREFIXES.some((prefix) => key.startsWith(prefix));
}

function stored(store: Store, key: string, value: string): string {
  if (!isSealed(key)) return value;
  return Buffer.from(seal(store.secrets.textKey, `entry ${key}`, value)).toString("base64");
}

function plainOf(store: Store, key: string, value: string): string {
  if (!isSealed(key)) return value;
  return unseal(store.secrets.textKey, `entry ${key}`, Buffer.from(value, "base64")).toString("utf8");
}

/** JSON text of an entry, or undefined. Parsed by the caller, so that the thread does not look into it. */
export function entry(store: Store, key: string): string | undefined {
  const row = store.sql("SELECT value FROM entries WHERE key = ?").get(key) as { value: string } | undefined;
  return row && plainOf(store, key, row.value);
}

export function entriesOf(store: Store, prefix: string): readonly (readonly [string, string])[] {
  const rows = store
    .sql("SELECT key, value FROM entries WHERE substr(key, 1, ?) = ? ORDER BY key")
    .all(prefix.length, prefix) as unknown as { key: string; value: string }[];
  return rows.map((row) => [row.key, plainOf(store, row.key, row.value)] as const);
}

/** Sets an entry, or removes it where the value is undefined; the audit entry shares the transaction. */
export function setEntry(
  store: Store,
  input: { readonly key: string; readonly value: string | undefined; readonly audit: AuditEntry | undefined },
): void {
  if (input.value === undefined) {
    store.sql("DELETE FROM entries WHERE key = ?").run(input.key);
  } else {
    if (input.value.length > MOST_VALUE) throw defect("set: an entry has at most 4 MiB");
    store
      .sql("INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
      .run(input.key, stored(store, input.key, input.value));
  }
  if (input.audit !== undefined) store.trail.append(input.audit);
}

/** Whole numbers that are added to entries, in the transaction of what they count. */
export function addEntries(store: Store, adds: Readonly<Record<string, number>> = {}): void {
  for (const [key, more] of Object.entries(adds)) {
    if (!Number.isSafeInteger(more) || more < 0) throw defect("add: what is added is a whole number from 0 on");
    store
      .sql(
        "INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + excluded.value AS TEXT)",
      )
      .run(key, String(more));
  }
}

/** Keeps a bridge folder under its hash. Keeping it again is cheap and says that it is still in use. */
export function keepVersion(
  store: Store,
  input: { readonly hash: string; readonly files: ReadonlyMap<string, Uint8Array> },
): void {
  const { hash, files } = input;
  store.versionsInUse.add(hash);
  const known = store.sql("UPDATE versions SET kept_at = ? WHERE hash = ?").run(store.now, hash);
  if (known.changes > 0) return;
  let size = 0;
  for (const content of files.values()) size += content.length;
  if (size > MOST_VERSION) throw defect("keepVersion: a bridge folder has at most 64 MiB");
  store.sql("INSERT INTO versions (hash, kept_at) VALUES (?, ?)").run(hash, store.now);
  const insert = store.sql("INSERT INTO version_files (hash, name, content) VALUES (?, ?, ?)");
  for (const [name, content] of files) insert.run(hash, name, content);
}

export function version(store: Store, hash: string): ReadonlyMap<string, Uint8Array> | undefined {
  if (store.sql("SELECT 1 AS found FROM versions WHERE hash = ?").get(hash) === undefined) return undefined;
  const rows = store
    .sql("SELECT name, content FROM version_files WHERE hash = ? ORDER BY name")
    .all(hash) as unknown as {
    name: string;
    content: Uint8Array;
  }[];
  return new Map(rows.map((row) => [row.name, row.content]));
}

/** The number that this key has on this date, or the next one of the bridge's date. */
export function batchNumber(
  store: Store,
  input: { readonly bridge: string; readonly date: string; readonly key: string },
): number {
  const { bridge, date, key } = input;
  const known = store
    .sql("SELECT number FROM batch_numbers WHERE bridge = ? AND date = ? AND key = ?")
    .get(bridge, date, key) as { number: number } | undefined;
  if (known !== undefined) return known.number;
  const { most } = store
    .sql("SELECT coalesce(max(number), 0) AS most FROM batch_numbers WHERE bridge = ? AND date = ?")
    .get(bridge, date) as { most: number };
  store
    .sql("INSERT INTO batch_numbers (bridge, date, key, number, created) VALUES (?, ?, ?, ?, ?)")
    .run(bridge, date, key, most + 1, store.now);
  return most + 1;
}
