// What the lifecycle says about a bridge at this moment, for every call. Reckoning it takes longer than passing a call on, so it holds
// for a quarter of a second: no date is as sharp as that.

import type { Standing } from "../lifecycle/state.ts";
import type { Failed } from "./failed.ts";
import { lifecycleHeaders, refusedByLifecycle } from "./lifecycle.ts";
import type { OpenFace } from "./open-face.ts";

export interface Moment {
  readonly standing: Standing;
  /** Why no call is taken; undefined = they are. */
  readonly refused: Failed | undefined;
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
}

const HOLDS = 250;

export interface Clock {
  standing(face: OpenFace): Standing;
  /** Milliseconds since 1970, by the clock that never goes back. */
  now(): number;
}

/** By the monotonic clock, so that nobody who sets the machine's clock makes a moment last. */
export function createMoments(
  clock: Clock,
  monotonic: () => number = () => performance.now(),
): (face: OpenFace) => Moment {
  const known = new WeakMap<OpenFace, { readonly until: number; readonly moment: Moment }>();
  return (face) => {
    const at = monotonic();
    const kept = known.get(face);
    if (kept && at < kept.until) return kept.moment;
    const { lifecycle, timezone } = face.bridge;
    const standing = clock.standing(face);
    const refused = refusedByLifecycle(lifecycle, standing, clock.now());
    // A bridge that has not begun is as if it were not there.
    const headers = standing.state === "planned" ? {} : lifecycleHeaders(lifecycle, standing, timezone);
    const moment = { standing, refused, headers };
    known.set(face, { until: at + HOLDS, moment });
    return moment;
  };
}
