// Sums per bridge, kept current by each operation inside its own transaction: reading them costs a row per bridge, however
// many drops and dead letters there are.

import type { DatabaseSync } from "node:sqlite";

export interface SumChange {
  readonly drops?: number;
  /** Records known to exist: of a complete drop all, else those that have their outcome. */
  readonly records?: number;
  readonly delivered?: number;
  readonly skipped?: number;
  readonly dead?: number;
  readonly pending?: number;
  /** Records of dead letters that are open. */
  readonly openDead?: number;
  readonly held?: number;
  readonly spoolBytes?: number;
  readonly attachmentsWaiting?: number;
  readonly attachmentsJoined?: number;
  readonly attachmentsUnassigned?: number;
}

const COLUMNS =
  "bridge, drops, records, delivered, skipped, dead, pending, open_dead, held, spool_bytes, attachments_waiting, attachments_joined, attachments_unassigned";

export type AddSum = (bridge: string, change: SumChange) => void;

export function openSums(db: DatabaseSync): AddSum {
  const names = COLUMNS.split(", ").slice(1);
  const upsert = db.prepare(
    `INSERT INTO sums (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bridge) DO UPDATE SET ` +
      names.map((name) => `${name} = ${name} + excluded.${name}`).join(", "),
  );
  return (bridge, change) => {
    upsert.run(
      bridge,
      change.drops ?? 0,
      change.records ?? 0,
      change.delivered ?? 0,
      change.skipped ?? 0,
      change.dead ?? 0,
      change.pending ?? 0,
      change.openDead ?? 0,
      change.held ?? 0,
      change.spoolBytes ?? 0,
      change.attachmentsWaiting ?? 0,
      change.attachmentsJoined ?? 0,
      change.attachmentsUnassigned ?? 0,
    );
  };
}

export interface SumRow {
  readonly bridge: string;
  readonly drops: number;
  readonly records: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly dead: number;
  readonly pending: number;
  readonly openDead: number;
  readonly held: number;
  readonly spoolBytes: number;
  readonly attachmentsWaiting: number;
  readonly attachmentsJoined: number;
  readonly attachmentsUnassigned: number;
  /** When the oldest dead letter that is open was made; null = none is. */
  readonly oldestDead: number | null;
}

export function readSums(db: DatabaseSync): readonly SumRow[] {
  return db
    .prepare(
      `SELECT bridge, drops, records, delivered, skipped, dead, pending, open_dead AS openDead, held,
        spool_bytes AS spoolBytes, attachments_waiting AS attachmentsWaiting, attachments_joined AS attachmentsJoined,
        attachments_unassigned AS attachmentsUnassigned, (SELECT min(created) FROM dead_letters
        WHERE dead_letters.bridge = sums.bridge AND state = 'open') AS oldestDead FROM sums ORDER BY bridge`,
    )
    .all()
    .map((row) => ({ ...row })) as unknown as SumRow[];
}
