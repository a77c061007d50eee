// Opening the state folder: lock, keys, journal, spool, in this order, so that nothing is read or written before it is certain
// that this process is the only one.

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { Log } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import { createBackups, TEMPORARY_COPY } from "./backup/make.ts";
import { startClient } from "./client.ts";
import type { Client } from "./client.ts";
import { LOW_DISK, RESERVE, openDisk } from "./disk.ts";
import type { DiskLimits } from "./disk.ts";
import { syncFolder } from "../durable.ts";
import { prepareFolder, removeOldCopies, RESTORE_PART } from "./folder.ts";
import type { StatePaths } from "./folder.ts";
import { dropIds } from "./ids.ts";
import { createJournal } from "./journal.ts";
import { loadKeys } from "./key-file.ts";
import type { KeyRing } from "./key-file.ts";
import { lockState } from "./lock.ts";
import { openSpool } from "./spool.ts";
import type { OpenState } from "./types.ts";
import { unusableState } from "./unusable.ts";

export interface StateOptions {
  /** Made where it does not exist. */
  readonly dir: string;
  /** STEG_KEY_FILE; without it a key is made in the state folder. */
  readonly keyFile?: string | undefined;
  readonly log: Log;
  /** Milliseconds; the system's clock where absent. */
  readonly clock?: (() => number) | undefined;
  /** Called once, when the state has failed for good: the engine must stop. */
  readonly onFailed?: ((error: BridgeError) => void) | undefined;
  /** Other limits than 256 MiB and 32 MiB. */
  readonly limits?: Partial<DiskLimits> | undefined;
  /** The journal's, where it was started before (boot.ts); it belongs to this state from now on. */
  readonly thread?: Worker | undefined;
}

function start(options: StateOptions, paths: StatePaths, ring: KeyRing, limits: DiskLimits): Promise<Client> {
  const { log, onFailed } = options;
  return startClient(
    { journal: paths.journal, reserve: paths.reserve, reserveBytes: limits.reserve, keys: ring.keys },
    {
      clock: options.clock ?? Date.now,
      onFailed(error) {
        log("error", "state.failed", { code: error.code, message: error.message });
        onFailed?.(error);
      },
      onReserveReleased: () => log("warn", "disk.reserve-released"),
    },
    options.thread,
  );
}

/** The keys are wrapped by those of the key file now; the one in the state folder would only help a thief. */
function dropLeftover(ring: KeyRing, paths: StatePaths, log: Log): void {
  if (ring.leftover === undefined) return;
  rmSync(ring.leftover, { force: true });
  syncFolder(paths.dir);
  log("info", "keys.moved-out", { file: ring.leftover });
}

async function reportMissing(client: Client, missing: readonly string[], now: number, log: Log): Promise<void> {
  for (const id of missing) {
    const drop = await client.call("drop", id);
    log("error", "spool.missing", { drop: id, bridge: drop?.bridge ?? "" });
    await client.call("audit", {
      at: now,
      event: "spool.missing",
      bridge: drop?.bridge,
      drop: id,
      actor: "system",
      facts: {},
    });
  }
}

async function assemble(options: StateOptions, paths: StatePaths, release: () => void): Promise<OpenState> {
  const { log } = options;
  const clock = options.clock ?? Date.now;
  // Of a backup whose process was killed.
  for (const suffix of ["", "-journal"]) rmSync(`${join(paths.dir, TEMPORARY_COPY)}${suffix}`, { force: true });
  if (existsSync(join(paths.dir, RESTORE_PART)) && !existsSync(paths.journal))
    throw new BridgeError("STATE_UNRESTORED", `a restore into ${paths.dir} was cut off`);
  const ring = loadKeys(paths.dir, options.keyFile, !existsSync(paths.journal), log);
  const limits = { lowDisk: LOW_DISK, reserve: RESERVE, ...options.limits };
  const disk = openDisk(paths, limits, log);
  // The thread needs its time to start; a reserve can be made meanwhile.
  const looked = disk.low();
  looked.catch(() => undefined);
  const client = await start(options, paths, ring, limits);
  try {
    if (client.rewrapped > 0) log("info", "keys.rewrapped", { count: client.rewrapped });
    dropLeftover(ring, paths, log);
    const sums = await client.call("sums", undefined);
    const spool = openSpool(
      { folder: paths.spool, client, disk, keyId: ring.keys.at(-1)?.id ?? "", log },
      new Map(sums.map(({ bridge, spoolBytes }) => [bridge, spoolBytes])),
    );
    await reportMissing(client, await spool.sweep(), clock(), log);
    await looked;
    const backup = createBackups({ client, spool, paths, keys: ring.keys, lowDisk: limits.lowDisk, clock });
    const journal = createJournal(client, spool);
    const upkeep = (now: number): void => {
      for (const file of removeOldCopies(paths.dir, now)) log("info", "journal.copy-removed", { file });
    };
    upkeep(clock());
    const close = async (): Promise<void> => {
      try {
        await client.close();
      } finally {
        release();
      }
    };
    return {
      journal: {
        ...journal,
        async purge(now, retention) {
          upkeep(now);
          return await journal.purge(now, retention);
        },
        close,
      },
      spool,
      publicKey: client.publicKey,
      keyInState: ring.inState,
      get failure() {
        return client.failure;
      },
      backup,
      newDropId: dropIds(clock, await client.call("lastDropId", undefined)),
      close,
    };
  } catch (cause) {
    await client.close().catch(() => undefined);
    throw cause;
  }
}

/**
 * Opens the state folder for this process alone. Throws STATE_LOCKED, STATE_TOO_NEW, STATE_UNUSABLE, KEY_FILE_INVALID,
 * KEY_MISSING, or JOURNAL_FAILED where the disk or the journal's content is at fault.
 */
export async function openState(options: StateOptions): Promise<OpenState> {
  try {
    const paths = prepareFolder(options.dir, options.log);
    const release = lockState(paths.dir);
    try {
      return await assemble(options, paths, release);
    } catch (cause) {
      release();
      throw cause;
    }
  } catch (cause) {
    throw unusableState(cause, options.dir);
  }
}
