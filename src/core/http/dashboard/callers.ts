// Callers as the pages show them: one line per caller and bridge, with what it means that it came or was silent.

import type { SeenCaller } from "../../calls/seen-callers.ts";
import { callerState, type CallerState } from "../../lifecycle/callers-standing.ts";
import { cell } from "../../lifecycle/report-csv.ts";
import { addDays, daysBetween, DEFAULT_ZONE } from "../../lifecycle/dates.ts";
import { MOST_PAGE, type Operations } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { count, day, local, moment } from "./format.ts";
import { state, type Column, type Line, type Screen, type Shape, type Tone } from "./screen.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";

/** The appliance keeps no more. */
const MOST_PAGES = 10;

export interface CallerLine {
  readonly bridge: string;
  readonly name: string;
  readonly by: SeenCaller["by"];
  readonly state: CallerState;
  /** ISO 8601. */
  readonly first: string;
  readonly last: string;
  readonly calls: number;
  /** Of the last 30 days up to today, oldest first. */
  readonly days: readonly number[];
}

/** Of one bridge, or of all; who comes after the end first, then who uses it, each with the last one first. */
export async function callerLines(
  operations: Pick<Operations, "callers">,
  facts: Facts,
  bridge?: string,
): Promise<readonly CallerLine[]> {
  const lines: CallerLine[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const found = await operations.callers({ limit: MOST_PAGE, after, bridge });
    for (const caller of found) lines.push(...linesOf(caller, facts, bridge));
    after = found.at(-1)?.id;
    if (found.length < MOST_PAGE) break;
  }
  return lines.toSorted((a, b) => RANK[a.state] - RANK[b.state] || (a.last < b.last ? 1 : a.last > b.last ? -1 : 0));
}

const RANK: Readonly<Record<CallerState, number>> = { knocking: 0, using: 1, migrated: 2 };

function linesOf({ name, by, bridges }: SeenCaller, facts: Facts, only: string | undefined): readonly CallerLine[] {
  // They are counted by days of UTC.
  const today = new Date(facts.time).toISOString().slice(0, 10);
  return bridges
    .filter(({ bridge }) => only === undefined || bridge === only)
    .map(({ bridge, first, last, calls, days }) => {
      const row = facts.rows.get(bridge);
      const closed = row?.closed == null ? undefined : Date.parse(row.closed);
      const cycle = row?.cycle ?? { name: null, period: "P1M" };
      const byDate = new Map(days.map(({ date, calls: ofDay }) => [date, ofDay]));
      return {
        bridge,
        name,
        by,
        state: callerState(Date.parse(last), cycle, facts.time, DEFAULT_ZONE, closed),
        first,
        last,
        calls,
        days: Array.from({ length: 30 }, (_, at) => byDate.get(addDays(today, at - 29)) ?? 0),
      };
    });
}

const LOOKS: Readonly<Record<CallerState, readonly [Tone, Shape]>> = {
  knocking: ["danger", "danger"],
  using: ["warn", "warn"],
  migrated: ["ok", "ok"],
};

/** `withBridge`: the lines are of several bridges. */
export function callerColumns({ words, language }: Screen, withBridge: boolean): readonly Column[] {
  const own = PROGRESS_WORDS[language];
  return [
    { title: words.caller },
    ...(withBridge ? [{ title: words.bridge }] : []),
    { title: words.state },
    { title: words.last, numeric: true },
    { title: own.days30 },
    { title: words.calls, numeric: true },
    { title: words.firstSeen, numeric: true },
  ];
}

export function callerLine(line: CallerLine, facts: Facts, screen: Screen, withBridge: boolean): Line {
  const { language } = screen;
  const own = PROGRESS_WORDS[language];
  const [tone, shape] = LOOKS[line.state];
  const last = local(Date.parse(line.last));
  const more =
    line.state === "migrated"
      ? own.silentSince(day(language, last))
      : line.state === "knocking"
        ? own.refusedSince
        : undefined;
  return {
    cells: [
      html`${line.name}<small>${own.ways[line.by] ?? line.by}</small>`,
      ...(withBridge ? [html`<a href="${bridgeHref(line.bridge)}">${titleOf(facts, line.bridge)}</a>`] : []),
      html`${state(tone, shape, own.states[line.state])}${more !== undefined && html`<small>${more}</small>`}`,
      html`<time datetime="${last}">${moment(language, last, facts.now.slice(0, 10))}</time>`,
      spark(line.days, own.chart30(count(language, sum(line.days)))),
      html`${count(language, line.calls)}`,
      html`${day(language, local(Date.parse(line.first)))}`,
    ],
  };
}

function spark(days: readonly number[], label: string): Html {
  const most = Math.max(1, ...days);
  const bars = days.map((calls, at) => {
    const height = calls === 0 ? 0 : Math.max(1, Math.round((calls / most) * 11));
    return height > 0 && html`<rect x="${at * 4}" y="${11 - height}" width="3" height="${height}" />`;
  });
  return html`<svg class="spark" viewBox="0 0 124 12" role="img" aria-label="${label}">
    <line x1="0" x2="124" y1="11.5" y2="11.5" />
    ${bars}
  </svg>`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

const CSV = ["caller", "by", "bridge", "state", "first", "last", "silentDays", "calls30", "calls"] as const;

/** RFC 4180. What would be a formula in a spreadsheet is made text. */
export function callersCsv(lines: readonly CallerLine[], facts: Facts): string {
  const today = facts.now.slice(0, 10);
  const rows = lines.map(({ name, by, bridge, state: which, first, last, days, calls }) => {
    const silent = Math.max(0, daysBetween(local(Date.parse(last)).slice(0, 10), today));
    return [name, by, bridge, which, first, last, silent, sum(days), calls].map(cell);
  });
  return [CSV, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}
