// What the tests of the journal share: a state folder of their own, drops with invented content, and a look into the database
// from outside.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openState } from "../../src/core/journal/open.ts";
import type { StateOptions } from "../../src/core/journal/open.ts";
import type { Counts, NewDrop, OpenState, Progress, TakeResult } from "../../src/core/journal/types.ts";

export const never = new AbortController().signal;
export const DAY = 86_400_000;

export interface TestState {
  readonly dir: string;
  open(options?: Partial<StateOptions>): Promise<OpenState>;
  readonly logged: string[];
  remove(): Promise<void>;
}

/** A folder for one test; everything opened through it is closed at the end. */
export function testState(): TestState {
  const dir = mkdtempSync(join(tmpdir(), "steg-state-"));
  const logged: string[] = [];
  const opened: OpenState[] = [];
  return {
    dir,
    logged,
    async open(options = {}) {
      const state = await openState({
        dir,
        log: (level, event) => void logged.push(`${level} ${event}`),
        // Tests write little, and the reserve's 32 MiB would be written in each of them.
        limits: { reserve: 4 << 20, lowDisk: 1 << 20 },
        ...options,
      });
      opened.push(state);
      return state;
    },
    async remove() {
      for (const state of opened) await state.close().catch(() => undefined);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function* stream(bytes: Uint8Array, chunk = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Text that no compression or alignment makes special. */
export function content(text: string, size = text.length): Buffer {
  return Buffer.alloc(size, `${text};`);
}

export function newDrop(state: OpenState, over: Partial<NewDrop> = {}): NewDrop {
  return {
    id: state.newDropId(),
    bridge: "gewerbe",
    name: "gewerbe_1.csv",
    hint: "",
    size: 0,
    sha256: "",
    occurrence: 0,
    received: Date.now(),
    bridgeVersion: "version-1",
    codecVersion: "csv/1",
    ended: undefined,
    inline: true,
    ...over,
  };
}

/** Writes and takes, as the engine does. */
export async function takeBytes(state: OpenState, bytes: Uint8Array, over: Partial<NewDrop> = {}): Promise<TakeResult> {
  const drop = newDrop(state, over);
  const written = await state.spool.write(drop.id, drop.bridge, stream(bytes), never);
  return state.journal.take(
    { ...drop, size: written.size, sha256: written.sha256, inline: written.inline !== undefined },
    written.inline,
  );
}

export async function takeNew(state: OpenState, bytes: Uint8Array, over: Partial<NewDrop> = {}): Promise<string> {
  const result = await takeBytes(state, bytes, over);
  if (!result.taken) throw new Error("expected a new drop");
  return result.drop.id;
}

export async function readAll(state: OpenState, drop: string): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of state.spool.read(drop, never)) parts.push(part);
  return Buffer.concat(parts);
}

/** Progress with everything up to `watermark` finished; counts default to delivered. */
export function progressTo(watermark: number, over: Partial<Progress> = {}, counts: Partial<Counts> = {}): Progress {
  return {
    watermark,
    offset: watermark * 10,
    ranges: [],
    splits: [],
    counts: { records: 0, delivered: watermark, skipped: 0, dead: 0, ...counts },
    complete: false,
    appenders: {},
    ...over,
  };
}

export const letter = {
  line: 2,
  stage: "map",
  code: "FORMULA_FAILED",
  message: "FORMULA_FAILED a date was expected",
  detail: "32.13.2026",
  attempts: 1,
} as const;

/** Brings a drop of `records` records to its end; those in `dead` are dead letters of one record each. */
export async function finishDrop(
  state: OpenState,
  drop: string,
  records: number,
  dead: readonly number[] = [],
): Promise<void> {
  await state.journal.commit({
    drop,
    progress: progressTo(records, { complete: true }, { records, delivered: records - dead.length, dead: dead.length }),
    dead: dead.map((first) => ({ ...letter, first, last: first, detail: `detail of ${first}` })),
    finished: Date.now(),
  });
}

/** A copy of the journal as it lies on the disk now, open for reading and for damage. */
export function copyOfJournal(dir: string, to: string): DatabaseSync {
  for (const suffix of ["", "-wal"]) {
    rmSync(`${to}${suffix}`, { force: true });
    if (existsSync(join(dir, `journal.db${suffix}`))) copyFileSync(join(dir, `journal.db${suffix}`), `${to}${suffix}`);
  }
  return new DatabaseSync(to);
}

export function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());
}

/** Files below the folder that hold these bytes, but for the lock (opening it would give it back). */
export function filesWith(dir: string, needle: Uint8Array): readonly string[] {
  return filesBelow(dir).filter(
    (path) => !path.endsWith("lock.db") && readFileSync(path).includes(Buffer.from(needle)),
  );
}
