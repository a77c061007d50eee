// What /metrics of an appliance and of a fleet say, with a sample of every family: what rules and dashboards may ask for.

import type { AlarmsView } from "../../src/core/alarms/types.ts";
import { createCallTally } from "../../src/core/calls/tally.ts";
import { renderFleetMetrics } from "../../src/core/http/fleet/metrics.ts";
import { renderMetrics } from "../../src/core/http/metrics.ts";
import type { BridgeView, LifecycleView } from "../../src/core/operations/operations.ts";
import type { LifecycleRow } from "../../src/core/lifecycle/state-report.ts";
import { createEngineTally, engineFamilies } from "../../src/core/pipeline/engine-tally.ts";
import type { Family } from "../../src/core/telemetry/metric.ts";
import { openTelemetry } from "../../src/core/telemetry/open.ts";
import { standing, testAppliance } from "../core/fleet-scene.ts";

/** Every family has a sample here. */
export function metrics(): string {
  const bridge = {
    bridge: 'a"b\\c\nd',
    drops: 3,
    delivered: 2,
    skipped: 0,
    dead: 1,
    pending: 0,
    openDead: 1,
    oldestDead: "2026-11-20T08:00:00.000Z",
    held: 2,
    spoolBytes: 9,
    attachments: { waiting: 1, joined: 0, unassigned: 0 },
    servers: [{ role: "target", server: "https://neu.example", up: false, since: null, code: null }],
    paused: true,
    trouble: null,
    expected: { state: "late" },
  } as unknown as BridgeView;
  const milestones = [{ by: "2027-09-30", goal: "Mehrheit", wanted: 0.5, measured: 0.38, state: "missed" as const }];
  const measured = { overdue: true, successorShare: 0.46, milestones };
  const row = { bridge: "farben", state: "active", sunset: "2027-11-16", ...measured } as unknown as LifecycleRow;
  const lifecycle: LifecycleView = { rows: [row], alarm: null, now: "2027-01-01T00:00:00.000Z" };
  const seen = {
    bridge: "farben",
    first: "2026-11-20T08:00:00.000Z",
    last: "2026-11-21T09:00:00.000Z",
    calls: 2,
    days: [],
  };
  const callers = [
    {
      id: "jwt:portal",
      name: "portal",
      by: "jwt" as const,
      first: seen.first,
      last: seen.last,
      calls: 2,
      bridges: [seen],
    },
  ];
  const zoneOf = (): string => "Europe/Berlin";
  const alarms: AlarmsView = {
    alarms: [],
    channels: [{ channel: "mail", failing: null, waiting: 0 }],
    runningOut: [{ bridge: null, of: "certificate", what: "STEG_TLS_CERT", until: "2027-11-16T10:00:00+01:00" }],
  };
  const calls = createCallTally();
  calls.note("farben", 200, 12);
  const given = { version: "1", bridges: [bridge], lifecycle, alarms, callers, calls: calls.figures(), zoneOf };
  return renderMetrics({ ...given, engine: [...engine(), ...telemetry()] });
}

/** Of an appliance that is heard, and one that was never. */
export async function fleetMetrics(): Promise<string> {
  const appliance = await testAppliance();
  const { document } = await appliance.snapshot();
  await appliance.remove();
  return renderFleetMetrics("1", [
    standing("adorf", document),
    standing("weg", undefined, { unknown: true, seen: undefined }),
  ]);
}

function engine(): readonly Family[] {
  const tally = createEngineTally();
  tally.begin("farben");
  const circuit = { address: "neu.example", state: "open", since: 0, nextTry: 0, why: "" } as const;
  return engineFamilies(tally, [{ bridge: "farben", running: 1, waiting: 2, oldest: 0, circuits: [circuit] }]);
}

function telemetry(): readonly Family[] {
  const settings = { endpoint: "http://127.0.0.1:1", protocol: "http/json", service: "steg", ratio: 1 } as const;
  return openTelemetry({ settings, version: "1", log: () => undefined }).families();
}
