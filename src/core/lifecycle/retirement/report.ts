// What a bridge was and did, as one document: the body of its certificate, and the page that can be printed at any time.

import type { LoadedBridge } from "../../bridge/types.ts";
import type { CallsSeen } from "../../calls/seen-callers.ts";
import type { BridgeTally, Counts } from "../../journal/types.ts";
import { withApproved } from "../extensions.ts";
import type { LedgerEntry } from "../ledger.ts";
import type { Observed } from "./observed.ts";

/** Times are ISO 8601 in UTC, dates days in the bridge's zone; null = there is none, or nobody measured it. No values of records. */
export type BridgeReport = {
  readonly bridge: {
    readonly name: string;
    readonly title: string;
    readonly timezone: string;
    readonly legacy: { readonly system: string; readonly vendor: string | null };
    readonly owner: string;
    readonly reason: string;
    /** The record of processing (Art. 30 DSGVO). */
    readonly personalData: string;
    readonly successor: { readonly title: string; readonly url: string | null } | null;
    /** SHA-256 over the folder of the bridge. */
    readonly folder: string;
  };
  readonly dates: {
    readonly started: string;
    readonly deprecated: string;
    /** The first one that the ledger saw, and the day on which it really ended. */
    readonly sunset: string;
    readonly end: string;
    readonly extensions: readonly { readonly to: string; readonly on: string }[];
    /** SHA-256 of the operator's policy. */
    readonly policy: string | null;
  };
  /** records = delivered + skipped + dead + pending. */
  readonly records: {
    readonly all: number;
    readonly delivered: number;
    readonly skipped: number;
    /** Whose first outcome was a dead letter; what became of those stands in `letters`. */
    readonly dead: number;
    readonly pending: number;
  };
  readonly letters: {
    readonly open: number;
    readonly delivered: number;
    readonly dismissed: number;
    readonly expired: number;
  };
  readonly drops: {
    readonly all: number;
    readonly first: string | null;
    readonly last: string | null;
    readonly duplicates: number;
    readonly refused: number;
    readonly held: number;
    readonly handedOver: number;
    readonly erased: number;
  };
  /** Callers are programs, never people; only the last of them is named, as `jwt:portal`. */
  readonly calls: {
    readonly all: number;
    readonly callers: number;
    readonly first: string | null;
    readonly last: string | null;
    readonly lastBy: string | null;
  };
  readonly watched: { readonly from: string; readonly to: string } | null;
  readonly notbetrieb: {
    readonly uses: number;
    readonly last: {
      readonly from: string;
      readonly until: string;
      readonly stage: number;
      readonly reason: string;
    } | null;
  };
  readonly plan: readonly {
    readonly by: string;
    readonly goal: string;
    /** Share of the successor, 0 to 1. */
    readonly successorShare: number | null;
    readonly measured: number | null;
  }[];
};

export interface ReportFacts {
  readonly bridge: LoadedBridge;
  readonly entry: LedgerEntry | undefined;
  readonly end: string;
  readonly policy: string | undefined;
  readonly sum: (Counts & { readonly pending: number }) | undefined;
  readonly tally: BridgeTally;
  readonly calls: CallsSeen | undefined;
  readonly observed: Observed | undefined;
}

export function reportOf(facts: ReportFacts): BridgeReport {
  const { bridge, entry, end, policy, sum, calls, observed } = facts;
  const { lifecycle } = bridge;
  return {
    bridge: {
      name: bridge.name,
      title: bridge.title,
      timezone: bridge.timezone,
      legacy: { system: lifecycle.legacy.system, vendor: lifecycle.legacy.vendor ?? null },
      owner: lifecycle.owner.name,
      reason: lifecycle.reason,
      personalData: lifecycle.personalData,
      successor: lifecycle.successor
        ? { title: lifecycle.successor.title, url: lifecycle.successor.url ?? null }
        : null,
      folder: bridge.version,
    },
    dates: {
      started: lifecycle.started,
      deprecated: lifecycle.deprecated,
      sunset: entry?.sunset ?? lifecycle.sunset,
      end,
      extensions: withApproved(lifecycle, entry?.approved).extensions.map(({ to, on }) => ({ to, on })),
      policy: policy ?? null,
    },
    records: {
      all: sum?.records ?? 0,
      delivered: sum?.delivered ?? 0,
      skipped: sum?.skipped ?? 0,
      dead: sum?.dead ?? 0,
      pending: sum?.pending ?? 0,
    },
    ...counted(facts.tally),
    calls: {
      all: calls?.calls ?? 0,
      callers: calls?.callers ?? 0,
      first: iso(calls?.first),
      last: iso(calls?.last),
      lastBy: calls?.lastBy ?? null,
    },
    watched: observed ? { from: iso(observed.from) ?? "", to: iso(observed.to) ?? "" } : null,
    notbetrieb: notbetriebOf(entry),
    plan: lifecycle.plan.map(({ by, goal, measure }) => ({
      by,
      goal,
      successorShare: measure?.successorShare ?? null,
      measured: null,
    })),
  };
}

const of = (counts: Readonly<Record<string, number>>, name: string): number => counts[name] ?? 0;

function counted({ drops, letters, first, last }: BridgeTally): Pick<BridgeReport, "drops" | "letters"> {
  return {
    letters: {
      open: of(letters, "open"),
      delivered: of(letters, "delivered"),
      dismissed: of(letters, "dismissed"),
      expired: of(letters, "expired"),
    },
    drops: {
      all: Object.values(drops).reduce((sum, count) => sum + count, 0),
      first: iso(first ?? undefined),
      last: iso(last ?? undefined),
      duplicates: of(drops, "duplicate"),
      refused: of(drops, "refused"),
      held: of(drops, "held"),
      handedOver: of(drops, "handed-over"),
      erased: of(drops, "erased"),
    },
  };
}

function notbetriebOf(entry: LedgerEntry | undefined): BridgeReport["notbetrieb"] {
  const book = entry?.notbetrieb;
  if (book === undefined) return { uses: 0, last: null };
  const { from, until, stage, reason } = book.last;
  return { uses: book.uses, last: { from: iso(from) ?? "", until: iso(until) ?? "", stage, reason } };
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
