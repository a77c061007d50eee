// Source → spool → journal, then the acknowledgement. The order of these steps is the promise "taken means kept".
//
//   read into the spool (hash, fsync) ─▶ look again at the source ─▶ journal (commit) ─▶ archive or delete at the source ─▶ journal
//                                          changed: discard, take anew          failed: "clean-up pending", tried again

import type { Delivery, Log, Source } from "../contract.ts";
import { asBridgeError, type BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { isFatal } from "./fatal.ts";
import type { Journal, NewCall, Spool, TakeResult } from "../journal/types.ts";

/** A file that the spool holds durably. */
export interface Spooled {
  readonly id: string;
  readonly bridge: string;
  readonly name: string;
  readonly hint: string;
  readonly size: number;
  readonly sha256: string;
  readonly received: number;
  /** Small files come back as bytes, for the journal. */
  readonly inline: Uint8Array | undefined;
  /** Its first bytes, as many as the register wants. */
  readonly head: Uint8Array;
}

/** Where taken files are entered: as drops, or as files that come beside them. */
export interface Register<T> {
  readonly head: number;
  enter(file: Spooled): Promise<T>;
  settled(id: string, stays: boolean): Promise<void>;
}

export interface IntakeDeps<T> {
  readonly bridge: LoadedBridge;
  readonly source: Source;
  readonly register: Register<T>;
  readonly spool: Spool;
  readonly newDropId: () => string;
  /** Nothing may overtake what could not be taken. */
  readonly inOrder: boolean;
  /** Why nothing may be taken now (disk, spool limit), or undefined. */
  readonly full: (bridge: LoadedBridge) => Promise<string | undefined>;
  /** What its source says to be so many bytes is about to be read. */
  readonly coming?: ((size: number) => void) | undefined;
  readonly taken: (result: T, hint: string) => void;
  /** What had this hint lies at the source no more. */
  readonly gone: (hint: string) => void;
  /** Something that lies there could not be read; it is left where it is, and the next look tries again. */
  readonly unread: (error: BridgeError) => void;
  /** A user of the source whom it knows by a login of his own has handed something over. */
  readonly seen?: ((user: string) => void) | undefined;
  readonly log: Log;
}

/** `holds`: the sunset is over, and what comes is held, or refused where its sender is told. `callOf`: the call that a delivery is, by its hint; callers were told whether it may come. */
export function dropRegister(
  bridge: LoadedBridge,
  codecVersion: string,
  journal: Pick<Journal, "take" | "settled">,
  holds: () => boolean,
  callOf?: (hint: string) => NewCall | undefined,
  /** Held drops wait to be released: nothing overtakes them. */
  queues: () => boolean = () => false,
): Register<TakeResult> {
  return {
    head: 0,
    async enter({ id, name, hint, size, sha256, received, inline }) {
      const drop = { id, bridge: bridge.name, name, hint, size, sha256, received };
      const pinned = { bridgeVersion: bridge.version, codecVersion };
      const small = inline !== undefined;
      const call = callOf?.(hint);
      const closed = holds() ? (bridge.refuses ? "refused" : "held") : queues() ? "held" : undefined;
      const ended = call === undefined ? closed : undefined;
      const wanted = bridge.answers.some(({ as }) => typeof as !== "string");
      return await journal.take(
        { ...drop, ...pinned, occurrence: 0, ended, inline: small, wanted, arrival: bridge.arrivals, call },
        inline,
      );
    },
    settled: (id, stays) => journal.settled(id, stays),
  };
}

/** How many drops are read at the same time, so that they share a commit. */
const AT_ONCE = 64;
/** Of those that are not small, or of unknown size: each of them has a block of the spool in memory. */
const LARGE_AT_ONCE = 16;
const SMALL = 64 * 1024;

/** One look at the source: takes all that is ready. Answers how many were taken. */
export async function lookOnce<T>(deps: IntakeDeps<T>, signal: AbortSignal): Promise<number> {
  const ordered = deps.inOrder;
  const running = new Set<Promise<void>>();
  let large = 0;
  let count = 0;
  let passedOver = false;
  let failure: unknown;
  const giveUp = (cause: unknown): void => void (failure ??= cause);
  const isCrowded = (): boolean => running.size >= AT_ONCE || large >= LARGE_AT_ONCE;
  const take = async (delivery: Delivery): Promise<void> => {
    const weight = (delivery.size ?? SMALL) < SMALL ? 0 : 1;
    large += weight;
    const task = takeOne(deps, delivery, signal)
      .then((took) => {
        if (took) count++;
        else passedOver = true;
      })
      .catch(giveUp)
      .finally(() => {
        running.delete(task);
        large -= weight;
      });
    running.add(task);
    if (ordered) await task;
    while (isCrowded()) await Promise.race(running);
  };
  try {
    for await (const delivery of deps.source.look(signal)) {
      if (failure !== undefined || (await deps.full(deps.bridge)) !== undefined) break;
      await take(delivery);
      // Where order counts, nothing may overtake what could not be taken.
      if (ordered && passedOver) break;
    }
  } catch (cause) {
    giveUp(cause);
  }
  // Also where the look itself failed: what is being taken ends before the caller goes on, or closes the journal.
  await Promise.all(running);
  if (failure !== undefined) throw failure;
  return count;
}

async function takeOne<T>(deps: IntakeDeps<T>, delivery: Delivery, signal: AbortSignal): Promise<boolean> {
  const { bridge, spool, register } = deps;
  const id = deps.newDropId();
  const received = Date.now();
  const head: Uint8Array[] = [];
  if (delivery.size !== undefined) deps.coming?.(delivery.size);
  let written;
  try {
    const bytes = delivery.open(signal);
    written = await spool.write(
      id,
      bridge.name,
      register.head > 0 ? keepingHead(bytes, register.head, head) : bytes,
      signal,
    );
  } catch (cause) {
    await spool.discard(id);
    if (isFatal(cause)) throw cause;
    signal.throwIfAborted();
    const error = asBridgeError(cause, "receive");
    deps.log("warn", "intake.unreadable", { bridge: bridge.name, code: error.code });
    deps.unread(error);
    return false;
  }
  const { name, hint } = delivery;
  const file = { id, bridge: bridge.name, name, hint, received, ...written, head: Buffer.concat(head) };
  const result = await enter(deps, delivery, file, signal);
  if (result === undefined) return false;
  deps.taken(result.entered, delivery.hint);
  const { user } = delivery.attributes;
  if (user !== undefined) deps.seen?.(user);
  await settle(deps, delivery, id, signal);
  return true;
}

async function* keepingHead(
  bytes: AsyncIterable<Uint8Array>,
  most: number,
  head: Uint8Array[],
): AsyncGenerator<Uint8Array> {
  let left = most;
  for await (const piece of bytes) {
    // A copy: the piece's buffer may be used again.
    if (left > 0) head.push(Buffer.from(piece.subarray(0, left)));
    left = Math.max(0, left - piece.length);
    yield piece;
  }
}

/** What is in the spool comes into the journal, or goes: undefined = it changed while it was read. */
async function enter<T>(
  deps: IntakeDeps<T>,
  delivery: Delivery,
  file: Spooled,
  signal: AbortSignal,
): Promise<{ readonly entered: T } | undefined> {
  const { bridge, register, spool } = deps;
  try {
    if ((await delivery.verify(signal)) === "changed") {
      await spool.discard(file.id);
      deps.log("info", "intake.changed-while-read", { bridge: bridge.name });
      return undefined;
    }
    return { entered: await register.enter(file) };
  } catch (cause) {
    if (!isFatal(cause)) await spool.discard(file.id);
    throw cause;
  }
}

async function settle<T>(deps: IntakeDeps<T>, delivery: Delivery, id: string, signal: AbortSignal): Promise<void> {
  let stays: boolean;
  try {
    stays = (await delivery.settle(id, signal)) === "stays";
  } catch (cause) {
    const error = asBridgeError(cause, "receive");
    deps.log("warn", "intake.clean-up-pending", { bridge: deps.bridge.name, drop: id, code: error.code });
    return;
  }
  await deps.register.settled(id, stays);
  if (!stays) deps.gone(delivery.hint);
}
