// Numbers, days and spans of time as the pages write them.

import { DEFAULT_ZONE, wallTime } from "../../lifecycle/dates.ts";
import type { Language } from "../pages/docs-words.ts";
import { WORDS } from "./words.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TAGS: Readonly<Record<Language, string>> = { de: "de-DE", en: "en-GB" };
const WEEKDAYS: Readonly<Record<Language, readonly string[]>> = {
  de: ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"],
  en: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
};
/** Made when they are first used: two of them take 25 ms, and most commands write none. */
const numbers = new Map<Language, Intl.NumberFormat>();
const months = new Map<Language, Intl.DateTimeFormat>();

export function count(language: Language, value: number): string {
  const format = numbers.get(language) ?? new Intl.NumberFormat(TAGS[language]);
  numbers.set(language, format);
  return format.format(value);
}

/** `22.11.2027` of `2027-11-22…`; in English as ISO writes it. */
export function day(language: Language, date: string): string {
  const plain = date.slice(0, 10);
  return language === "de" ? plain.split("-").toReversed().join(".") : plain;
}

/** `22.11.` for charts. */
export function shortDay(language: Language, date: string): string {
  return language === "de" ? `${date.slice(8, 10)}.${date.slice(5, 7)}.` : date.slice(5, 10);
}

export function weekday(language: Language, date: string): string {
  return WEEKDAYS[language][new Date(`${date.slice(0, 10)}T12:00:00Z`).getUTCDay()] as string;
}

/** `heute 06:41`, else with its day. `moment`: ISO 8601 with offset; `today`: in the same zone. */
export function moment(language: Language, text: string, today: string): string {
  const time = text.slice(11, 16);
  const [year, thisYear] = [text.slice(0, 4), today.slice(0, 4)];
  if (text.slice(0, 10) === today) return `${WORDS[language].today} ${time}`;
  const date = year === thisYear && language === "de" ? shortDay(language, text) : day(language, text);
  return `${date} ${time}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1,3 MiB`; whole numbers from ten. */
export function size(language: Language, bytes: number): string {
  const unit = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** unit;
  return `${count(language, value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value))} ${UNITS[unit]}`;
}

/** `November 2027` of `2027-11`. */
export function monthOf(language: Language, month: string): string {
  const format =
    months.get(language) ??
    new Intl.DateTimeFormat(TAGS[language], { month: "long", year: "numeric", timeZone: "UTC" });
  months.set(language, format);
  return format.format(new Date(`${month}-15T12:00:00Z`));
}

/** `10:00` of `2027-10-05T10:00`; a date of a lifecycle alone takes effect then. */
export function hourOf(text: string): string {
  return text.includes("T") ? text.slice(11, 16) : "10:00";
}

/** Milliseconds since 1970 as ISO 8601 in the zone that people here live in. */
export function local(time: number, zone = DEFAULT_ZONE): string {
  const wall = wallTime(time, zone);
  return `${wall.date}T${wall.time}${wall.offset}`;
}

/** Rounded down: days from 48 hours, hours from two, else minutes. */
export function span(language: Language, milliseconds: number): string {
  const [days, hours, minutes] = language === "de" ? ["Tage", "Std.", "Min."] : ["days", "h", "min"];
  if (milliseconds >= 2 * DAY) return `${count(language, Math.floor(milliseconds / DAY))} ${days}`;
  if (milliseconds >= 2 * HOUR) return `${Math.floor(milliseconds / HOUR)} ${hours}`;
  return `${Math.max(0, Math.floor(milliseconds / 60_000))} ${minutes}`;
}
