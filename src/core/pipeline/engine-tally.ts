// How deliveries ended and how long they and whole drops took: for metrics, of this process. How much was delivered lies in the journal.

import type { Attempt } from "../contract.ts";
import { createDurations, type Durations } from "../telemetry/durations.ts";
import { family, histogram, type Family, type Sample } from "../telemetry/metric.ts";
import type { WorkerStatus } from "./worker-types.ts";

/** How one attempt ended; `unjudged`: deliver.outcomes could not say. */
export type AttemptEnd = Attempt["end"] | "unjudged";

/** Upper borders in seconds. */
const DELIVERY_BORDERS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;
const DROP_BORDERS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400] as const;

export interface EngineTally {
  /** A bridge begins: its series are there before anything happens. */
  begin(bridge: string): void;
  /** An attempt of a drop or of a call. */
  attempted(bridge: string, outcome: AttemptEnd, milliseconds: number): void;
  /** A drop came to its end, so long after it was taken. */
  finished(bridge: string, milliseconds: number): void;
  readonly deliveries: Durations;
  readonly drops: Durations;
}

export function createEngineTally(): EngineTally {
  const deliveries = createDurations(DELIVERY_BORDERS);
  const drops = createDurations(DROP_BORDERS);
  return {
    begin(bridge) {
      deliveries.begin({ bridge, outcome: "delivered" });
      drops.begin({ bridge });
    },
    attempted: (bridge, outcome, milliseconds) => deliveries.note({ bridge, outcome }, milliseconds),
    finished: (bridge, milliseconds) => drops.note({ bridge }, milliseconds),
    deliveries,
    drops,
  };
}

export type EngineStatus = Pick<WorkerStatus, "bridge" | "running" | "waiting" | "oldest" | "circuits">;

const CIRCUIT_STATES = ["closed", "open", "probing"] as const;

export function engineFamilies({ deliveries, drops }: EngineTally, status: readonly EngineStatus[]): readonly Family[] {
  const queue = status.flatMap(({ bridge, running, waiting }): Sample[] => [
    [{ bridge, state: "running" }, running],
    [{ bridge, state: "waiting" }, waiting],
  ]);
  const oldest = status.flatMap((one): Sample[] =>
    one.oldest === undefined ? [] : [[{ bridge: one.bridge }, one.oldest / 1_000]],
  );
  const circuits = status.flatMap((one): Sample[] =>
    CIRCUIT_STATES.map((state) => [
      { bridge: one.bridge, state },
      one.circuits.filter((circuit) => circuit.state === state).length,
    ]),
  );
  return [
    histogram(
      "steg_delivery_duration_seconds",
      "One attempt at the target, by how it ended (delivered, refused, retry, unreachable, unjudged)",
      DELIVERY_BORDERS,
      deliveries.series(),
    ),
    histogram("steg_drop_duration_seconds", "From the receipt of a drop to its end", DROP_BORDERS, drops.series()),
    family("steg_drops_open", "gauge", "Drops that are worked on, and that wait in memory for their turn", queue),
    family(
      "steg_drop_oldest_open_timestamp_seconds",
      "gauge",
      "When the oldest drop was taken that has no end yet; absent where there is none",
      oldest,
    ),
    family("steg_circuits", "gauge", "Addresses of targets, by the state of their circuit", circuits),
  ];
}
