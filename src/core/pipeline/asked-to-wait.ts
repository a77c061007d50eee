// What targets asked for with Retry-After: until then nobody knocks again, and people hear why nothing goes on.

import type { Target } from "../contract.ts";
import { wallTime } from "../lifecycle/dates.ts";

export interface AskedToWait {
  /** The same target; what it asks for is remembered until it answers otherwise. */
  hearing(target: Target): Target;
  /** Why nothing goes on, with the time in this zone; undefined where nobody has to wait. */
  why(timezone: string): string | undefined;
}

export function createAskedToWait(now: () => number = Date.now): AskedToWait {
  /** By address. */
  const asked = new Map<string, { readonly until: number; readonly message: string }>();
  return {
    hearing: (target) => ({
      ...target,
      async deliver(parcel, signal) {
        const result = await target.deliver(parcel, signal);
        const after = result.end === "retry" ? (result.after ?? 0) : 0;
        if (result.end === "retry" && after > 0)
          asked.set(target.address(parcel), { until: now() + after, message: result.message });
        else if (asked.size > 0) asked.delete(target.address(parcel));
        return result;
      },
    }),
    why(timezone) {
      const longest = [...asked.values()].toSorted((a, b) => b.until - a.until)[0];
      if (longest === undefined || longest.until <= now()) return undefined;
      const { date, time } = wallTime(longest.until, timezone);
      return `${longest.message}, and it asked to wait until ${date} ${time}`;
    },
  };
}
