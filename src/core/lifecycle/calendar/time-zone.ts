// VTIMEZONE (RFC 5545, section 3.6.5) for any zone of the IANA database, from what Intl knows of it. Changes that follow a rule
// within the calendar's years (the last Sunday of March) become that rule, which every program reads; others are listed.

import { wallTime } from "../dates.ts";

const DAY = 86_400_000;
/** Changes are looked for in steps of a week: no zone has two in one. */
const STEP = 7 * DAY;
const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"] as const;

interface Change {
  /** Minutes east of Greenwich, before and after. */
  readonly from: number;
  readonly to: number;
  /** What the wall showed when it came, by the offset before, as if it were UTC. */
  readonly wall: Date;
}

/** Lines of the component, for events of these years. Throws RangeError for a zone that there is not. */
export function timeZoneLines(zone: string, firstYear: number, lastYear: number): readonly string[] {
  const changes = changesOf(zone, Date.UTC(firstYear - 1, 0, 1), Date.UTC(lastYear + 1, 0, 1));
  const groups = Map.groupBy(changes, ({ from, to }) => `${from} ${to}`);
  const observances = [...groups.values()].map((group) => {
    const rule = ruleOf(group, firstYear - 1, lastYear);
    return { group, rule };
  });
  const lines = ["BEGIN:VTIMEZONE", `TZID:${zone}`];
  if (!(observances.length > 0 && observances.every(({ rule }) => rule !== undefined))) {
    const offset = changes[0]?.from ?? offsetAt(Date.UTC(firstYear - 1, 0, 1), zone);
    lines.push(...observance("STANDARD", offset, offset, new Date(0), []));
  }
  for (const { group, rule } of observances) {
    const [first, ...rest] = group;
    if (first === undefined) continue;
    const more = rule === undefined ? rest.map(({ wall }) => `RDATE:${localText(wall)}`) : [`RRULE:${rule}`];
    lines.push(...observance(first.to > first.from ? "DAYLIGHT" : "STANDARD", first.from, first.to, first.wall, more));
  }
  return [...lines, "END:VTIMEZONE"];
}

function observance(kind: string, from: number, to: number, wall: Date, more: readonly string[]): readonly string[] {
  const offsets = [`TZOFFSETFROM:${offsetText(from)}`, `TZOFFSETTO:${offsetText(to)}`];
  return [`BEGIN:${kind}`, `DTSTART:${localText(wall)}`, ...offsets, ...more, `END:${kind}`];
}

function changesOf(zone: string, from: number, until: number): readonly Change[] {
  const changes: Change[] = [];
  let before = offsetAt(from, zone);
  for (let time = from + STEP; time <= until + STEP; time += STEP) {
    const after = offsetAt(time, zone);
    if (after !== before) {
      const at = firstWith(zone, before, time - STEP, time);
      if (at >= until) break;
      changes.push({ from: before, to: after, wall: new Date(at + before * 60_000) });
    }
    before = after;
  }
  return changes;
}

/** The first minute with another offset than `before`. */
function firstWith(zone: string, before: number, low: number, high: number): number {
  let [same, other] = [low / 60_000, high / 60_000];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetAt(middle * 60_000, zone) === before) same = middle;
    else other = middle;
  }
  return other * 60_000;
}

function offsetAt(time: number, zone: string): number {
  const { offset } = wallTime(time, zone);
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  return (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** undefined where the changes follow none, or not in every year. */
function ruleOf(group: readonly Change[], firstYear: number, lastYear: number): string | undefined {
  const [first] = group;
  if (first === undefined || group.length !== lastYear - firstYear + 1 || group.length < 2) return undefined;
  const month = first.wall.getUTCMonth();
  const weekday = first.wall.getUTCDay();
  const regular = group.every(
    ({ wall }, index) =>
      wall.getUTCFullYear() === firstYear + index &&
      wall.getUTCMonth() === month &&
      wall.getUTCDay() === weekday &&
      wall.getTime() % DAY === first.wall.getTime() % DAY,
  );
  if (!regular) return undefined;
  const nths = new Set(group.map(({ wall }) => Math.ceil(wall.getUTCDate() / 7)));
  const last = group.every(({ wall }) => new Date(wall.getTime() + 7 * DAY).getUTCMonth() !== month);
  const [nth] = nths;
  if (!last && (nths.size !== 1 || nth === undefined)) return undefined;
  return `FREQ=YEARLY;BYMONTH=${month + 1};BYDAY=${last ? -1 : nth}${WEEKDAYS[weekday]}`;
}

function localText(wall: Date): string {
  return wall.toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const [hours, rest] = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, "0"));
  return `${minutes < 0 ? "-" : "+"}${hours}${rest}`;
}
