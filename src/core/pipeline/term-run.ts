// A drop's run writes to files of terms: each message to the term that is open at that moment, with its number and date.

import type { Target } from "../contract.ts";
import type { Way } from "../bridge/types.ts";
import type { Run } from "./chunk-run.ts";
import type { Courier } from "./courier.ts";
import { mapOn, scopeFor, type MapResult, type Message, type OpenWay } from "./map-unit.ts";
import { isBatched, lotOf, type Lot } from "./parcels.ts";
import type { TermFiles } from "./term-files.ts";
import { termRule, type TermRule } from "./term-time.ts";

/** The rule of a way whose batches are files that grow until their time is over; undefined for every other way. */
export function growingTerm(way: Way, target: Target | undefined, zone: string): TermRule | undefined {
  const { batch } = way.deliver;
  const isOneFile = isBatched(way) && batch?.records === undefined && batch?.drop === false;
  return isOneFile && target?.append !== undefined ? termRule(batch, zone) : undefined;
}

/** What a term's turn made of a lot: the same messages, or those mapped anew with another term's number. */
export interface Turned {
  readonly lot: Lot | undefined;
  readonly others: readonly Exclude<MapResult, { kind: "message" }>[];
}

/**
 * Ends the term if it is over, at the last moment before something is written. A message that was mapped for a term that has
 * ended since is mapped for the next one. `save` commits what has been written.
 */
export async function turnTerm(run: Run, terms: TermFiles, lot: Lot, save: () => Promise<void>): Promise<Turned> {
  const { target } = run.running.couriers.get(lot.way) as Courier;
  if (terms.mustEnd(target, lot)) await terms.end(save, run.signal, lot);
  await terms.renew(lot.way);
  const tag = terms.tagOf(lot.way);
  const { batch } = (lot.messages[0] as Message).scope;
  if (batch?.number === tag?.number && batch?.date === tag?.date) return { lot, others: [] };
  const open = run.running.ways.find(({ way }) => way === lot.way) as OpenWay;
  const results = lot.messages.map(({ unit }) =>
    mapOn(open, unit, scopeFor(run.facts, unit.records[0] ?? {}, unit.first, unit.records, tag, unit.member)),
  );
  const messages = results.flatMap((result) => (result.kind === "message" ? [result.message] : []));
  return {
    lot: messages.length === 0 ? undefined : lotOf(lot.way, messages),
    others: results.filter((result) => result.kind !== "message"),
  };
}
