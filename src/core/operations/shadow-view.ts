// What the comparisons with the successor brought, for those who look; and how it is erased.

import { BridgeError } from "../errors.ts";
import type { Journal } from "../journal/types.ts";
import { dateIn, isoIn } from "../lifecycle/dates.ts";
import { explanationOf } from "../shadow/compare.ts";
import { shadowKey, type KeptShadow, type Verdict } from "../shadow/shadow-book.ts";
import { bridgeNamed } from "./bridge-views.ts";
import type { LocalDeps } from "./local.ts";

export interface ShadowView {
  readonly bridge: string;
  /** Whether something is sent today. */
  readonly active: boolean;
  /** As the file says; null = it has no shadow any more, and what was found is still there. */
  readonly to: string | null;
  readonly until: string | null;
  readonly approval: { readonly by: string; readonly on: string; readonly reference: string } | null;
  /** ISO 8601; null = nothing was compared yet. */
  readonly since: string | null;
  readonly types: readonly (Readonly<Record<Verdict, number>> & { readonly type: string })[];
  /** Open ones first, then by how often. */
  readonly differences: readonly {
    readonly type: string;
    readonly path: string;
    readonly count: number;
    readonly last: string;
    /** Why it is none, today; null = it is open. */
    readonly reason: string | null;
    /** Keyed hashes, 16 hex digits; null = nothing was there. */
    readonly ours: string | null;
    readonly theirs: string | null;
  }[];
}

export interface ShadowErase {
  readonly bridge: string;
  readonly actor: string;
  readonly ticket: string;
}

type Deps = Pick<LocalDeps, "bridges" | "watch"> & { readonly journal: Pick<Journal, "get" | "set"> };

/** null = the bridge has none, and had none. BRIDGE_UNKNOWN */
export async function shadowView(deps: Deps, name: string): Promise<ShadowView | null> {
  const { shadow, timezone } = bridgeNamed(await deps.bridges(), name);
  const kept = await deps.journal.get<KeptShadow>(shadowKey(name));
  if (!shadow && !kept) return null;
  const today = dateIn((await deps.watch()).now(), timezone);
  const reasonOf = (path: string): string | null => explanationOf(path, shadow?.ignore ?? [], today)?.reason ?? null;
  return {
    bridge: name,
    active: shadow !== undefined && today <= shadow.until,
    to: shadow?.shown ?? null,
    until: shadow?.until ?? null,
    approval: shadow?.approval ?? null,
    since: kept ? isoIn(kept.since, timezone) : null,
    types: Object.entries(kept?.types ?? {}).map(([type, counts]) => ({ type, ...counts })),
    differences: (kept?.differences ?? [])
      .map(({ type, path, count, last, ours, theirs }) => {
        return { type, path, count, last: isoIn(last, timezone), reason: reasonOf(path), ours, theirs };
      })
      .toSorted((a, b) => Number(a.reason !== null) - Number(b.reason !== null) || b.count - a.count),
  };
}

/** Counts, paths and hashes go, and with them the key of the hashes. BRIDGE_UNKNOWN, REQUEST_INVALID */
export async function shadowErase(deps: Deps, { bridge, actor, ticket }: ShadowErase): Promise<void> {
  bridgeNamed(await deps.bridges(), bridge);
  if (ticket.trim() === "") throw new BridgeError("REQUEST_INVALID", "erasing needs a ticket");
  const at = (await deps.watch()).now();
  const entry = { at, event: "shadow.erased", bridge, drop: undefined, actor, facts: { ticket } };
  await deps.journal.set(shadowKey(bridge), undefined, entry);
}
