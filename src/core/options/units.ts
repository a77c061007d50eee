// Durations, sizes, dates and periods as people write them in YAML: always with their unit.

const DURATION = /^(\d{1,12})(ms|s|m|h|d)$/;
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE = /^(\d{1,12})(B|KiB|MiB|GiB|TiB)$/;
const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** `10s` → 10000; undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (MILLISECONDS[unit as string] as number);
}

/** `10MiB` → 10485760; undefined where the text is no size. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = SIZE.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (BYTES[unit as string] as number);
}

/** 90000 → `90s`: the largest unit without a remainder. */
export function formatDuration(milliseconds: number): string {
  return formatIn(milliseconds, MILLISECONDS);
}

/** 10485760 → `10MiB`. */
export function formatSize(bytes: number): string {
  return formatIn(bytes, BYTES);
}

function formatIn(value: number, units: Readonly<Record<string, number>>): string {
  const entries = Object.entries(units);
  const [name, factor] = entries.findLast(([, each]) => value >= each && value % each === 0) ?? entries[0] ?? ["", 1];
  return `${value / factor}${name}`;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Days since 1970-01-01 of an ISO date that exists in the calendar, else undefined. */
export function parseDate(text: string): number | undefined {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return undefined;
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC reads the years 0 to 99 as 1900 to 1999 and lets 31 April become 1 May: neither is that date.
  return new Date(time).toISOString().startsWith(text) ? time / 86_400_000 : undefined;
}

/** Days since 1970-01-01 → `2027-11-16`. */
export function formatDate(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** `2027-10-05T10:00`: a local time without zone; undefined where it is none. */
export function parseLocalTime(text: string): { readonly days: number; readonly time: string } | undefined {
  const [date = "", time = "", ...rest] = text.split("T");
  const days = parseDate(date);
  return days !== undefined && TIME.test(time) && rest.length === 0 ? { days, time } : undefined;
}

export interface Period {
  readonly months: number;
  readonly days: number;
}

/** ISO 8601 periods of whole days and longer: `P36M`, `P180D`, `P1Y6M`, `P2W`. */
export function parsePeriod(text: string): Period | undefined {
  const match = /^P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?$/.exec(text);
  if (!match) return undefined;
  const [years, months, weeks, days] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return { months: years * 12 + months, days: weeks * 7 + days };
}

/** The date a period later; a day that the month lacks becomes its last (31 January + P1M = 28 February). */
export function addPeriod(days: number, period: Period): number {
  const date = new Date(days * 86_400_000);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + period.months;
  const lastDay = new Date(Date.UTC(Math.floor(month / 12), (month % 12) + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), lastDay);
  return Date.UTC(Math.floor(month / 12), month % 12, day) / 86_400_000 + period.days;
}
