// What may come only once, and which drop brought it: keyed hashes, which outlive the drop and tell nothing about it.

import type { Claim } from "../types.ts";
import type { Store } from "./store.ts";

/** Enters the keys for the drop, all or none; answers which of them, from 0, another drop has. */
export function claim(store: Store, { bridge, drop, keys, at, until, hasPriority, dryRun }: Claim): readonly number[] {
  const macs = keys.map((key) => store.secrets.mac(["once", bridge, key]));
  if (!hasPriority) {
    const others = macs.flatMap((mac, index) => (isOfOther(store, mac, drop, at) ? [index] : []));
    if (others.length > 0) return others;
  }
  if (dryRun) return [];
  const enter = store.sql(
    `INSERT INTO once (mac, drop_id, until) VALUES (?, ?, ?) ON CONFLICT (mac)
     DO UPDATE SET drop_id = excluded.drop_id, until = excluded.until WHERE until <= ?`,
  );
  for (const mac of macs) enter.run(mac, drop, until, at);
  return [];
}

function isOfOther(store: Store, mac: Buffer, drop: string, at: number): boolean {
  const row = store.sql("SELECT drop_id, until FROM once WHERE mac = ?").get(mac) as
    | { readonly drop_id: string; readonly until: number }
    | undefined;
  return row !== undefined && row.drop_id !== drop && row.until > at;
}

export function forgetOnce(store: Store): void {
  store.sql("DELETE FROM once WHERE until <= ?").run(store.now);
}
