// The spool: payloads as encrypted files beside the journal. A file counts only once the journal has its drop; until then it is
// pending here, and after a crash the next start sweeps it away (the source still has the bytes).
//
//   writing (.part) ──rename──▶ pending ──take──▶ kept ──purge──▶ gone
//          └────────discard──────┘──▶ gone

import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import type { Client } from "./client.ts";
import type { Disk } from "./disk.ts";
import { checkDropId } from "./ids.ts";
import { KEY_BYTES } from "./seal.ts";
import { readSpoolFile } from "./spool-read.ts";
import { SyncFailure, writeSpoolFile } from "./spool-write.ts";
import type { Written } from "./spool-write.ts";
import type { Spool } from "./types.ts";

const SUFFIX = ".spool";
const PART_SUFFIX = ".part";
const PAGE = 10_000;

interface Pending {
  readonly bridge: string;
  readonly size: number;
  readonly key: Uint8Array;
}

/** The spool as the journal's side sees it. */
export interface SpoolStore extends Spool {
  /** The key of a written drop that the journal does not have yet. */
  pendingKey(id: string): Uint8Array | undefined;
  /** The journal has the drop, and keeps or refuses its payload. */
  entered(id: string, bridge: string, keptBytes: number): void;
  /** Bytes that the journal no longer holds for a bridge. */
  released(bridge: string, bytes: number): void;
  /** Removes the files of drops whose keys are destroyed. */
  remove(ids: readonly string[]): Promise<void>;
  /** Until the answered function is called, no file is removed: somebody copies them as the journal knows them. */
  hold(): () => Promise<void>;
  /** Removes what a crash left behind; answers drops whose file is missing. */
  sweep(): Promise<readonly string[]>;
}

export interface SpoolOptions {
  readonly folder: string;
  readonly client: Client;
  readonly disk: Disk;
  /** Id of the newest master key, for the header. */
  readonly keyId: string;
  readonly log: Log;
}

export function openSpool(options: SpoolOptions, held: ReadonlyMap<string, number>): SpoolStore {
  const { folder, client, disk, log } = options;
  const pending = new Map<string, Pending>();
  const used = new Map<string, number>(held);
  /** Files that go when nobody copies any more; undefined where nobody does. */
  let leaving: string[] | undefined;

  const fileOf = (id: string): string => join(folder, `${id}${SUFFIX}`);
  const partOf = (id: string): string => join(folder, `${id}${PART_SUFFIX}`);
  const add = (bridge: string, bytes: number): void => void used.set(bridge, (used.get(bridge) ?? 0) + bytes);

  async function guard(): Promise<void> {
    if (client.failure !== undefined) throw client.failure;
    if (!(await disk.low())) return;
    const limit = Math.floor(disk.limits.lowDisk / 2 ** 20);
    throw new BridgeError("DISK_LOW", `less than ${limit} MiB are free under the state folder`, { stage: "receive" });
  }

  /** A failed fsync ends the whole state: what the kernel dropped cannot be written again by asking twice. */
  function fatal(failure: SyncFailure): BridgeError {
    const error = new BridgeError("JOURNAL_FAILED", `${failure.message}; nothing more is taken`, { cause: failure });
    client.fail(error);
    return client.failure ?? error;
  }

  async function write(
    id: string,
    bytes: AsyncIterable<Uint8Array>,
    key: Uint8Array,
    signal: AbortSignal,
  ): Promise<Written> {
    try {
      return await writeSpoolFile(bytes, {
        header: { drop: id, keyId: options.keyId },
        key,
        part: partOf(id),
        path: fileOf(id),
        folder,
        signal,
        guard,
      });
    } catch (cause) {
      if (cause instanceof SyncFailure) throw fatal(cause);
      await rm(partOf(id), { force: true });
      throw cause;
    }
  }

  async function* read(drop: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    checkDropId(drop);
    signal.throwIfAborted();
    const where = await client.call("payload", drop);
    const waiting = pending.get(drop);
    if (where.at === "journal") {
      yield where.bytes;
    } else if (where.at === "file") {
      yield* readSpoolFile(fileOf(drop), drop, where.key, signal);
    } else if (where.at === "unknown" && waiting !== undefined) {
      yield* readSpoolFile(fileOf(drop), drop, waiting.key, signal);
    } else if (where.at === "purged") {
      throw new BridgeError("PAYLOAD_PURGED", `the payload of drop ${drop} is gone`);
    } else {
      throw new BridgeError("DROP_UNKNOWN", `there is no drop ${drop}`);
    }
  }

  function forgetPending(id: string): void {
    const waiting = pending.get(id);
    if (waiting === undefined) return;
    pending.delete(id);
    add(waiting.bridge, -waiting.size);
  }

  async function removeFiles(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await rm(fileOf(id), { force: true }).catch((cause: unknown) => {
        // The key is destroyed, so the file says nothing any more; the next start sweeps it.
        log("warn", "spool.not-removed", { drop: id, code: (cause as NodeJS.ErrnoException).code ?? "unknown" });
      });
    }
  }

  async function keptIds(): Promise<Set<string>> {
    const ids = new Set<string>();
    for (let after = ""; ;) {
      const page = await client.call("keptFiles", { after, limit: PAGE });
      for (const id of page) ids.add(id);
      after = page.at(-1) ?? "";
      if (page.length < PAGE) return ids;
    }
  }

  return {
    async write(id, bridge, bytes, signal) {
      checkDropId(id);
      signal.throwIfAborted();
      await guard();
      // A key of its own for each writing: a drop that is read again after a failure must not reuse a key with its nonces.
      const key = randomBytes(KEY_BYTES);
      const written = await write(id, bytes, key, signal);
      if (written.inline === undefined) {
        pending.set(id, { bridge, size: written.size, key });
        add(bridge, written.size);
      }
      return written;
    },
    read,
    async discard(id) {
      checkDropId(id);
      // In the failed state nobody knows whether the last commits reached the disk: the next start decides by the journal.
      if (client.failure !== undefined) throw client.failure;
      if (await client.call("keepsFile", id)) return;
      forgetPending(id);
      await rm(partOf(id), { force: true });
      await rm(fileOf(id), { force: true });
    },
    free: () => disk.free(),
    low: () => disk.low(),
    used: (bridge) => used.get(bridge) ?? 0,
    pendingKey: (id) => pending.get(id)?.key,
    entered(id, bridge, keptBytes) {
      forgetPending(id);
      add(bridge, keptBytes);
    },
    released: (bridge, bytes) => add(bridge, -bytes),
    async remove(ids) {
      if (leaving === undefined) await removeFiles(ids);
      else leaving.push(...ids);
    },
    hold() {
      leaving ??= [];
      return async () => {
        const ids = leaving ?? [];
        leaving = undefined;
        await removeFiles(ids);
      };
    },
    async sweep() {
      const kept = await keptIds();
      for (const name of await readdir(folder)) {
        const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined;
        if (id !== undefined && kept.delete(id)) continue;
        if (id === undefined && !name.endsWith(PART_SUFFIX)) continue;
        await rm(join(folder, name), { force: true });
        log("info", "spool.swept", { file: name });
      }
      return [...kept];
    },
  };
}
