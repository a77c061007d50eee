// What the journal keeps of its restore.

export interface RestoredEntry {
  /** Milliseconds. */
  readonly at: number;
  /** When the backup was made; ISO 8601. */
  readonly backup: string;
  readonly payload: boolean;
  /** Up to which entry the trail is that of the backup. */
  readonly head: number;
}

export const RESTORED_KEY = "restored";
