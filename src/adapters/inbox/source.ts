// The inbox of one bridge as a source. A file is ready the moment that it counts as dropped: there is nothing to settle, and it is
// removed when core has it.
//
// The port opens when core waits for the first time after a look, so that `up --once` takes what lies here and opens no door. Where core
// waits without having looked (before `started`) the bridge takes nothing, and its users are told so.

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { AdapterContext, Delivery, Source } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { errorCode } from "../shared/atomic.ts";
import { shownName } from "../shared/names.ts";
import { sorted } from "../shared/order.ts";
import type { Account } from "./account.ts";
import { credentialsOf } from "./credentials.ts";
import { inboxFolder, listenerAt, LISTENER_LIMITS, type ListenerLimits, type Seat } from "./listener.ts";
import { nameRule, pathsBelow } from "./names.ts";
import { LARGEST_FILE, TEMPORARY, type InboxOptions, type UserOptions } from "./options.ts";
import { bytesPath } from "./record.ts";
import { diskRoom, LOW_DISK, userRoom } from "./room.ts";
import { openShelf, type Shelf } from "./shelf.ts";
import type { Upload } from "./upload.ts";
import { otherUsers } from "./users.ts";

/** What tests make shorter. */
export interface InboxTiming {
  readonly listener: ListenerLimits;
  /** Milliseconds that a taken file is still told of. */
  readonly remember: number;
  readonly lowDisk: number;
}

const TIMING: InboxTiming = { listener: LISTENER_LIMITS, remember: 60_000, lowDisk: LOW_DISK };

/** Also the longest time until what is old is swept. */
const LONGEST_REST = 60_000;
const READ = 256 * 1024;

export interface Inbox extends Source {
  /** Where it listens; undefined before the first wait. */
  readonly port: number | undefined;
  readonly hostKey: string | undefined;
}

export async function createInbox(
  given: InboxOptions,
  context: AdapterContext,
  timing: InboxTiming = TIMING,
): Promise<Inbox> {
  const listener = listenerAt(context.stateDir, given.sftp.listen, timing.listener);
  const bell = createBell();
  const shelves = new Map<string, Shelf>();
  const seats: Seat[] = [];
  let looked = false;
  let isTaking = false;

  try {
    for (const user of Object.keys(given.sftp.users)) seats.push(listener.enlist(user, context.bridge));
    await openShelves();
    for (const [at, [user, each]] of Object.entries(given.sftp.users).entries()) seats[at]?.sit(accountFor(user, each));
  } catch (cause) {
    await Promise.all(seats.map((seat) => seat.leave()));
    throw cause;
  }

  async function openShelves(): Promise<void> {
    const folder = await inboxFolder(context.stateDir, context.bridge);
    const nextOrder = createOrder();
    const rule = nameRule(given.files ?? ["*"], given.temporary ?? TEMPORARY);
    // What somebody dropped who is no user any more was promised to be taken all the same.
    for (const user of new Set([...Object.keys(given.sftp.users), ...(await otherUsers(folder))])) {
      const options = Object.hasOwn(given.sftp.users, user) ? given.sftp.users[user] : undefined;
      const { quota, maxFiles } = options ?? { quota: 0, maxFiles: 0 };
      const maxFile = options?.maxFile ?? Math.min(LARGEST_FILE, quota);
      const own = await inboxFolder(context.stateDir, context.bridge, user);
      const room = userRoom({ quota, maxFile, names: maxFiles }, diskRoom(own, timing.lowDisk));
      const parts = {
        folder: own,
        rule,
        room,
        nextOrder,
        ring: bell.ring,
        remember: timing.remember,
        log: context.log,
      };
      shelves.set(user, await openShelf(parts));
    }
  }

  function accountFor(user: string, options: UserOptions): Account {
    const shelf = shelves.get(user) as Shelf;
    return {
      user,
      credentials: credentialsOf(user, options, context),
      writeOnly: options.writeOnly,
      connections: options.connections,
      idle: given.sftp.idle,
      paths: pathsBelow(options.folder),
      rule: shelf.rule,
      disk: diskRoom(shelf.folder, timing.lowDisk),
      shelf,
      closed: () => (isTaking ? undefined : "nothing is taken here at present"),
      log: context.log,
    };
  }

  async function sweep(): Promise<void> {
    for (const [user, shelf] of shelves) {
      const removed = await shelf.sweep(given.keepPartial);
      if (removed > 0) context.log("info", "inbox.partial_removed", { user, files: removed });
    }
  }

  return {
    get port() {
      return listener.port;
    },
    get hostKey() {
      return listener.hostKey?.fingerprint;
    },
    get growing() {
      let count = 0;
      for (const shelf of shelves.values()) count += shelf.unfinished;
      return count;
    },
    async *look(signal) {
      looked = true;
      bell.hush();
      const found = [...shelves].flatMap(([user, shelf]) => shelf.drops().map((upload) => ({ user, shelf, upload })));
      const byName = found.map((each) => ({ ...each, name: each.upload.name }));
      for (const { user, shelf, upload } of sorted(byName, given.sort, (a, b) => a.upload.order - b.upload.order)) {
        signal.throwIfAborted();
        upload.taking = context.known(hintOf(user, upload));
        if (!upload.taking && shelf.byId(upload.id)) yield deliveryOf(user, shelf, upload);
      }
    },
    async wait(signal) {
      isTaking = looked;
      looked = false;
      if (isTaking) await listener.open(context.log);
      await sweep();
      await bell.rung(LONGEST_REST, signal);
      // The appliance stops: what is under way may end, nothing new is begun that nobody would take soon.
      if (signal.aborted) isTaking = false;
    },
    async settleAgain(_name, hint) {
      const [word, user, id, more] = hint.split(" ");
      if (word !== HINT || user === undefined || id === undefined || more !== undefined) return undefined;
      const shelf = shelves.get(user);
      const upload = shelf?.byId(id);
      if (shelf && upload) await remove(shelf, upload);
      return undefined;
    },
    async close() {
      isTaking = false;
      await Promise.all(seats.map((seat) => seat.leave()));
    },
  };
}

const HINT = "inbox";

function hintOf(user: string, { id }: Upload): string {
  return `${HINT} ${user} ${id}`;
}

function deliveryOf(user: string, shelf: Shelf, upload: Upload): Delivery {
  return {
    name: shownName(upload.name),
    size: upload.size,
    hint: hintOf(user, upload),
    attributes: { user, modified: new Date(upload.modified).toISOString() },
    open(signal) {
      // From here on its client cannot have it back.
      upload.taking = true;
      return read(bytesPath(shelf.folder, upload.id), upload.size, signal);
    },
    // Nobody writes into what was dropped; its client may have removed it before core asked for it.
    verify: () => Promise.resolve(shelf.byId(upload.id) ? "same" : "gone"),
    settle: () => remove(shelf, upload),
  };
}

async function remove(shelf: Shelf, upload: Upload): Promise<void> {
  try {
    await shelf.taken(upload);
  } catch (cause) {
    throw new BridgeError(
      "SOURCE_CLEANUP_FAILED",
      `removing it from the inbox failed (${errorCode(cause) ?? "unknown"})`,
      {
        stage: "receive",
        cause,
      },
    );
  }
}

async function* read(path: string, size: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    const code = errorCode(cause);
    if (code === "ENOENT")
      throw new BridgeError("SOURCE_CHANGED", "the file was removed by its client", { stage: "receive" });
    throw new BridgeError("SOURCE_UNREACHABLE", `the file cannot be opened (${code ?? "unknown"})`, {
      stage: "receive",
      cause,
    });
  });
  try {
    // One buffer for all pieces: a new one for each would stay until the next collection.
    const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(READ, size)));
    for (let left = size; left > 0;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, left));
      if (bytesRead === 0) {
        throw new BridgeError("SOURCE_CHANGED", "the file is shorter than it was when it was dropped", {
          stage: "receive",
        });
      }
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Later drops have higher numbers, also after a restart; `atLeast` = one that is there already. */
function createOrder(): (atLeast?: number) => number {
  let last = 0;
  return (atLeast) => {
    last = atLeast === undefined ? Math.max(last + 1, Date.now() * 1_000) : Math.max(last, atLeast);
    return last;
  };
}

interface Bell {
  ring(this: void): void;
  hush(): void;
  rung(most: number, signal: AbortSignal): Promise<void>;
}

/** Wakes whoever waits, or whoever waits next. */
function createBell(): Bell {
  let rang = false;
  let wake = new AbortController();
  return {
    ring() {
      rang = true;
      wake.abort();
    },
    hush() {
      rang = false;
    },
    async rung(most, signal) {
      wake = new AbortController();
      if (!rang)
        await sleep(most, undefined, { signal: AbortSignal.any([signal, wake.signal]) }).catch(() => undefined);
    },
  };
}
