// What a bridge worker keeps in memory. All of it can be made again from the journal: a crash loses nothing here.

import type { BridgeError } from "../errors.ts";
import type { DropRow } from "../journal/types.ts";

export interface WorkerState {
  paused: boolean;
  sourceError: string | undefined;
  readonly known: Set<string>;
  readonly queue: DropRow[];
  readonly active: Map<string, Promise<void>>;
  /** Ends the run of one drop, so that its dead letters can be replayed. */
  readonly stops: Map<string, AbortController>;
  readonly parked: Map<string, { readonly drop: DropRow; readonly error: BridgeError }>;
  /** Drops whose dead letters are being replayed: not started meanwhile. */
  readonly replaying: Set<string>;
  /** Addresses whose waiting messages have all used their attempts, and why. */
  readonly stuck: Map<string, string>;
  /** Drops that wait for a target which is away as a whole, and why. */
  readonly away: Map<string, string>;
  /** Drops with the bytes of an earlier one whose dead letters have had their other try. */
  readonly cameAgain: Set<string>;
  /** Drops this process has seen, for the figures of one run. */
  readonly touched: Set<string>;
  /** Drops whose last outcomes may not have reached the journal: open when this process began, or cut since. */
  readonly inherited: Set<string>;
  /** Why nothing was taken at the last look although something lay there (disk, spool limit). */
  full: string | undefined;
  moved: number;
  wake: (() => void) | undefined;
}

export function newState(known: ReadonlySet<string>): WorkerState {
  return {
    paused: false,
    sourceError: undefined,
    known: new Set(known),
    queue: [],
    active: new Map(),
    stops: new Map(),
    parked: new Map(),
    replaying: new Set(),
    stuck: new Map(),
    away: new Map(),
    cameAgain: new Set(),
    touched: new Set(),
    inherited: new Set(),
    full: undefined,
    moved: Date.now(),
    wake: undefined,
  };
}
