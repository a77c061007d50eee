// The successor's share over the life of a bridge, as a drawing: solid what was measured, dotted the plan, dashed where the pace leads.
// The same data stand in a table below it.

import { addDays, daysBetween } from "../../lifecycle/dates.ts";
import type { Milestone } from "../../lifecycle/milestones.ts";
import type { LifecycleRow } from "../../lifecycle/state-report.ts";
import type { ProgressView } from "../../operations/progress-view.ts";
import { html, type Html } from "../pages/html.ts";
import { count, day, shortDay } from "./format.ts";
import { milestoneText, percent } from "./milestone-text.ts";
import type { Screen, Shape } from "./screen.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";

const WIDTH = 1_360;
const [LEFT, RIGHT, TOP, BASE] = [44, 20, 40, 202] as const;
/** Dates of a label at 12 px. */
const LABEL = 80;

export interface Drawn {
  readonly row: LifecycleRow;
  readonly progress: ProgressView;
  readonly today: string;
  /** The share at the end, at this pace. */
  readonly pace: number | undefined;
}

interface Frame {
  readonly x: (date: string) => number;
  readonly y: (share: number) => number;
}

export function shareChart({ row, progress, today, pace }: Drawn, screen: Screen): Html {
  const { words, language } = screen;
  const own = PROGRESS_WORDS[language];
  const dates = [row.started, row.deprecated, row.sunset, today, ...progress.milestones.map(({ by }) => by)].toSorted();
  const [from, to] = [dates[0] ?? today, dates.at(-1) ?? today];
  const whole = Math.max(1, daysBetween(from, to));
  const frame: Frame = {
    x: (date) => Math.round(LEFT + (daysBetween(from, date) / whole) * (WIDTH - LEFT - RIGHT)),
    y: (share) => Math.round(BASE - share * (BASE - TOP)),
  };
  const measured = row.successorShare === null ? own.notMeasured : percent(row.successorShare);
  const poles = [
    [row.started, words.begins, day(language, row.started)],
    [row.deprecated, words.runsOut, day(language, row.deprecated)],
    [row.sunset, words.end, day(language, row.sunset)],
  ] as const;
  const now = frame.x(today);
  return html`<figure class="wide">
    <svg
      class="chart"
      viewBox="0 0 ${WIDTH} 244"
      role="img"
      aria-label="${own.chart(measured, day(language, row.sunset))}"
    >
      ${[0, 0.5, 1].map(
        (share) =>
          html`<line
              class="${share === 0 ? "ax" : "hair"}"
              x1="${LEFT}"
              x2="${WIDTH - RIGHT}"
              y1="${frame.y(share)}"
              y2="${frame.y(share)}"
            /><text class="m" text-anchor="end" x="${LEFT - 6}" y="${frame.y(share) + 4}">${percent(share)}</text>`,
      )}
      ${poles.map(([date, word, shown]) => pole(frame.x(date), word, shown))}
      <line class="now" x1="${now}" x2="${now}" y1="${TOP - 4}" y2="${BASE + 8}" />
      <text class="s" text-anchor="${anchor(now)}" x="${now}" y="${BASE + 37}">
        ${words.today}${row.daysLeft >= 0 && `, ${words.daysLeft(count(language, row.daysLeft))}`}
      </text>
      ${months(from, to, frame, language)}
      <polyline class="plan" points="${planOf(row, progress.milestones, frame)}" />
      ${measuredLines(progress.trend, frame)}
      ${pace !== undefined && projected(progress.trend, row.sunset, pace, frame)}
      ${progress.milestones.map((each) => milestoneMark(each, frame, screen))}
      ${row.successorShare !== null && html`<text class="s" text-anchor="end" x="${now - 6}" y="${frame.y(row.successorShare) + 22}">${own.measuredNow(measured)}</text>`}
    </svg>
  </figure>`;
}

function anchor(x: number): string {
  return x < LEFT + LABEL ? "start" : x > WIDTH - LABEL ? "end" : "middle";
}

function pole(x: number, word: string, shown: string): Html {
  return html`<line class="pole" x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${BASE + 5}" /><text
      class="s"
      text-anchor="${anchor(x)}"
      x="${x}"
      y="14"
      >${word}</text
    ><text class="m" text-anchor="${anchor(x)}" x="${x}" y="28">${shown}</text>`;
}

/** The first of each quarter. */
function months(from: string, to: string, { x }: Frame, language: Screen["language"]): readonly Html[] {
  const marks: Html[] = [];
  for (let date = addDays(from, 1); date <= to && marks.length < 40; date = addDays(date, 1)) {
    if (!/-(?:01|04|07|10)-01$/.test(date)) continue;
    const text = date.slice(5, 7) === "01" ? date.slice(0, 4) : shortDay(language, date);
    marks.push(
      html`<line class="ax" x1="${x(date)}" x2="${x(date)}" y1="${BASE}" y2="${BASE + 4}" /><text
          class="m"
          text-anchor="middle"
          x="${x(date)}"
          y="${BASE + 19}"
          >${text}</text
        >`,
    );
  }
  return marks;
}

function planOf({ started }: LifecycleRow, milestones: readonly Milestone[], { x, y }: Frame): string {
  const wanted = milestones.filter(({ wanted: share }) => share !== null).toSorted((a, b) => (a.by < b.by ? -1 : 1));
  if (wanted.length === 0) return "";
  return [`${x(started)},${y(0)}`, ...wanted.map(({ by, wanted: share }) => `${x(by)},${y(share ?? 0)}`)].join(" ");
}

/** One line for every stretch without a gap. */
function measuredLines(trend: ProgressView["trend"], { x, y }: Frame): readonly Html[] {
  const stretches: string[][] = [[]];
  for (const { date, share } of trend) {
    if (share === null) stretches.push([]);
    else stretches.at(-1)?.push(`${x(date)},${y(share)}`);
  }
  return stretches
    .filter((points) => points.length > 0)
    .map((points) => html`<polyline class="line" points="${points.join(" ")}" />`);
}

function projected(trend: ProgressView["trend"], end: string, pace: number, { x, y }: Frame): Html | false {
  const last = trend.findLast(({ share }) => share !== null);
  if (!last) return false;
  return html`<line class="fc" x1="${x(last.date)}" y1="${y(last.share ?? 0)}" x2="${x(end)}" y2="${y(pace)}" />`;
}

const SHAPES: Readonly<Record<Milestone["state"], readonly [Shape, string]>> = {
  declared: ["plan", "ink"],
  open: ["plan", "ink"],
  reached: ["ok", "ok"],
  late: ["ok", "warn"],
  missed: ["miss", "danger"],
  unmeasured: ["unk", "ink"],
};

function milestoneMark(milestone: Milestone, { x, y }: Frame, screen: Screen): Html {
  const [shape, colour] = SHAPES[milestone.state];
  const [at, height] = [x(milestone.by), y(milestone.wanted ?? 0)];
  const isLate = at > WIDTH / 2;
  return html`<g class="c-${colour}"
      ><use href="#i-${shape}" x="${at - 8}" y="${height - 8}" width="16" height="16" /></g
    ><text text-anchor="${isLate ? "end" : "start"}" x="${at + (isLate ? -13 : 13)}" y="${height - 6}"
      >${milestoneText(milestone, screen)}</text
    >`;
}
