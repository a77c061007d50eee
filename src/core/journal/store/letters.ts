// Operations on dead letters. A letter is open until a replay delivers it, a person dismisses it, or retention lets it expire;
// what was delivered stays delivered, whoever says otherwise later.

import { parseDeadLetterId } from "../ids.ts";
import type { DeadFilter, DeadLetter, NewDeadLetter, ReplayOutcome } from "../types.ts";
import { SYSTEM } from "./actors.ts";
import { addEntries } from "./bridges.ts";
import { keepAnswer, type Grown } from "./calls.ts";
import { toLetter } from "./rows.ts";
import type { StoredDrop, StoredLetter } from "./rows.ts";
import { defect } from "./store.ts";
import type { Store } from "./store.ts";

const MOST_MESSAGE = 4_096;
const MOST_DETAIL = 65_536;
const MOST_REASON = 4_096;
const MOST_RANGES_TEXT = 400;

const INSERT = `INSERT INTO dead_letters (drop_id, first, last, bridge, line, stage, code, message, facts, detail, attempts,
  state, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)`;

function lengthOf(letter: { readonly first: number; readonly last: number }): number {
  return letter.last - letter.first + 1;
}

/** `3, 7-9, …`: which records, for the trail. */
export function rangesText(ranges: readonly { readonly first: number; readonly last: number }[]): string {
  let text = "";
  for (const { first, last } of ranges) {
    const part = first === last ? String(first) : `${first}-${last}`;
    if (text.length + part.length > MOST_RANGES_TEXT) return `${text}, …`;
    text += text === "" ? part : `, ${part}`;
  }
  return text;
}

function sealDetail(store: Store, drop: string, first: number, detail: string | undefined): Uint8Array | null {
  if (detail === undefined) return null;
  return store.sealFor(drop, `detail ${first}`, detail.slice(0, MOST_DETAIL)) ?? null;
}

function factsText(facts: NewDeadLetter["facts"]): string | null {
  return facts === undefined ? null : JSON.stringify(facts).slice(0, MOST_MESSAGE * 4);
}

export function addLetters(store: Store, row: StoredDrop, letters: readonly NewDeadLetter[]): void {
  const before = store.sql(
    "SELECT last FROM dead_letters WHERE drop_id = ? AND first <= ? ORDER BY first DESC LIMIT 1",
  );
  for (const letter of letters) {
    const neighbour = before.get(row.id, letter.last) as { last: number } | undefined;
    if (neighbour !== undefined && neighbour.last >= letter.first)
      throw defect("commit: two dead letters for one record");
    store
      .sql(INSERT)
      .run(
        row.id,
        letter.first,
        letter.last,
        row.bridge,
        letter.line,
        letter.stage,
        letter.code,
        letter.message.slice(0, MOST_MESSAGE),
        factsText(letter.facts),
        sealDetail(store, row.id, letter.first, letter.detail),
        letter.attempts,
        store.now,
      );
  }
  store.trail.append({
    at: store.now,
    event: "dead.added",
    bridge: row.bridge,
    drop: row.id,
    actor: SYSTEM,
    facts: { records: letters.reduce((sum, letter) => sum + lengthOf(letter), 0), which: rangesText(letters) },
  });
}

function findLetter(store: Store, id: string): StoredLetter | undefined {
  const parts = parseDeadLetterId(id);
  if (parts === undefined) return undefined;
  return store
    .sql("SELECT * FROM dead_letters WHERE drop_id = ? AND first = ?")
    .get(parts.drop, parts.first) as unknown as StoredLetter | undefined;
}

export function deadLetter(store: Store, id: string): DeadLetter | undefined {
  const row = findLetter(store, id);
  return row === undefined ? undefined : toLetter(store, row);
}

export function listDead(store: Store, filter: DeadFilter & { readonly limit: number }): readonly DeadLetter[] {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  for (const [column, value] of [
    ["bridge", filter.bridge],
    ["drop_id", filter.drop],
    ["state", filter.state],
  ] as const) {
    if (value === undefined) continue;
    parts.push(`${column} = ?`);
    values.push(value);
  }
  if (filter.after !== undefined) {
    const after = parseDeadLetterId(filter.after);
    if (after === undefined) throw defect("dead: after is not the id of a dead letter");
    parts.push("(drop_id, first) > (?, ?)");
    values.push(after.drop, after.first);
  }
  const where = parts.length === 0 ? "1" : parts.join(" AND ");
  const rows = store
    .sql(`SELECT * FROM dead_letters WHERE ${where} ORDER BY drop_id, first LIMIT ?`)
    .all(...values, filter.limit) as unknown as StoredLetter[];
  return rows.map((row) => toLetter(store, row));
}

/** The values behind a dead letter. A look by anybody but the system is an event of its own. */
export function deadDetail(store: Store, input: { readonly id: string; readonly actor: string }): string | undefined {
  const row = findLetter(store, input.id);
  if (row === undefined) return undefined;
  if (input.actor !== SYSTEM) {
    store.trail.append({
      at: store.now,
      event: "dead.viewed",
      bridge: row.bridge,
      drop: row.drop_id,
      actor: input.actor,
      facts: { which: rangesText([row]) },
    });
  }
  return store.unsealFor(row.drop_id, `detail ${row.first}`, row.detail)?.toString("utf8");
}

type Ending = "delivered" | "skipped" | "failed";

/** A letter leaves `dead`: to `delivered`, or to `skipped` where today's mapping skips its records. */
function closeLetter(store: Store, row: StoredLetter, ending: "delivered" | "skipped", actor: string): void {
  const count = lengthOf(row);
  store
    .sql(
      `UPDATE dead_letters SET state = 'delivered', skipped = ?, closed_by = ?, closed_reason = NULL, attempts = attempts + 1
       WHERE drop_id = ? AND first = ?`,
    )
    .run(ending === "skipped" ? 1 : 0, store.actors.pseudonym(actor), row.drop_id, row.first);
  const column = ending === "skipped" ? "replay_skipped" : "replay_delivered";
  store.sql(`UPDATE drops SET ${column} = ${column} + ? WHERE id = ?`).run(count, row.drop_id);
  store.addSum(row.bridge, {
    dead: -count,
    openDead: row.state === "open" ? -count : 0,
    delivered: ending === "delivered" ? count : 0,
    skipped: ending === "skipped" ? count : 0,
  });
}

function failLetter(store: Store, row: StoredLetter, outcome: ReplayOutcome): void {
  const { failure } = outcome;
  if (failure === undefined) return;
  store
    .sql(
      `UPDATE dead_letters SET stage = ?, code = ?, message = ?, facts = ?, detail = ?, attempts = max(attempts + 1, ?)
       WHERE drop_id = ? AND first = ?`,
    )
    .run(
      failure.stage,
      failure.code,
      failure.message.slice(0, MOST_MESSAGE),
      factsText(failure.facts),
      sealDetail(store, row.drop_id, row.first, failure.detail),
      failure.attempts,
      row.drop_id,
      row.first,
    );
}

interface Replayed {
  readonly row: StoredLetter;
  readonly ending: Ending;
  readonly answer: ReplayOutcome["answer"];
}

function replayOne(store: Store, outcome: ReplayOutcome, actor: string): Replayed | undefined {
  const row = findLetter(store, outcome.deadLetter);
  if (row === undefined) throw defect("replayed: no such dead letter");
  // Delivered is final: two replays at the same time carry the same key, so the target had one effect.
  if (row.state === "delivered") return undefined;
  addEntries(store, outcome.adds);
  if (outcome.raiseGeneration) {
    store
      .sql("UPDATE dead_letters SET generation = generation + 1 WHERE drop_id = ? AND first = ?")
      .run(row.drop_id, row.first);
  }
  if (outcome.delivered || outcome.skipped === true) {
    const ending = outcome.delivered ? "delivered" : "skipped";
    closeLetter(store, row, ending, actor);
    return { row, ending, answer: outcome.answer };
  }
  failLetter(store, row, outcome);
  return { row, ending: "failed", answer: outcome.answer };
}

/** What a replay brought. One entry in the trail per drop and ending. Answers by how much their bridges hold more. */
export function replayed(
  store: Store,
  input: { readonly outcomes: readonly ReplayOutcome[]; readonly actor: string },
): readonly Grown[] {
  const done = input.outcomes
    .map((outcome) => replayOne(store, outcome, input.actor))
    .filter((one) => one !== undefined);
  for (const group of Map.groupBy(done, ({ row, ending }) => `${ending} ${row.drop_id}`).values()) {
    const head = group[0];
    if (head === undefined) continue;
    // What the receipt says is no longer so; it is written anew, also if that fails at first.
    store.sql("UPDATE drops SET answer_due = 1 WHERE id = ? AND answered IS NOT NULL").run(head.row.drop_id);
    const rows = group.map(({ row }) => row);
    store.trail.append({
      at: store.now,
      event: `dead.${head.ending}`,
      bridge: head.row.bridge,
      drop: head.row.drop_id,
      actor: input.actor,
      facts: { records: rows.reduce((sum, row) => sum + lengthOf(row), 0), which: rangesText(rows) },
    });
  }
  return done.flatMap(({ row, answer }) => (answer && keepAnswer(store, row.drop_id, row.bridge, answer)) ?? []);
}

/** Closes open and expired letters for good; answers how many. The reason is sealed: people write names into it. */
export function dismiss(
  store: Store,
  input: { readonly ids: readonly string[]; readonly actor: string; readonly reason: string },
): number {
  const closed: StoredLetter[] = [];
  for (const id of new Set(input.ids)) {
    const row = findLetter(store, id);
    if (row === undefined || (row.state !== "open" && row.state !== "expired")) continue;
    const reason = store.sealFor(row.drop_id, `reason ${row.first}`, input.reason.slice(0, MOST_REASON)) ?? null;
    store
      .sql(
        "UPDATE dead_letters SET state = 'dismissed', closed_by = ?, closed_reason = ? WHERE drop_id = ? AND first = ?",
      )
      .run(store.actors.pseudonym(input.actor), reason, row.drop_id, row.first);
    if (row.state === "open") store.addSum(row.bridge, { openDead: -lengthOf(row) });
    closed.push(row);
  }
  for (const rows of Map.groupBy(closed, (row) => row.drop_id).values()) {
    const head = rows[0];
    if (head === undefined) continue;
    store.trail.append({
      at: store.now,
      event: "dead.dismissed",
      bridge: head.bridge,
      drop: head.drop_id,
      actor: input.actor,
      facts: { records: rows.reduce((sum, row) => sum + lengthOf(row), 0), which: rangesText(rows) },
    });
  }
  return closed.length;
}
