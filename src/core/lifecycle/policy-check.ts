// A lifecycle block against the operator's policy. Separate from the block's own rules, because tightening the policy
// never stops a bridge that was accepted: then these findings are only warnings.

import { finding } from "../bridge/finding.ts";
import type { Report } from "../bridge/tree.ts";
import type { Lifecycle } from "../bridge/types.ts";
import type { Position } from "../errors.ts";
import { addPeriod, formatDate, parseDate } from "../options/units.ts";
import type { Period } from "../options/units.ts";
import { holidayOn } from "./policy-holidays.ts";
import { weekdayOf } from "./weekdays.ts";
import type { Policy } from "./policy.ts";

/** Where things stand in the file: `sunset`, `extensions[1].to`; what does not stand there is placed where it belongs. */
export interface Places {
  (path: string): Position;
  /** Whether something is written there, right or wrong. */
  has(path: string): boolean;
}

export function checkPolicy(lifecycle: Lifecycle, policy: Policy, places: Places, report: Report): void {
  checkLife(lifecycle, policy, places, report);
  checkEndDay(lifecycle.sunset, "sunset", policy, places, report);
  checkExtensions(lifecycle, policy, places, report);
}

function checkLife({ started, deprecated, sunset }: Lifecycle, policy: Policy, places: Places, report: Report): void {
  const end = days(sunset);
  const latest = addPeriod(days(started), policy.longestLife);
  if (end > latest) {
    const message = `${sunset} is more than ${inWords(policy.longestLife)} after started (${started}); the policy allows no longer life`;
    const day = lastAllowed(latest, policy);
    report(finding("POLICY_LIFE", places("sunset"), message, { length: sunset.length, hint: day && `sunset: ${day}` }));
  }
  const earliest = addPeriod(days(deprecated), policy.shortestNotice);
  if (end < earliest && deprecated < sunset) {
    const message = `only ${end - days(deprecated)} days lie between deprecated (${deprecated}) and sunset; the policy wants ${inWords(policy.shortestNotice)}`;
    report(
      finding("POLICY_NOTICE", places("sunset"), message, {
        length: sunset.length,
        hint: `sunset: ${firstAllowed(earliest, policy)}, or deprecate earlier`,
      }),
    );
  }
}

/** Also of one that is asked for in the dashboard: there it stands behind the others. */
export function checkExtensions(
  { sunset, extensions }: Pick<Lifecycle, "sunset" | "extensions">,
  policy: Policy,
  places: Places,
  report: Report,
): void {
  let end = sunset;
  for (const [index, { to, approvedBy }] of extensions.entries()) {
    const at = `extensions[${index + 1}]`;
    if (index >= policy.extensions.most) {
      const message = `this is extension ${index + 1}; the policy allows ${policy.extensions.most}`;
      report(
        finding("POLICY_EXTENSIONS", places(at), message, {
          hint: "held drops can be handed over, or opened by Notbetrieb",
        }),
      );
    }
    const latest = addPeriod(days(end), policy.extensions.longest);
    if (days(to) > latest) {
      const message = `${to} is more than ${inWords(policy.extensions.longest)} after ${end}; the policy allows no longer extension`;
      const day = lastAllowed(latest, policy);
      report(
        finding("POLICY_EXTENSIONS", places(`${at}.to`), message, { length: to.length, hint: day && `to: ${day}` }),
      );
    }
    checkEndDay(to, `${at}.to`, policy, places, report);
    if (policy.approvers.length > 0 && !policy.approvers.some((name) => sameName(name, approvedBy))) {
      const message = `${approvedBy} is not among those who may approve by the policy`;
      report(
        finding("POLICY_APPROVER", places(`${at}.approvedBy`), message, {
          length: approvedBy.length,
          hint: policy.approvers.slice(0, 5).join(", "),
        }),
      );
    }
    if (to > end) end = to;
  }
}

export function sameName(a: string, b: string): boolean {
  return a.trim().toLowerCase().replaceAll(/\s+/g, " ") === b.trim().toLowerCase().replaceAll(/\s+/g, " ");
}

// ── days on which nothing may end ───────────────────────────────────────────────────────────────────────────────

function checkEndDay(date: string, path: string, policy: Policy, places: Places, report: Report): void {
  const reason = refuseDay(days(date), policy);
  if (reason === undefined) return;
  const key = path.slice(path.lastIndexOf(".") + 1);
  report(
    finding("POLICY_DAY", places(path), `${date} is ${reason}; by the policy nothing ends then`, {
      length: date.length,
      hint: `${key}: ${firstAllowed(days(date), policy)}`,
    }),
  );
}

/** Why nothing may end on this day; undefined = it may. */
export function refuseDay(day: number, policy: Policy): string | undefined {
  const weekday = weekdayOf(day);
  if (!policy.endDays.weekdays.includes(weekday)) return `a ${weekday.charAt(0).toUpperCase()}${weekday.slice(1)}`;
  const holiday = policy.endDays.holidays ? undefined : holidayOn(day, policy.land);
  if (holiday !== undefined) return `a public holiday (${holiday})`;
  const date = formatDate(day);
  const freeze = policy.endDays.freeze.find(({ from, to }) => from <= date && date <= to);
  return freeze && `in a freeze (${freeze.from} to ${freeze.to}, ${freeze.reason})`;
}

/** The next day from this one on which something may end. */
function firstAllowed(from: number, policy: Policy): string {
  for (let day = from; day < from + 400; day++) if (refuseDay(day, policy) === undefined) return formatDate(day);
  return formatDate(from);
}

function lastAllowed(until: number, policy: Policy): string | undefined {
  for (let day = until; day > until - 400; day--) if (refuseDay(day, policy) === undefined) return formatDate(day);
  return undefined;
}

function days(date: string): number {
  return parseDate(date) ?? 0;
}

function inWords({ months, days: count }: Period): string {
  const parts = [];
  if (months > 0) parts.push(months === 1 ? "1 month" : `${months} months`);
  if (count > 0 || months === 0) parts.push(count === 1 ? "1 day" : `${count} days`);
  return parts.join(" and ");
}
