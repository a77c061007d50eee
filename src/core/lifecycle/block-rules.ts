// What no lifecycle block may lack or contradict, each with its place and its reason.

import { finding } from "../bridge/finding.ts";
import type { Report } from "../bridge/tree.ts";
import type { Lifecycle } from "../bridge/types.ts";
import { part } from "../options/checked.ts";
import type { CheckedObject } from "../options/checked.ts";
import { parseDate, parseLocalTime } from "../options/units.ts";
import type { Extension } from "./extensions.ts";
import { sameName } from "./policy-check.ts";
import type { Places } from "./policy-check.ts";
import { isWeekend } from "./weekdays.ts";

/** An address that mail can reach; what lies behind it only a mail shows. */
export const EMAIL =
  /^[^\s@<>()",;:\\[\]]{1,64}@(?:[A-Za-z0-9ÄÖÜäöü](?:[A-Za-z0-9ÄÖÜäöü-]{0,61}[A-Za-z0-9ÄÖÜäöü])?\.)+[A-Za-z]{2,63}$/;

interface Rules {
  readonly lifecycle: Lifecycle;
  readonly checked: CheckedObject;
  readonly places: Places;
  readonly today: string;
  readonly report: Report;
  /** Of its extensions those that were approved outside the file: who and when was seen then. */
  readonly approved: readonly Extension[];
}

export function checkBlock(rules: Rules): void {
  checkOwner(rules);
  checkSuccessor(rules);
  if (checkSunset(rules)) {
    checkDates(rules);
    checkPlan(rules);
    checkExtensions(rules);
    checkBrownouts(rules);
  }
}

function checkOwner({ lifecycle: { owner }, checked, places, report }: Rules): void {
  const hint = "owner: { name: Fachdienst Gewerbe, email: gewerbe@stadt.example }";
  if (!part(checked, "owner") && places.has("owner")) return;
  if (owner.name.trim() === "" && !places.has("owner.name")) {
    report(
      finding("LIFECYCLE_OWNER", places("owner"), "lifecycle names no owner; somebody has to answer for the bridge", {
        hint,
      }),
    );
  } else if (owner.email === "" && !places.has("owner.email")) {
    report(
      finding(
        "LIFECYCLE_OWNER",
        places("owner"),
        "the owner has no e-mail address; warnings before the end have to reach somebody",
        { hint },
      ),
    );
  } else if (owner.email !== "" && !EMAIL.test(owner.email)) {
    const message = "the owner's email is no address that mail can reach";
    report(
      finding("LIFECYCLE_OWNER", places("owner.email"), message, {
        hint: "email: gewerbe@stadt.example",
        length: owner.email.length,
      }),
    );
  } else if (owner.deputy !== undefined && sameName(owner.deputy, owner.email)) {
    const message = "owner and deputy have the same address; when the owner is away nobody is told";
    report(
      finding("LIFECYCLE_OWNER", places("owner.deputy"), message, { severity: "warning", length: owner.deputy.length }),
    );
  }
}

function checkSuccessor({ lifecycle, checked, places, report }: Rules): void {
  const { successor, noSuccessorReason } = lifecycle;
  const declared = checked.entries.get("successor");
  if (!declared && places.has("successor")) return;
  if (!declared) {
    report(
      finding(
        "LIFECYCLE_SUCCESSOR",
        places("successor"),
        "lifecycle names no successor; callers are sent there when the bridge ends",
        {
          hint: "successor: { title: …, url: https://neu.example/api }, or successor: none with noSuccessorReason: …",
        },
      ),
    );
  } else if (!successor && !places.has("noSuccessorReason")) {
    report(
      finding("LIFECYCLE_SUCCESSOR", places("successor"), "successor: none needs a reason", {
        hint: "noSuccessorReason: Die Aufgabe entfällt zum Jahresende.",
        length: 4,
      }),
    );
  } else if (successor && noSuccessorReason !== undefined) {
    const message = "noSuccessorReason contradicts the successor that is named";
    report(finding("LIFECYCLE_SUCCESSOR", places("noSuccessorReason"), message, { hint: "keep one of the two" }));
  }
}

/** False where there is no end that the other rules could look at. */
function checkSunset({ lifecycle: { sunset, started }, checked, places, report }: Rules): boolean {
  const hint = "sunset: 2027-11-16; a date that proves too early can be extended";
  if (!checked.entries.has("sunset")) {
    if (places.has("sunset")) return false;
    report(finding("LIFECYCLE_NO_SUNSET", places("sunset"), "lifecycle has no sunset; every bridge ends", { hint }));
    return false;
  }
  const length = sunset.length;
  if (/^(?:never|nie|none|tbd|unknown|unbekannt|offen|n\/a)$/i.test(sunset.trim()) || /^9{3,}/.test(sunset)) {
    report(
      finding("LIFECYCLE_NO_SUNSET", places("sunset"), `sunset: ${sunset} is no end; every bridge ends`, {
        hint,
        length,
      }),
    );
    return false;
  }
  if (parseDate(sunset) === undefined) {
    const message = /^\d{4}-\d{2}-\d{2}$/.test(sunset)
      ? `there is no ${sunset} in the calendar`
      : "sunset must be a date (2027-11-16)";
    report(finding("WRONG_TYPE", places("sunset"), message, { hint: "sunset: 2027-11-16", length }));
    return false;
  }
  return started !== "";
}

function checkDates({ lifecycle: { started, deprecated, sunset }, places, report }: Rules): void {
  const order = "started comes first, then deprecated, then sunset";
  const length = 10;
  if (sunset <= started) {
    report(
      finding("LIFECYCLE_DATES", places("sunset"), `sunset (${sunset}) is not after started (${started})`, {
        hint: order,
        length,
      }),
    );
  }
  if (deprecated === "") return;
  if (deprecated < started) {
    report(
      finding("LIFECYCLE_DATES", places("deprecated"), `deprecated (${deprecated}) is before started (${started})`, {
        hint: order,
        length,
      }),
    );
  }
  if (deprecated >= sunset) {
    report(
      finding("LIFECYCLE_DATES", places("deprecated"), `deprecated (${deprecated}) is not before sunset (${sunset})`, {
        hint: order,
        length,
      }),
    );
  }
}

function checkPlan({ lifecycle, checked, places, report }: Rules): void {
  const { plan, started, extensions, sunset } = lifecycle;
  const end = extensions.reduce((latest, { to }) => (to > latest ? to : latest), sunset);
  if (plan.length === 0 && (checked.entries.has("plan") || !places.has("plan"))) {
    report(
      finding(
        "LIFECYCLE_PLAN",
        places("plan"),
        "the plan has no milestone; without one nobody notices that the successor is late",
        {
          hint: "plan: [{ by: 2027-03-31, goal: Testbetrieb }]",
        },
      ),
    );
  }
  for (const [index, { by }] of plan.entries()) {
    if (by >= started && by <= end) continue;
    const side = by < started ? `before started (${started})` : `after the end (${end})`;
    report(
      finding("LIFECYCLE_PLAN", places(`plan[${index + 1}].by`), `the milestone of ${by} lies ${side}`, {
        length: by.length,
        hint: "milestones lead from started to the end",
      }),
    );
  }
}

/** Also of one that is asked for in the dashboard: there it stands behind the others. */
export function checkExtensions({
  lifecycle,
  places,
  today,
  report,
  approved,
}: Pick<Rules, "lifecycle" | "places" | "today" | "report" | "approved">): void {
  let end = lifecycle.sunset;
  for (const [index, extension] of lifecycle.extensions.entries()) {
    const { to, requestedBy, approvedBy, on } = extension;
    const at = `extensions[${index + 1}]`;
    const refuse = (path: string, message: string, hint: string, length = 10): void =>
      report(finding("LIFECYCLE_EXTENSION", places(`${at}.${path}`), message, { hint, length }));
    if (sameName(requestedBy, approvedBy)) {
      refuse(
        "approvedBy",
        "the extension was approved by the person who asked for it",
        "a second person approves",
        approvedBy.length,
      );
    }
    if (to <= end)
      refuse("to", `the extension to ${to} is not later than the end it extends (${end})`, `a date after ${end}`);
    if (approved.includes(extension)) {
      if (to > end) end = to;
      continue;
    }
    if (on > end) {
      refuse(
        "on",
        `the extension was approved on ${on}, after the end had passed (${end})`,
        "an end that has passed cannot be extended; Notbetrieb opens a bridge for a time",
      );
    } else if (on > today)
      refuse("on", `the extension was approved on ${on}, which is still to come`, "the day on which it was approved");
    if (to > end) end = to;
  }
}

/** Someone must be there to see what breaks. */
function checkBrownouts({ lifecycle, places, report }: Rules): void {
  const { brownouts, deprecated, extensions, sunset } = lifecycle;
  const end = extensions.reduce((latest, { to }) => (to > latest ? to : latest), sunset);
  for (const [index, { from, to }] of brownouts.entries()) {
    const at = `brownouts[${index + 1}]`;
    const begin = parseLocalTime(from.includes("T") ? from : `${from}T10:00`);
    const stop = parseLocalTime(to.includes("T") ? to : `${to}T10:00`);
    if (!begin || !stop) continue;
    const refuse = (key: string, message: string, hint: string): void =>
      report(finding("LIFECYCLE_BROWNOUT", places(`${at}.${key}`), message, { hint, length: 16 }));
    const weekend = isWeekend(begin.days);
    if (to <= from) refuse("to", `the brownout ends (${to}) before it begins (${from})`, "from, then to");
    else if (from.slice(0, 10) < deprecated || to.slice(0, 10) > end) {
      refuse(
        "from",
        `the brownout of ${from.slice(0, 10)} lies outside deprecated (${deprecated}) and the end (${end})`,
        "users must have been told before",
      );
    } else if (begin.days !== stop.days || weekend || begin.time < "08:00" || stop.time > "18:00") {
      refuse(
        "from",
        "the brownout is not within one working day, 08:00 to 18:00",
        "in working hours somebody notices and can act",
      );
    }
  }
}
