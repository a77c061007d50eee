// Whatever /metrics says, and what is sent by OTLP: asked for in one place.

import type { CallTally } from "../calls/tally.ts";
import { MOST_PAGE, type Operations } from "../operations/operations.ts";
import type { Family } from "../telemetry/metric.ts";
import { metricFamilies } from "./metrics.ts";

export interface FiguresDeps {
  readonly operations: Operations;
  readonly version: string;
  zoneOf(bridge: string): string;
  /** Figures of the engine and of telemetry itself; absent = no engine runs. */
  engine?(): readonly Family[];
}

export async function gatherFigures(deps: FiguresDeps, tally: CallTally): Promise<readonly Family[]> {
  const { operations, version } = deps;
  const bridges = await operations.bridges({});
  const lifecycle = await operations.lifecycle({});
  const alarms = await operations.alarms({});
  const callers = await operations.callers({ limit: MOST_PAGE });
  const zoneOf = (bridge: string): string => deps.zoneOf(bridge);
  const calls = tally.figures();
  return metricFamilies({ version, bridges, lifecycle, alarms, callers, calls, zoneOf, engine: deps.engine?.() });
}
