// Operations of working: what is open, how far it has come, when it is done. The invariants of a drop are enforced here, by
// the journal itself, so that no defect of the engine can make records vanish from the sum.

import type {
  CalledBack,
  Counts,
  DropFilter,
  DropRow,
  DropState,
  HandingOver,
  NewDeadLetter,
  Progress,
  Step,
} from "../types.ts";
import { addEntries, setEntry } from "./bridges.ts";
import { callOfDrop, keepAnswer, type Grown } from "./calls.ts";
import { addLetters } from "./letters.ts";
import { DROP_SELECT, KEPT_NOTHING, findDrop, findProgress, toDrop, toProgress } from "./rows.ts";
import type { StoredDrop, StoredProgress } from "./rows.ts";
import { defect } from "./store.ts";
import type { Store } from "./store.ts";

/** More than the engine lets grow between what stands aside, with what is under way at the same time. */
const MOST_RANGES = 4_096;
const MOST_LANES = 1_024;
const MOST_REASON = 400;

function drops(store: Store, where: string, ...values: (string | number)[]): readonly DropRow[] {
  const rows = store.sql(`${DROP_SELECT} WHERE ${where}`).all(...values) as unknown as StoredDrop[];
  return rows.map((row) => toDrop(store, row));
}

interface BridgePage {
  readonly bridge: string;
  readonly after: string;
  readonly limit: number;
}

export function open(store: Store, { bridge, after, limit }: BridgePage): readonly DropRow[] {
  return drops(store, "d.bridge = ? AND d.state = 'open' AND d.id > ? ORDER BY d.id LIMIT ?", bridge, after, limit);
}

/**
 * Done, held and duplicate drops whose answer is not out yet, those whose answer a replay made out of date, and those whose sender has
 * still to hear that they came.
 */
export function unanswered(store: Store, { bridge, after, limit }: BridgePage): readonly DropRow[] {
  // Several questions, because each has an index of its own.
  const whys = [
    "d.answered IS NULL AND d.state <> 'open'",
    "d.answer_due = 1 AND d.state = 'done'",
    "d.arrival_due = 1",
  ];
  const due = whys.flatMap((why) =>
    drops(store, `d.bridge = ? AND ${why} AND d.kept > 0 AND d.id > ? ORDER BY d.id LIMIT ?`, bridge, after, limit),
  );
  const byId = new Map(due.map((row) => [row.id, row]));
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
}

export function drop(store: Store, id: string): DropRow | undefined {
  const row = findDrop(store, id);
  return row === undefined ? undefined : toDrop(store, row);
}

export function listDrops(store: Store, filter: DropFilter & { readonly limit: number }): readonly DropRow[] {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const add = (part: string, value: string): void => void (parts.push(part), values.push(value));
  if (filter.bridge !== undefined) add("d.bridge = ?", filter.bridge);
  if (filter.state !== undefined) add("d.state = ?", filter.state);
  if (filter.unfinished === true) parts.push("d.finished IS NULL");
  if (filter.sha256 !== undefined) add("d.sha256 = ?", filter.sha256);
  if (filter.after !== undefined) add(filter.newestFirst === true ? "d.id < ?" : "d.id > ?", filter.after);
  const where = parts.length === 0 ? "1" : parts.join(" AND ");
  const order = filter.newestFirst === true ? "DESC" : "ASC";
  return drops(store, `${where} ORDER BY d.id ${order} LIMIT ?`, ...values, filter.limit);
}

export function progress(store: Store, id: string): Progress {
  return toProgress(store, id, findProgress(store, id));
}

export function pin(
  store: Store,
  input: { readonly drop: string; readonly pinned: Readonly<Record<string, string>> },
): void {
  const { changes } = store
    .sql("UPDATE drops SET pinned = ? WHERE id = ?")
    .run(JSON.stringify(input.pinned), input.drop);
  if (changes === 0) throw defect("pin: no such drop");
}

function ended(counts: Counts): number {
  return counts.delivered + counts.skipped + counts.dead;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Sum of the finished ranges; throws where they are not ascending, disjoint and above the watermark. */
function rangesLength(progress: Progress): number {
  if (progress.ranges.length > MOST_RANGES) throw defect(`commit: more than ${MOST_RANGES} finished ranges`);
  let behind = progress.watermark;
  let sum = 0;
  for (const [first, last] of progress.ranges) {
    if (!isCount(first) || !isCount(last) || first <= behind || last < first) {
      throw defect("commit: finished ranges must ascend above the watermark without touching twice");
    }
    sum += last - first + 1;
    behind = last;
  }
  return sum;
}

/** Lanes say how far each has come, not how many records it had: all outcomes lie up to the highest, and none goes back. */
function checkLanes(next: Progress, lanes: readonly number[], before: Progress): void {
  if (lanes.length > MOST_LANES || !lanes.every(isCount) || next.ranges.length > 0) {
    throw defect("commit: lanes are whole numbers and stand in place of ranges");
  }
  if (next.watermark !== Math.max(0, ...lanes) || ended(next.counts) > next.watermark) {
    throw defect("commit: the watermark of an ordered drop is its highest lane");
  }
  if (before.lanes?.some((last, lane) => (lanes[lane] ?? 0) < last) === true) throw defect("commit: a lane went back");
}

/** The counts must fit the records that have an outcome, and nothing ever goes back. */
function checkProgress(next: Progress, before: Progress): void {
  const { counts } = next;
  const numbers = [next.watermark, next.offset, counts.delivered, counts.skipped, counts.dead, counts.records];
  if (!numbers.every(isCount)) throw defect("commit: progress must consist of whole numbers");
  const finished = next.lanes === undefined ? next.watermark + rangesLength(next) : ended(counts);
  if (next.lanes !== undefined) checkLanes(next, next.lanes, before);
  if (finished !== ended(counts)) {
    throw defect(`commit: ${finished} records are finished, but ${ended(counts)} outcomes are counted`);
  }
  if (next.complete && finished > counts.records) {
    throw defect(`commit: ${finished} records are finished of ${counts.records}`);
  }
  const back =
    next.watermark < before.watermark ||
    next.offset < before.offset ||
    counts.delivered < before.counts.delivered ||
    counts.skipped < before.counts.skipped ||
    counts.dead < before.counts.dead;
  if (back) throw defect("commit: progress went back");
  if (before.complete && (!next.complete || counts.records !== before.counts.records)) {
    throw defect("commit: the number of records of a complete drop changed");
  }
}

function isFinishedRecord(progress: Progress, record: number): boolean {
  if (record <= progress.watermark) return true;
  return progress.ranges.some(([first, last]) => record >= first && record <= last);
}

/** Each dead record has its dead letter in the same step, and each letter stands for finished records. */
function checkLetters(letters: readonly NewDeadLetter[], next: Progress, before: Progress): void {
  let sum = 0;
  for (const { first, last } of letters) {
    if (!isCount(first) || first < 1 || !isCount(last) || last < first)
      throw defect("commit: a dead letter has no records");
    if (!isFinishedRecord(next, first) || !isFinishedRecord(next, last)) {
      throw defect("commit: a dead letter stands for records that are not finished");
    }
    sum += last - first + 1;
  }
  const counted = next.counts.dead - before.counts.dead;
  if (sum !== counted) throw defect(`commit: ${sum} records in dead letters, but ${counted} were counted as dead`);
}

function storeProgress(store: Store, id: string, next: Progress): void {
  const appenders = Object.keys(next.appenders).length === 0 ? undefined : JSON.stringify(next.appenders);
  store
    .sql(
      `INSERT INTO progress (drop_id, watermark, position, ranges, splits, appenders, records, delivered, skipped, dead, complete,
       lanes, intent)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (drop_id) DO UPDATE SET watermark = excluded.watermark,
       position = excluded.position, ranges = excluded.ranges, splits = excluded.splits, appenders = excluded.appenders,
       records = excluded.records, delivered = excluded.delivered, skipped = excluded.skipped, dead = excluded.dead,
       complete = excluded.complete, lanes = excluded.lanes, intent = excluded.intent`,
    )
    .run(
      id,
      next.watermark,
      next.offset,
      JSON.stringify(next.ranges),
      JSON.stringify(next.splits),
      appenders === undefined ? null : (store.sealFor(id, "appenders", appenders) ?? null),
      next.complete ? next.counts.records : 0,
      next.counts.delivered,
      next.counts.skipped,
      next.counts.dead,
      next.complete ? 1 : 0,
      next.lanes === undefined ? null : JSON.stringify(next.lanes),
      next.intent === undefined ? null : JSON.stringify(next.intent),
    );
}

/** What a drop adds to the sums: until it is complete, only records with an outcome are known to exist. */
function share(progress: Progress): { readonly records: number; readonly pending: number } {
  const done = ended(progress.counts);
  const records = progress.complete ? progress.counts.records : done;
  return { records, pending: records - done };
}

function finish(store: Store, row: StoredDrop, next: Progress, finished: number): void {
  const all = next.lanes === undefined ? next.watermark : ended(next.counts);
  if (!next.complete || next.ranges.length > 0 || all !== next.counts.records) {
    throw defect("commit: a drop ends only when each of its records has an outcome");
  }
  store.sql("UPDATE drops SET state = 'done', finished = ?, trouble = NULL WHERE id = ?").run(finished, row.id);
  const { records, delivered, skipped, dead } = next.counts;
  store.trail.append({
    at: store.now,
    event: "drop.finished",
    bridge: row.bridge,
    drop: row.id,
    actor: "system",
    facts: { records, delivered, skipped, dead },
  });
}

/** Answers by how much its bridge holds more, where it holds an answer to a caller. */
export function commit(store: Store, step: Step): Grown | undefined {
  const row = findDrop(store, step.drop);
  if (row === undefined) throw defect("commit: no such drop");
  if (row.state !== "open") throw defect(`commit: the drop is ${row.state}, not open`);
  const stored: StoredProgress | undefined = findProgress(store, step.drop);
  const before = toProgress(store, step.drop, stored === undefined ? undefined : { ...stored, appenders: null });
  const next = step.progress;
  checkProgress(next, before);
  checkLetters(step.dead, next, before);
  storeProgress(store, step.drop, next);
  if (step.dead.length > 0) addLetters(store, row, step.dead);
  const was = share(before);
  const is = share(next);
  const dead = next.counts.dead - before.counts.dead;
  store.addSum(row.bridge, {
    records: is.records - was.records,
    pending: is.pending - was.pending,
    delivered: next.counts.delivered - before.counts.delivered,
    skipped: next.counts.skipped - before.counts.skipped,
    dead,
    openDead: dead,
  });
  for (const [key, value] of Object.entries(step.sets ?? {})) {
    setEntry(store, { key, value: value === undefined ? undefined : JSON.stringify(value), audit: undefined });
  }
  addEntries(store, step.adds);
  if (step.finished !== undefined) finish(store, row, next, step.finished);
  return step.answer && keepAnswer(store, row.id, row.bridge, step.answer);
}

export function trouble(store: Store, input: { readonly drop: string; readonly code: string | undefined }): void {
  store.sql("UPDATE drops SET trouble = ? WHERE id = ?").run(input.code ?? null, input.drop);
}

export function arrivalTold(store: Store, id: string): void {
  const { changes } = store.sql("UPDATE drops SET arrival_due = 0 WHERE id = ?").run(id);
  if (changes === 0) throw defect("arrivalTold: no such drop");
}

/** The first answer counts for retention; a duplicate with work ends with its answer. Nobody hears behind it that the drop came. */
export function answered(
  store: Store,
  { drop: id, as }: { readonly drop: string; readonly as?: DropState | undefined },
): void {
  const row = findDrop(store, id);
  if (row === undefined) throw defect("answered: no such drop");
  // It spoke of what the drop was before it was released or handed over: the one of its end is still owed.
  if (as !== undefined && row.state !== as) return;
  store
    .sql(
      `UPDATE drops SET answered = coalesce(answered, ?), answer_due = 0, arrival_due = 0,
        finished = CASE WHEN state = 'duplicate' THEN coalesce(finished, ?) ELSE finished END WHERE id = ?`,
    )
    .run(store.now, store.now, id);
}

/** A replay may have brought another answer while the one before was on its way. */
export function calledBack(store: Store, { drop: id, stored }: CalledBack): boolean {
  const now = callOfDrop(store, id)?.answer;
  if (now !== undefined && now.stored !== stored) return false;
  answered(store, { drop: id });
  return true;
}

export function release(store: Store, input: { readonly drop: string; readonly actor: string }): boolean {
  const row = findDrop(store, input.drop);
  if (row?.state === "handed-over") return false;
  if (row?.state !== "held") throw defect("release: the drop is not held");
  const state = row.duplicate_of === null ? "open" : "duplicate";
  store.sql("UPDATE drops SET state = ?, answered = NULL WHERE id = ?").run(state, row.id);
  store.addSum(row.bridge, { held: -1 });
  store.trail.append({
    at: store.now,
    event: "drop.released",
    bridge: row.bridge,
    drop: row.id,
    actor: input.actor,
    facts: {},
  });
  return true;
}

/**
 * An open drop whose payload a restore left out, and that nobody will send again: what is left of it is no longer waited for. Like one
 * that was erased before its end: the same bytes are new if they come after all. False where it is not such a drop.
 */
export function giveUp(
  store: Store,
  { drop: id, actor, reason }: { readonly drop: string; readonly actor: string; readonly reason: string },
): boolean {
  const row = findDrop(store, id);
  if (row?.state !== "open" || row.kept !== KEPT_NOTHING) return false;
  const progress = toProgress(store, id, findProgress(store, id));
  const { pending } = share(progress);
  store.sql("UPDATE progress SET complete = 0, records = 0 WHERE drop_id = ?").run(id);
  store.sql("UPDATE drops SET state = 'erased', finished = ?, trouble = NULL WHERE id = ?").run(store.now, id);
  store.addSum(row.bridge, { records: -pending, pending: -pending });
  const { delivered, skipped, dead } = progress.counts;
  const facts = { delivered, skipped, dead, reason: reason.slice(0, MOST_REASON) };
  store.trail.append({ at: store.now, event: "drop.given-up", bridge: row.bridge, drop: id, actor, facts });
  return true;
}

/** Nothing of it lies at the successor's yet: written first, so that a crash leaves no drop that is there and is delivered from here. */
export function handOver(store: Store, { drop: id, actor, ticket, folder }: HandingOver): DropRow | undefined {
  const row = findDrop(store, id);
  // Of a second coming the records that did not fail were delivered the first time.
  if (row?.state === "held" && row.duplicate_of === null) {
    store.sql("UPDATE drops SET state = 'handed-over' WHERE id = ?").run(id);
    store.addSum(row.bridge, { held: -1 });
    const facts = { identity: Buffer.from(row.identity).toString("hex"), size: row.size, ticket, folder };
    store.trail.append({ at: store.now, event: "drop.hand-over", bridge: row.bridge, drop: id, actor, facts });
  }
  return drop(store, id);
}

/** Said once in the trail, however often it is written there again. */
export function handedOver(store: Store, { drop: id, actor, ticket, folder }: HandingOver): void {
  const row = findDrop(store, id);
  if (row?.state !== "handed-over") throw defect("handedOver: the drop is not being handed over");
  if (row.finished !== null) return;
  store.sql("UPDATE drops SET finished = ?, answered = NULL WHERE id = ?").run(store.now, id);
  const facts = { identity: Buffer.from(row.identity).toString("hex"), size: row.size, ticket, folder };
  store.trail.append({ at: store.now, event: "drop.handed-over", bridge: row.bridge, drop: id, actor, facts });
}
