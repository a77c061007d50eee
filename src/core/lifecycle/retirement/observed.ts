// Since when a bridge has been watched without a gap. That nobody used a bridge can only be said of time in which somebody would have
// noticed: while the appliance ran, the bridge was not paused and its source could be asked.
//
// One heartbeat a minute for the whole appliance; what is kept of a bridge changes only when its observation begins or ends.

/** Restarts and updates are no gap. */
export const LONGEST_PAUSE = 15 * 60_000;

/** Milliseconds by the trusted clock. */
export interface ObservedKept {
  readonly from: number;
  /** When it was seen last; absent = at the last heartbeat. */
  readonly to?: number;
  /** When the observation before this one ended: between them lies a gap. */
  readonly gap?: number;
}

export interface ObservedBook {
  /** The last heartbeat; undefined = there was none. */
  readonly at: number | undefined;
  readonly bridges: ReadonlyMap<string, ObservedKept>;
}

export interface Observed {
  readonly from: number;
  readonly to: number;
  readonly gap: number | undefined;
}

/** A heartbeat at which these bridges were watched: what changes. */
export function observe(book: ObservedBook, seen: ReadonlySet<string>, now: number): ReadonlyMap<string, ObservedKept> {
  const changed = new Map<string, ObservedKept>();
  for (const name of new Set([...book.bridges.keys(), ...seen])) {
    const known = book.bridges.get(name);
    const next = seen.has(name) ? watched(known, book.at, now) : unwatched(known, book.at ?? now);
    if (next !== known && next !== undefined) changed.set(name, next);
  }
  return changed;
}

function watched(known: ObservedKept | undefined, beat: number | undefined, now: number): ObservedKept {
  const last = known?.to ?? beat;
  if (known === undefined || last === undefined) return { from: now };
  if (now - last > LONGEST_PAUSE) return { from: now, gap: last };
  if (known.to === undefined) return known;
  return { from: known.from, ...(known.gap !== undefined && { gap: known.gap }) };
}

/** What was seen at the last heartbeat and is not now was seen no longer than then. */
function unwatched(known: ObservedKept | undefined, last: number): ObservedKept | undefined {
  return known === undefined || known.to !== undefined ? known : { ...known, to: last };
}

/** undefined = never watched. */
export function observedOf(book: ObservedBook, bridge: string): Observed | undefined {
  const kept = book.bridges.get(bridge);
  const to = kept?.to ?? book.at;
  if (kept === undefined || to === undefined) return undefined;
  return { from: kept.from, to: Math.max(kept.from, to), gap: kept.gap };
}
