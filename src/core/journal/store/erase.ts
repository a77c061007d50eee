// Erasing a drop: its key is destroyed, its name and hash become keyed HMACs, details and reasons go. What stays is what proves that it was
// here: counts, codes, times. In bounded steps, so that taking and delivering go on beside it.

import { eraseJoins } from "./attachments.ts";
import type { ErasedAttachments } from "./attachments.ts";
import { SYSTEM } from "./actors.ts";
import { eraseCall } from "./calls.ts";
import { KEPT_NOTHING, KEPT_PAYLOAD, nameOf } from "./rows.ts";
import type { StoredDrop } from "./rows.ts";
import type { Store } from "./store.ts";

export const DROPS_AT_ONCE = 50;
/** Dead letters of one step: their details are overwritten on the disk, and commits wait for it. */
export const LETTERS_AT_ONCE = 1_000;

export type Doomed = Pick<StoredDrop, "id" | "bridge" | "name" | "size" | "identity" | "state" | "kept" | "inline">;

export const DOOMED = "SELECT id, bridge, name, size, identity, state, kept, inline FROM drops";

/** A drop with so many letters that the next step goes on behind this one. */
export interface From {
  readonly drop: string;
  readonly letter: number;
}

export interface ErasedDoomed {
  readonly erased: readonly Doomed[];
  readonly beside: ErasedAttachments["erased"];
  /** Bytes of answers that went along. */
  readonly answers: number;
  readonly next: From | undefined;
}

/** As many of them as one step may; each with the event that the trail has for it. */
export function eraseDoomed(
  store: Store,
  doomed: readonly (readonly [Doomed, string])[],
  from: From | undefined,
  actor = SYSTEM,
): ErasedDoomed {
  const erased: Doomed[] = [];
  const beside: ErasedAttachments["erased"][number][] = [];
  let room = LETTERS_AT_ONCE;
  let answers = 0;
  for (const [drop, event] of doomed) {
    const after = from?.drop === drop.id ? from.letter : 0;
    const { last, count } = eraseDetails(store, drop.id, after, room);
    room -= count;
    const next = { drop: drop.id, letter: last };
    if (room === 0) return { erased, beside, answers, next };
    const joins = eraseJoins(store, drop.id);
    beside.push(...joins.erased);
    if (joins.more) return { erased, beside, answers, next };
    answers += erase(store, drop, event, actor);
    erased.push(drop);
  }
  return { erased, beside, answers, next: undefined };
}

/** Erases details and reasons of up to `most` letters of a drop. */
function eraseDetails(
  store: Store,
  drop: string,
  after: number,
  most: number,
): { readonly last: number; readonly count: number } {
  const { last, count } = store
    .sql(
      "SELECT max(first) AS last, count(*) AS count FROM (SELECT first FROM dead_letters WHERE drop_id = ? AND first > ? ORDER BY first LIMIT ?)",
    )
    .get(drop, after, most) as { last: number | null; count: number };
  if (last === null) return { last: after, count };
  store
    .sql(
      `UPDATE dead_letters SET detail = NULL, closed_reason = NULL WHERE drop_id = ? AND first > ? AND first <= ?
       AND (detail IS NOT NULL OR closed_reason IS NOT NULL)`,
    )
    .run(drop, after, last);
  return { last, count };
}

/** The rest of a drop, once its details are gone; answers the bytes that were kept beside its payload. */
function erase(store: Store, drop: Doomed, event: string, actor: string): number {
  const name = nameOf(store, drop);
  const masked = store.secrets.mac(["name", name]).toString("hex");
  const hash = Buffer.from(drop.identity).toString("hex");
  // What was handed over stays so for ever: the same bytes are the successor's. A held drop was never delivered: it ends here, and the same bytes are taken as new if they come again.
  const state = drop.state === "held" ? "erased" : drop.state;
  store
    .sql(
      "UPDATE drops SET name = ?, sha256 = ?, hint = NULL, state = ?, kept = ?, finished = coalesce(finished, ?) WHERE id = ?",
    )
    .run(masked, hash, state, KEPT_NOTHING, store.now, drop.id);
  store.sql("DELETE FROM payloads WHERE drop_id = ?").run(drop.id);
  store.sql("UPDATE progress SET appenders = NULL, splits = '[]' WHERE drop_id = ?").run(drop.id);
  const answer = eraseCall(store, drop.id);
  store.secrets.destroyKey(drop.id);
  const bytes = (drop.kept === KEPT_PAYLOAD ? drop.size : 0) + answer;
  store.addSum(drop.bridge, { spoolBytes: -bytes, held: drop.state === "held" ? -1 : 0 });
  store.trail.append({
    at: store.now,
    event,
    bridge: drop.bridge,
    drop: drop.id,
    actor,
    facts: { bytes, identity: hash },
  });
  return answer;
}
