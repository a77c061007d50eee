// What a bridge worker keeps in memory. All of it can be made again from the journal: a crash loses nothing here.

import type { BridgeError } from "../errors.ts";
import { createServerBook, type ServerBook } from "./server-health.ts";
import type { DropRow } from "../journal/types.ts";

/** A drop with the bytes of an earlier one, whose dead letters get another try. */
export interface Coming {
  readonly drop: DropRow;
  readonly earlier: DropRow;
  /** It could not be done; the next start tries again. */
  failed: boolean;
}

export interface WorkerState {
  paused: boolean;
  /** Of the run: aborted when the appliance begins to stop. */
  stop: AbortSignal | undefined;
  sourceError: string | undefined;
  /** Hints of what was taken and still lies at the source. */
  readonly known: Set<string>;
  /** In order of receipt: the next drops to work on (worker-queue.ts). */
  readonly queue: DropRow[];
  readonly active: Map<string, Promise<void>>;
  /** Ends the run of one drop: for a pause, or so that its dead letters can be replayed. */
  readonly stops: Map<string, AbortController>;
  /** The bridge ended so long ago that nothing is delivered any more. */
  closed: boolean;
  readonly parked: Map<string, { readonly drop: DropRow; readonly error: BridgeError }>;
  /** Drops whose dead letters are being replayed: not started meanwhile. */
  readonly replaying: Set<string>;
  /** How often dead letters were closed: who was on his way meanwhile looks again before he waits for one. */
  releases: number;
  /** Addresses whose waiting messages have all used their attempts, and why. */
  readonly stuck: Map<string, string>;
  /** Drops that wait for a target which is away, and why. */
  readonly away: Map<string, string>;
  /** Of these, the ones that others of the bridge need not wait for: how often in a row they came to rest, by drop. */
  readonly rests: Map<string, number>;
  /** Second comings that are not done, by the later drop. */
  readonly comings: Map<string, Coming>;
  /** Drops this process has seen, for the figures of one run; undefined where nobody asks for them. */
  touched: Set<string> | undefined;
  /** Drops whose last outcomes may not have reached the journal: open when this process began, or cut since. */
  readonly inherited: Set<string>;
  /** Why nothing was taken at the last look although something lay there (disk, spool limit). */
  full: string | undefined;
  /** Why the last look left something behind that could not be read. */
  unread: string | undefined;
  /** Why files that come beside the records were not taken at the last look. */
  attachments: string | undefined;
  /** Drops with records that were not all looked at yet, by id: when they were received. */
  readonly looking: Map<string, number>;
  /** Drops at rest because records wait for their files (attach-desk.ts). */
  awaiting: ReadonlyMap<string, unknown>;
  /** Why something that was taken still lies at the source. */
  cleanUp: string | undefined;
  /** Why a receipt is not written. */
  owed: string | undefined;
  /** Servers of the source and of the receipts. */
  readonly servers: ServerBook;
  /** The server of files that come beside the records: perhaps the same one, but another folder. */
  readonly besideServers: ServerBook;
  moved: number;
  wake: (() => void) | undefined;
}

export function newState(known: ReadonlySet<string>): WorkerState {
  return {
    paused: false,
    stop: undefined,
    sourceError: undefined,
    known: new Set(known),
    queue: [],
    active: new Map(),
    stops: new Map(),
    closed: false,
    parked: new Map(),
    replaying: new Set(),
    releases: 0,
    stuck: new Map(),
    away: new Map(),
    rests: new Map(),
    comings: new Map(),
    touched: new Set(),
    inherited: new Set(),
    full: undefined,
    unread: undefined,
    attachments: undefined,
    looking: new Map(),
    awaiting: new Map(),
    cleanUp: undefined,
    owed: undefined,
    servers: createServerBook(),
    besideServers: createServerBook(),
    moved: Date.now(),
    wake: undefined,
  };
}

/** So many drops that did not reach their end are kept in mind at a time; a thousand bytes each. */
export const MOST_UNFINISHED = 10_000;

/** Those that wait for files keep nobody from his own: only memory is a limit. */
const MOST_AWAITING = 50_000;

/** No drop begins as long as so many wait for people or targets: those go first. */
export function isCrowded({ parked, rests, awaiting }: WorkerState): boolean {
  return parked.size + rests.size >= MOST_UNFINISHED || awaiting.size >= MOST_AWAITING;
}

/** Something changed: whoever waits for it looks again. */
export function wake(state: WorkerState): void {
  state.wake?.();
  state.wake = undefined;
}

/** Resolves at the next `wake`, when the signal aborts, or when somebody else begins to wait. */
export function changed(state: WorkerState, signal: AbortSignal): Promise<void> {
  wake(state);
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    state.wake = done;
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}

/** Back into the queue, which stays in order of receipt. */
export function requeue(state: WorkerState, drop: DropRow): void {
  requeueAll(state, [drop]);
}

export function requeueAll(state: WorkerState, drops: readonly DropRow[]): void {
  for (const drop of drops) state.queue.push(drop);
  inOrder(state);
}

export function inOrder(state: WorkerState): void {
  state.queue.sort((a, b) => (a.id < b.id ? -1 : 1));
}
