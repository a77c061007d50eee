// Views of invented bridges, drops and dead letters, as operations answer them.

import type { ActView } from "../../src/core/operations/acts.ts";
import type { ExtensionView } from "../../src/core/operations/extending.ts";
import type { AfterSunsetView } from "../../src/core/operations/after-sunset.ts";
import type { DriftView } from "../../src/core/reload/drift.ts";
import type { PolicyView } from "../../src/core/operations/policy-book.ts";
import type { ProgressView } from "../../src/core/operations/progress-view.ts";
import type { LifecycleOutline } from "../../src/core/lifecycle/outline.ts";
import type { LifecycleRow } from "../../src/core/lifecycle/state-report.ts";
import { auditView, certificateView, reportView, retirementView } from "./nachweis-views.ts";
import type { BridgeView, DeadView, DropView, Operations } from "../../src/core/operations/operations.ts";

export function bridgeView(changes: Partial<BridgeView>): BridgeView {
  return {
    bridge: "farben",
    title: "Farben",
    system: "FARB-ALT",
    tags: [],
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
    answered: true,
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
    retirement: null,
    callers: 0,
    using: 0,
    knocking: 0,
    cycle: { name: null, period: "P1M" },
    closed: null,
    successorShare: null,
    milestones: [],
    ...changes,
  };
}

export function outlineView(changes: Partial<LifecycleOutline>): LifecycleOutline {
  return {
    bridge: "farben",
    title: "Farben",
    timezone: "Europe/Berlin",
    state: "active",
    started: "2026-11-02",
    deprecated: "2028-04-01",
    sunset: "2028-11-14",
    end: "2028-11-14",
    daysLeft: 358,
    extensions: 0,
    retired: null,
    plan: [],
    brownouts: [],
    runningOut: [],
    owner: { name: "Fachdienst Farben", email: "farben@stadt.example" },
    successor: null,
    ...changes,
  };
}

export function afterSunset(changes: Partial<AfterSunsetView>): AfterSunsetView {
  const held = {
    id: "d-1",
    name: "meldung.csv",
    received: "2027-11-18T18:02:00+01:00",
    size: 100,
    records: 96,
    due: "2027-11-23T00:00:00+01:00",
    erased: "2028-02-16T18:02:00+01:00",
  };
  return {
    bridge: "farben",
    uses: 0,
    most: 4,
    reasons: ["frist"],
    last: null,
    held: [held],
    heldAll: 1,
    twoPersons: false,
    ...changes,
  };
}

export function extensionView(changes: Partial<ExtensionView>): ExtensionView {
  return {
    bridge: "farben",
    end: "2028-11-14",
    used: 0,
    most: 2,
    longest: { months: 0, days: 90 },
    weekdays: ["tuesday", "wednesday", "thursday"],
    holidays: false,
    freeze: [],
    days: { earliest: "2028-11-15", latest: "2029-02-08" },
    refused: null,
    extensions: [],
    lines: "",
    twoPersons: true,
    ...changes,
  };
}

export function policyView(changes: Partial<PolicyView>): PolicyView {
  return {
    hash: "ab12",
    waits: [
      { field: "longestLife", before: { months: 36, days: 0 }, now: { months: 48, days: 0 } },
      { field: "endDays.weekdays", before: ["tuesday", "wednesday"], now: ["tuesday", "wednesday", "friday"] },
      { field: "endDays.freeze", before: ["2027-12-15/2028-01-10"], now: [] },
      { field: "endDays.holidays", before: false, now: true },
      { field: "land", before: "NW", now: null },
      { field: "approvers", before: ["it-leitung@stadt.example"], now: [] },
    ],
    ...changes,
  };
}

export function actView(changes: Partial<ActView>): ActView {
  return {
    id: "act-1",
    kind: "erase-held",
    bridge: "farben",
    stage: null,
    code: null,
    reason: "doppelt geliefert",
    count: 412,
    askedBy: "oidc:m.brandt/u-17",
    asked: "2027-11-22T05:00:00.000Z",
    until: "2027-11-25T05:00:00.000Z",
    state: "open",
    confirmedBy: null,
    done: null,
    trouble: null,
    to: null,
    ticket: null,
    confirmedOn: null,
    ...changes,
  };
}

/** What runs is what lies there. */
export function driftView(change: Partial<DriftView>): DriftView {
  const version = "c".repeat(64);
  return {
    bridge: "farben",
    running: version,
    disk: version,
    changed: "2027-11-22T06:00:00.000Z",
    why: null,
    policy: { running: "p".repeat(64), disk: "p".repeat(64) },
    settings: { file: "/etc/steg/steg.yaml", changed: null },
    restored: null,
    ...change,
  };
}

export function progressView(changes: Partial<ProgressView>): ProgressView {
  return {
    bridge: "farben",
    probe: null,
    last: null,
    failing: null,
    successorShare: null,
    measuredDays: 0,
    milestones: [],
    split: null,
    trend: [],
    days: [],
    ...changes,
  };
}

/** What would run, were it anything but text. */
export const EVIL = `"'><img src=x onerror=alert(1)><script>alert(2)</script>\u0000javascript:alert(3)`;

/** Answers in which every text that may be is EVIL. */
export function hostileAnswers(now: string): Readonly<Partial<Record<keyof Operations, unknown>>> {
  const answers: Partial<Record<keyof Operations, unknown>> = {};
  const poison = <T extends object>(view: T, keep: readonly string[]): T =>
    Object.fromEntries(
      Object.entries(view).map(([key, value]) => [
        key,
        typeof value === "string" && !keep.includes(key) ? EVIL : value,
      ]),
    ) as T;
  const days = [
    "received",
    "finished",
    "created",
    "erased",
    "started",
    "deprecated",
    "sunset",
    "bridge",
    "state",
    "lifecycle",
    "stage",
    "outcome",
  ];
  const servers = [{ role: "target" as const, server: EVIL, up: false, since: null, code: EVIL }];
  answers["bridges"] = [poison(bridgeView({ trouble: "x", term: "x", servers }), days)];
  const drop = poison(dropView({ trouble: "x", duplicateOf: "x", received: "2027-11-22T06:41:00+01:00" }), days);
  Object.assign(answers, { drop, drops: [drop] });
  const letter = poison(deadView({ closedReason: "x", closedBy: "x" }), days);
  Object.assign(answers, { dead: [letter], deadLetter: letter, deadDetail: EVIL });
  const state = "missed" as const;
  const milestones = [{ by: "2027-09-30", goal: EVIL, wanted: 0.5, measured: 0.38, state }];
  answers["progress"] = progressView({
    probe: EVIL,
    last: "2027-11-22T06:41:00+01:00",
    failing: { since: "2027-11-22T06:41:00+01:00", message: EVIL },
    milestones,
    split: { values: [EVIL], to: EVIL, moved: 1, stayed: 2 },
  });
  answers["drift"] = driftView({ disk: EVIL, why: EVIL, settings: { file: EVIL, changed: now } });
  answers["shadow"] = {
    bridge: "farben",
    active: true,
    to: EVIL,
    until: "2027-12-31",
    approval: { by: EVIL, on: "2027-01-01", reference: EVIL },
    since: "2027-11-22T06:41:00+01:00",
    types: [{ type: EVIL, equal: 1, explained: 0, open: 1, failed: 0, dropped: 0, uncompared: 0 }],
    differences: [
      { type: EVIL, path: EVIL, count: 1, last: "2027-11-22T06:41:00+01:00", reason: EVIL, ours: EVIL, theirs: EVIL },
    ],
  };
  answers["lifecycle"] = {
    rows: [
      poison(lifecycleRow({ successor: "x", sunset: "2027-12-22", retirement: retirementView(), milestones }), days),
      poison(lifecycleRow({ state: "sunset" }), days),
    ],
    alarm: null,
    now: now,
  };
  const book = { stage: 1, from: now, until: now, reason: EVIL, ticket: EVIL, by: EVIL, confirmedBy: EVIL } as const;
  const { held } = afterSunset({});
  answers["afterSunset"] = afterSunset({
    last: book,
    reasons: [EVIL],
    held: held.map((one) => ({ ...one, name: EVIL })),
  });
  const entry = {
    to: "2027-12-22",
    reason: EVIL,
    requestedBy: EVIL,
    approvedBy: EVIL,
    on: "2027-11-01",
    inFile: false,
  };
  const freeze = [{ from: "2027-12-01", to: "2029-01-01", reason: EVIL }];
  answers["extension"] = extensionView({ extensions: [entry], lines: EVIL, freeze });
  answers["policy"] = policyView({ hash: EVIL, waits: [{ field: EVIL, before: [EVIL], now: EVIL }] });
  const evil = { reason: EVIL, ticket: EVIL, askedBy: EVIL, confirmedBy: EVIL, code: EVIL, stage: EVIL };
  answers["acts"] = [actView(evil), actView({ ...evil, state: "done", done: 1 }), actView({ ...evil, trouble: EVIL })];
  const since = "2027-11-22T06:00:00+01:00";
  const about = { kind: "server" as const, bridge: "farben", since, told: null };
  answers["alarms"] = {
    alarms: [{ ...about, key: EVIL, trouble: `farben/server target ${EVIL}`, takenOver: { by: EVIL, at: since } }],
    channels: [{ channel: "mail", failing: { since, code: EVIL }, waiting: 1 }],
    runningOut: [{ bridge: null, of: "certificate", what: EVIL, until: "2027-11-30" }],
  };
  answers["callers"] = [
    {
      id: EVIL,
      name: EVIL,
      by: "token",
      first: now,
      last: now,
      calls: 1,
      bridges: [{ bridge: "farben", first: now, last: now, calls: 1, days: [] }],
    },
  ];
  answers["certificates"] = { appliance: { id: EVIL, publicKey: EVIL }, items: [certificateView(EVIL)] };
  answers["certificate"] = certificateView(EVIL);
  answers["report"] = reportView(EVIL);
  answers["audit"] = [
    auditView({ event: EVIL, actor: EVIL, drop: EVIL, bridge: EVIL, facts: { [EVIL]: EVIL, "=1+1": "=1+1" } }),
  ];
  answers["auditVerify"] = { entries: 7, head: EVIL, broken: { seq: 3, why: EVIL } };
  const plan = [{ by: "2027-12-31", goal: EVIL }];
  const brownouts = [{ from: "2027-12-07T10:00", to: "2027-12-07T11:00" }];
  answers["outlines"] = { bridges: [outlineView({ title: EVIL, plan, brownouts })], now };
  answers["replay"] = {
    items: [
      {
        id: EVIL,
        bridge: EVIL,
        outcome: "dead",
        before: { code: EVIL, message: EVIL },
        after: { code: EVIL, message: EVIL },
      },
    ],
    changed: [{ bridge: EVIL, file: EVIL }],
    versions: [],
  };
  return answers;
}
