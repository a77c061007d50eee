// Rows of the tables, and how they become what the engine sees.

import type { SQLOutputValue } from "node:sqlite";
import type { Code, Stage } from "../../errors.ts";
import { deadLetterId } from "../ids.ts";
import type { DeadLetter, DeadState, DropRow, DropState, Progress } from "../types.ts";
import type { Store } from "./store.ts";

/** The columns of a drop with the counts of its progress; every query of drops begins like this. */
export const DROP_SELECT = `SELECT d.*, p.records, p.delivered, p.skipped, p.dead, p.complete
  FROM drops d LEFT JOIN progress p ON p.drop_id = d.id`;

export const KEPT_PAYLOAD = 2;
export const KEPT_NAME = 1;
export const KEPT_NOTHING = 0;

export interface StoredDrop {
  readonly id: string;
  readonly bridge: string;
  readonly name: string | Uint8Array;
  readonly hint: Uint8Array | null;
  readonly size: number;
  readonly sha256: string;
  readonly identity: Uint8Array;
  readonly occurrence: number;
  readonly state: DropState;
  readonly received: number;
  readonly finished: number | null;
  readonly answered: number | null;
  readonly answer_due: number;
  readonly arrival_due: number;
  readonly settled: number;
  readonly bridge_version: string;
  readonly codec_version: string;
  readonly pinned: string | null;
  readonly duplicate_of: string | null;
  readonly kept: number;
  readonly inline: number;
  readonly trouble: string | null;
  readonly replay_delivered: number;
  readonly replay_skipped: number;
  readonly records: number | null;
  readonly delivered: number | null;
  readonly skipped: number | null;
  readonly dead: number | null;
  readonly complete: number | null;
}

export type Row = Record<string, SQLOutputValue>;

function nameOf(store: Store, row: Pick<StoredDrop, "id" | "name">): string {
  if (typeof row.name === "string") return row.name;
  return store.unsealFor(row.id, "name", row.name)?.toString("utf8") ?? "";
}

export { nameOf };

export function toDrop(store: Store, row: StoredDrop): DropRow {
  const moved = row.replay_delivered + row.replay_skipped;
  return {
    id: row.id,
    bridge: row.bridge,
    name: nameOf(store, row),
    size: row.size,
    sha256: row.sha256,
    occurrence: row.occurrence,
    state: row.state,
    received: row.received,
    finished: row.finished ?? undefined,
    bridgeVersion: row.bridge_version,
    codecVersion: row.codec_version,
    pinned: row.pinned === null ? undefined : (JSON.parse(row.pinned) as Record<string, string>),
    duplicateOf: row.duplicate_of ?? undefined,
    settled: row.settled === 1,
    answered: row.answered !== null,
    // As `unanswered` asks for it (work.ts).
    answerDue: row.answered === null ? row.state !== "open" : row.answer_due === 1 && row.state === "done",
    arrivalDue: row.arrival_due === 1,
    payload: row.kept === KEPT_PAYLOAD ? "kept" : "purged",
    complete: row.complete === 1,
    trouble: row.trouble ?? undefined,
    records: row.records ?? 0,
    delivered: (row.delivered ?? 0) + row.replay_delivered,
    skipped: (row.skipped ?? 0) + row.replay_skipped,
    dead: (row.dead ?? 0) - moved,
  };
}

export function findDrop(store: Store, id: string): StoredDrop | undefined {
  return store.sql(`${DROP_SELECT} WHERE d.id = ?`).get(id) as unknown as StoredDrop | undefined;
}

export interface StoredProgress {
  readonly watermark: number;
  readonly position: number;
  readonly ranges: string;
  readonly splits: string;
  readonly appenders: Uint8Array | null;
  readonly records: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly dead: number;
  readonly complete: number;
  readonly lanes: string | null;
  readonly intent: string | null;
}

export function findProgress(store: Store, drop: string): StoredProgress | undefined {
  return store.sql("SELECT * FROM progress WHERE drop_id = ?").get(drop) as unknown as StoredProgress | undefined;
}

export function toProgress(store: Store, drop: string, row: StoredProgress | undefined): Progress {
  const appenders = store.unsealFor(drop, "appenders", row?.appenders)?.toString("utf8");
  return {
    watermark: row?.watermark ?? 0,
    offset: row?.position ?? 0,
    ranges: row === undefined ? [] : (JSON.parse(row.ranges) as [number, number][]),
    splits: row === undefined ? [] : (JSON.parse(row.splits) as [number, number][]),
    counts: {
      records: row?.records ?? 0,
      delivered: row?.delivered ?? 0,
      skipped: row?.skipped ?? 0,
      dead: row?.dead ?? 0,
    },
    complete: row?.complete === 1,
    lanes: row === undefined || row.lanes === null ? undefined : (JSON.parse(row.lanes) as number[]),
    intent: row === undefined || row.intent === null ? undefined : (JSON.parse(row.intent) as [number, number]),
    appenders: appenders === undefined ? {} : (JSON.parse(appenders) as Record<string, string>),
  };
}

export interface StoredLetter {
  readonly drop_id: string;
  readonly first: number;
  readonly last: number;
  readonly bridge: string;
  readonly line: number;
  readonly stage: Stage;
  readonly code: Code;
  readonly message: string;
  readonly facts: string | null;
  readonly detail: Uint8Array | null;
  readonly attempts: number;
  readonly state: DeadState;
  readonly created: number;
  readonly generation: number;
  readonly closed_by: string | null;
  readonly closed_reason: Uint8Array | null;
}

export function toLetter(store: Store, row: StoredLetter): DeadLetter {
  return {
    id: deadLetterId(row.drop_id, row.first),
    bridge: row.bridge,
    drop: row.drop_id,
    first: row.first,
    last: row.last,
    line: row.line,
    stage: row.stage,
    code: row.code,
    message: row.message,
    facts: row.facts === null ? undefined : (JSON.parse(row.facts) as Record<string, string | number>),
    attempts: row.attempts,
    state: row.state,
    created: row.created,
    generation: row.generation,
    closedBy: row.closed_by === null ? undefined : store.actors.resolve(row.closed_by),
    closedReason: store.unsealFor(row.drop_id, `reason ${row.first}`, row.closed_reason)?.toString("utf8"),
  };
}
