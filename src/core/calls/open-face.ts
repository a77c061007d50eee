// A face with its bridge at work behind it, as the HTTP server finds it.

import type { Face } from "../contract.ts";
import type { FaceSection, LoadedBridge } from "../bridge/types.ts";
import type { Journal } from "../journal/types.ts";
import { createAcceptDesk, type AcceptDesk } from "./accept-desk.ts";
import { createCallResources, type CallResources, type ResourceDeps } from "./call-resources.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { AcceptedSource } from "./accepted.ts";
import { createSplitTally, type SplitTally } from "../pipeline/split-counts.ts";
import { createCallDesk, type Callable, type CallDesk } from "./desk.ts";

export interface OpenFace {
  readonly bridge: LoadedBridge;
  readonly section: FaceSection;
  readonly face: Face;
  readonly desk: CallDesk;
  /** In place of the desk where calls are accepted now and worked on later. */
  readonly accepting: AcceptDesk | undefined;
  /** What became of calls that were accepted, now or before the bridge file was changed. */
  readonly resources: CallResources | undefined;
  /** Why no call is taken at the moment; undefined = they are. */
  readonly closed: () => "paused" | "stopping" | undefined;
  /** Aborted when nothing more may go on. */
  readonly lifetime: AbortSignal;
  /** Counts of `deliver.split`. */
  readonly split?: SplitTally | undefined;
}

export interface Accepting extends Omit<ResourceDeps, "bridge"> {
  readonly journal: ResourceDeps["journal"] & Pick<Journal, "get" | "set">;
  readonly accepted: AcceptedSource | undefined;
}

/** undefined = the bridge is not called. */
export function openFace(
  running: Callable & { readonly face: Face | undefined },
  closed: OpenFace["closed"],
  lifetime: AbortSignal,
  { accepted, ...deps }: Accepting,
  tracing?: Tracing,
): OpenFace | undefined {
  const { bridge, face } = running;
  const section = bridge.face;
  if (!section || !face) return undefined;
  const resources = section.later ? createCallResources({ ...deps, bridge }) : undefined;
  const accepting =
    section.async && accepted && resources
      ? createAcceptDesk({ bridge: bridge.name, section, accepted, resources, journal: deps.journal })
      : undefined;
  const split = bridge.ways.some((way) => way.split) ? createSplitTally(deps.journal, bridge.name) : undefined;
  const desk = createCallDesk(running, section, split && ((side) => split.note(side)), tracing);
  return { bridge, section, face, desk, accepting, resources, closed, lifetime, split };
}

const LOOK_EVERY = 20;

/** Resolves when no call is under way any more, or when nothing may go on. */
export async function drained({ desk, accepting, lifetime, split }: OpenFace): Promise<void> {
  while (desk.inFlight + (accepting?.inFlight ?? 0) > 0 && !lifetime.aborted) {
    await new Promise<void>((resolve) => void setTimeout(resolve, LOOK_EVERY));
  }
  await split?.flush();
}
