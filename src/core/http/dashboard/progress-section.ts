// The life of a bridge against its plan: the successor's measured share over time, milestones, and where the pace leads.

import { addDays, daysBetween } from "../../lifecycle/dates.ts";
import type { Milestone, MilestoneState } from "../../lifecycle/milestones.ts";
import type { LifecycleRow } from "../../lifecycle/state-report.ts";
import type { ProgressView } from "../../operations/progress-view.ts";
import { html, type Html } from "../pages/html.ts";
import type { Facts } from "./facts.ts";
import { count, day, moment } from "./format.ts";
import { milestoneText, percent } from "./milestone-text.ts";
import { section, state, table, type Screen, type Shape, type Tone } from "./screen.ts";
import { shareChart } from "./share-chart.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";

const LOOKS: Readonly<Record<MilestoneState, readonly [Tone, Shape]>> = {
  declared: ["none", "plan"],
  open: ["ink", "plan"],
  reached: ["ok", "ok"],
  late: ["warn", "ok"],
  missed: ["danger", "miss"],
  unmeasured: ["none", "unk"],
};

export interface Measured {
  readonly row: LifecycleRow;
  readonly progress: ProgressView;
  readonly successor: Html | string;
}

export function progressSection({ row, progress, successor }: Measured, facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const own = PROGRESS_WORDS[language];
  const today = facts.now.slice(0, 10);
  const pace = paceOf(progress, row, today);
  const share = row.successorShare;
  const shown =
    share === null
      ? html`${state("none", "unk", own.notMeasured)} – ${own.notMeasuredWhy}`
      : html`<b>${screen.live("share", own.share(percent(share), count(language, progress.measuredDays)))}</b>`;
  return section(
    "life",
    own.life,
    html`${words.end} ${day(language, row.sunset)} · ${own.howDrawn} · ${probeLine(progress, today, screen)}`,
    html`<p>${successor}</p>
      ${
        progress.failing !== null &&
        html`<p class="note note--warn">
          ${own.probeFails(moment(language, progress.failing.since, today))}:
          <span lang="en">${progress.failing.message}</span>
        </p>`
      }
      <p>${shown}</p>
      ${pace !== undefined && pace < 1 && html`<p>${state("warn", "warn", own.atEnd(percent(1 - pace)))}</p>`}
      ${shareChart({ row, progress, today, pace }, screen)} ${milestoneList(progress.milestones, screen)}
      ${planTable(row, progress, today, screen)} ${dayTable(progress, screen)}`,
  );
}

/** At the bridge's end, if it goes on as in the last 90 days; undefined = nobody can say. */
function paceOf({ trend }: ProgressView, { sunset }: LifecycleRow, today: string): number | undefined {
  const recent = trend.filter(({ date, share }) => share !== null && date >= addDays(today, -90));
  const [first, last] = [recent[0], recent.at(-1)];
  if (!first || !last || daysBetween(first.date, last.date) < 28 || sunset <= today) return undefined;
  const perDay = ((last.share ?? 0) - (first.share ?? 0)) / daysBetween(first.date, last.date);
  return Math.min(1, Math.max(0, (last.share ?? 0) + perDay * daysBetween(last.date, sunset)));
}

function probeLine({ probe, last }: ProgressView, today: string, { language }: Screen): string {
  const own = PROGRESS_WORDS[language];
  if (probe === null) return own.noProbe;
  const kind = probe === "prometheus" ? "Prometheus" : probe.toUpperCase();
  return last === null ? own.probeNever(kind) : own.probe(kind, moment(language, last, today));
}

/** Where there is no room for the chart. */
function milestoneList(milestones: readonly Milestone[], screen: Screen): Html {
  return html`<ul class="ends-list">
    ${milestones.map((each) => {
      const [tone, shape] = LOOKS[each.state];
      return html`<li>
        <span>${day(screen.language, each.by)}</span><span>${state(tone, shape, milestoneText(each, screen))}</span>
      </li>`;
    })}
  </ul>`;
}

interface Event {
  readonly date: string;
  readonly what: Html | string;
  readonly wanted?: number | null;
  readonly measured?: number | null;
}

function shareCell(share: number | null | undefined): Html {
  return html`${share == null ? "–" : percent(share)}`;
}

function planTable(row: LifecycleRow, { milestones }: ProgressView, today: string, { words, language }: Screen): Html {
  const own = PROGRESS_WORDS[language];
  const events: Event[] = [
    { date: row.started, what: words.begins },
    { date: row.deprecated, what: words.runsOut },
    { date: today, what: words.today, measured: row.successorShare },
    { date: row.sunset, what: words.end },
    ...milestones.map(({ by, goal, wanted, measured, state: which }) => {
      const [tone, shape] = LOOKS[which];
      const said = wanted === null ? "" : html` – ${state(tone, shape, own.milestones[which])}`;
      return { date: by, what: html`${own.milestone}: ${goal}${said}`, wanted, measured };
    }),
  ];
  const lines = events
    .toSorted((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0))
    .map(({ date, what, wanted, measured }) => ({
      cells: [
        html`<time datetime="${date}">${day(language, date)}</time>`,
        html`${what}`,
        shareCell(wanted),
        shareCell(measured),
      ],
    }));
  const columns = [
    { title: words.date },
    { title: words.event },
    { title: own.wanted, numeric: true },
    { title: own.measured, numeric: true },
  ];
  return html`<details class="data">
    <summary>${words.asTable}</summary>
    ${table(own.life, columns, lines)}
  </details>`;
}

function dayTable({ days }: ProgressView, { words, language }: Screen): Html | false {
  const own = PROGRESS_WORDS[language];
  const recent = days.slice(-30).toReversed();
  if (recent.length === 0) return false;
  const columns = [
    { title: words.date },
    { title: own.overBridge, numeric: true },
    { title: own.overSuccessor, numeric: true },
    { title: own.shareColumn, numeric: true },
  ];
  const lines = recent.map(({ date, bridge, successor, share }) => ({
    cells: [
      html`<time datetime="${date}">${day(language, date)}</time>`,
      html`${count(language, bridge)}`,
      html`${successor === null ? own.notMeasured : count(language, successor)}`,
      html`${share === null ? "–" : percent(share)}`,
    ],
  }));
  return html`<details class="data">
    <summary>${own.byDay}</summary>
    ${table(own.byDay, columns, lines)}
  </details>`;
}
