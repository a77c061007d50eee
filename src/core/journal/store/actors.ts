// People in the trail. An entry names a pseudonym; the table that resolves it can lose a row without touching the trail.
// Pseudonyms are random, not derived: once the row is gone, nobody can tell whom it stood for, whatever keys they have.

import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { seal, unseal } from "../seal.ts";
import type { Secrets } from "./secrets.ts";

export const SYSTEM = "system";
const MOST_LENGTH = 256;

export interface Actors {
  /** The pseudonym of a person or token, made on its first act. `system` stands for itself. */
  pseudonym(actor: string): string;
  /** The name behind a pseudonym, or the pseudonym where it was erased. */
  resolve(pseudonym: string): string;
  /** Erases the name. Later acts of the same actor get another pseudonym. */
  erase(actor: string): boolean;
  /** After a rollback. */
  forget(): void;
}

export function openActors(db: DatabaseSync, secrets: Secrets): Actors {
  const byMac = db.prepare("SELECT pseudonym FROM pseudonyms WHERE actor_mac = ?");
  const byName = db.prepare("SELECT actor FROM pseudonyms WHERE pseudonym = ?");
  const insert = db.prepare("INSERT INTO pseudonyms (pseudonym, actor_mac, actor) VALUES (?, ?, ?)");
  const remove = db.prepare("DELETE FROM pseudonyms WHERE actor_mac = ?");
  const known = new Map<string, string>();
  const macOf = (actor: string): Buffer => secrets.mac(["actor", actor]);
  return {
    pseudonym(name) {
      const actor = name.slice(0, MOST_LENGTH);
      if (actor === SYSTEM) return SYSTEM;
      const cached = known.get(actor);
      if (cached !== undefined) return cached;
      const found = byMac.get(macOf(actor)) as { pseudonym: string } | undefined;
      const pseudonym = found?.pseudonym ?? `p-${randomBytes(8).toString("hex")}`;
      if (found === undefined) {
        insert.run(pseudonym, macOf(actor), seal(secrets.textKey, `actor ${pseudonym}`, actor));
      }
      known.set(actor, pseudonym);
      return pseudonym;
    },
    resolve(pseudonym) {
      const row = byName.get(pseudonym) as { actor: Uint8Array } | undefined;
      return row === undefined ? pseudonym : unseal(secrets.textKey, `actor ${pseudonym}`, row.actor).toString("utf8");
    },
    erase(name) {
      const actor = name.slice(0, MOST_LENGTH);
      known.delete(actor);
      return Number(remove.run(macOf(actor)).changes) > 0;
    },
    forget() {
      known.clear();
    },
  };
}
