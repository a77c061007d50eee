// /.well-known/bridge-lifecycle: what a caller may know of the bridges it may call, so that a client can look ahead instead of waiting
// for a 410. Who may call nothing learns nothing, not even which bridges there are; bridges for anyone are there for anyone. No
// addresses of either side, no reasons, no other callers, no figures.

import type { OpenFace } from "../calls/open-face.ts";
import { linkTarget } from "../calls/lifecycle.ts";
import { localMoment, takesEffect, wallTime } from "../lifecycle/dates.ts";
import type { LifecycleState, Standing } from "../lifecycle/state.ts";
import { list, object, text } from "./schemas.ts";
import type { Schema } from "./schemas.ts";

export const WELL_KNOWN = "/.well-known/bridge-lifecycle";

export interface BridgeLifecycle {
  readonly name: string;
  readonly title: string;
  readonly state: LifecycleState;
  /** ISO 8601 with offset. */
  readonly deprecated: string;
  /** When it ends, extensions included. */
  readonly sunset: string;
  /** Interruptions that are not over yet. */
  readonly brownouts: readonly { readonly from: string; readonly to: string }[];
  readonly successor: { readonly title: string; readonly url: string | null; readonly guide: string | null } | null;
  readonly contact: { readonly name: string; readonly email: string };
}

const orNull: Schema = { type: ["string", "null"] };
const moment: Schema = { type: "string", format: "date-time" };

export const bridgeLifecycleSchema = object({
  now: moment,
  bridges: list(
    object({
      name: text,
      title: text,
      state: { type: "string", enum: ["active", "deprecated", "extended", "sunset", "retired"] },
      deprecated: moment,
      sunset: moment,
      brownouts: list(object({ from: moment, to: moment })),
      successor: { ...object({ title: text, url: orNull, guide: orNull }), type: ["object", "null"] },
      contact: object({ name: text, email: text }),
    }),
  ),
});

/** undefined while it is planned: for callers there is nothing there yet. */
export function bridgeLifecycle({ bridge }: OpenFace, standing: Standing, now: number): BridgeLifecycle | undefined {
  if (standing.state === "planned") return undefined;
  const { lifecycle, timezone, name, title } = bridge;
  const { successor, owner } = lifecycle;
  const iso = (time: number): string => isoIn(time, timezone);
  return {
    name,
    title,
    state: standing.state,
    deprecated: iso(takesEffect(lifecycle.deprecated, timezone)),
    sunset: iso(standing.endsAt),
    brownouts: lifecycle.brownouts
      .map(({ from, to }) => ({ from: localMoment(from, timezone), to: localMoment(to, timezone) }))
      .filter(({ from, to }) => to > now && from < standing.endsAt && standing.state !== "retired")
      .map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
    successor: successor
      ? {
          title: successor.title,
          url: linkTarget(successor.url) ?? null,
          guide: linkTarget(successor.guide) ?? null,
        }
      : null,
    contact: { name: owner.name, email: owner.email },
  };
}

/** In the bridge's zone, as those read it who agreed on the date. */
export function isoIn(time: number, zone: string): string {
  const { date, time: clock, offset } = wallTime(time, zone);
  return `${date}T${clock}${offset}`;
}
