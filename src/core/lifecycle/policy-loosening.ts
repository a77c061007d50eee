// Which way each field of the policy is looser, and what holds until two persons have seen that it became so: of each field the stricter
// one. `maintenance` is not in the table: it silences alarms for hours and allows no bridge anything.

import { addPeriod, parseDate } from "../options/units.ts";
import type { Period } from "../options/units.ts";
import { addDays } from "./dates.ts";
import type { Policy } from "./policy.ts";

type Value = Period | number | boolean | string | readonly string[] | null;

export interface Loosened {
  /** Path in the file: `extensions.most`. */
  readonly field: string;
  /** What holds, and what the file says now. Spans of days as `2027-12-15/2028-01-10`. */
  readonly before: Value;
  readonly now: Value;
}

/** One field: `isLooser` compares, `stricter` is what holds of both where the file became looser. */
interface Rule<V extends Value> {
  readonly field: string;
  readonly of: (policy: Policy) => V;
  readonly put: (policy: Policy, value: V) => Policy;
  readonly isLooser: (before: V, now: V) => boolean;
  readonly stricter: (before: V, now: V) => V;
}

const old = <V>(before: V): V => before;

/** More of it is looser. */
function upTo(field: string, of: (policy: Policy) => number, put: Rule<number>["put"]): Rule<number> {
  return { field, of, put, isLooser: (before, now) => now > before, stricter: old };
}

/** Less of it is looser. */
function atLeast(field: string, of: (policy: Policy) => number, put: Rule<number>["put"]): Rule<number> {
  return { field, of, put, isLooser: (before, now) => now < before, stricter: old };
}

/** Each month of four years, since a month has no length of its own. */
const BEGINS = Array.from({ length: 48 }, (_, month) =>
  addPeriod(parseDate("2027-01-31") ?? 0, { months: month, days: 0 }),
);

/** From whatever day one looks; a period that is sometimes longer counts as longer. */
function isLonger(one: Period, other: Period): boolean {
  return BEGINS.some((day) => addPeriod(day, one) > addPeriod(day, other));
}

function period(
  field: string,
  more: "looser" | "stricter",
  of: Rule<Period>["of"],
  put: Rule<Period>["put"],
): Rule<Period> {
  const isLooser = (before: Period, now: Period): boolean =>
    more === "looser" ? isLonger(now, before) : isLonger(before, now);
  return { field, of, put, isLooser, stricter: old };
}

/** Each entry allows something. A list that would be left empty would mean something else, so the earlier one stays whole. */
function allowing(
  field: string,
  of: (policy: Policy) => readonly string[],
  put: Rule<readonly string[]>["put"],
): Rule<readonly string[]> {
  return {
    field,
    of,
    put,
    isLooser: (before, now) => now.some((one) => !before.includes(one)),
    stricter(before, now) {
      const both = before.filter((one) => now.includes(one));
      return both.length > 0 ? both : before;
    },
  };
}

/** Nobody named means everybody may. */
const APPROVERS: Rule<readonly string[]> = {
  ...allowing(
    "approvers",
    ({ approvers }) => approvers,
    (policy, approvers) => ({ ...policy, approvers }),
  ),
  isLooser: (before, now) => before.length > 0 && (now.length === 0 || now.some((one) => !before.includes(one))),
};

type Spans = Policy["endDays"]["freeze"];
const spanOf = ({ from, to }: Spans[number]): string => `${from}/${to}`;

/** Days still to come that were closed and are not any more. */
function reopened(before: Spans, now: Spans, today: string): Spans {
  return before.filter(({ from, to }) => to >= today && !isClosed(from > today ? from : today, to, now));
}

function isClosed(from: string, to: string, spans: Spans): boolean {
  let day = from;
  for (;;) {
    const reach = spans.reduce((last, one) => (one.from <= day && one.to > last ? one.to : last), "");
    if (reach >= to) return true;
    if (reach < day) return false;
    day = addDays(reach, 1);
  }
}

/** What is compared of a policy, whatever type its fields have. */
interface Field {
  readonly field: string;
  /** `today` as an ISO date: what is over binds nobody. */
  loosened(before: Policy, now: Policy, today: string): Loosened | undefined;
  /** `now` with the stricter value of this field. */
  hold(before: Policy, now: Policy, today: string): Policy;
}

function fieldOf<V extends Value>({ field, of, put, isLooser, stricter }: Rule<V>): Field {
  return {
    field,
    loosened: (before, now) =>
      isLooser(of(before), of(now)) ? { field, before: of(before), now: of(now) } : undefined,
    hold: (before, now) => (isLooser(of(before), of(now)) ? put(now, stricter(of(before), of(now))) : now),
  };
}

const FREEZE: Field = {
  field: "endDays.freeze",
  loosened({ endDays: before }, { endDays: now }, today) {
    if (reopened(before.freeze, now.freeze, today).length === 0) return undefined;
    return { field: "endDays.freeze", before: before.freeze.map(spanOf), now: now.freeze.map(spanOf) };
  },
  hold(before, now, today) {
    const kept = reopened(before.endDays.freeze, now.endDays.freeze, today);
    return { ...now, endDays: { ...now.endDays, freeze: [...now.endDays.freeze, ...kept] } };
  },
};

const LAND: Field = {
  field: "land",
  // Days that are holidays in one Land are none in another; only from those of all to those of one nothing is lost.
  loosened: ({ land: before }, { land: now }) =>
    before === undefined || before === now ? undefined : { field: "land", before, now: now ?? null },
  hold: (before, now) => (before.land === undefined || before.land === now.land ? now : { ...now, land: before.land }),
};

const HOLIDAYS: Rule<boolean> = {
  field: "endDays.holidays",
  of: ({ endDays }) => endDays.holidays,
  put: (policy, holidays) => ({ ...policy, endDays: { ...policy.endDays, holidays } }),
  isLooser: (before, now) => now && !before,
  stricter: old,
};

const FIELDS: readonly Field[] = [
  fieldOf(
    period(
      "longestLife",
      "looser",
      ({ longestLife }) => longestLife,
      (policy, longestLife) => ({ ...policy, longestLife }),
    ),
  ),
  fieldOf(
    period(
      "shortestNotice",
      "stricter",
      ({ shortestNotice }) => shortestNotice,
      (policy, shortestNotice) => ({ ...policy, shortestNotice }),
    ),
  ),
  fieldOf(
    upTo(
      "extensions.most",
      ({ extensions }) => extensions.most,
      (policy, most) => ({ ...policy, extensions: { ...policy.extensions, most } }),
    ),
  ),
  fieldOf(
    period(
      "extensions.longest",
      "looser",
      ({ extensions }) => extensions.longest,
      (policy, longest) => ({ ...policy, extensions: { ...policy.extensions, longest } }),
    ),
  ),
  fieldOf(
    atLeast(
      "brownouts",
      ({ brownouts }) => brownouts,
      (policy, brownouts) => ({ ...policy, brownouts }),
    ),
  ),
  fieldOf(
    allowing(
      "endDays.weekdays",
      ({ endDays }) => endDays.weekdays,
      (policy, weekdays) => ({
        ...policy,
        endDays: { ...policy.endDays, weekdays: weekdays as Policy["endDays"]["weekdays"] },
      }),
    ),
  ),
  fieldOf(HOLIDAYS),
  FREEZE,
  LAND,
  fieldOf(
    allowing(
      "notbetrieb.reasons",
      ({ notbetrieb }) => notbetrieb.reasons,
      (policy, reasons) => ({ ...policy, notbetrieb: { ...policy.notbetrieb, reasons } }),
    ),
  ),
  fieldOf(
    upTo(
      "notbetrieb.most",
      ({ notbetrieb }) => notbetrieb.most,
      (policy, most) => ({ ...policy, notbetrieb: { ...policy.notbetrieb, most } }),
    ),
  ),
  fieldOf(
    period(
      "notbetrieb.pause",
      "stricter",
      ({ notbetrieb }) => notbetrieb.pause,
      (policy, pause) => ({ ...policy, notbetrieb: { ...policy.notbetrieb, pause } }),
    ),
  ),
  fieldOf(APPROVERS),
];

/** Fields that became looser, in the order of the file; `today` is an ISO date. */
export function loosened(before: Policy, now: Policy, today: string): readonly Loosened[] {
  return FIELDS.flatMap((field) => field.loosened(before, now, today) ?? []);
}

/** Of each field the stricter one: a policy that nobody wrote, so it has the hash of the one before. */
export function stricterOf(before: Policy, now: Policy, today: string): Policy {
  const held = FIELDS.reduce((policy, field) => field.hold(before, policy, today), now);
  return { ...held, hash: before.hash };
}

/** `extensions.most 2 → 4`, for log and trail. */
export function inOneLine({ field, before, now }: Loosened): string {
  return `${field} ${shown(before)} → ${shown(now)}`;
}

function shown(value: Value): string {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
  if (typeof value !== "object") return String(value);
  const { months, days } = value as Period;
  return months > 0 ? `P${months}M${days > 0 ? `${days}D` : ""}` : `P${days}D`;
}
