// receive.folder: files of a folder on this machine or a mount. The own look is the truth; watching only ends waiting.
//
// A file is taken when its marker lies beside it, or when size, times and inode stood still for `settle`. It is opened
// without following links, must still be what was looked at, and is looked at again after reading.

import { constants, type BigIntStats } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsolute } from "node:path";
import {
  adapter,
  type AdapterContext,
  type Delivery,
  type Known,
  type Refuse,
  type Source,
} from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { boolean, duration, object, required, text, type Infer } from "../../core/options/shape.ts";
import { errorCode, joinPath, look } from "../shared/atomic.ts";
import { compileGlobs } from "../../core/options/glob.ts";
import { latin, markerOf } from "../shared/markers.ts";
import { readClaim } from "../shared/claims.ts";
import { bytesOf, exactName, shownName } from "../shared/names.ts";
import { createStillness } from "../shared/settle.ts";
import { checkTaking, FOLDER, LEADS_OUT, leadsOut, sharedFolder, taking } from "../shared/taking.ts";
import { createRemover, type Identity, type Remover } from "./claim.ts";
import { fixedFolder, prepareFolder } from "./place.ts";
import { inOrder, MOST_NAMES, scanFolder, signatureOf, type Found, type Scan, type Stats } from "./scan.ts";
import { createWake } from "./wake.ts";
import { createWorking, workingPrefix, type Working } from "./working.ts";

const options = object(
  {
    path: required(text("folder that is watched; relative to STEG_DATA", { ...FOLDER, example: "drops" })),
    files: taking.files,
    settle: taking.settle,
    marker: taking.marker,
    after: taking.after,
    archive: taking.archive,
    poll: boolean("look only at intervals, for network mounts that report no changes", { default: false }),
    every: duration("longest time between two looks", { default: "10s", least: 100 }),
    sort: taking.sort,
    claim: boolean(
      "whether several appliances take from this folder: each file is renamed to a working name before it is read, so that one of them has it. All of them run a bridge of this name, each over a state of its own; without it a folder belongs to one appliance",
      { default: false },
    ),
    claimFor: taking.claimFor,
  },
  "Files of a folder on this machine or on a mount",
);
type Options = NonNullable<Infer<typeof options>>;

export const folderSource = adapter({
  name: "folder",
  role: "source",
  summary: "Takes files from a folder on this machine or on a mount.",
  options: required(options),
  check: checkFolderSource,
  build: async (given: Options, context: AdapterContext) => createFolderSource(given, context),
});

function checkFolderSource(known: Known<Options>, refuse: Refuse): void {
  if (known.path !== undefined && leadsOut(known.path)) refuse("path", LEADS_OUT);
  checkTaking(known, refuse);
}

const READ = 256 * 1024;

function createFolderSource(given: Options, context: AdapterContext): Source {
  const folder = fixedFolder(given.path, context);
  const fits = compileGlobs(given.files ?? ["*"]);
  const marker = given.marker === undefined ? undefined : markerOf(given.marker);
  const remover = createRemover({ folder, after: given.after, archive: given.archive, marker }, context);
  const stillness = createStillness(given.settle);
  const wake = createWake(given.poll ? undefined : folder, (cause) =>
    context.log("warn", "source.not_watched", {
      path: given.path,
      error: errorCode(cause) ?? "unknown",
      every: given.every,
    }),
  );
  const reported = new Set<string>();
  let firstLook = true;
  let growing = 0;
  let working: Promise<Working> | undefined;
  /** Only with the first look: nothing is built that needs the state before. */
  const claiming = (): Promise<Working> | undefined =>
    given.claim ? (working ??= createWorking(folder, given.claimFor, context)) : undefined;

  async function scan(signal: AbortSignal): Promise<Scan> {
    if (remover.isShared && !given.claim) throw sharedFolder(given.path);
    try {
      await prepareFolder(folder, !isAbsolute(given.path));
      const found = await scanFolder(folder, fits, marker, signal);
      if (firstLook && !given.claim) {
        await remover.finish(found.claims);
        // Left from when `claim` was set, or of another appliance that has it: nobody may lose sight of them.
        const left = found.claims.filter((name) => readClaim(workingPrefix(context), name)).length;
        if (left > 0) context.log("warn", "source.working_names_left", { path: given.path, count: left });
      }
      firstLook = false;
      return found;
    } catch (cause) {
      if (signal.aborted || cause instanceof BridgeError) throw cause;
      const path = JSON.stringify(given.path);
      throw new BridgeError(
        "SOURCE_UNREACHABLE",
        `the folder ${path} cannot be read (${errorCode(cause) ?? "unknown"})`,
        {
          stage: "receive",
          cause,
        },
      );
    }
  }

  function report(found: Scan): void {
    if (found.crowded) context.log("warn", "source.crowded", { path: given.path, most: MOST_NAMES });
    for (const { name, kind } of found.special) {
      if (reported.has(name) || reported.size >= 10_000) continue;
      reported.add(name);
      // Names may name people: the log says folder and kind.
      context.log("warn", "source.special_file", { path: given.path, kind });
    }
  }

  async function whereIs({ name, identity }: { readonly name: Buffer; readonly identity: Identity }): Promise<Buffer> {
    const { claims } = await scanFolder(folder, () => false, undefined, new AbortController().signal);
    return (await claiming())?.find(name, identity, claims) ?? name;
  }

  async function ready(file: Found, names: ReadonlySet<string>): Promise<boolean> {
    if (marker) {
      const name = marker.of(file.name);
      if (!names.has(latin(name))) return false;
      const mark = await look(joinPath(folder, name));
      if (!mark?.isFile()) return false;
      // A marker older than the file may be left over from an earlier one of that name: then the clock decides too.
      if (mark.mtimeNs >= file.stats.mtimeNs) return true;
    }
    return stillness.still(latin(file.name), signatureOf(file.stats));
  }

  return {
    get growing() {
      return growing;
    },
    async *look(signal) {
      growing = 0;
      const found = await scan(signal);
      report(found);
      const takeable: Found[] = [];
      stillness.begin();
      for (const file of found.files) {
        if (context.known(hintOf(given.path, file))) continue;
        if (await ready(file, found.names)) takeable.push(file);
        else growing++;
      }
      stillness.end();
      const several = await claiming();
      if (several) {
        const { files, taken } = await several.sort(found.claims);
        takeable.push(...files.filter((file) => !context.known(hintOf(given.path, file))));
        await remover.finish(taken);
      }
      for (const file of inOrder(takeable, given.sort)) {
        signal.throwIfAborted();
        const now = await look(joinPath(folder, file.at));
        if (!now) continue;
        if (signatureOf(now) !== signatureOf(file.stats)) {
          growing++;
          continue;
        }
        const ours = several ? await several.claim(file) : file;
        if (!ours) continue;
        const hint = hintOf(given.path, ours);
        if (!context.known(hint)) yield delivery(folder, ours, now.mtime, hint, remover);
      }
    },
    get settlesIn() {
      return stillness.next();
    },
    wait: (signal) => wake.rest(Math.max(20, Math.min(given.every, stillness.next() ?? given.every)), signal),
    async settleAgain(_name, hint, dropId) {
      const file = readHint(given.path, hint);
      if (!file) return undefined;
      const { name, identity } = file;
      const at = given.claim ? await whereIs(file) : name;
      return await remover.remove(name, identity, dropId, at);
    },
    close: () => wake.close(),
  };
}

function delivery(folder: string, file: Found, modified: Date, hint: string, remover: Remover): Delivery {
  const path = joinPath(folder, file.at);
  const isClaimed = !file.at.equals(file.name);
  let wasTried = false;
  return {
    name: shownName(file.name),
    size: Number(file.stats.size),
    hint,
    attributes: { modified: modified.toISOString() },
    open: (signal) => read(path, file.stats, signal),
    async verify() {
      const now = await look(path);
      // Claimed by us and gone: another appliance took us for dead and takes it itself.
      if (!now) return isClaimed ? "changed" : "gone";
      return signatureOf(now) === signatureOf(file.stats) ? "same" : "changed";
    },
    settle(dropId) {
      const isFirst = !wasTried;
      wasTried = true;
      return remover.remove(file.name, file.stats, dropId, file.at, isFirst);
    },
  };
}

function changed(why: string): BridgeError {
  return new BridgeError("SOURCE_CHANGED", `the file ${why} between the look and the reading`, { stage: "receive" });
}

/** Reads exactly as many bytes as the look saw: a file that grows on is not followed, `verify` tells. */
async function* read(path: Buffer, seen: Stats, signal: AbortSignal): AsyncIterable<Uint8Array> {
  // Without O_NONBLOCK a pipe that was put in the file's place would hang here for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((cause: unknown) => {
    const code = errorCode(cause);
    if (code === "ENOENT") throw changed("went away");
    if (code === "ELOOP" || code === "ENXIO") throw changed("was replaced by a link or something special");
    throw new BridgeError("SOURCE_UNREACHABLE", `the file cannot be opened (${code ?? "unknown"})`, {
      stage: "receive",
      cause,
    });
  });
  try {
    const stats: BigIntStats = await handle.stat({ bigint: true });
    if (!stats.isFile() || signatureOf(stats) !== signatureOf(seen)) throw changed("changed");
    // One buffer for all pieces: a new one for each would stay until the next collection, and a large file brings many.
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(READ, Number(stats.size))));
    for (let left = Number(stats.size); left > 0;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, left));
      if (bytesRead === 0) return;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function hintOf(path: string, { name, stats }: Found): string {
  return `${exactName(Buffer.from(path))} ${exactName(name)} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino}`;
}

function readHint(path: string, hint: string): { name: Buffer; identity: Identity } | undefined {
  const [folder, name, size, mtime, , ino, more] = hint.split(" ");
  if (folder !== exactName(Buffer.from(path)) || !name || more !== undefined) return undefined;
  if (![size, mtime, ino].every((each) => each !== undefined && /^-?\d{1,20}$/u.test(each))) return undefined;
  return {
    name: bytesOf(name),
    identity: { size: BigInt(size ?? 0), mtimeNs: BigInt(mtime ?? 0), ino: BigInt(ino ?? 0) },
  };
}
