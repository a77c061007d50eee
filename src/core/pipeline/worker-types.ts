// What a bridge worker is given, does and tells.

import type { AdapterContext, Log, Source } from "../contract.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DeadLetter, DropRow, Journal, Spool } from "../journal/types.ts";
import type { Answering } from "./answering.ts";
import type { Callbacks } from "../calls/callbacks.ts";
import type { OpenFace } from "../calls/open-face.ts";
import type { Executor } from "../distributed/executor.ts";
import type { Desk } from "./attach-desk.ts";
import type { BridgeTerms } from "./bridge-terms.ts";
import type { Circuit } from "./circuit.ts";
import type { EngineTally } from "./engine-tally.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { Runtimes } from "./pinned-runtimes.ts";
import type { ReplayResult } from "./replay.ts";
import type { ServerHealth } from "./server-health.ts";
import type { TermNote } from "./term-note.ts";
import type { AttachmentSource } from "./worker-attachments.ts";
import type { WorkerPartners } from "./worker-partners.ts";
import type { WorkerQueue } from "./worker-queue.ts";
import type { WorkerState } from "./worker-state.ts";

export interface DropProgress {
  readonly bridge: string;
  readonly drop: string;
  readonly name: string;
  readonly size: number;
  readonly offset: number;
  readonly delivered: number;
  readonly dead: number;
  readonly skipped: number;
  readonly records: number;
  readonly complete: boolean;
}

export interface WorkerDeps {
  readonly journal: Journal;
  readonly spool: Spool;
  readonly context: (bridge: LoadedBridge, known: (hint: string) => boolean) => AdapterContext;
  readonly newDropId: () => string;
  /** Drops pinned to an older bridge folder. */
  readonly loadVersion: (bridge: string, version: string) => Promise<LoadedBridge>;
  /** After the sunset: what comes is held. */
  readonly holds: (bridge: LoadedBridge) => boolean;
  /** What was taken may still be delivered; some time after the end no more. */
  readonly finishes: (bridge: LoadedBridge) => boolean;
  /** Before `started`: not polled. */
  readonly polls: (bridge: LoadedBridge) => boolean;
  readonly notices: (bridge: LoadedBridge, drop: DropRow) => readonly string[];
  readonly full: (bridge: LoadedBridge) => Promise<string | undefined>;
  readonly progress: (progress: DropProgress) => void;
  /** Spans; absent = none are recorded. */
  readonly tracing?: Tracing | undefined;
  /** Durations, for metrics. */
  readonly tally?: EngineTally | undefined;
  /** A user with a login of his own dropped something: one who uses the bridge, as a caller does. */
  readonly seen?: ((user: string, bridge: string) => void) | undefined;
  /** A partner sent interchanges, at `at` (milliseconds since 1970); 0 = it is known how many, and only seen. */
  readonly partnerSeen?: ((partner: string, bridge: string, at: number, interchanges: number) => void) | undefined;
  readonly alarm: (bridge: string, code: string, facts: Readonly<Record<string, string | number>>) => void;
  /** Works on chunks elsewhere; undefined = all here. */
  readonly executor?: Executor | undefined;
  readonly log: Log;
  /** The journal or the disk failed: the appliance stops. */
  readonly fatal: (cause: unknown) => void;
}

/** What the rooms of one worker share: drops, intake, replay. */
export interface WorkerParts {
  readonly bridge: LoadedBridge;
  readonly deps: WorkerDeps;
  readonly state: WorkerState;
  readonly queue: WorkerQueue;
  readonly runtimes: Runtimes;
  readonly source: Source;
  readonly answering: Answering;
  readonly terms: BridgeTerms;
  readonly partners: WorkerPartners;
  /** Files that come beside the records. */
  readonly desk: Desk;
  /** Their source; undefined where today's bridge has none. */
  readonly beside: AttachmentSource | undefined;
  /** Callers' side; undefined where the bridge takes drops. */
  readonly face: OpenFace | undefined;
  /** Where its answers are sent; undefined where they are only fetched. */
  readonly callbacks: Callbacks | undefined;
  /** Aborted when nothing more may go on: at the end, and when the time to drain is over. */
  readonly lifetime: AbortSignal;
}

export interface ReplayHow {
  readonly dryRun: boolean;
  /** Send again what may have arrived. */
  readonly confirmUnsure: boolean;
  readonly actor: string;
}

export interface BridgeWorker {
  readonly bridge: LoadedBridge;
  /** Takes and works until the signal; resolves when everything in flight has ended. */
  run(signal: AbortSignal): Promise<void>;
  /** One look, then works until nothing is open, or until nothing has moved for `patience` with the target away. */
  once(patience: number, signal: AbortSignal): Promise<OnceFigures>;
  setPaused(paused: boolean): void;
  replay(letters: readonly DeadLetter[], how: ReplayHow, signal: AbortSignal): AsyncGenerator<ReplayResult>;
  /** The bytes of a drop once more, as a drop of their own. */
  takeAgain(drop: DropRow, actor: string): Promise<DropRow>;
  /** undefined where the drop was taken by another version of the bridge. */
  countRecords(drop: DropRow, signal: AbortSignal): Promise<number | undefined>;
  /** Attachments were erased. */
  forget(attachments: readonly string[]): void;
  /** Nobody waits for this drop any more. */
  givenUp(drop: string): void;
  /** Dead letters were closed by people: what waited behind them goes on. */
  release(): void;
  status(): WorkerStatus;
  /** Of a bridge that is called. */
  readonly face?: OpenFace | undefined;
  close(): Promise<void>;
}

export interface OnceFigures {
  readonly bridge: string;
  readonly drops: number;
  readonly records: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly dead: number;
  readonly pending: number;
  /** Why records stay pending, for people. */
  readonly why: string | undefined;
  /** A file that still grows, or drops that wait for the end of their term: no fault, whatever is pending for it. */
  readonly term?: TermNote | undefined;
  /** Files that lie at the source and were left for the next run, because they are not complete yet. */
  readonly notReady: number;
  /** Records that wait for files beside them, and until when at the latest; no fault. */
  readonly awaits?: (TermNote & { readonly records: number }) | undefined;
  /** Of bridges with `receive.attach`. */
  readonly attachments?: AttachmentFigures | undefined;
}

export interface AttachmentFigures {
  /** In this run. */
  readonly taken: number;
  /** No record has named them yet; and in time. All that the state has. */
  readonly waiting: number;
  readonly unassigned: number;
}

export interface WorkerStatus {
  readonly bridge: string;
  readonly paused: boolean;
  readonly running: number;
  readonly waiting: number;
  /** When the oldest drop was taken that has no end yet, in milliseconds since 1970; absent where there is none. */
  readonly oldest?: number | undefined;
  readonly growing: number;
  readonly sourceError: string | undefined;
  readonly stuck: readonly string[];
  /** Why something that was taken still lies at the source (it is not taken twice), or a receipt is not written; both are tried again. */
  readonly owed: string | undefined;
  readonly servers: readonly ServerHealth[];
  readonly term?: TermNote | undefined;
  readonly circuits: readonly {
    readonly address: string;
    readonly state: Circuit["state"];
    readonly since: number | undefined;
    readonly nextTry: number | undefined;
    readonly why: string;
  }[];
}
