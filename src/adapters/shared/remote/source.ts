// receive.sftp and receive.ftp: files of a folder on a server, asked for at intervals.
//
// A file is taken when its marker lies beside it, or when size and time stood still for `settle`. It must still be what was listed
// when it is read, is read on after a cut, and is looked at again after reading. Times are those of the server's clock and are
// compared with each other only.

import { setTimeout as sleep } from "node:timers/promises";
import type { AdapterContext, Delivery, Source } from "../../../core/contract.ts";
import { compileGlobs } from "../../../core/options/glob.ts";
import { atPath } from "./at-path.ts";
import { readClaim } from "../claims.ts";
import { latin, markerOf } from "../markers.ts";
import { sorted } from "../order.ts";
import { createStillness } from "../settle.ts";
import { hintOf, identityOf, isSame, joinRemote, readHint, signatureOf } from "./entry.ts";
import { listFolder, type Found, type Listing } from "./listing.ts";
import { nameCodeOf, type NameEncoding } from "./name-code.ts";
import type { Pool } from "./pool.ts";
import { readResuming } from "./reading.ts";
import { createRemoteRemover } from "./remover.ts";
import { sharedFolder } from "../taking.ts";
import { createWorking, workingPrefix, type Working } from "./working.ts";

export interface RemoteSourceOptions {
  readonly path: string;
  readonly files: readonly string[] | undefined;
  readonly settle: number;
  readonly marker: string | undefined;
  readonly after: "archive" | "delete" | "keep";
  readonly archive: string;
  readonly every: number;
  readonly sort: "name" | "time";
  readonly nameEncoding?: NameEncoding | undefined;
  /** Several appliances take from this folder: each file is renamed before it is read. */
  readonly claim?: boolean | undefined;
  /** Milliseconds. */
  readonly claimFor?: number | undefined;
}

const CLAIM_FOR = 3_600_000;
const LEAST_REST = 20;
/** Longer timers do not exist: beyond 24.8 days they fire at once. */
const LONGEST_REST = 2 ** 31 - 1;
const MOST_REPORTED = 10_000;

/** The source has the pool for itself and closes it. */
export function createRemoteSource(given: RemoteSourceOptions, pool: Pool, context: AdapterContext): Source {
  const names = nameCodeOf(given.nameEncoding ?? "utf-8");
  const folder = names.bytes(given.path);
  const fits = compileGlobs(given.files ?? ["*"]);
  const marker = given.marker === undefined ? undefined : markerOf(given.marker, names.bytes);
  const { after, archive } = given;
  const remover = createRemoteRemover({ pool, folder, after, archive, marker, names }, context);
  const stillness = createStillness(given.settle);
  const isShared = given.claim === true;
  let working: Promise<Working> | undefined;
  /** Only with the first look: nothing is built that needs the state before. */
  const claiming = (): Promise<Working> | undefined =>
    isShared ? (working ??= createWorking(pool, folder, given.claimFor ?? CLAIM_FOR, context)) : undefined;
  const reported = new Set<string>();
  let firstLook = true;
  let growing = 0;

  const hint = ({ name, identity }: Found): string => hintOf(pool.address, folder, name, identity);

  const listed = (signal: AbortSignal): Promise<Listing> =>
    atPath(
      given.path,
      pool.use((server) => listFolder(server, folder, fits, marker, names, signal), signal),
    );

  async function list(signal: AbortSignal): Promise<Listing> {
    if (remover.isShared && !isShared) throw sharedFolder(given.path);
    const found = await listed(signal);
    if (!firstLook) return found;
    const names = found.own.map(({ name }) => name);
    await remover.finish(names, signal);
    const left = isShared ? 0 : names.filter((name) => readClaim(workingPrefix(context), name)).length;
    // Left from when `claim` was set, or of another appliance that has it: nobody may lose sight of them.
    if (left > 0) context.log("warn", "source.working_names_left", { path: given.path, count: left });
    firstLook = false;
    return found;
  }

  function report({ crowded, special, files }: Listing): void {
    if (crowded) context.log("warn", "source.crowded", { path: given.path, most: files.length });
    for (const { name, kind } of special) {
      if (reported.has(name) || reported.size >= MOST_REPORTED) continue;
      reported.add(name);
      // Names may name people: the log says folder and kind.
      context.log("warn", "source.special_file", { path: given.path, kind });
    }
  }

  function isReady({ name, identity }: Found, markers: Listing["markers"]): boolean {
    if (marker) {
      const mark = markers.get(latin(marker.of(name)));
      if (!mark) return false;
      // A marker older than the file may be left over from an earlier one of that name: then the clock decides too.
      if (mark.modified >= identity.modified) return true;
    }
    return stillness.still(latin(name), signatureOf(identity));
  }

  async function isStillThere({ at, identity }: Found, signal: AbortSignal): Promise<"same" | "changed" | "gone"> {
    const now = await pool.use((server) => server.look(joinRemote(folder, at), signal), signal);
    // Claimed by us and gone: another appliance took us for dead and takes it itself.
    if (!now) return isShared ? "changed" : "gone";
    return now.kind === "file" && isSame(identityOf(now), identity) ? "same" : "changed";
  }

  function delivery(file: Found): Delivery {
    const { name, at, identity } = file;
    let wasTried = false;
    return {
      name: names.shown(name),
      size: identity.size,
      hint: hint(file),
      attributes: identity.modified === 0 ? {} : { modified: new Date(identity.modified).toISOString() },
      open: (signal) =>
        readResuming(pool, joinRemote(folder, at), identity, signal, (from) =>
          context.log("info", "source.cut", { address: pool.address, offset: from, size: identity.size }),
        ),
      verify: (signal) => isStillThere(file, signal),
      async settle(dropId, signal) {
        const isFirst = !wasTried;
        wasTried = true;
        const end = await remover.remove(file, dropId, signal, isFirst);
        stillness.forget(latin(name));
        return end;
      },
    };
  }

  return {
    server: pool.address,
    get growing() {
      return growing;
    },
    async *look(signal) {
      growing = 0;
      const found = await list(signal);
      report(found);
      const takeable: Found[] = [];
      stillness.begin();
      for (const file of found.files) {
        if (context.known(hint(file))) continue;
        if (isReady(file, found.markers)) takeable.push(file);
        else growing++;
      }
      stillness.end();
      const several = await claiming();
      if (several) takeable.push(...(await several.waiting(found.own, signal)));
      for (const file of sorted(takeable, given.sort, (a, b) => a.identity.modified - b.identity.modified)) {
        signal.throwIfAborted();
        // Reading looks whether it still is what was listed: asking here, one after the other, would take as long as the line is.
        if (context.known(hint(file))) continue;
        const ours = several ? await several.claim(file, signal) : file;
        if (ours) yield delivery(ours);
      }
    },
    get settlesIn() {
      return stillness.next();
    },
    async wait(signal) {
      const most = Math.min(given.every, stillness.next() ?? given.every, LONGEST_REST);
      await sleep(Math.max(LEAST_REST, most), undefined, { signal }).catch(() => undefined);
    },
    async settleAgain(_name, text, dropId, signal) {
      const hinted = readHint(pool.address, folder, text);
      if (!hinted) return undefined;
      const file: Found = { ...hinted, at: hinted.name };
      const now = (await claiming())?.find(file, (await listed(signal)).own) ?? file;
      const end = await remover.remove(now, dropId, signal, false);
      stillness.forget(latin(file.name));
      return end;
    },
    close: () => pool.close(),
  };
}
