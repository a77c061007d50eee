// What begins and ends when, of all bridges and of the appliance itself: what the page Kalender lists.

import type { LifecycleOutline } from "../../lifecycle/outline.ts";
import { hasEnded } from "../../lifecycle/state-report.ts";
import type { Facts } from "./facts.ts";
import { day, hourOf } from "./format.ts";
import type { Screen, Shape, Tone } from "./screen.ts";
import { ALARM_WORDS } from "./words-alarms.ts";
import { CALENDAR_WORDS } from "./words-calendar.ts";

export interface CalendarDate {
  readonly date: string;
  /** By the wall where the bridge is; empty = the whole day. */
  readonly time: string;
  readonly tone: Tone;
  readonly shape: Shape;
  readonly word: string;
  readonly detail: string;
  /** undefined = the appliance's own. */
  readonly bridge: string | undefined;
  readonly owner: string;
}

/** From today on until the same day a year later; the next one first. */
export function calendarDates(facts: Facts, screen: Screen): readonly CalendarDate[] {
  const today = facts.now.slice(0, 10);
  const last = yearAfter(today);
  const all = [
    ...facts.outlines.filter((outline) => !hasEnded(outline)).flatMap((outline) => datesOf(outline, screen)),
    ...notbetrieb(facts, screen),
    ...runningOut(facts, screen),
  ];
  return all
    .filter(({ date }) => date >= today && date <= last)
    .toSorted((a, b) => order(a.date, b.date) || order(a.time, b.time) || order(a.bridge ?? "", b.bridge ?? ""));
}

/** A 29th of February is a 1st of March a year later. */
export function yearAfter(date: string): string {
  const year = Number(date.slice(0, 4)) + 1;
  return date.endsWith("-02-29") ? `${year}-03-01` : `${year}${date.slice(4)}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function datesOf(outline: LifecycleOutline, { language }: Screen): readonly CalendarDate[] {
  const words = CALENDAR_WORDS[language];
  const { bridge, started, deprecated, sunset, end, extensions, plan, brownouts, owner } = outline;
  const common = { bridge, owner: owner.name, detail: "", time: "10:00" };
  const milestones = plan.map(({ by, goal }): CalendarDate => {
    return { ...common, date: by, time: "", tone: "ink", shape: "plan", word: words.milestone, detail: goal };
  });
  const planned = brownouts.map(({ from, to }): CalendarDate => {
    const detail = `${words.hours(hourOf(from), hourOf(to))}, ${words.refused}`;
    const date = from.slice(0, 10);
    return { ...common, date, time: hourOf(from), tone: "info", shape: "brown", word: words.brownout, detail };
  });
  const first: readonly CalendarDate[] =
    sunset === end
      ? []
      : [
          {
            ...common,
            date: sunset,
            tone: "warn",
            shape: "ext",
            word: words.firstEnd,
            detail: words.endsAt(day(language, end)),
          },
        ];
  const extended = extensions === 0 ? "" : words.extended(extensions);
  return [
    { ...common, date: started, tone: "ink", shape: "plan", word: words.begins },
    { ...common, date: deprecated, tone: "warn", shape: "dep", word: words.deprecated },
    ...milestones,
    ...planned,
    ...first,
    { ...common, date: end, tone: "ink", shape: "end", word: words.end, detail: extended },
  ];
}

function notbetrieb({ lifecycle }: Facts, { language }: Screen): readonly CalendarDate[] {
  const word = CALENDAR_WORDS[language].notbetrieb;
  return lifecycle.rows.flatMap(({ bridge, owner, notbetriebUntil }): readonly CalendarDate[] => {
    if (notbetriebUntil === null) return [];
    const [date, time] = [notbetriebUntil.slice(0, 10), notbetriebUntil.slice(11, 16)];
    return [{ date, time, tone: "danger", shape: "nb", word, detail: "", bridge, owner }];
  });
}

/** Certificates, exceptions, the support of the legacy system. */
function runningOut({ runningOut: ends, rows }: Facts, { language }: Screen): readonly CalendarDate[] {
  const words = ALARM_WORDS[language].runsOutShort;
  return ends.map(({ bridge, of, what, until }): CalendarDate => ({
    date: until.slice(0, 10),
    time: until.slice(11, 16),
    tone: "warn",
    shape: of === "certificate" ? "cert" : "exc",
    word: words[of],
    detail: what,
    bridge: bridge ?? undefined,
    owner: bridge === null ? "" : (rows.get(bridge)?.owner ?? ""),
  }));
}
