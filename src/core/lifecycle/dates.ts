// Calendar dates in a time zone. Node has no Temporal yet, so the zone's offset comes from Intl, and calendar
// arithmetic is done on days since 1970-01-01, where no clock change can disturb it.

/** The hour of the day at which a date of the lifecycle takes effect: when people are at work. */
const EFFECT_HOUR = 10;

export const DEFAULT_ZONE = "Europe/Berlin";

export interface WallTime {
  /** `2027-11-18` */
  readonly date: string;
  /** `10:00:00` */
  readonly time: string;
  /** `+01:00` */
  readonly offset: string;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Throws RangeError for a zone that the IANA database does not know. */
function formatterFor(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "longOffset",
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

const QUARTER = 900_000;
/** Between these years every zone changes its offset at a whole quarter of an hour, and offsets have no seconds. */
const EVEN_FROM = Date.UTC(1980, 0);
const EVEN_UNTIL = Date.UTC(2200, 0);
const MOST_OFFSETS = 10_000;
const offsets = new Map<string, { readonly text: string; readonly milliseconds: number }>();

/** What a clock on the wall of that zone shows. */
export function wallTime(time: number, zone: string): WallTime {
  if (!(time >= EVEN_FROM && time < EVEN_UNTIL)) return formatted(time, zone);
  // The library takes its time over a format; the offset is the same for a quarter of an hour.
  const key = `${Math.floor(time / QUARTER)} ${zone}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    const text = formatted(time, zone).offset;
    const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(4, 6));
    offset = { text, milliseconds: (text.startsWith("-") ? -minutes : minutes) * 60_000 };
    if (offsets.size >= MOST_OFFSETS) offsets.clear();
    offsets.set(key, offset);
  }
  const shown = new Date(time + offset.milliseconds).toISOString();
  return { date: shown.slice(0, 10), time: shown.slice(11, 19), offset: offset.text };
}

function formatted(time: number, zone: string): WallTime {
  const parts: Record<string, string> = {};
  for (const part of formatterFor(zone).formatToParts(time)) parts[part.type] = part.value;
  const offset = (parts["timeZoneName"] ?? "GMT").replace("GMT", "");
  return {
    date: `${(parts["year"] ?? "").padStart(4, "0")}-${parts["month"]}-${parts["day"]}`,
    time: `${parts["hour"]}:${parts["minute"]}:${parts["second"]}`,
    // Historic offsets may carry seconds (+00:53:28); ISO 8601 knows none.
    offset: offset === "" ? "+00:00" : offset.slice(0, 6),
  };
}

/** `2027-11-18T10:00:00+01:00`: ISO 8601 as the wall of that zone shows it. */
export function isoIn(time: number, zone: string): string {
  const wall = wallTime(time, zone);
  return `${wall.date}T${wall.time}${wall.offset}`;
}

const MINUTE = 60_000;
const dates = new Map<string, { readonly minute: number; readonly date: string }>();

/** The day in that zone. Asked for every call: days and offsets of zones change at whole minutes only, so each is computed once. */
export function dateIn(time: number, zone: string): string {
  const minute = Math.floor(time / MINUTE);
  const known = dates.get(zone);
  if (known?.minute === minute) return known.date;
  const { date } = wallTime(time, zone);
  dates.set(zone, { minute, date });
  return date;
}

/** Days since 1970-01-01; undefined where there is no such day (2027-02-29, 2027-13-01, not a date). */
export function dayNumber(date: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  const valid = time.getUTCFullYear() === year && time.getUTCMonth() === month - 1 && time.getUTCDate() === day;
  return valid ? time.getTime() / 86_400_000 : undefined;
}

/** Calendar days from one date to another; negative where the second is earlier. Invalid dates give NaN. */
export function daysBetween(from: string, to: string): number {
  return (dayNumber(to) ?? Number.NaN) - (dayNumber(from) ?? Number.NaN);
}

/** `2027-11-18` moved by whole days. */
export function addDays(date: string, days: number): string {
  const day = dayNumber(date);
  if (day === undefined) throw new RangeError("not a calendar date");
  return new Date((day + days) * 86_400_000).toISOString().slice(0, 10);
}

/**
 * Milliseconds at which the wall shows this local time. A time that the clock change skips counts as that much later,
 * one that comes twice as its first occurrence.
 */
export function atLocal(date: string, hour: number, minute: number, zone: string): number {
  const key = `${date} ${hour} ${minute} ${zone}`;
  const known = moments.get(key);
  if (known !== undefined) return known;
  const moment = computeLocal(date, hour, minute, zone);
  // They come out of bridge files: there are few. A process that sees many all the same does not grow by them.
  if (moments.size >= MOST_MOMENTS) moments.clear();
  moments.set(key, moment);
  return moment;
}

const MOST_MOMENTS = 10_000;
const moments = new Map<string, number>();

function computeLocal(date: string, hour: number, minute: number, zone: string): number {
  const day = dayNumber(date);
  if (day === undefined) throw new RangeError("not a calendar date");
  const naive = day * 86_400_000 + hour * 3_600_000 + minute * 60_000;
  const before = naive - offsetAt(naive - 86_400_000, zone);
  const after = naive - offsetAt(naive + 86_400_000, zone);
  if (before + offsetAt(before, zone) === naive) return before;
  return after + offsetAt(after, zone) === naive ? after : before;
}

function offsetAt(time: number, zone: string): number {
  const match = /^([+-])(\d{2}):(\d{2})$/.exec(wallTime(time, zone).offset);
  if (match === null) return 0;
  return (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}

/** When a date of the lifecycle takes effect: 10:00 local time. */
export function takesEffect(date: string, zone: string): number {
  return atLocal(date, EFFECT_HOUR, 0, zone);
}

/** `2027-10-05T10:00` (or a date alone: 10:00) as milliseconds. */
export function localMoment(text: string, zone: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}):(\d{2}))?$/.exec(text);
  if (match === null) throw new RangeError("not a local time");
  return atLocal(
    match[1] ?? "",
    match[2] === undefined ? EFFECT_HOUR : Number(match[2]),
    Number(match[3] ?? "0"),
    zone,
  );
}

/** `18.11.2027`, as German readers write it. */
export function germanDate(date: string): string {
  return date.split("-").toReversed().join(".");
}
