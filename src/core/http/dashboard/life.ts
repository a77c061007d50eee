// The life of a bridge on one line: when it began, runs out and ends, and where today is on it.

import { daysBetween } from "../../lifecycle/dates.ts";
import type { LifecycleRow } from "../../lifecycle/state-report.ts";
import type { ProgressView } from "../../operations/progress-view.ts";
import { html, type Html } from "../pages/html.ts";
import type { Facts } from "./facts.ts";
import { count, day } from "./format.ts";
import { progressSection } from "./progress-section.ts";
import { section, table, type Screen } from "./screen.ts";

const WIDTH = 1_360;
/** Dates of a label at 12 px. */
const LABEL = 80;

export function lifeSection(row: LifecycleRow, progress: ProgressView, facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const today = facts.now.slice(0, 10);
  const left =
    row.daysLeft >= 0 ? words.daysLeft(count(language, row.daysLeft)) : words.daysOver(count(language, -row.daysLeft));
  const successor = row.successor === null ? words.noSuccessor : html`${words.successor}: ${linked(row.successor)}`;
  if (progress.probe !== null || progress.milestones.some(({ wanted }) => wanted !== null))
    return progressSection({ row, progress, successor }, facts, screen);
  return section(
    "life",
    words.life,
    html`${words.end} ${day(language, row.sunset)}, ${left}`,
    html`<p>${successor}</p>
      ${chart(row, today, screen)}`,
  );
}

/** From the bridge file; anything but a web page is shown as text. */
function linked(text: string): Html {
  const target = URL.parse(text);
  if (target?.protocol !== "https:" && target?.protocol !== "http:") return html`${text}`;
  return html`<a href="${target.href}" rel="noreferrer">${text}</a>`;
}

function chart(row: LifecycleRow, today: string, screen: Screen): Html {
  const { words, language } = screen;
  const marks: readonly (readonly [date: string, word: string])[] = [
    [row.started, words.begins],
    [row.deprecated, words.runsOut],
    [row.sunset, words.end],
  ];
  const dates = [row.started, row.sunset, today].toSorted();
  const [from = today, , to = today] = dates;
  const whole = Math.max(1, daysBetween(from, to));
  const xOf = (date: string): number => Math.round(8 + (daysBetween(from, date) / whole) * (WIDTH - 16));
  const anchor = (x: number): string => (x < LABEL ? "start" : x > WIDTH - LABEL ? "end" : "middle");
  const label = words.lifeLabel(
    ...([row.started, row.deprecated, row.sunset, today].map((date) => day(language, date)) as [
      string,
      string,
      string,
      string,
    ]),
  );
  const now = xOf(today);
  return html`<figure class="wide">
      <svg class="chart" viewBox="0 0 ${WIDTH} 92" role="img" aria-label="${label}">
        <line
          class="gone"
          x1="${xOf(row.started < today ? row.started : today)}"
          x2="${xOf(today < row.sunset ? today : row.sunset)}"
          y1="48"
          y2="48"
        />
        <line class="plan" x1="${today < row.sunset ? now : xOf(row.sunset)}" x2="${xOf(row.sunset)}" y1="48" y2="48" />
        ${marks.map(([date, word]) => {
          const x = xOf(date);
          return html`<line class="pole" x1="${x}" x2="${x}" y1="34" y2="56" /><text
              class="s"
              text-anchor="${anchor(x)}"
              x="${x}"
              y="14"
              >${word}</text
            ><text class="m" text-anchor="${anchor(x)}" x="${x}" y="29">${day(language, date)}</text>`;
        })}
        <line class="now" x1="${now}" x2="${now}" y1="38" y2="66" />
        <text class="s" text-anchor="${anchor(now)}" x="${now}" y="82">${words.today}</text>
      </svg>
    </figure>
    <details class="data">
      <summary>${words.asTable}</summary>
      ${table(
        words.life,
        [{ title: words.event }, { title: words.date }],
        marks.map(([date, word]) => ({
          cells: [html`${word}`, html`<time datetime="${date}">${day(language, date)}</time>`],
        })),
      )}
    </details>`;
}
