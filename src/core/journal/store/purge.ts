// What retention no longer allows goes, and held drops that two persons want to be gone.

import type { Retention } from "../types.ts";
import { eraseOld } from "./attachments.ts";
import { DOOMED, type Doomed, DROPS_AT_ONCE, eraseDoomed, type From, LETTERS_AT_ONCE } from "./erase.ts";
import { rangesText } from "./letters.ts";
import { forgetOnce } from "./once.ts";
import { KEPT_PAYLOAD } from "./rows.ts";
import type { Store } from "./store.ts";

const PAGES_AT_ONCE = 256;
const WAL_PAGES = 256;
const DAY = 86_400_000;
/** Versions that no drop is pinned to and no entry names. */
const VERSION_UNUSED = 30 * DAY;
/** Longer than any drop may take and any replay may ask. */
const BATCH_NUMBERS_KEPT = 400 * DAY;

export interface Erased {
  /** Drops and attachments whose bytes are spool files, to be removed after the commit. */
  readonly files: readonly string[];
  /** Ids of all attachments that went. */
  readonly attachments: readonly string[];
  readonly drops: number;
  readonly bytes: number;
  /** Records of dead letters that expired. */
  readonly expired: number;
  /** There may be more to erase. */
  readonly more: boolean;
  readonly next: From | undefined;
}

/** Bridges that have something to keep or to erase. */
export function bridgesWithPayload(store: Store): readonly string[] {
  const rows = store.sql("SELECT bridge FROM sums ORDER BY bridge").all() as unknown as { bridge: string }[];
  return rows.map((row) => row.bridge);
}

interface Letter {
  readonly drop_id: string;
  readonly first: number;
  readonly last: number;
}

/** Open letters past their time. Of a drop that is not finished none expires: its alarm is another one. */
function expire(store: Store, bridge: string, before: number): { readonly records: number; readonly letters: number } {
  const letters = store
    .sql(
      `SELECT l.drop_id, l.first, l.last FROM dead_letters l JOIN drops d ON d.id = l.drop_id
       WHERE l.bridge = ? AND l.state = 'open' AND l.created <= ? AND d.finished IS NOT NULL LIMIT ?`,
    )
    .all(bridge, before, LETTERS_AT_ONCE) as unknown as Letter[];
  const update = store.sql("UPDATE dead_letters SET state = 'expired' WHERE drop_id = ? AND first = ?");
  let sum = 0;
  for (const [drop, group] of Map.groupBy(letters, (letter) => letter.drop_id)) {
    for (const letter of group) update.run(drop, letter.first);
    const records = group.reduce((count, letter) => count + letter.last - letter.first + 1, 0);
    store.addSum(bridge, { openDead: -records });
    store.trail.append({
      at: store.now,
      event: "dead.expired",
      bridge,
      drop,
      actor: "system",
      facts: { records, which: rangesText(group) },
    });
    sum += records;
  }
  return { records: sum, letters: letters.length };
}

/** One bounded step for one bridge. */
export function purgeBridge(
  store: Store,
  input: {
    readonly bridge: string;
    readonly at: number;
    readonly retention: Retention;
    readonly from: Erased["next"];
  },
): Erased {
  const { bridge, at, retention } = input;
  const expired = expire(store, bridge, at - retention.dead);
  const over = store
    .sql(
      `${DOOMED} d WHERE bridge = ? AND kept > 0 AND answered IS NOT NULL AND finished IS NOT NULL AND answered <= ?
       AND NOT EXISTS (SELECT 1 FROM dead_letters l WHERE l.drop_id = d.id AND l.state = 'open')
       -- What a replay brought for a caller, the caller has the time to fetch.
       AND NOT EXISTS (SELECT 1 FROM call_answers a WHERE a.drop_id = d.id AND a.stored > ?) LIMIT ?`,
    )
    .all(bridge, at - retention.payload, at - retention.payload, DROPS_AT_ONCE) as unknown as Doomed[];
  const held = store
    .sql(
      `${DOOMED} WHERE bridge = ? AND state = 'held' AND received <= ?
       -- And what was handed over while nobody writes its receipt, because its bridge is gone.
       OR bridge = ? AND state = 'handed-over' AND kept > 0 AND answered IS NULL AND finished <= ? LIMIT ?`,
    )
    .all(bridge, at - retention.held, bridge, at - retention.held, DROPS_AT_ONCE) as unknown as Doomed[];
  const doomed = [
    ...over.map((drop) => [drop, "purge.payload"] as const),
    ...held.map((drop) => [drop, "purge.held"] as const),
  ];
  const old = eraseOld(store, bridge, { held: at - retention.held, payload: at - retention.payload });
  const { erased, beside, answers, next } = eraseDoomed(store, doomed, input.from);
  const gone = [...erased, ...old.erased, ...beside].filter((one) => one.kept === KEPT_PAYLOAD);
  return {
    files: gone.filter((one) => one.inline === 0).map((one) => one.id),
    attachments: [...old.erased, ...beside].map((one) => one.id),
    drops: erased.length,
    bytes: gone.reduce((sum, one) => sum + one.size, answers),
    expired: expired.records,
    more:
      over.length === DROPS_AT_ONCE ||
      held.length === DROPS_AT_ONCE ||
      expired.letters > 0 ||
      old.more ||
      next !== undefined,
    next,
  };
}

/** One bounded step: held drops of a bridge that came before a time, by an act of people. */
export function eraseHeld(
  store: Store,
  input: { readonly bridge: string; readonly before: number; readonly actor: string; readonly from: Erased["next"] },
): Pick<Erased, "files" | "attachments" | "drops" | "bytes" | "more" | "next"> {
  const held = store
    .sql(`${DOOMED} WHERE bridge = ? AND state = 'held' AND received <= ? LIMIT ?`)
    .all(input.bridge, input.before, DROPS_AT_ONCE) as unknown as Doomed[];
  const doomed = held.map((drop) => [drop, "drop.erased"] as const);
  const { erased, beside, answers, next } = eraseDoomed(store, doomed, input.from, input.actor);
  const gone = [...erased, ...beside].filter((one) => one.kept === KEPT_PAYLOAD);
  return {
    files: gone.filter((one) => one.inline === 0).map((one) => one.id),
    attachments: beside.map((one) => one.id),
    drops: erased.length,
    bytes: gone.reduce((sum, one) => sum + one.size, answers),
    more: held.length === DROPS_AT_ONCE || next !== undefined,
    next,
  };
}

/** Removes versions, batch numbers and what came once that nothing can ask for any more. */
export function prune(store: Store): void {
  forgetOnce(store);
  // The last one of a sequence without dates says where it goes on.
  store
    .sql(
      `DELETE FROM batch_numbers WHERE created <= ? AND NOT (date = '' AND number =
       (SELECT max(number) FROM batch_numbers last WHERE last.bridge = batch_numbers.bridge AND last.date = ''))`,
    )
    .run(store.now - BATCH_NUMBERS_KEPT);
  const unused = store
    .sql(
      `SELECT hash FROM versions v WHERE kept_at <= ?
       AND NOT EXISTS (SELECT 1 FROM drops d WHERE d.bridge_version = v.hash AND d.kept = 2)
       AND NOT EXISTS (SELECT 1 FROM entries e WHERE instr(e.value, v.hash) > 0)`,
    )
    .all(store.now - VERSION_UNUSED) as unknown as { hash: string }[];
  for (const { hash } of unused) {
    if (store.versionsInUse.has(hash)) continue;
    store.sql("DELETE FROM version_files WHERE hash = ?").run(hash);
    store.sql("DELETE FROM versions WHERE hash = ?").run(hash);
  }
}

/** Gives free pages back to the disk, some at a time. Inside a transaction, as any write. */
export function shrink(store: Store): boolean {
  const { freelist_count } = store.sql("PRAGMA freelist_count").get() as { freelist_count: number };
  if (freelist_count < WAL_PAGES) return false;
  store.db.exec(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
  return freelist_count - PAGES_AT_ONCE >= WAL_PAGES;
}
