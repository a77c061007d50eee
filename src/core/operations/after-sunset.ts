// What people have to know of a bridge that has ended to decide what happens now: what it holds, until when the law wants it, how often it
// was opened, and what the policy allows.

import { endOfTerm } from "../lifecycle/legal-term.ts";
import { isoIn } from "../lifecycle/dates.ts";
import { readLedger } from "../lifecycle/ledger.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow } from "../journal/types.ts";
import { bridgeNamed } from "./bridge-views.ts";
import type { LocalDeps } from "./local.ts";

export interface HeldView {
  readonly id: string;
  readonly name: string;
  /** ISO 8601 in the bridge's zone. */
  readonly received: string;
  readonly size: number;
  /** null = not counted: too large, or not readable. */
  readonly records: number | null;
  /** When its legal term ends; null = the bridge has none. */
  readonly due: string | null;
  /** When retention erases it. */
  readonly erased: string;
}

export interface AfterSunsetView {
  readonly bridge: string;
  readonly uses: number;
  /** Of the policy. */
  readonly most: number;
  readonly reasons: readonly string[];
  /** The latest time it was opened. */
  readonly last: {
    readonly stage: 1 | 2;
    readonly from: string;
    readonly until: string;
    readonly reason: string;
    readonly ticket: string;
    readonly by: string;
    readonly confirmedBy: string | null;
  } | null;
  /** In their order; the first of them, where there are more than `heldAll` says. */
  readonly held: readonly HeldView[];
  readonly heldAll: number;
  /** Whether handing over takes two persons (decision 19). */
  readonly twoPersons: boolean;
}

const MOST_SHOWN = 200;
/** Bytes that are read at one look to count records, and of one drop. */
const MOST_COUNTED = 32 << 20;
const MOST_KNOWN = 10_000;

export function createAfterSunset(
  deps: Pick<LocalDeps, "journal" | "bridges" | "policy" | "running" | "signal" | "persons">,
): (query: { readonly bridge: string }) => Promise<AfterSunsetView> {
  /** By drop: what a held drop holds never changes. */
  const counted = new Map<string, number>();

  /** Counted ones stay known, so that each look goes on where the last one ended. */
  async function count(rows: readonly DropRow[]): Promise<void> {
    let room = MOST_COUNTED;
    for (const row of rows) {
      if (counted.has(row.id) || row.size > room) continue;
      room -= row.size;
      const records = await deps.running()?.countRecords(row, deps.signal);
      if (records === undefined) continue;
      if (counted.size >= MOST_KNOWN) counted.clear();
      counted.set(row.id, records);
    }
  }

  return async ({ bridge: name }) => {
    const bridge = bridgeNamed(await deps.bridges(), name);
    const rows = await deps.journal.drops({ bridge: name, state: "held", limit: MOST_SHOWN });
    await count(rows);
    const sum = (await deps.journal.sums()).find((one) => one.bridge === name);
    const { most, reasons } = (await deps.policy()).notbetrieb;
    const book = (await readLedger(deps.journal)).get(name)?.notbetrieb;
    const last = book && {
      ...book.last,
      from: isoIn(book.last.from, bridge.timezone),
      until: isoIn(book.last.until, bridge.timezone),
      confirmedBy: book.last.confirmedBy ?? null,
    };
    const held = rows.map((row) => heldView(row, bridge, counted.get(row.id) ?? null));
    return {
      bridge: name,
      uses: book?.uses ?? 0,
      most,
      reasons,
      last: last ?? null,
      held,
      heldAll: sum?.held ?? 0,
      twoPersons: deps.persons === true,
    };
  };
}

function heldView({ id, name, received, size }: DropRow, bridge: LoadedBridge, records: number | null): HeldView {
  const { timezone: zone, deadline, retention } = bridge;
  return {
    id,
    name,
    received: isoIn(received, zone),
    size,
    records,
    due: deadline === undefined ? null : isoIn(endOfTerm(deadline, received, zone), zone),
    erased: isoIn(received + retention.held, zone),
  };
}
