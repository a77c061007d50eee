// Operations of taking: a drop enters the journal, its source is settled.

import { randomBytes } from "node:crypto";
import { KEY_BYTES } from "../seal.ts";
import { enterCall } from "./calls.ts";
import type { Lying, DropRow, NewDrop, TakeResult } from "../types.ts";
import { DROP_SELECT, KEPT_NAME, KEPT_PAYLOAD, nameOf, toDrop } from "./rows.ts";
import type { StoredDrop } from "./rows.ts";
import { defect } from "./store.ts";
import type { Store } from "./store.ts";

export interface TakeInput {
  readonly drop: NewDrop;
  /** The key that the spool file was written with; undefined: a new one is made. */
  readonly key: Uint8Array | undefined;
  readonly payload: Uint8Array | undefined;
}

export interface Taken {
  readonly result: TakeResult;
  /** The payload is not wanted: the same bytes came before and nothing of them failed. */
  readonly unwanted: boolean;
}

/** Names come from foreign systems; no file system and no broker has longer ones. */
export const MOST_NAME = 4_096;
export const MOST_HINT = 16_384;
export const MOST_INLINE = 65_536;

const INSERT = `INSERT INTO drops (id, bridge, name, hint, size, sha256, identity, occurrence, state, received, finished,
  answered, settled, bridge_version, codec_version, duplicate_of, kept, inline, arrival_due)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?)`;

function hasUndelivered(store: Store, drop: string): boolean {
  const row = store
    .sql("SELECT 1 AS found FROM dead_letters WHERE drop_id = ? AND state IN ('open', 'expired') LIMIT 1")
    .get(drop);
  return row !== undefined;
}

/** What any file must be that is entered: a drop, or one beside it. */
export function checkTake(
  drop: Pick<NewDrop, "inline" | "size">,
  { key, payload }: Pick<TakeInput, "key" | "payload">,
): void {
  if (drop.inline) {
    if (payload === undefined || payload.length > MOST_INLINE || payload.length !== drop.size) {
      throw defect("an inline drop needs its payload, of the announced size and at most 64 KiB");
    }
  } else if (key === undefined || payload !== undefined) {
    throw defect("a drop that is not inline must have been written by the spool of this process");
  }
  if (!Number.isSafeInteger(drop.size) || drop.size < 0) throw defect("the size of a drop must be a whole number");
}

/** Restored from a backup without payload: the same bytes are what it waits for. */
function isWithoutPayload(earlier: DropRow): boolean {
  return earlier.state === "open" && earlier.payload === "purged";
}

type Fate = Pick<StoredDrop, "state" | "finished" | "kept">;

/**
 * What becomes of a drop. A duplicate has work only where records of the earlier drop are dead or expired; then its
 * payload is kept for them. After the sunset such a duplicate is held or refused like any other drop. One without work is read at most for
 * its answer.
 */
function fate(drop: NewDrop, earlier: DropRow | undefined, work: boolean): Fate {
  const isNew = earlier === undefined;
  if ((isNew || work) && drop.ended === "refused") {
    return { state: "refused", finished: drop.received, kept: KEPT_PAYLOAD };
  }
  if (isNew) return { state: drop.ended ?? "open", finished: null, kept: KEPT_PAYLOAD };
  if (!work && drop.wanted === true) return { state: "duplicate", finished: null, kept: KEPT_PAYLOAD };
  if (!work) return { state: "duplicate", finished: drop.received, kept: KEPT_NAME };
  return { state: drop.ended ?? "duplicate", finished: null, kept: KEPT_PAYLOAD };
}

/** The row as it was just entered, without asking the database for it. */
function newRow(drop: NewDrop, { state, finished, kept }: Fate, earlier: string | undefined): DropRow {
  return {
    id: drop.id,
    bridge: drop.bridge,
    name: drop.name.slice(0, MOST_NAME),
    size: drop.size,
    sha256: drop.sha256,
    occurrence: drop.occurrence,
    state,
    received: drop.received,
    finished: finished ?? undefined,
    bridgeVersion: drop.bridgeVersion,
    codecVersion: drop.codecVersion,
    pinned: undefined,
    duplicateOf: earlier,
    settled: drop.again !== undefined,
    answered: false,
    answerDue: state !== "open",
    // Who sent it twice hears so, and who is refused hears that.
    arrivalDue: drop.arrival === true && earlier === undefined && state !== "refused",
    payload: kept === KEPT_PAYLOAD ? "kept" : "purged",
    complete: false,
    trouble: undefined,
    records: 0,
    delivered: 0,
    skipped: 0,
    dead: 0,
  };
}

interface Recognised {
  readonly drop: NewDrop;
  readonly identity: Buffer;
  /** The drop that had these bytes first. */
  readonly earlier: DropRow | undefined;
}

/** Identities outlive names and payloads, so that no occurrence is given twice, however long ago the first one was erased. */
function recognise(store: Store, given: NewDrop): Recognised {
  for (let { occurrence } = given; ; occurrence++) {
    const drop = { ...given, occurrence };
    const identity = store.secrets.mac(["drop", drop.bridge, drop.sha256, occurrence]);
    const found = store
      .sql(`${DROP_SELECT} WHERE d.identity = ? AND d.duplicate_of IS NULL AND d.state <> 'erased'`)
      .get(identity) as unknown as StoredDrop | undefined;
    if (found === undefined) return { drop, identity, earlier: undefined };
    // What was refused is its sender's, who may send it again.
    const isNew = given.again !== undefined || given.call !== undefined || found.state === "refused";
    if (!isNew) return { drop, identity, earlier: toDrop(store, found) };
  }
}

/** Enters a drop, or a row that points to the earlier drop with the same bytes. Recognising and entering are one step. */
export function take(store: Store, input: TakeInput): Taken {
  checkTake(input.drop, input);
  const { payload } = input;
  const { drop, identity, earlier } = recognise(store, input.drop);
  const work = earlier !== undefined && (hasUndelivered(store, earlier.id) || isWithoutPayload(earlier));
  const { state, finished, kept } = fate(drop, earlier, work);
  const row = newRow(drop, { state, finished, kept }, earlier?.id);
  store.secrets.keepKey(drop.id, input.key ?? randomBytes(KEY_BYTES));
  store
    .sql(INSERT)
    .run(
      drop.id,
      drop.bridge,
      store.sealFor(drop.id, "name", drop.name.slice(0, MOST_NAME)) ?? "",
      drop.hint === "" ? null : (store.sealFor(drop.id, "hint", drop.hint.slice(0, MOST_HINT)) ?? null),
      drop.size,
      drop.sha256,
      identity,
      drop.occurrence,
      state,
      drop.received,
      finished,
      drop.again === undefined ? 0 : 1,
      drop.bridgeVersion,
      drop.codecVersion,
      earlier?.id ?? null,
      kept,
      drop.inline ? 1 : 0,
      row.arrivalDue ? 1 : 0,
    );
  if (kept === KEPT_PAYLOAD && payload !== undefined) {
    const sealed = store.sealFor(drop.id, "payload", payload) ?? new Uint8Array(0);
    store.sql("INSERT INTO payloads (drop_id, sealed) VALUES (?, ?)").run(drop.id, sealed);
  }
  if (drop.call !== undefined) enterCall(store, drop.id, drop.bridge, drop.call);
  store.addSum(drop.bridge, {
    drops: 1,
    held: state === "held" ? 1 : 0,
    spoolBytes: kept === KEPT_PAYLOAD ? drop.size : 0,
  });
  store.trail.append({
    at: store.now,
    event: earlier === undefined ? "drop.taken" : "drop.duplicate",
    bridge: drop.bridge,
    drop: drop.id,
    actor: "system",
    facts: {
      // The keyed hash stays in the trail for ever; it recognises the bytes without telling anything about them.
      identity: identity.toString("hex"),
      size: drop.size,
      occurrence: drop.occurrence,
      version: drop.bridgeVersion,
      ...(earlier === undefined ? { held: state === "held" } : { earlier: earlier.id, work }),
      ...(state === "refused" && { refused: true }),
    },
  });
  if (drop.again !== undefined) {
    store.trail.append({
      at: store.now,
      event: "drop.taken-as-new",
      bridge: drop.bridge,
      drop: drop.id,
      actor: drop.again.actor,
      facts: { earlier: drop.again.of, occurrence: drop.occurrence },
    });
  }
  const result: TakeResult = earlier === undefined ? { taken: true, drop: row } : { taken: false, drop: row, earlier };
  return { result, unwanted: kept !== KEPT_PAYLOAD };
}

interface Unsettled {
  readonly id: string;
  readonly name: string | Uint8Array;
  readonly hint: Uint8Array | null;
}

export interface BridgePage {
  readonly bridge: string;
  readonly after: string;
  readonly limit: number;
}

/** Of one of the two tables of what was taken. */
export function lying(
  store: Store,
  table: "drops" | "attachments",
  which: string,
  { bridge, after, limit }: BridgePage,
): readonly Lying[] {
  const rows = store
    .sql(`SELECT id, name, hint FROM ${table} WHERE bridge = ? AND ${which} AND id > ? ORDER BY id LIMIT ?`)
    .all(bridge, after, limit) as unknown as Unsettled[];
  return rows.map((row) => ({
    drop: row.id,
    name: nameOf(store, row),
    hint: store.unsealFor(row.id, "hint", row.hint)?.toString("utf8") ?? "",
  }));
}

export function unsettled(store: Store, page: BridgePage): readonly Lying[] {
  return lying(store, "drops", "settled = 0 AND kept > 0", page);
}

/** Of what has still to be removed at the source, and of what stays there for good. */
export function knownHints(store: Store, page: BridgePage): readonly Lying[] {
  return lying(store, "drops", "hint IS NOT NULL", page);
}

/** The source is rid of it: the hint has done its duty and goes. Where the file stays, it has to be known again. */
export function settled(store: Store, input: { readonly drop: string; readonly stays: boolean }): void {
  const hint = input.stays ? "" : ", hint = NULL";
  const { changes } = store.sql(`UPDATE drops SET settled = 1${hint} WHERE id = ?`).run(input.drop);
  if (changes === 0) throw defect("settled: no such drop");
}

/** Where the bytes of a drop or an attachment lie. */
export type Whereabouts =
  | { readonly at: "journal"; readonly bytes: Uint8Array }
  | { readonly at: "file"; readonly key: Uint8Array }
  | { readonly at: "purged" }
  | { readonly at: "unknown" };

export function payload(store: Store, drop: string): Whereabouts {
  const row = (store.sql("SELECT kept, inline FROM drops WHERE id = ?").get(drop) ??
    store.sql("SELECT kept, inline FROM attachments WHERE id = ?").get(drop)) as
    | { kept: number; inline: number }
    | undefined;
  if (row === undefined) return { at: "unknown" };
  const key = store.secrets.dropKey(drop);
  if (row.kept !== KEPT_PAYLOAD || key === undefined) return { at: "purged" };
  if (row.inline === 0) return { at: "file", key: new Uint8Array(key.export()) };
  const stored = store.sql("SELECT sealed FROM payloads WHERE drop_id = ?").get(drop) as
    | { sealed: Uint8Array }
    | undefined;
  const bytes = store.unsealFor(drop, "payload", stored?.sealed);
  return bytes === undefined ? { at: "purged" } : { at: "journal", bytes };
}

/** Does the journal count on the spool file of this id? */
export function keepsFile(store: Store, id: string): boolean {
  return ["drops", "attachments"].some(
    (table) =>
      store.sql(`SELECT 1 AS found FROM ${table} WHERE id = ? AND kept = 2 AND inline = 0`).get(id) !== undefined,
  );
}

/** Ids of everything whose bytes are spool files, a page at a time. */
export function keptFiles(store: Store, input: { readonly after: string; readonly limit: number }): readonly string[] {
  const { after, limit } = input;
  const pages = ["drops", "attachments"].flatMap(
    (table) =>
      store
        .sql(`SELECT id FROM ${table} WHERE kept = 2 AND inline = 0 AND id > ? ORDER BY id LIMIT ?`)
        .all(after, limit) as unknown as { id: string }[],
  );
  return pages
    .map((row) => row.id)
    .sort()
    .slice(0, limit);
}
