// The journal's thread: the only one that writes. It gathers what waits into one transaction (group commit), so that two hundred
// operations cost one fsync, and answers only after the commit.
//
//   working ──I/O error, failed fsync, full disk without reserve──▶ failed     (never back: a failed fsync is not retried)
//   working ──close──▶ closed

import { closeSync, fdatasync, fsyncSync, openSync, rmSync, statSync } from "node:fs";
import { backup } from "node:sqlite";
import { parentPort, receiveMessageOnPort } from "node:worker_threads";
import { asBridgeError, BridgeError } from "../errors.ts";
import { giveBackAtRest } from "../rest.ts";
import { createPrivate } from "./folder.ts";
import type { Answer, Failure, FromThread, Request, ThreadData } from "./protocol.ts";
import { isFatal, isFull, openDatabase } from "./store/database.ts";
import { READS, WRITES } from "./store/operations.ts";
import { createStore } from "./store/store.ts";
import type { Store } from "./store/store.ts";
import { unusableState } from "./unusable.ts";

const GROUP_MOST = 200;
const READS_AT_ONCE = 64;
const PAGE_BYTES = 4_096;
/** A checkpoint when so much waits in the WAL; earlier while the disk is full, because that room is used again. */
const WAL_BYTES = 16 << 20;
const WAL_BYTES_TIGHT = 1 << 20;

type Operation = (store: Store, input: unknown) => unknown;
const writes = WRITES as unknown as Readonly<Record<string, Operation>>;
const reads = READS as unknown as Readonly<Record<string, Operation>>;

const port = parentPort;
if (port === null) throw new Error("thread.ts runs only as a worker thread");
let data: ThreadData;
const queue: Request[] = [];
let scheduled = false;
let failed: Failure | undefined;
/** A copy of the database is under way; its pages are read between commits. */
let copying: Promise<void> | undefined;
let stopCopy = false;
/** The reserve was given up: room is short until the next start. */
let tight = false;

function say(message: FromThread): void {
  port?.postMessage(message);
}

function failureOf(cause: unknown): Failure {
  const { code, message, detail, hint } = asBridgeError(cause);
  return { code, message, detail, hint };
}

/** The database's own text names no values, but it may name paths; it goes to the detail. */
function journalFailure(cause: unknown): Failure {
  const code = (cause as { errcode?: unknown } | null)?.errcode;
  const what = typeof code === "number" ? `SQLite error ${code}` : "an unexpected error";
  return {
    code: "JOURNAL_FAILED",
    message: `the journal cannot be written any more: ${what}`,
    detail: cause instanceof Error ? cause.message : String(cause),
  };
}

/** The main side rejects all that waits: of nothing in the failed group is it known to be durable. */
function fail(cause: unknown): void {
  if (failed !== undefined) return;
  failed = journalFailure(cause);
  say({ kind: "failed", failure: failed });
}

/** One operation inside the open transaction. Its failure is its own, unless the database itself failed. */
function runWrite(store: Store, request: Request): Answer {
  store.now = request.now;
  store.sql("SAVEPOINT operation").run();
  try {
    const value = writes[request.operation]?.(store, request.input);
    store.sql("RELEASE operation").run();
    return { number: request.number, value };
  } catch (cause) {
    if (isFatal(cause)) throw cause;
    store.db.exec("ROLLBACK TO operation; RELEASE operation");
    store.forget();
    return { number: request.number, failure: failureOf(cause) };
  }
}

/** After an I/O error SQLite may have rolled back by itself, or be unable to; the first error is the one that counts. */
function rollBack(store: Store): void {
  try {
    if (store.db.isTransaction) store.db.exec("ROLLBACK");
  } catch {
    // The journal fails with the error that led here.
  }
}

function runGroup(store: Store, group: readonly Request[]): readonly Answer[] {
  store.db.exec("BEGIN IMMEDIATE");
  try {
    const answers = group.map((request) => runWrite(store, request));
    store.db.exec("COMMIT");
    return answers;
  } catch (cause) {
    store.forget();
    rollBack(store);
    throw cause;
  }
}

/** Gives the reserve back to the disk. Answers whether there was one. */
function releaseReserve(): boolean {
  try {
    if (statSync(data.reserve).size === 0) return false;
    rmSync(data.reserve);
  } catch {
    return false;
  }
  tight = true;
  say({ kind: "reserve-released" });
  return true;
}

/** A full disk rolls the group back whole; with the reserve's room it is tried once more. Nothing else is tried again. */
function commitGroup(store: Store, group: readonly Request[]): readonly Answer[] {
  try {
    return runGroup(store, group);
  } catch (cause) {
    if (!isFull(cause) || !releaseReserve()) throw cause;
    moveWal(store, "PASSIVE");
    return runGroup(store, group);
  }
}

/** The size of the file says nothing: after a checkpoint SQLite writes it again from its beginning. */
function walNeedsMoving(store: Store): boolean {
  const { log, checkpointed } = store.sql("PRAGMA wal_checkpoint(NOOP)").get() as { log: number; checkpointed: number };
  // Half of the reserve at most: so the checkpoint that it is released for always fits, and leaves room for what comes.
  const most = Math.min(tight ? WAL_BYTES_TIGHT : WAL_BYTES, data.reserveBytes / 2);
  return (log - checkpointed) * PAGE_BYTES > most;
}

/** Moves the WAL into the database. Done by us, because SQLite's automatic checkpoint swallows a failed fsync. */
function moveWal(store: Store, mode: "PASSIVE" | "TRUNCATE"): void {
  try {
    store.db.exec(`PRAGMA wal_checkpoint(${mode})`);
  } catch (cause) {
    // The WAL holds everything; without room the checkpoint waits for the next time.
    if (!isFull(cause)) throw cause;
    releaseReserve();
  }
}

function runRead(store: Store, request: Request): Answer {
  try {
    if (request.operation === "truncateWal") {
      moveWal(store, "TRUNCATE");
      return { number: request.number, value: undefined };
    }
    store.now = request.now;
    return { number: request.number, value: reads[request.operation]?.(store, request.input) };
  } catch (cause) {
    if (isFatal(cause)) throw cause;
    return { number: request.number, failure: failureOf(cause) };
  }
}

/** A mebibyte between two turns: so long a commit waits for it. */
const COPY_PAGES = 256;
/** What lies in the system's cache is written out on the way, or the last step would have to wait for all of it. */
const SYNC_EVERY = 16 * COPY_PAGES;

/** Answers by itself, when the file is whole and on the disk. */
async function copyTo(store: Store, { number, input }: Request): Promise<void> {
  const path = input as string;
  let file: number | undefined;
  try {
    createPrivate(path);
    file = openSync(path, "r");
    const descriptor = file;
    let next = SYNC_EVERY;
    await backup(store.db, path, {
      rate: COPY_PAGES,
      progress({ totalPages, remainingPages }) {
        if (stopCopy) throw new BridgeError("STATE_BUSY", "the copy was stopped");
        const done = totalPages - remainingPages;
        say({ kind: "copied", share: done / totalPages });
        if (done < next) return;
        next = done + SYNC_EVERY;
        fdatasync(descriptor, () => undefined);
      },
    });
    fsyncSync(file);
    answer([{ number, value: undefined }]);
  } catch (cause) {
    answer([{ number, failure: copyFailure(cause) }]);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The journal itself is well: it is the new file that cannot be written. */
function copyFailure(cause: unknown): Failure {
  if (cause instanceof BridgeError) return failureOf(cause);
  const { code } = cause as NodeJS.ErrnoException;
  const why = isFull(cause) || code === "ENOSPC" || code === "EDQUOT" ? "the disk is full" : String(code ?? cause);
  return { code: "BACKUP_FAILED", message: `the journal cannot be copied: ${why}`, detail: undefined };
}

function beginCopy(store: Store, request: Request): void {
  stopCopy = false;
  copying = copyTo(store, request).finally(() => {
    copying = undefined;
    schedule(store);
  });
}

function answer(answers: readonly Answer[]): void {
  if (answers.length > 0) say({ kind: "answers", answers });
}

/** Takes the oldest requests that fit; the rest keeps its order. */
function takeFrom(isWanted: (request: Request) => boolean, most: number): Request[] {
  const taken: Request[] = [];
  const rest: Request[] = [];
  for (const request of queue) (taken.length < most && isWanted(request) ? taken : rest).push(request);
  queue.splice(0, queue.length, ...rest);
  return taken;
}

function isWrite(request: Request): boolean {
  return Object.hasOwn(writes, request.operation);
}

function gather(): void {
  if (port === null) return;
  for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
    queue.push(...(more.message as Request[]));
  }
}

function work(store: Store): void {
  scheduled = false;
  gather();
  if (failed === undefined) {
    try {
      const group = takeFrom(isWrite, GROUP_MOST);
      if (group.length > 0) answer(commitGroup(store, group));
      for (const request of takeFrom(({ operation }) => operation === "copy", 1)) beginCopy(store, request);
      const stops = takeFrom(({ operation }) => operation === "stopCopy", READS_AT_ONCE);
      if (stops.length > 0) stopCopy = true;
      answer(stops.map(({ number }) => ({ number, value: undefined })));
      const others = takeFrom((request) => !isWrite(request) && request.operation !== "close", READS_AT_ONCE);
      answer(others.map((request) => runRead(store, request)));
      if (walNeedsMoving(store)) moveWal(store, "PASSIVE");
    } catch (cause) {
      fail(cause);
    }
  }
  if (failed !== undefined) rejectAll(failed);
  else if (queue.length === 1 && queue[0]?.operation === "close") {
    if (copying === undefined) return close(store, queue[0]);
    // The database cannot be closed under it; its end comes back here.
    stopCopy = true;
    return;
  }
  if (queue.length > 0) schedule(store);
}

function rejectAll(failure: Failure): void {
  answer(queue.splice(0).map(({ number }) => ({ number, failure })));
}

function close(store: Store, request: Request): void {
  queue.length = 0;
  try {
    moveWal(store, "TRUNCATE");
    store.db.close();
    answer([{ number: request.number, value: undefined }]);
  } catch (cause) {
    fail(cause);
    answer([{ number: request.number, failure: journalFailure(cause) }]);
  }
  port?.close();
}

function schedule(store: Store): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(work, store);
}

function start(given: ThreadData): void {
  data = given;
  let store: Store;
  try {
    store = createStore(openDatabase(data.journal), data.keys);
  } catch (cause) {
    say({ kind: "refused", failure: failureOf(unusableState(cause, data.journal)) });
    port?.close();
    return;
  }
  port?.on("message", (requests: Request[]) => {
    queue.push(...requests);
    schedule(store);
  });
  giveBackAtRest();
  say({ kind: "ready", publicKey: store.secrets.publicKey, rewrapped: store.secrets.rewrapped });
}

// It is started before it is known what it works on (boot.ts).
port.once("message", start);
