// The figures of an appliance, for /metrics and OTLP. Everything is computed when it is asked for; of drops no counters are kept beside
// the journal, and those of calls and durations begin with the process.

import { BUCKETS, type CallFigures } from "../calls/tally.ts";
import type { AlarmsView } from "../alarms/types.ts";
import type { SeenCaller } from "../calls/seen-callers.ts";
import type { BridgeView, LifecycleView } from "../operations/operations.ts";
import { takesEffect } from "../lifecycle/dates.ts";
import { family, histogram, type Family, type Sample } from "../telemetry/metric.ts";
import { renderFamilies } from "./metrics-text.ts";

export interface MetricsInput {
  readonly version: string;
  readonly bridges: readonly BridgeView[];
  readonly lifecycle: LifecycleView;
  readonly alarms: AlarmsView;
  readonly callers: readonly SeenCaller[];
  readonly calls: readonly CallFigures[];
  /** Of the engine, where one runs. */
  readonly engine?: readonly Family[] | undefined;
  zoneOf(bridge: string): string;
}

export function renderMetrics(input: MetricsInput): string {
  return renderFamilies(metricFamilies(input));
}

export function metricFamilies(input: MetricsInput): readonly Family[] {
  const { bridges, lifecycle } = input;
  const each = (value: (bridge: BridgeView) => number): Sample[] =>
    bridges.map((one) => [{ bridge: one.bridge }, value(one)]);
  const outcomes = bridges.flatMap((one): Sample[] =>
    (["delivered", "skipped", "dead"] as const).map((outcome) => [{ bridge: one.bridge, outcome }, one[outcome]]),
  );
  const memory = process.memoryUsage();
  return [
    family("steg_build_info", "gauge", "Version of Steg", [[{ version: input.version }, 1]]),
    family(
      "steg_drops_total",
      "counter",
      "Drops taken",
      each((one) => one.drops),
    ),
    family("steg_records_total", "counter", "Records that have their outcome", outcomes),
    family(
      "steg_records_pending",
      "gauge",
      "Records without outcome",
      each((one) => one.pending),
    ),
    family(
      "steg_dead_letters_open",
      "gauge",
      "Dead letters that wait for people",
      each((one) => one.openDead),
    ),
    family(
      "steg_dead_letter_oldest_timestamp_seconds",
      "gauge",
      "When the oldest dead letter that waits was made; absent where none does",
      bridges.flatMap(({ bridge, oldestDead }): Sample[] =>
        oldestDead === null ? [] : [[{ bridge }, Date.parse(oldestDead) / 1_000]],
      ),
    ),
    family(
      "steg_drops_held",
      "gauge",
      "Drops held after the sunset",
      each((one) => one.held),
    ),
    family(
      "steg_spool_bytes",
      "gauge",
      "Bytes in the spool",
      each((one) => one.spoolBytes),
    ),
    family(
      "steg_attachments",
      "gauge",
      "Files beside the records that are kept, by whether a record has them",
      bridges.flatMap(({ bridge, attachments }): Sample[] =>
        Object.entries(attachments ?? {}).map(([state, count]) => [{ bridge, state }, count]),
      ),
    ),
    family(
      "steg_bridge_paused",
      "gauge",
      "1 while people have paused it",
      each((one) => Number(one.paused)),
    ),
    family(
      "steg_bridge_trouble",
      "gauge",
      "1 while it waits for source or target, or does not run",
      each((one) => Number(one.trouble !== null)),
    ),
    family(
      "steg_expected_state",
      "gauge",
      "1 for what became of the drops that should have come (waiting, here, late, missing, small, large)",
      bridges.flatMap(({ bridge, expected }): Sample[] => (expected ? [[{ bridge, state: expected.state }, 1]] : [])),
    ),
    family(
      "steg_server_up",
      "gauge",
      "1 while the last call to this server succeeded, 0 while it is away or refuses",
      bridges.flatMap((one) =>
        one.servers.map(({ role, server, up }): Sample => [{ bridge: one.bridge, role, server }, Number(up)]),
      ),
    ),
    family(
      "steg_lifecycle_state",
      "gauge",
      "1 for the state that the bridge is in",
      lifecycle.rows.map((row): Sample => [{ bridge: row.bridge, state: row.state }, 1]),
    ),
    family(
      "steg_sunset_timestamp_seconds",
      "gauge",
      "When the bridge ends, extensions included",
      lifecycle.rows.map((row): Sample => [
        { bridge: row.bridge },
        takesEffect(row.sunset, input.zoneOf(row.bridge)) / 1_000,
      ]),
    ),
    family(
      "steg_overdue",
      "gauge",
      "1 while drops are held or callers come after the sunset, or a measured milestone is missed",
      lifecycle.rows.map((row): Sample => [{ bridge: row.bridge }, Number(row.overdue)]),
    ),
    family(
      "steg_certificate_not_after_timestamp_seconds",
      "gauge",
      "When a certificate ends, by its file; of the appliance itself without a bridge",
      input.alarms.runningOut.flatMap(({ of, bridge, what, until }): Sample[] =>
        of === "certificate" ? [[{ bridge: bridge ?? "", file: what }, Date.parse(until) / 1_000]] : [],
      ),
    ),
    family(
      "steg_alarms",
      "gauge",
      "What is wrong now, by whether somebody sees to it",
      (["yes", "no"] as const).map((taken): Sample => [
        { taken },
        input.alarms.alarms.filter(({ takenOver }) => (takenOver !== null) === (taken === "yes")).length,
      ]),
    ),
    family(
      "steg_notifications_failing",
      "gauge",
      "1 while notifications do not get through this channel",
      input.alarms.channels.map(({ channel, failing }): Sample => [{ channel }, Number(failing !== null)]),
    ),
    family(
      "steg_successor_share",
      "gauge",
      "The successor's part of the last 30 days, 0 to 1; absent where it is not measured",
      lifecycle.rows.flatMap(({ bridge, successorShare }): Sample[] =>
        successorShare === null ? [] : [[{ bridge }, successorShare]],
      ),
    ),
    family(
      "steg_milestones",
      "gauge",
      "Milestones of the plan, by what became of them",
      lifecycle.rows.flatMap(({ bridge, milestones }): Sample[] =>
        [...Map.groupBy(milestones, ({ state }) => state)].map(([state, all]) => [{ bridge, state }, all.length]),
      ),
    ),
    family(
      "steg_caller_last_seen_timestamp_seconds",
      "gauge",
      "When a caller last called this bridge",
      input.callers.flatMap(({ name, by, bridges: called }) =>
        called.map(({ bridge, last }): Sample => [{ bridge, caller: name, by }, Date.parse(last) / 1_000]),
      ),
    ),
    family(
      "steg_calls_total",
      "counter",
      "Calls that have their answer, by its HTTP status",
      input.calls.flatMap(({ bridge, byStatus }) =>
        [...byStatus].map(([status, count]): Sample => [{ bridge, status: String(status) }, count]),
      ),
    ),
    histogram(
      "steg_call_duration_seconds",
      "From the first byte of a call to its answer",
      BUCKETS,
      input.calls.map(({ bridge, byDuration: counts, count, sum }) => ({ labels: { bridge }, counts, count, sum })),
    ),
    ...(input.engine ?? []),
    family("steg_clock_alarm", "gauge", "1 while the clock is not believed", [[{}, Number(lifecycle.alarm !== null)]]),
    family("steg_process_resident_memory_bytes", "gauge", "Memory of the process", [[{}, memory.rss]]),
    family("steg_process_uptime_seconds", "gauge", "Since the process started", [[{}, Math.round(process.uptime())]]),
  ];
}
