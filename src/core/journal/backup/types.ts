// What is asked of a backup, and what it was in the end.

import type { AuditCheckpoint } from "../types.ts";
import type { Stripped } from "../store/strip.ts";

export interface BackupRequest {
  /** Absolute; a folder that does not exist yet, in one that does. */
  readonly target: string;
  /** With what the drops hold, still sealed by the master keys. */
  readonly payload: boolean;
  readonly actor: string;
  /** Of this program. */
  readonly version: string;
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

export interface BackupMade {
  readonly path: string;
  /** ISO 8601. */
  readonly at: string;
  readonly payload: boolean;
  readonly bytes: number;
  readonly files: number;
  readonly drops: number;
  readonly head: AuditCheckpoint;
  /** What a restore of it cannot bring to its end; undefined with payload. */
  readonly stripped: Stripped | undefined;
}
