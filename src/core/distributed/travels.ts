// Which bridges' chunks may be worked on elsewhere. A worker has neither journal nor spool nor the folders of this machine: what needs one
// of them while it delivers stays here, and works as it does without workers.

import type { RunningBridge } from "../pipeline/drop-run.ts";
import { growsFile } from "../pipeline/chunk-map.ts";

/** Why the chunks of this bridge are worked on in the appliance; undefined = they may travel. */
export function staysBecause({ bridge, couriers, usesBatch, later }: RunningBridge): string | undefined {
  if (later) return "its drops are calls whose answers are kept here";
  if (bridge.attach) return "files are joined to its records here";
  if (bridge.shadow) return "its shadow compares here";
  if (bridge.onDoubt === "ask") return "onDoubt: ask notes what is on its way before it goes";
  if (usesBatch) return "$batch is counted here";
  for (const [way, { target }] of couriers) {
    if (target.locality === "local") return "it delivers to a folder of this machine";
    if (growsFile(way, couriers)) return "its files grow here";
    if (way.split) return "deliver.split is counted here";
    if (way.attach) return "files go with its messages from the spool here";
  }
  return undefined;
}
