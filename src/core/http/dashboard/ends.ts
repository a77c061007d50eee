// The next 90 days on one line: a mark per day on which something begins or ends, each labelled where it stands, and the same as a table.

import type { LifecycleRow } from "../../lifecycle/state-report.ts";
import { addDays, daysBetween } from "../../lifecycle/dates.ts";
import { hasEnded } from "../../lifecycle/state-report.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { count, day, hourOf, shortDay, weekday } from "./format.ts";
import { retirableLine } from "./retirement-section.ts";
import { section, state, table, type Screen, type Shape } from "./screen.ts";
import { ALARM_WORDS } from "./words-alarms.ts";
import { CALENDAR_WORDS } from "./words-calendar.ts";

const SPAN = 90;
const WIDTH = 1_360;
const LEFT = 8;
const LANES = 4;
const LANE = 21;
/** Of a sign at 12 px, on average. */
const SIGN = 6.4;
const MOST_LABEL = 46;
/** In the list of narrow screens; the table has all. */
const MOST_NARROW = 20;

interface End {
  readonly date: string;
  readonly shape: Shape;
  readonly word: string;
  /** undefined = the appliance's own. */
  readonly bridge: string | undefined;
  /** What of it ends, where that is not the bridge. */
  readonly what?: string;
}

export function endsSection(facts: Facts, rows: readonly LifecycleRow[], screen: Screen): Html {
  const { words, language } = screen;
  const today = facts.now.slice(0, 10);
  const last = addDays(today, SPAN);
  const ends = [...endsOf(rows, screen), ...brownouts(facts, screen), ...runningOut(facts, screen)]
    .filter(({ date }) => date >= today && date <= last)
    .toSorted((a, b) => order(a.date, b.date) || order(a.bridge ?? "", b.bridge ?? ""));
  const howMany =
    ends.length === 0
      ? words.endsNone
      : ends.length === 1
        ? words.endsOne
        : words.endsMany(count(language, ends.length));
  const unmeasured = rows.filter(({ notMeasured }) => notMeasured.length > 0);
  return section(
    "ends",
    words.ends,
    words.endsUntil(day(language, last), howMany),
    html`${unmeasured.length > 0 && notMeasured(unmeasured, facts, screen)} ${retirableLine(rows, facts, screen)}
    ${ends.length > 0 && chart(ends, today, facts, screen, howMany)}`,
  );
}

function endsOf(rows: readonly LifecycleRow[], { words }: Screen): readonly End[] {
  return rows.flatMap(({ bridge, state: current, started, deprecated, sunset }): readonly End[] => {
    if (current === "sunset" || current === "retired") return [];
    return [
      { date: started, shape: "plan", word: words.begins, bridge },
      { date: deprecated, shape: "dep", word: words.runsOut, bridge },
      { date: sunset, shape: "end", word: words.end, bridge },
    ];
  });
}

/** Hours in which calls are refused, so that whoever still has to move notices. */
function brownouts({ outlines }: Facts, { language }: Screen): readonly End[] {
  const words = CALENDAR_WORDS[language];
  const ahead = outlines.filter((outline) => !hasEnded(outline));
  return ahead.flatMap(({ bridge, brownouts: planned }) =>
    planned.map(({ from, to }) => ({
      date: from.slice(0, 10),
      shape: "brown",
      word: words.brownout,
      bridge,
      what: words.hours(hourOf(from), hourOf(to)),
    })),
  );
}

/** Beside the ends of bridges: certificates, exceptions, support. */
function runningOut({ runningOut: ends }: Facts, { language }: Screen): readonly End[] {
  const words = ALARM_WORDS[language].runsOutShort;
  return ends.map(({ bridge, of, what, until }) => ({
    date: until.slice(0, 10),
    shape: of === "certificate" ? "cert" : "exc",
    word: words[of],
    bridge: bridge ?? undefined,
    what,
  }));
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Whose end it is. */
function whose(facts: Facts, { bridge }: End, { language }: Screen): string {
  return bridge === undefined ? ALARM_WORDS[language].appliance : titleOf(facts, bridge);
}

const MOST_NAMED = 5;

function notMeasured(rows: readonly LifecycleRow[], facts: Facts, { words, language }: Screen): Html {
  const named = rows.slice(0, MOST_NAMED).map(({ bridge, notMeasured: dates }, at) => {
    const when = dates.map((date) => day(language, date)).join(", ");
    return html`${at > 0 && " · "}<a href="${bridgeHref(bridge)}">${titleOf(facts, bridge)}</a> (${when})`;
  });
  const more = rows.length - MOST_NAMED;
  return html`<p>
    ${state("none", "unk", words.notMeasured)} ${named}${more > 0 && ` ${words.moreOf(count(language, more))}`}
  </p>`;
}

interface Mark {
  readonly x: number;
  readonly shape: Shape;
  readonly date: string;
  readonly text: string;
  /** undefined: there was no room for its label. */
  readonly lane: number | undefined;
  readonly before: boolean;
}

function chart(ends: readonly End[], today: string, facts: Facts, screen: Screen, howMany: string): Html {
  const { words, language } = screen;
  const marks = placed(ends, today, facts, screen);
  const lanes = Math.max(0, ...marks.map(({ lane }) => lane ?? 0)) + 1;
  const base = lanes * LANE + 22;
  const weeks = Array.from({ length: Math.floor(SPAN / 7) }, (_, at) => (at + 1) * 7);
  const hidden = marks.filter(({ lane }) => lane === undefined).length;
  return html`<figure class="wide">
      <svg class="chart" viewBox="0 0 ${WIDTH} ${base + 22}" role="img" aria-label="${words.endsLabel(howMany)}">
        <line class="ax" x1="${LEFT}" x2="${WIDTH}" y1="${base}" y2="${base}" />
        <line class="now" x1="${LEFT}" x2="${LEFT}" y1="${base - 20}" y2="${base + 4}" />
        <text class="s" x="0" y="${base + 17}">${words.today}</text>
        ${weeks.map((days) => html`<text class="m" text-anchor="middle" x="${xOf(days)}" y="${base + 17}">${shortDay(language, addDays(today, days))}</text>`)}
        ${marks.map((mark) => poleOf(mark, base))} ${marks.map((mark) => markAt(mark, base))}
      </svg>
      ${hidden > 0 && html`<figcaption class="more">${words.endsMore(hidden, count(language, hidden))}</figcaption>`}
    </figure>
    <ul class="ends-list">
      ${ends.slice(0, MOST_NARROW).map((end) => html`<li><span>${weekday(language, end.date)} ${shortDay(language, end.date)}</span><span>${state("ink", end.shape, html`${end.word}: ${whose(facts, end, screen)}${end.what !== undefined && `, ${end.what}`}`)}</span></li>`)}
      ${ends.length > MOST_NARROW && html`<li><span></span><span>${words.moreOf(count(language, ends.length - MOST_NARROW))}</span></li>`}
    </ul>
    <details class="data">
      <summary>${words.asTable}</summary>
      ${table(
        words.ends,
        [{ title: words.date }, { title: words.event }, { title: words.bridge }],
        ends.map((end) => ({
          cells: [
            html`<time datetime="${end.date}">${weekday(language, end.date)} ${day(language, end.date)}</time>`,
            html`${end.word}${end.what !== undefined && html`<small>${end.what}</small>`}`,
            end.bridge === undefined
              ? html`${whose(facts, end, screen)}`
              : html`<a href="${bridgeHref(end.bridge)}">${whose(facts, end, screen)}</a>`,
          ],
        })),
      )}
    </details>`;
}

function xOf(days: number): number {
  return Math.round(LEFT + (days / SPAN) * (WIDTH - LEFT - 12));
}

/** Labels go into the lowest lane in which they touch no other; one day and one word make one mark. */
function placed(ends: readonly End[], today: string, facts: Facts, screen: Screen): readonly Mark[] {
  const { language } = screen;
  const taken: number[] = Array.from({ length: LANES }, () => Number.NEGATIVE_INFINITY);
  const groups = [...Map.groupBy(ends, ({ date, word }) => `${date} ${word}`).values()];
  return groups.map((group): Mark => {
    const [head] = group as [End, ...End[]];
    const names = `${whose(facts, head, screen)}${group.length > 1 ? ` +${group.length - 1}` : ""}`;
    const text = cut(`${head.word}: ${names}`);
    const x = xOf(daysBetween(today, head.date));
    const width = (text.length + 8) * SIGN;
    const before = x + width > WIDTH;
    const [from, to] = before ? [x - width, x + 8] : [x, x + width];
    const free = taken.findIndex((end) => end < from);
    if (free !== -1) taken[free] = to;
    const lane = free === -1 ? undefined : free;
    return { x, shape: head.shape, date: shortDay(language, head.date), text, lane, before };
  });
}

function cut(text: string): string {
  return text.length > MOST_LABEL ? `${text.slice(0, MOST_LABEL - 1)}…` : text;
}

const COLOURS: Readonly<Partial<Record<Shape, string>>> = { dep: "warn", cert: "warn", exc: "warn", brown: "info" };

/** All of them come before the labels, so that none crosses a word. */
function poleOf({ x, lane }: Mark, base: number): Html | false {
  return (
    lane !== undefined && html`<line class="pole" x1="${x}" x2="${x}" y1="${yOf(lane, base) + 3}" y2="${base - 16}" />`
  );
}

function yOf(lane: number, base: number): number {
  return base - 24 - lane * LANE;
}

function markAt({ x, shape, date, text, lane, before }: Mark, base: number): Html {
  const label =
    lane !== undefined &&
    html`<text x="${before ? x + 3 : x - 2}" y="${yOf(lane, base)}" text-anchor="${before ? "end" : "start"}"
      ><tspan class="s">${date}</tspan> ${text}</text
    >`;
  return html`${label}<g class="c-${COLOURS[shape] ?? "ink"}"
      ><use href="#i-${shape}" x="${x - 6}" y="${base - 15}" width="12" height="12"
    /></g>`;
}
