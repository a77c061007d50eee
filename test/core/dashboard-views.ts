// Views of invented bridges, drops and dead letters, as operations answer them.

import type { LifecycleRow } from "../../src/core/lifecycle/state-report.ts";
import type { BridgeView, DeadView, DropView } from "../../src/core/operations/operations.ts";

export function bridgeView(changes: Partial<BridgeView>): BridgeView {
  return {
    bridge: "farben",
    title: "Farben",
    lifecycle: "active",
    paused: false,
    drops: 1,
    records: 10,
    delivered: 9,
    skipped: 0,
    dead: 1,
    pending: 0,
    openDead: 1,
    held: 0,
    spoolBytes: 100,
    attachments: null,
    servers: [],
    trouble: null,
    term: null,
    expected: null,
    oldestDead: null,
    ...changes,
  };
}

export function dropView(changes: Partial<DropView>): DropView {
  return {
    id: "0193",
    bridge: "farben",
    name: "farben.csv",
    size: 100,
    sha256: "00",
    state: "done",
    records: 10,
    delivered: 9,
    skipped: 0,
    dead: 1,
    pending: 0,
    received: "2027-11-22T06:41:00+01:00",
    finished: "2027-11-22T06:41:01+01:00",
    duplicateOf: null,
    trouble: null,
    settled: true,
    payload: "kept",
    ...changes,
  };
}

export function deadView(changes: Partial<DeadView>): DeadView {
  return {
    id: "dl-1-1",
    bridge: "farben",
    drop: "0193",
    dropName: "farben.csv",
    record: 3,
    last: 3,
    line: 4,
    stage: "map",
    code: "CODE_UNKNOWN",
    message: "column FARBE is not in list farben",
    reason: "Spalte FARBE: Wert nicht in der Liste »farben«.",
    hint: "Add the code to the list and replay.",
    attempts: 1,
    state: "open",
    created: "2027-11-22T06:41:01+01:00",
    due: null,
    erased: "2027-12-22T06:41:01+01:00",
    closedBy: null,
    closedReason: null,
    ...changes,
  };
}

export function lifecycleRow(changes: Partial<LifecycleRow>): LifecycleRow {
  return {
    bridge: "farben",
    state: "active",
    started: "2026-11-02",
    deprecated: "2028-04-01",
    sunset: "2028-11-14",
    daysLeft: 358,
    extended: false,
    extensions: 0,
    owner: "Fachdienst Farben",
    successor: "https://neu.example/api",
    held: 0,
    overdue: false,
    notbetriebUntil: null,
    notMeasured: [],
    ...changes,
  };
}
