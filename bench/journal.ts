// The journal and the spool against what the machine gives without them: bare SQLite inserts in transactions of the same size,
// a plain file that is hashed, written and fsynced, a plain file that is read.

import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openState } from "../src/core/journal/open.ts";
import type { NewDrop, OpenState } from "../src/core/journal/types.ts";
import type { Bench, Measured } from "./measure.ts";

const MEGABYTE = 1e6;
const GROUP = 200;
const SMALL = 2_048;
const CHUNK = 65_536;
const signal = new AbortController().signal;

async function seconds(work: () => Promise<void> | void): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1_000;
}

/** Runs `most` jobs, so many at a time as share a commit. */
async function together(most: number, job: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let number = next++; number < most; number = next++) await job(number);
  };
  await Promise.all(Array.from({ length: GROUP }, lane));
}

async function* chunks(bytes: Uint8Array, total: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < total; sent += CHUNK) {
    const at = sent % (bytes.length - CHUNK);
    yield bytes.subarray(at, at + Math.min(CHUNK, total - sent));
  }
}

function dropOf(
  state: OpenState,
  written: { readonly size: number; readonly sha256: string },
  inline: boolean,
): NewDrop {
  return {
    id: state.newDropId(),
    bridge: "bench",
    name: "bench.csv",
    hint: "bench.csv 2048 17",
    size: written.size,
    sha256: written.sha256,
    occurrence: 0,
    received: Date.now(),
    bridgeVersion: "version",
    codecVersion: "csv/1",
    ended: undefined,
    inline,
  };
}

/** Bare inserts of the same bytes, in transactions of the same size, as durable. */
function bareInserts(dir: string, count: number, group: number): number {
  const db = new DatabaseSync(join(dir, `bare-${group}.db`));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB)");
  const insert = db.prepare("INSERT INTO t (bytes) VALUES (?)");
  const bytes = randomBytes(SMALL);
  const begin = performance.now();
  for (let done = 0; done < count; done += group) {
    db.exec("BEGIN");
    for (let number = 0; number < group; number += 1) insert.run(bytes);
    db.exec("COMMIT");
  }
  const rate = count / ((performance.now() - begin) / 1_000);
  db.close();
  return rate;
}

async function takes(state: OpenState, count: number, floor: number): Promise<Measured> {
  const payloads = Array.from({ length: count }, () => new Uint8Array(randomBytes(SMALL)));
  const took = await seconds(() =>
    together(count, async (number) => {
      const payload = payloads[number] as Uint8Array;
      const id = state.newDropId();
      const written = await state.spool.write(id, "bench", whole(payload), signal);
      await state.journal.take({ ...dropOf(state, written, true), id }, written.inline);
    }),
  );
  const floorName = `bare SQLite, ${GROUP} inserts of 2 KB per commit`;
  return {
    name: "journal-takes",
    ours: count / took,
    floor,
    floorName,
    unit: "drops/s",
    note: "2 KB each, sealed, audited",
  };
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Progress of many drops at once, as the engine commits it; or of one drop, each commit waiting for the one before. */
async function commits(state: OpenState, count: number, lanes: number): Promise<number> {
  const drops = (await state.journal.drops({ limit: lanes, newestFirst: true })).map(({ id }) => id);
  const each = Math.floor(count / drops.length);
  const took = await seconds(async () => {
    await Promise.all(
      drops.map(async (drop) => {
        const from = (await state.journal.progress(drop)).watermark;
        for (let done = from + 1; done <= from + each; done += 1) {
          await state.journal.commit({
            drop,
            progress: {
              watermark: done,
              offset: done * 100,
              ranges: [],
              splits: [],
              counts: { records: 0, delivered: done, skipped: 0, dead: 0 },
              complete: false,
              appenders: {},
            },
            dead: [],
          });
        }
      }),
    );
  });
  return (each * drops.length) / took;
}

async function plainWrite(path: string, bytes: Uint8Array, total: number): Promise<number> {
  const file = await open(path, "w", 0o600);
  const took = await seconds(async () => {
    const hash = createHash("sha256");
    for (let sent = 0; sent < total; sent += bytes.length) {
      hash.update(bytes);
      await file.write(bytes);
    }
    hash.digest();
    await file.sync();
  });
  await file.close();
  return total / MEGABYTE / took;
}

async function plainRead(path: string, total: number): Promise<number> {
  const file = await open(path, "r");
  const took = await seconds(async () => {
    for (let got = 1; got > 0;) ({ bytesRead: got } = await file.read(Buffer.allocUnsafeSlow(1 << 20)));
  });
  await file.close();
  return total / MEGABYTE / took;
}

async function spool(state: OpenState, dir: string, total: number): Promise<readonly Measured[]> {
  const bytes = randomBytes(4 << 20);
  const plain = join(dir, "plain");
  const floorWrite = await plainWrite(plain, bytes, total);
  const id = state.newDropId();
  let written = { size: 0, sha256: "" };
  const wrote = await seconds(async () => {
    written = await state.spool.write(id, "bench", chunks(bytes, total), signal);
  });
  await state.journal.take({ ...dropOf(state, written, false), id });
  const floorRead = await plainRead(plain, total);
  let read = 0;
  const took = await seconds(async () => {
    for await (const part of state.spool.read(id, signal)) read += part.length;
  });
  if (read !== total) throw new Error(`${read} of ${total} bytes were read`);
  const unit = "MB/s";
  return [
    {
      name: "spool-write",
      ours: total / MEGABYTE / wrote,
      floor: floorWrite,
      floorName: "SHA-256, plain file, fsync",
      unit,
    },
    {
      name: "spool-read",
      ours: total / MEGABYTE / took,
      floor: floorRead,
      floorName: "plain file from the cache",
      unit,
    },
  ];
}

const run: Bench = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-journal-"));
  const state = await openState({ dir: join(dir, "state"), log: () => undefined });
  try {
    const count = quick ? 4_000 : 20_000;
    const grouped = bareInserts(dir, count, GROUP);
    const single = bareInserts(dir, count / 20, 1);
    const taken = await takes(state, count, grouped);
    const many = await commits(state, count, GROUP);
    const one = await commits(state, count / 20, 1);
    return [
      taken,
      {
        name: "journal-commits",
        ours: many,
        floor: grouped,
        floorName: taken.floorName,
        unit: "steps/s",
        note: "200 drops at once",
      },
      {
        name: "journal-commit-alone",
        ours: one,
        floor: single,
        floorName: "bare SQLite, one insert per commit",
        unit: "steps/s",
      },
      ...(await spool(state, dir, quick ? 128 << 20 : 512 << 20)),
    ];
  } finally {
    await state.close();
    rmSync(dir, { recursive: true, force: true });
  }
};
export default run;
