// What ends, begins and runs out within a year, by month: to look at, to print, and the way to subscribe to it.

import { daysBetween } from "../../lifecycle/dates.ts";
import { html, type Html } from "../pages/html.ts";
import { calendarDates, yearAfter, type CalendarDate } from "./calendar-dates.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { filtered } from "./filters.ts";
import { count, day, monthOf, weekday } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { section, state, table, type Screen } from "./screen.ts";
import { ALARM_WORDS } from "./words-alarms.ts";
import { CALENDAR_WORDS } from "./words-calendar.ts";

const MOST = 1_000;

export function calendarPage(all: Facts, screen: Screen): Page {
  const { language } = screen;
  const words = CALENDAR_WORDS[language];
  const { facts, form } = filtered(all, screen, "/kalender");
  const dates = calendarDates(facts, screen);
  const shown = dates.slice(0, MOST);
  const today = facts.now.slice(0, 10);
  const last = shown.length < dates.length ? (shown.at(-1)?.date ?? today) : yearAfter(today);
  const byMonth = Map.groupBy(shown, ({ date }) => date.slice(0, 7));
  const body = html`<div class="lead calendar">
      <h1 class="kern-heading-medium">${words.title}</h1>
      <p class="muted">${words.until(howMany(dates.length, screen), day(language, yearAfter(today)))}</p>
      ${form}
    </div>
    <div class="months">
      ${monthsUntil(today, last).map((month) => monthSection(month, byMonth.get(month) ?? [], facts, screen))}
    </div>
    ${dates.length > MOST && html`<p class="more">${words.rest(count(language, dates.length - MOST))}</p>`}
    <ul class="plain small links">
      <li><a href="/lifecycle.ics">${words.subscribe}</a> <span class="muted">${words.subscribeMeans}</span></li>
      ${facts.beyond === undefined && html`<li><a href="/nachweis/enden.csv">${words.endsCsv}</a></li>`}
    </ul>`;
  return { title: words.title, body };
}

function howMany(dates: number, { language }: Screen): string {
  const words = CALENDAR_WORDS[language];
  if (dates === 0) return words.none;
  return dates === 1 ? words.one : words.many(count(language, dates));
}

/** `2027-11`, `2027-12`, … */
function monthsUntil(first: string, last: string): readonly string[] {
  const from = monthNumber(first);
  return Array.from({ length: monthNumber(last) - from + 1 }, (_, at) => {
    const month = from + at;
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}`;
  });
}

function monthNumber(date: string): number {
  return Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
}

/** A month without a date is a line, so that nobody looks for it. */
function monthSection(month: string, dates: readonly CalendarDate[], facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const own = CALENDAR_WORDS[language];
  const name = monthOf(language, month);
  const columns = [{ title: own.when }, { title: own.what }, { title: own.whose }, { title: words.responsible }];
  const today = facts.now.slice(0, 10);
  const lines = dates.map((date) => ({ cells: cellsOf(date, today, facts, screen) }));
  return section(
    `m-${month}`,
    name,
    howMany(dates.length, screen),
    lines.length === 0 ? html`` : table(own.caption(name), columns, lines),
  );
}

function cellsOf(one: CalendarDate, today: string, facts: Facts, { language }: Screen): readonly Html[] {
  const words = CALENDAR_WORDS[language];
  const { date, time, bridge, detail, owner } = one;
  const days = daysBetween(today, date);
  const left = days === 0 ? words.today : words.left(days, count(language, days));
  return [
    html`<time datetime="${time === "" ? date : `${date}T${time}`}"
        >${weekday(language, date)} ${day(language, date)}${time !== "" && `, ${time}`}</time
      ><small>${left}</small>`,
    html`${state(one.tone, one.shape, one.word)}${detail !== "" && html`<small>${detail}</small>`}`,
    bridge === undefined
      ? html`${ALARM_WORDS[language].appliance}`
      : html`<a href="${bridgeHref(bridge)}">${titleOf(facts, bridge)}</a>`,
    html`${owner === "" ? "–" : owner}`,
  ];
}
