// What /metrics says of chunks that workers have.

import { family, type Family } from "../telemetry/metric.ts";
import type { ExecutorStatus } from "./executor.ts";

/** None where there are no workers. */
export function queueFamilies(queue: ExecutorStatus | undefined): readonly Family[] {
  if (queue === undefined) return [];
  return [
    family("steg_chunks_open", "gauge", "Chunks on their way to a worker and back", [[{}, queue.open]]),
    family("steg_redis_up", "gauge", "0 while Redis does not answer, or takes nothing", [
      [{}, Number(queue.trouble === undefined)],
    ]),
  ];
}
