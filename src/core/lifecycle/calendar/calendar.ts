// The lifecycle of all bridges as an iCalendar (RFC 5545) to import or to subscribe to.

import type { RunningOut } from "../../alarms/types.ts";
import { linkTarget } from "../../calls/lifecycle.ts";
import { localMoment, wallTime } from "../dates.ts";
import type { LifecycleOutline } from "../outline.ts";
import { contentLines, textValue } from "./content-lines.ts";
import { lifecycleEvents, ownEvents } from "./events.ts";
import type { CalendarEvent } from "./events.ts";
import { timeZoneLines } from "./time-zone.ts";

export const CALENDAR_TYPE = "text/calendar; charset=utf-8";

const DAY = 86_400_000;
const MOST_SUMMARY = 250;
const MOST_DESCRIPTION = 4_000;
/** A date far off must not make a zone of thousands of years. */
const MOST_YEARS = 200;

/** `now`: milliseconds since 1970, by the clock that is believed; `own`: what of the appliance itself runs out. */
export function renderCalendar(
  outlines: readonly LifecycleOutline[],
  now: number,
  own: readonly RunningOut[] = [],
): string {
  const events = [...outlines.flatMap((outline) => lifecycleEvents(outline)), ...ownEvents(own)].toSorted(byTime);
  return contentLines([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Steg//Lebenslauf//DE",
    "CALSCALE:GREGORIAN",
    // RFC 7986 has a name for it now; most programs still look for the old one.
    "NAME:Steg: Enden und Abläufe",
    "X-WR-CALNAME:Steg: Enden und Abläufe",
    "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
    "X-PUBLISHED-TTL:PT6H",
    ...zonesOf(events),
    ...events.flatMap((event) => eventLines(event, now)),
    "END:VCALENDAR",
  ]);
}

function byTime(a: CalendarEvent, b: CalendarEvent): number {
  return a.at - b.at || (a.uid < b.uid ? -1 : 1);
}

function zonesOf(events: readonly CalendarEvent[]): readonly string[] {
  const groups = Map.groupBy(
    events.filter(({ from }) => from.includes("T")),
    ({ zone }) => zone,
  );
  return [...groups].flatMap(([zone, group]) => {
    const years = group.flatMap(({ from, to }) => [from, to ?? from]).map((text) => Number(text.slice(0, 4)));
    const first = Math.min(...years);
    return timeZoneLines(zone, first, Math.min(Math.max(...years), first + MOST_YEARS));
  });
}

function eventLines(event: CalendarEvent, now: number): readonly string[] {
  const { uid, sequence, category } = event;
  const summary = textValue(event.summary.replaceAll(/\s+/gu, " "), MOST_SUMMARY);
  const url = linkTarget(event.url ?? undefined);
  return [
    "BEGIN:VEVENT",
    `UID:${uid}`,
    `DTSTAMP:${utcText(now)}`,
    `SEQUENCE:${sequence}`,
    ...timeLines(event),
    `SUMMARY:${summary}`,
    `DESCRIPTION:${textValue(event.description, MOST_DESCRIPTION)}`,
    `CATEGORIES:${category}`,
    ...(url === undefined ? [] : [`URL:${url}`]),
    "STATUS:CONFIRMED",
    // It tells, it occupies nobody.
    "TRANSP:TRANSPARENT",
    ...alarmLines(event, summary, now),
    "END:VEVENT",
  ];
}

/**
 * Local time, so that a meeting's hour stays what it is; but UTC beside a change of clocks: readers differ on the hour that it skips or
 * repeats, whatever RFC 5545 says of it (section 3.3.5).
 */
function timeLines({ from, to, zone }: CalendarEvent): readonly string[] {
  const times = to === undefined ? [from] : [from, to];
  const unsure = times.some((text) => besideChange(text, zone));
  return times.map((text, index) => {
    const name = index === 0 ? "DTSTART" : "DTEND";
    const plain = text.replaceAll(/[-:]/g, "");
    if (!plain.includes("T")) return `${name};VALUE=DATE:${plain}`;
    return unsure ? `${name}:${utcText(localMoment(text, zone))}` : `${name};TZID=${zone}:${plain}00`;
  });
}

function besideChange(text: string, zone: string): boolean {
  if (!text.includes("T")) return false;
  const time = localMoment(text, zone);
  return wallTime(time - DAY, zone).offset !== wallTime(time + DAY, zone).offset;
}

/** Those that lie ahead: some programs ring for every one that was missed when a calendar is imported. */
function alarmLines({ from, at, alarms }: CalendarEvent, summary: string, now: number): readonly string[] {
  return alarms
    .filter((days) => at - days * DAY > now)
    .flatMap((days) => {
      // A day begins at midnight; nobody is rung then, but at 10:00 of the day before.
      const trigger = from.includes("T") ? `-P${days}D` : `-P${days === 1 ? "" : `${days - 1}D`}T14H`;
      const ahead = days === 1 ? "Morgen" : `In ${days} Tagen`;
      return ["BEGIN:VALARM", "ACTION:DISPLAY", `TRIGGER:${trigger}`, `DESCRIPTION:${ahead}: ${summary}`, "END:VALARM"];
    });
}

function utcText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}
