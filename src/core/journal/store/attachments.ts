// Operations on files that come beside the records: taken as drops are, joined to messages for good, unassigned where no record
// names them.
//
//   waiting ──join──▶ joined ──the last drop that has it is erased──▶ erased
//      │                ▲
//      └─no record in time, or a newer one of its name──▶ unassigned ──retention.held──▶ erased

import { randomBytes } from "node:crypto";
import { KEY_BYTES } from "../seal.ts";
import type {
  AttachmentFile,
  AttachmentFilter,
  AttachmentRow,
  AttachmentState,
  AttachmentTaken,
  Join,
  Joined,
  NewAttachment,
} from "../types.ts";
import { checkTake, lying, MOST_HINT, MOST_NAME } from "./receive.ts";
import type { BridgePage, TakeInput } from "./receive.ts";
import { KEPT_NAME, KEPT_NOTHING, KEPT_PAYLOAD, nameOf } from "./rows.ts";
import { defect } from "./store.ts";
import type { Store } from "./store.ts";
import type { SumChange } from "./sums.ts";

export interface StoredAttachment {
  readonly id: string;
  readonly bridge: string;
  readonly name: string | Uint8Array;
  readonly size: number;
  readonly sha256: string;
  readonly media_type: string;
  readonly state: AttachmentState;
  readonly received: number;
  readonly settled: number;
  readonly duplicate_of: string | null;
  readonly kept: number;
  readonly inline: number;
}

const SELECT = "SELECT * FROM attachments";
const MOST_MEDIA_TYPE = 200;

function find(store: Store, id: string): StoredAttachment | undefined {
  return store.sql(`${SELECT} WHERE id = ?`).get(id) as unknown as StoredAttachment | undefined;
}

function toFile(store: Store, row: StoredAttachment): AttachmentFile {
  return {
    id: row.id,
    bridge: row.bridge,
    name: nameOf(store, row),
    size: row.size,
    sha256: row.sha256,
    mediaType: row.media_type,
    state: row.state,
    received: row.received,
    settled: row.settled === 1,
    duplicateOf: row.duplicate_of ?? undefined,
    payload: row.kept === KEPT_PAYLOAD ? "kept" : "purged",
  };
}

/** Counts, which takes as long as there are many: for lists only. */
function toRow(store: Store, row: StoredAttachment): AttachmentRow {
  const { messages } = store
    .sql("SELECT count(*) AS messages FROM joins WHERE attachment_id = ? AND attachment_id <> ''")
    .get(row.id) as { messages: number };
  return { ...toFile(store, row), messages };
}

// ── receive ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface TakeAttachmentInput extends Pick<TakeInput, "key" | "payload"> {
  readonly attachment: NewAttachment;
}

const INSERT = `INSERT INTO attachments (id, bridge, name, hint, size, sha256, name_mac, media_type, state, received, settled,
  duplicate_of, kept, inline) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`;

/**
 * The newest of a name is the one that counts: the same bytes once more are a duplicate of it; other bytes take its place, and
 * what no record has named by then is unassigned.
 */
export function takeAttachment(
  store: Store,
  input: TakeAttachmentInput,
): { readonly result: AttachmentTaken; readonly unwanted: boolean } {
  const { attachment, payload } = input;
  checkTake(attachment, input);
  const { id, bridge, size, sha256 } = attachment;
  const name = attachment.name.slice(0, MOST_NAME);
  const nameMac = store.secrets.mac(["attachment name", bridge, name]);
  const newest = store
    .sql(`${SELECT} WHERE name_mac = ? AND kept = 2 ORDER BY id DESC LIMIT 1`)
    .get(nameMac) as unknown as StoredAttachment | undefined;
  const duplicate = newest?.sha256 === sha256 ? newest : undefined;
  const superseded = duplicate ? [] : waitingOf(store, nameMac);
  for (const row of superseded) setState(store, row, "unassigned");
  store.secrets.keepKey(id, input.key ?? randomBytes(KEY_BYTES));
  store
    .sql(INSERT)
    .run(
      id,
      bridge,
      store.sealFor(id, "name", name) ?? "",
      attachment.hint === "" ? null : (store.sealFor(id, "hint", attachment.hint.slice(0, MOST_HINT)) ?? null),
      size,
      sha256,
      nameMac,
      attachment.mediaType.slice(0, MOST_MEDIA_TYPE),
      duplicate ? "duplicate" : "waiting",
      attachment.received,
      duplicate?.id ?? null,
      duplicate ? KEPT_NAME : KEPT_PAYLOAD,
      attachment.inline ? 1 : 0,
    );
  if (!duplicate && payload !== undefined) {
    const sealed = store.sealFor(id, "payload", payload) ?? new Uint8Array(0);
    store.sql("INSERT INTO payloads (drop_id, sealed) VALUES (?, ?)").run(id, sealed);
  }
  if (!duplicate) store.addSum(bridge, { attachmentsWaiting: 1, spoolBytes: size });
  trail(store, duplicate ? "attachment.duplicate" : "attachment.taken", bridge, undefined, {
    attachment: id,
    size,
    identity: identityOf(store, bridge, sha256),
    superseded: superseded.length,
  });
  const result = {
    attachment: toFile(store, find(store, id) as StoredAttachment),
    taken: duplicate === undefined,
    superseded: superseded.map((row) => row.id),
  };
  return { result, unwanted: duplicate !== undefined };
}

function waitingOf(store: Store, nameMac: Uint8Array): readonly StoredAttachment[] {
  return store
    .sql(`${SELECT} WHERE name_mac = ? AND kept = 2 AND state = 'waiting'`)
    .all(nameMac) as unknown as StoredAttachment[];
}

/** Recognises the bytes without telling anything about them. */
function identityOf(store: Store, bridge: string, sha256: string): string {
  return store.secrets.mac(["attachment", bridge, sha256]).toString("hex");
}

export function attachmentSettled(store: Store, input: { readonly attachment: string; readonly stays: boolean }): void {
  const hint = input.stays ? "" : ", hint = NULL";
  const { changes } = store.sql(`UPDATE attachments SET settled = 1${hint} WHERE id = ?`).run(input.attachment);
  if (changes === 0) throw defect("attachmentSettled: no such attachment");
}

export function unsettledAttachments(store: Store, page: BridgePage): ReturnType<typeof lying> {
  return lying(store, "attachments", "settled = 0 AND kept > 0", page);
}

export function attachmentHints(store: Store, page: BridgePage): ReturnType<typeof lying> {
  return lying(store, "attachments", "hint IS NOT NULL", page);
}

export function listAttachments(
  store: Store,
  filter: AttachmentFilter & { readonly limit: number },
): readonly AttachmentRow[] {
  const parts: string[] = [];
  const values: (string | number)[] = [];
  const add = (part: string, value: string): void => void (parts.push(part), values.push(value));
  if (filter.bridge !== undefined) add("bridge = ?", filter.bridge);
  if (filter.state !== undefined) add("state = ?", filter.state);
  if (filter.after !== undefined) add("id > ?", filter.after);
  if (filter.kept === true) parts.push("kept = 2");
  const where = parts.length === 0 ? "1" : parts.join(" AND ");
  const rows = store
    .sql(`${SELECT} WHERE ${where} ORDER BY id LIMIT ?`)
    .all(...values, filter.limit) as unknown as StoredAttachment[];
  return rows.map((row) => toRow(store, row));
}

// ── joins ───────────────────────────────────────────────────────────────────────────────────────────────────────

const MOST_JOINS = 1_000;
const MOST_PER_MESSAGE = 1_000;

/** All or nothing: where a file is erased meanwhile, its id is answered and nothing is written. */
export function join(
  store: Store,
  input: { readonly drop: string; readonly joins: readonly Join[] },
): readonly string[] {
  const { drop, joins } = input;
  const row = store.sql("SELECT bridge FROM drops WHERE id = ? AND kept = 2").get(drop) as
    | { bridge: string }
    | undefined;
  if (row === undefined) throw defect("join: no such drop with a payload");
  if (joins.length > MOST_JOINS) throw defect(`join: more than ${MOST_JOINS} messages at once`);
  const files = new Map<string, StoredAttachment | undefined>();
  for (const { attachments } of joins) {
    if (attachments.length > MOST_PER_MESSAGE) throw defect(`join: more than ${MOST_PER_MESSAGE} files for a message`);
    for (const id of attachments) if (!files.has(id)) files.set(id, find(store, id));
  }
  const gone = [...files].flatMap(([id, file]) =>
    file?.kept === KEPT_PAYLOAD && file.bridge === row.bridge ? [] : [id],
  );
  if (gone.length > 0) return gone;
  for (const { first, attachments } of joins) {
    unpin(store, drop, first);
    const insert = store.sql("INSERT INTO joins (drop_id, first, attachment_id) VALUES (?, ?, ?)");
    for (const id of attachments.length === 0 ? [""] : new Set(attachments)) insert.run(drop, first, id);
  }
  for (const id of files.keys()) {
    const file = find(store, id) as StoredAttachment;
    if (file.state !== "joined") setState(store, file, "joined");
  }
  if (files.size > 0)
    trail(store, "attachments.joined", row.bridge, drop, { messages: joins.length, attachments: files.size });
  return [];
}

/** What was written for this message before: some of it is erased, so it is put together anew. */
function unpin(store: Store, drop: string, first: number): void {
  const before = joinedIds(store, drop, first, first);
  if (before.length === 0) return;
  store.sql("DELETE FROM joins WHERE drop_id = ? AND first = ?").run(drop, first);
  for (const { attachment_id } of before) {
    const file = find(store, attachment_id);
    if (file?.state === "joined" && !isUsed(store, file.id)) setState(store, file, "unassigned");
  }
}

function isUsed(store: Store, id: string): boolean {
  return (
    store.sql("SELECT 1 AS found FROM joins WHERE attachment_id = ? AND attachment_id <> '' LIMIT 1").get(id) !==
    undefined
  );
}

interface StoredJoin {
  readonly first: number;
  readonly attachment_id: string;
}

function joinedIds(store: Store, drop: string, first: number, last: number): readonly StoredJoin[] {
  return store
    .sql("SELECT first, attachment_id FROM joins WHERE drop_id = ? AND first BETWEEN ? AND ? ORDER BY first")
    .all(drop, first, last) as unknown as StoredJoin[];
}

export function joined(
  store: Store,
  { drop, first, last }: { readonly drop: string; readonly first: number; readonly last: number },
): readonly Joined[] {
  const found: Joined[] = [];
  for (const [begins, rows] of Map.groupBy(joinedIds(store, drop, first, last), (row) => row.first)) {
    const files = rows.filter((row) => row.attachment_id !== "").map((row) => find(store, row.attachment_id));
    if (files.some((file) => file?.kept !== KEPT_PAYLOAD)) continue;
    found.push({ first: begins, attachments: files.map((file) => toFile(store, file as StoredAttachment)) });
  }
  return found;
}

export function unassign(store: Store, ids: readonly string[]): readonly AttachmentFile[] {
  const done: AttachmentFile[] = [];
  for (const id of ids) {
    const row = find(store, id);
    if (row?.state !== "waiting") continue;
    setState(store, row, "unassigned");
    trail(store, "attachment.unassigned", row.bridge, undefined, { attachment: id });
    done.push(toFile(store, { ...row, state: "unassigned" }));
  }
  return done;
}

const SUM_OF: Partial<Record<AttachmentState, keyof SumChange>> = {
  waiting: "attachmentsWaiting",
  joined: "attachmentsJoined",
  unassigned: "attachmentsUnassigned",
};

function setState(store: Store, row: StoredAttachment, state: AttachmentState): void {
  store.sql("UPDATE attachments SET state = ? WHERE id = ?").run(state, row.id);
  const before = SUM_OF[row.state];
  const after = SUM_OF[state];
  if (before) store.addSum(row.bridge, { [before]: -1 });
  if (after) store.addSum(row.bridge, { [after]: 1 });
}

function trail(
  store: Store,
  event: string,
  bridge: string,
  drop: string | undefined,
  facts: Readonly<Record<string, string | number>>,
): void {
  store.trail.append({ at: store.now, event, bridge, drop, actor: "system", facts });
}

// ── erasing ─────────────────────────────────────────────────────────────────────────────────────────────────────

const JOINS_AT_ONCE = 200;
const FILES_AT_ONCE = 50;
/** The longest that a record may wait: nothing is erased that one could still name. */
const LONGEST_WAIT = 30 * 86_400_000;

export interface ErasedAttachments {
  readonly erased: readonly Pick<StoredAttachment, "id" | "size" | "kept" | "inline">[];
  readonly more: boolean;
}

/** Some of the joins of a drop that is being erased; with the last join of a file the file goes, too. */
export function eraseJoins(store: Store, drop: string): ErasedAttachments {
  const rows = store
    .sql("SELECT first, attachment_id FROM joins WHERE drop_id = ? LIMIT ?")
    .all(drop, JOINS_AT_ONCE) as unknown as StoredJoin[];
  const remove = store.sql("DELETE FROM joins WHERE drop_id = ? AND first = ? AND attachment_id = ?");
  for (const { first, attachment_id } of rows) remove.run(drop, first, attachment_id);
  const erased: StoredAttachment[] = [];
  for (const id of new Set(rows.map((row) => row.attachment_id))) {
    const file = find(store, id);
    if (file?.kept !== KEPT_PAYLOAD || isUsed(store, id)) continue;
    eraseOne(store, file, "purge.attachment");
    erased.push(file);
  }
  return { erased, more: rows.length === JOINS_AT_ONCE };
}

/** What no record has, past its time; and the names of duplicates. */
export function eraseOld(
  store: Store,
  bridge: string,
  before: { readonly held: number; readonly payload: number },
): ErasedAttachments {
  const some = (state: AttachmentState, received: number): StoredAttachment[] =>
    store
      .sql(`${SELECT} WHERE bridge = ? AND state = ? AND received <= ? LIMIT ?`)
      .all(bridge, state, received, FILES_AT_ONCE) as unknown as StoredAttachment[];
  const groups = [
    some("unassigned", before.held),
    some("waiting", before.held - LONGEST_WAIT),
    some("duplicate", before.payload),
  ];
  for (const row of groups.flat())
    eraseOne(store, row, row.state === "duplicate" ? "purge.attachment" : "attachment.expired");
  return { erased: groups.flat(), more: groups.some((rows) => rows.length === FILES_AT_ONCE) };
}

function eraseOne(store: Store, row: StoredAttachment, event: string): void {
  const identity = eraseAttachment(store, row);
  const bytes = row.kept === KEPT_PAYLOAD ? row.size : 0;
  if (bytes > 0) store.addSum(row.bridge, { spoolBytes: -bytes });
  trail(store, event, row.bridge, undefined, { attachment: row.id, bytes, identity });
}

/** Name, hash, bytes and key of one file; answers what recognises it from then on. */
export function eraseAttachment(store: Store, row: StoredAttachment): string {
  const name = store.secrets.mac(["name", nameOf(store, row)]).toString("hex");
  const identity = identityOf(store, row.bridge, row.sha256);
  setState(store, row, "erased");
  store
    .sql("UPDATE attachments SET name = ?, sha256 = ?, hint = NULL, kept = ? WHERE id = ?")
    .run(name, identity, KEPT_NOTHING, row.id);
  store.sql("DELETE FROM payloads WHERE drop_id = ?").run(row.id);
  store.secrets.destroyKey(row.id);
  return identity;
}
