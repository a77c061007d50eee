// A copy of the journal without payload, for backups: nothing is left in it from which a payload, a file's name or an answer could be read,
// whoever has the master keys. What stays recognises the same bytes when they come again, and says how far each drop had come.
//
// The trail is not touched: its head is what others remember of it.

import { eraseAttachment } from "./attachments.ts";
import type { StoredAttachment } from "./attachments.ts";
import { KEPT_NOTHING, nameOf } from "./rows.ts";
import type { StoredDrop } from "./rows.ts";
import type { Store } from "./store.ts";

const AT_ONCE = 1_000;

/** What a restore of this copy cannot bring to its end by itself. */
export interface Stripped {
  /** Begun or still to begin; the same file, sent again, goes on where it stopped. */
  readonly open: number;
  /** Held after a sunset; the same file is held again when it comes. */
  readonly held: number;
  /** At their end, but their answer was not out. */
  readonly unanswered: number;
}

/** Rows by pages of their ids, each page in a transaction of its own; nobody else has this copy. */
function eachOf(store: Store, table: string, work: (row: never) => void): void {
  for (let after = ""; ;) {
    const rows = store
      .sql(`SELECT * FROM ${table} WHERE id > ? AND (kept > 0 OR hint IS NOT NULL) ORDER BY id LIMIT ?`)
      .all(after, AT_ONCE) as { id: string }[];
    store.db.exec("BEGIN");
    for (const row of rows) work(row as never);
    store.db.exec("COMMIT");
    after = rows.at(-1)?.id ?? "";
    if (rows.length < AT_ONCE) return;
  }
}

/** `at`: milliseconds; the end of what ends here. */
export function stripPayload(store: Store, at: number): Stripped {
  let [open, held, unanswered] = [0, 0, 0];
  eachOf(store, "drops", (row: StoredDrop) => {
    if (row.state === "open") open++;
    else if (row.state === "held") held++;
    else if (row.answered === null && row.kept > 0) unanswered++;
    stripDrop(store, row, at);
  });
  eachOf(store, "attachments", (row: StoredAttachment) => void eraseAttachment(store, row));
  store.db.exec(`
    BEGIN;
    DELETE FROM payloads;
    DELETE FROM call_answers;
    DELETE FROM calls;
    DELETE FROM joins;
    DELETE FROM keys;
    UPDATE dead_letters SET detail = NULL, closed_reason = NULL WHERE detail IS NOT NULL OR closed_reason IS NOT NULL;
    UPDATE progress SET appenders = NULL WHERE appenders IS NOT NULL;
    UPDATE sums SET spool_bytes = 0, held = 0;
    COMMIT`);
  return { open, held, unanswered };
}

/** As purging does it; but an open drop stays open, so that people see it and a second coming finds where it stopped. */
function stripDrop(store: Store, row: StoredDrop, at: number): void {
  const name = row.kept > 0 ? store.secrets.mac(["name", nameOf(store, row)]).toString("hex") : row.name;
  const isOpen = row.state === "open";
  store
    .sql(
      `UPDATE drops SET name = ?, sha256 = ?, hint = NULL, kept = ?, state = ?, trouble = ?, arrival_due = 0, answer_due = 0,
       finished = CASE WHEN ? THEN NULL ELSE coalesce(finished, ?) END WHERE id = ?`,
    )
    .run(
      name,
      Buffer.from(row.identity).toString("hex"),
      KEPT_NOTHING,
      row.state === "held" ? "erased" : row.state,
      isOpen ? "PAYLOAD_PURGED" : null,
      isOpen ? 1 : 0,
      at,
      row.id,
    );
}
