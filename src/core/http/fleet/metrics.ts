// /metrics of a fleet: how its appliances stand, and what cannot be scraped where networks do not meet.

import type { ApplianceStanding } from "../../fleet/gather.ts";
import { takesEffect } from "../../lifecycle/dates.ts";
import { family, type Sample } from "../../telemetry/metric.ts";
import { renderFamilies } from "../metrics-text.ts";
import { bridgesOf } from "./fleet-facts.ts";

export function renderFleetMetrics(version: string, all: readonly ApplianceStanding[]): string {
  const each = (value: (one: ApplianceStanding) => number | undefined): Sample[] =>
    all.flatMap((one): Sample[] => {
      const found = value(one);
      return found === undefined ? [] : [[{ appliance: one.entry.name }, found]];
    });
  // Of who is silent nothing is said: an old figure would look like one of now.
  const known = all.filter(({ unknown }) => !unknown);
  const perBridge = (value: (one: ReturnType<typeof bridgesOf>[number]) => number | null | undefined): Sample[] =>
    known.flatMap((one) =>
      bridgesOf(one).flatMap((bridge): Sample[] => {
        const found = value(bridge);
        return found === undefined || found === null
          ? []
          : [[{ appliance: one.entry.name, bridge: bridge.view.bridge }, found]];
      }),
    );
  const memory = process.memoryUsage();
  return renderFamilies([
    family("steg_build_info", "gauge", "Version of Steg", [[{ version }, 1]]),
    family(
      "steg_fleet_appliance_up",
      "gauge",
      "1 while the appliance is heard within its time, 0 while nothing is known of it",
      each(({ unknown }) => Number(!unknown)),
    ),
    family(
      "steg_fleet_appliance_seen_timestamp_seconds",
      "gauge",
      "When the appliance was heard last; absent where it never was",
      each(({ seen }) => seen && seen / 1_000),
    ),
    family(
      "steg_fleet_chain_broken",
      "gauge",
      "1 while its audit trail does not continue what it was, and nobody has acknowledged it",
      each(({ broken }) => Number(broken !== undefined)),
    ),
    family(
      "steg_fleet_audit_entries",
      "gauge",
      "Entries of its audit trail",
      each(({ snapshot, unknown }) => (unknown ? undefined : snapshot?.audit.seq)),
    ),
    family(
      "steg_fleet_appliance_info",
      "gauge",
      "Version and policy of the appliance",
      known.flatMap(({ entry, snapshot }): Sample[] =>
        snapshot === undefined
          ? []
          : [[{ appliance: entry.name, version: snapshot.version, policy: snapshot.policy }, 1]],
      ),
    ),
    family(
      "steg_fleet_lifecycle_state",
      "gauge",
      "1 for the state that the bridge is in",
      known.flatMap((one) =>
        bridgesOf(one).flatMap(({ view, row }): Sample[] =>
          row === null ? [] : [[{ appliance: one.entry.name, bridge: view.bridge, state: row.state }, 1]],
        ),
      ),
    ),
    family(
      "steg_fleet_sunset_timestamp_seconds",
      "gauge",
      "When the bridge ends, extensions included",
      perBridge(({ row, outline }) => (row && outline ? takesEffect(row.sunset, outline.timezone) / 1_000 : undefined)),
    ),
    family(
      "steg_fleet_overdue",
      "gauge",
      "1 while drops are held or callers come after the sunset, or a measured milestone is missed",
      perBridge(({ row }) => row && Number(row.overdue)),
    ),
    family(
      "steg_fleet_dead_letters_open",
      "gauge",
      "Dead letters that wait for people",
      perBridge(({ view }) => view.openDead),
    ),
    family(
      "steg_fleet_drops_held",
      "gauge",
      "Drops held after the sunset",
      perBridge(({ view }) => view.held),
    ),
    family(
      "steg_fleet_bridge_trouble",
      "gauge",
      "1 while it waits for source or target, or does not run",
      perBridge(({ view }) => Number((view.trouble ?? null) !== null)),
    ),
    family("steg_process_resident_memory_bytes", "gauge", "Memory of the process", [[{}, memory.rss]]),
    family("steg_process_uptime_seconds", "gauge", "Since the process started", [[{}, Math.round(process.uptime())]]),
  ]);
}
