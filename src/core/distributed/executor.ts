// Where chunks are worked on when it is not in this process. The journal stays here: an executor only brings outcomes.

import type { Signals } from "../pipeline/courier.ts";
import type { ChunkJob, ChunkOutcome } from "./chunk-job.ts";

export type Heard = (ended: ChunkOutcome["ended"], earlier: boolean) => void;

export interface Executor {
  /** How many chunks of one drop may be on their way, so that none fills the queue for the others. */
  readonly window: number;
  /**
   * Brings the outcome of a chunk, however long the way there is away. `heard` is told what has ended so far, by this submission of it or,
   * `earlier`, by one that was given up. Once `stop` is aborted, a chunk that nobody has begun is taken back; one that somebody works on
   * may end until `kill`. Rejects with their reason, or CHUNK_DAMAGED.
   */
  run(job: ChunkJob, heard: Heard, signals: Signals): Promise<ChunkOutcome>;
  readonly status: ExecutorStatus;
  close(): Promise<void>;
}

export interface ExecutorStatus {
  /** Chunks on their way. */
  readonly open: number;
  /** Why nothing moves; undefined = the queue is there. */
  readonly trouble: string | undefined;
  /** Since when, in milliseconds; undefined = the queue is there. */
  readonly since: number | undefined;
}
