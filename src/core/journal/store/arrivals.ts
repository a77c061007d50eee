// What came between two moments, for those who wait for it.

import type { Arrivals } from "../../lifecycle/expected.ts";
import { dropIdAt } from "../ids.ts";
import type { Store } from "./store.ts";

/** Received behind `from`, and not behind `to` (milliseconds since 1970), without repetitions of earlier drops. */
export interface ArrivalsQuery {
  readonly bridge: string;
  readonly from: number;
  readonly to: number;
}

export function arrivals(store: Store, { bridge, from, to }: ArrivalsQuery): Arrivals {
  // Ids grow with the time of receipt and never run behind it: older drops are not even looked at.
  const row = store
    .sql(
      `SELECT count(*) AS drops, min(d.received) AS first, coalesce(sum(p.records), 0) AS records,
         coalesce(sum(coalesce(p.complete, 0) = 0), 0) AS unread
       FROM drops d LEFT JOIN progress p ON p.drop_id = d.id
       WHERE d.bridge = ? AND d.id >= ? AND d.received > ? AND d.received <= ? AND d.duplicate_of IS NULL AND d.state <> 'refused'`,
    )
    .get(bridge, dropIdAt(from), from, to) as unknown as Omit<Arrivals, "first"> & { readonly first: number | null };
  return { ...row, first: row.first ?? undefined };
}
