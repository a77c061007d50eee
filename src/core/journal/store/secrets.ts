// What only the master keys open: the journal's own secrets and the key of each drop. Rotation happens here, at the start:
// everything wrapped by an older master key is wrapped anew by the newest.

import { generateKeyPairSync, createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { BridgeError } from "../../errors.ts";
import type { MasterKey as MasterKeyBytes } from "../key-file.ts";
import { KEY_BYTES, derive, keyOf, mac, seal, unseal } from "../seal.ts";

interface MasterKey {
  readonly id: string;
  readonly key: KeyObject;
}

type MasterKeys = ReadonlyMap<string, KeyObject>;

const REWRAP_AT_ONCE = 1_000;
const CACHED_KEYS = 4_096;

export interface Secrets {
  /** HMAC under a key that never changes, also not by rotation. */
  mac(parts: readonly (string | number)[]): Buffer;
  /** For texts that belong to no drop: names of actors. */
  readonly textKey: KeyObject;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
  sign(bytes: Uint8Array): Buffer;
  /** Remembers the key of a new drop. */
  keepKey(drop: string, key: Uint8Array): void;
  /** The key of a drop, or undefined once it is destroyed. */
  dropKey(drop: string): KeyObject | undefined;
  destroyKey(drop: string): void;
  readonly rewrapped: number;
}

function transaction(db: DatabaseSync, work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (cause) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw cause;
  }
}

function dropPurpose(drop: string): string {
  return `drop key ${drop}`;
}

function secretPurpose(name: string): string {
  return `secret ${name}`;
}

/** Refuses a key file that lacks a key still in use, or that has other bytes under a known id. */
function checkMasterKeys(db: DatabaseSync, keys: MasterKeys): void {
  const used = db
    .prepare(
      "SELECT key_id, count(*) AS n FROM (SELECT key_id FROM keys UNION ALL SELECT key_id FROM secrets) GROUP BY 1",
    )
    .all() as { key_id: string; n: number }[];
  for (const { key_id, n } of used) {
    if (!keys.has(key_id))
      throw new BridgeError("KEY_MISSING", `key ${key_id} is not in the key file, but ${n} stored keys need it`);
  }
  const known = db.prepare("SELECT id, check_value FROM master_keys").all() as {
    id: string;
    check_value: Uint8Array;
  }[];
  for (const { id, check_value } of known) {
    const key = keys.get(id);
    if (key !== undefined && !mac(key, ["check", id]).equals(check_value)) {
      throw new BridgeError("KEY_FILE_INVALID", `key ${id} is not the key that this state was written with`);
    }
  }
  const add = db.prepare("INSERT OR IGNORE INTO master_keys (id, check_value) VALUES (?, ?)");
  transaction(db, () => {
    for (const [id, key] of keys) add.run(id, mac(key, ["check", id]));
  });
}

type Wrapped = { readonly name: string; readonly key_id: string; readonly sealed: Uint8Array };

/** Wraps anew what an older master key wraps, some at a time, so that no transaction grows with the state. */
function rewrap(
  db: DatabaseSync,
  keys: MasterKeys,
  newest: MasterKey,
  table: { readonly select: string; readonly update: string; readonly purpose: (name: string) => string },
): number {
  const select = db.prepare(table.select);
  const update = db.prepare(table.update);
  let count = 0;
  for (;;) {
    const rows = select.all(newest.id, REWRAP_AT_ONCE) as unknown as Wrapped[];
    if (rows.length === 0) return count;
    transaction(db, () => {
      for (const { name, key_id, sealed } of rows) {
        const plain = unseal(keys.get(key_id) ?? newest.key, table.purpose(name), sealed);
        update.run(newest.id, seal(newest.key, table.purpose(name), plain), name);
      }
    });
    count += rows.length;
  }
}

function rewrapAll(db: DatabaseSync, keys: MasterKeys, newest: MasterKey): number {
  const secrets = rewrap(db, keys, newest, {
    select: "SELECT name, key_id, sealed FROM secrets WHERE key_id <> ? LIMIT ?",
    update: "UPDATE secrets SET key_id = ?, sealed = ? WHERE name = ?",
    purpose: secretPurpose,
  });
  const drops = rewrap(db, keys, newest, {
    select: "SELECT drop_id AS name, key_id, wrapped AS sealed FROM keys WHERE key_id <> ? LIMIT ?",
    update: "UPDATE keys SET key_id = ?, wrapped = ? WHERE drop_id = ?",
    purpose: dropPurpose,
  });
  return secrets + drops;
}

/** Opens a secret of the journal, or makes it on the first start. */
function secret(db: DatabaseSync, newest: MasterKey, name: string, make: () => Uint8Array): Buffer {
  const row = db.prepare("SELECT sealed FROM secrets WHERE name = ?").get(name) as { sealed: Uint8Array } | undefined;
  if (row !== undefined) return unseal(newest.key, secretPurpose(name), row.sealed);
  const value = make();
  db.prepare("INSERT INTO secrets (name, key_id, sealed) VALUES (?, ?, ?)").run(
    name,
    newest.id,
    seal(newest.key, secretPurpose(name), value),
  );
  return Buffer.from(value);
}

function newSigningKey(): Uint8Array {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "der" });
}

/** The first entries go: a drop in work is read again and again, one that is done is not. */
function cache(limit: number): {
  get(id: string): KeyObject | undefined;
  set(id: string, key: KeyObject): void;
  drop(id: string): void;
} {
  const map = new Map<string, KeyObject>();
  return {
    get: (id) => map.get(id),
    set(id, key) {
      map.delete(id);
      map.set(id, key);
      const oldest = map.size > limit ? map.keys().next().value : undefined;
      if (oldest !== undefined) map.delete(oldest);
    },
    drop: (id) => void map.delete(id),
  };
}

export function openSecrets(db: DatabaseSync, masterKeys: readonly MasterKeyBytes[]): Secrets {
  const last = masterKeys.at(-1);
  if (last === undefined) throw new BridgeError("KEY_FILE_INVALID", "there is no master key");
  const keys = new Map(masterKeys.map(({ id, key }) => [id, keyOf(key)]));
  const newest = { id: last.id, key: keyOf(last.key) };
  checkMasterKeys(db, keys);
  const rewrapped = rewrapAll(db, keys, newest);
  const macKey = keyOf(secret(db, newest, "mac", () => derive(newest.key, "mac")));
  const textKey = keyOf(secret(db, newest, "texts", () => randomBytes(KEY_BYTES)));
  const privateKey: KeyObject = createPrivateKey({
    key: secret(db, newest, "signing", newSigningKey),
    format: "der",
    type: "pkcs8",
  });
  const insert = db.prepare("INSERT INTO keys (drop_id, key_id, wrapped) VALUES (?, ?, ?)");
  const select = db.prepare("SELECT wrapped FROM keys WHERE drop_id = ?");
  const remove = db.prepare("DELETE FROM keys WHERE drop_id = ?");
  const cached = cache(CACHED_KEYS);
  return {
    mac: (parts) => mac(macKey, parts),
    textKey,
    publicKey: createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString(),
    sign: (bytes) => sign(null, bytes, privateKey),
    rewrapped,
    keepKey(drop, key) {
      const values: SQLInputValue[] = [drop, newest.id, seal(newest.key, dropPurpose(drop), key)];
      insert.run(...values);
      cached.set(drop, keyOf(key));
    },
    dropKey(drop) {
      const known = cached.get(drop);
      if (known !== undefined) return known;
      const row = select.get(drop) as { wrapped: Uint8Array } | undefined;
      if (row === undefined) return undefined;
      const key = keyOf(unseal(newest.key, dropPurpose(drop), row.wrapped));
      cached.set(drop, key);
      return key;
    },
    destroyKey(drop) {
      remove.run(drop);
      cached.drop(drop);
    },
  };
}
