// An invented bridge at its end, as operations report and certify it.

import type { BridgeReport } from "../../src/core/lifecycle/retirement/report.ts";
import type { RetirementView } from "../../src/core/lifecycle/retirement/retirement.ts";
import type { AuditView } from "../../src/core/operations/operations.ts";
import type { CertificateDocument, ReportView } from "../../src/core/operations/retirement-types.ts";

export function retirementView(changes: Partial<RetirementView> = {}): RetirementView {
  return {
    allowed: true,
    proposed: true,
    days: 30,
    cycle: null,
    silentSince: "2027-01-03T10:00:00+01:00",
    observedFrom: "2026-11-02T10:00:00+01:00",
    leftBefore: "2027-10-23T07:00:00+02:00",
    against: [],
    ...changes,
  };
}

/** `text` stands wherever people wrote something. */
export function bridgeReport(text = "Farben"): BridgeReport {
  const time = "2027-11-20T09:00:00.000Z";
  return {
    bridge: {
      name: "farben",
      title: text,
      timezone: "Europe/Berlin",
      legacy: { system: text, vendor: text },
      owner: text,
      reason: text,
      personalData: text,
      successor: { title: text, url: text },
      folder: "00",
    },
    dates: {
      started: "2026-11-02",
      deprecated: "2027-04-01",
      sunset: "2027-11-16",
      end: "2027-11-16",
      extensions: [{ to: "2027-11-16", on: "2027-10-01" }],
      policy: "00",
    },
    records: { all: 12_345, delivered: 12_300, skipped: 5, dead: 40, pending: 0 },
    letters: { open: 0, delivered: 30, dismissed: 9, expired: 1 },
    drops: { all: 70, first: time, last: time, duplicates: 2, refused: 0, held: 0, handedOver: 3, erased: 0 },
    calls: { all: 5, callers: 2, first: time, last: time, lastBy: text },
    watched: { from: time, to: time },
    notbetrieb: { uses: 1, last: { from: time, until: time, stage: 1, reason: "frist" } },
    plan: [{ by: "2027-03-31", goal: text, successorShare: 0.5, measured: null }],
  };
}

export function reportView(text?: string): ReportView {
  return {
    report: bridgeReport(text),
    state: "sunset",
    retirement: retirementView(),
    now: "2027-11-22T06:00:00.000Z",
  };
}

/** As it is shown; whether it fits its signature is tested where it is made. */
export function certificateView(text = "Farben"): CertificateDocument {
  const closed = "2027-11-22T06:00:00.000Z";
  const document = {
    ...bridgeReport(text),
    appliance: { id: "sha256:00", publicKey: "", version: "1" },
    closed: { at: closed, by: text, reason: text, early: false },
    trail: { seq: 7, at: 0, hash: "ab", signature: "cd" },
    issued: closed,
    signature: "ef",
  };
  return {
    bridge: "farben",
    title: text,
    closed,
    by: text,
    sha256: "0123456789abcdef01",
    document: JSON.stringify(document),
  };
}

export function auditView(changes: Partial<AuditView> = {}): AuditView {
  return {
    seq: 4_711,
    at: Date.parse("2027-11-22T05:00:00Z"),
    event: "bridge.paused",
    bridge: "farben",
    drop: undefined,
    actor: "token:leitstand",
    facts: { ticket: "INC-1" },
    hash: "ab",
    ...changes,
  };
}
