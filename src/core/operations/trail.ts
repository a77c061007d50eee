// The audit trail as operations: read, verified, and signed before it is handed out.

import type { Journal } from "../journal/types.ts";
import { MOST_PAGE, type Operations } from "./operations.ts";

const DEFAULT_PAGE = 100;

export type TrailOperations = Pick<Operations, "audit" | "auditVerify" | "auditCheckpoint">;

export interface TrailDeps {
  readonly journal: Pick<Journal, "audit" | "auditEntries" | "auditVerify" | "auditCheckpoint">;
  /** With which checkpoints are signed, PEM. */
  readonly publicKey: string;
  readonly now: () => number;
}

export function createTrailOperations({ journal, publicKey, now }: TrailDeps): TrailOperations {
  return {
    async audit({ after, bridge, newestFirst, limit = DEFAULT_PAGE }) {
      return await journal.auditEntries({
        limit: Math.min(limit, MOST_PAGE),
        ...(after !== undefined && { after }),
        ...(bridge !== undefined && { bridge }),
        ...(newestFirst !== undefined && { newestFirst }),
      });
    },
    async auditVerify() {
      const verdict = await journal.auditVerify();
      return { entries: verdict.entries, head: verdict.head, broken: verdict.broken ?? null };
    },
    async auditCheckpoint({ actor }) {
      const about = { bridge: undefined, drop: undefined, actor, facts: {} };
      await journal.audit({ at: now(), event: "audit.exported", ...about });
      await journal.auditCheckpoint();
      return { publicKey };
    },
  };
}
