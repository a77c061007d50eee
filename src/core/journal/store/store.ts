// What every operation on the thread works with: the database, cached statements, keys, the trail and the sums.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BridgeError } from "../../errors.ts";
import type { MasterKey } from "../key-file.ts";
import { seal, unseal } from "../seal.ts";
import { openActors } from "./actors.ts";
import type { Actors } from "./actors.ts";
import { openSecrets } from "./secrets.ts";
import type { Secrets } from "./secrets.ts";
import { openSums } from "./sums.ts";
import type { AddSum } from "./sums.ts";
import { openTrail } from "./trail.ts";
import type { Trail } from "./trail.ts";

export interface Store {
  readonly db: DatabaseSync;
  readonly secrets: Secrets;
  readonly actors: Actors;
  readonly trail: Trail;
  readonly addSum: AddSum;
  /** Bridge versions kept since the start: a running bridge may pin a drop to its version at any time. */
  readonly versionsInUse: Set<string>;
  /** Time of the operation at hand, milliseconds. */
  now: number;
  /** A prepared statement, kept for the next time. */
  sql(text: string): StatementSync;
  /** Seals a text by the key of a drop; undefined once that key is destroyed. */
  sealFor(drop: string, purpose: string, plain: string | Uint8Array): Uint8Array | undefined;
  /** The plain bytes; undefined where there is nothing, or no key any more. */
  unsealFor(drop: string, purpose: string, sealed: Uint8Array | null | undefined): Buffer | undefined;
  /** After a rollback: memory must not know more than the database. */
  forget(): void;
}

export function createStore(db: DatabaseSync, masterKeys: readonly MasterKey[]): Store {
  const secrets = openSecrets(db, masterKeys);
  const actors = openActors(db, secrets);
  const trail = openTrail(db, actors, secrets.publicKey);
  const statements = new Map<string, StatementSync>();
  return {
    db,
    secrets,
    actors,
    trail,
    addSum: openSums(db),
    versionsInUse: new Set(),
    now: 0,
    sql(text) {
      const known = statements.get(text);
      if (known !== undefined) return known;
      const made = db.prepare(text);
      statements.set(text, made);
      return made;
    },
    sealFor(drop, purpose, plain) {
      const key = secrets.dropKey(drop);
      return key === undefined ? undefined : seal(key, `${purpose} ${drop}`, plain);
    },
    unsealFor(drop, purpose, sealed) {
      if (sealed === null || sealed === undefined) return undefined;
      const key = secrets.dropKey(drop);
      return key === undefined ? undefined : unseal(key, `${purpose} ${drop}`, sealed);
    },
    forget() {
      trail.forget();
      actors.forget();
    },
  };
}

/** A broken invariant: the operation is rolled back, the engine hears what did not fit, without any value. */
export function defect(message: string): BridgeError {
  return new BridgeError("INTERNAL", message);
}
