// How bridges were used, from the rows themselves.

import type { BridgeTally, BridgeUse } from "../use-types.ts";
import type { Store } from "./store.ts";

/** Of all bridges at once: one look-up each in an index, however many drops there are. */
export function uses(store: Store): readonly BridgeUse[] {
  const rows = store
    .sql(
      `SELECT bridge,
        (SELECT received FROM drops WHERE drops.bridge = sums.bridge ORDER BY id DESC LIMIT 1) AS last,
        EXISTS (SELECT 1 FROM drops WHERE drops.bridge = sums.bridge AND state = 'open') AS inWork,
        EXISTS (SELECT 1 FROM drops WHERE drops.bridge = sums.bridge AND state = 'handed-over' AND finished IS NULL)
          AS handingOver FROM sums ORDER BY bridge`,
    )
    .all() as unknown as { bridge: string; last: number | null; inWork: number; handingOver: number }[];
  return rows.flatMap(({ bridge, last, inWork, handingOver }) =>
    last === null ? [] : [{ bridge, last, inWork: inWork === 1, handingOver: handingOver === 1 }],
  );
}

/** Goes through all rows of the bridge: for a report, not for a page that is open. */
export function tally(store: Store, bridge: string): BridgeTally {
  const drops = store
    .sql(
      "SELECT state, count(*) AS n, min(received) AS first, max(received) AS last FROM drops WHERE bridge = ? GROUP BY state",
    )
    .all(bridge) as unknown as { state: string; n: number; first: number; last: number }[];
  const letters = store
    .sql('SELECT state, sum("last" - "first" + 1) AS n FROM dead_letters WHERE bridge = ? GROUP BY state')
    .all(bridge) as unknown as { state: string; n: number }[];
  return {
    drops: Object.fromEntries(drops.map(({ state, n }) => [state, n])),
    first: drops.length === 0 ? null : Math.min(...drops.map(({ first }) => first)),
    last: drops.length === 0 ? null : Math.max(...drops.map(({ last }) => last)),
    letters: Object.fromEntries(letters.map(({ state, n }) => [state, n])),
  };
}
