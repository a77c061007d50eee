// How numbers, sizes, times and dates are written for people. JSON never goes through here, except for its dates with offset.

import { wallTime } from "../lifecycle/dates.ts";

/** None, not known. Zero is written `0`. */
export const NONE = "–";
export const UNKNOWN = "?";

/** `412,000` */
export function formatCount(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `21,480/s` */
export function formatRate(perSecond: number): string {
  return `${formatCount(Math.round(perSecond))}/s`;
}

/** `1 drop`, `3 drops` */
export function formatNoun(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `148 MiB`, `1.4 GiB`, `512 B` */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  // Rounding may reach the next unit: 1023.7 KiB is 1.0 MiB.
  if (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit > 0 && value < 9.95 ? value.toFixed(1) : formatCount(Math.round(value));
  return `${text} ${UNITS[unit]}`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `41 ms`, `1.9 s`, `4 min`, `3 h 12 min`, `61 days`; rounded down from minutes on, so that nothing seems longer than it was. */
export function formatDuration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (Math.round(ms) < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE - 50) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.max(1, Math.floor(ms / MINUTE))} min`;
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    return `${Math.floor(ms / HOUR)} h${minutes === 0 ? "" : ` ${minutes} min`}`;
  }
  return formatNoun(Math.floor(ms / DAY), "day");
}

/** A guess of what remains: whole seconds below a minute. */
export function formatRemaining(milliseconds: number): string {
  return milliseconds < MINUTE ? `${Math.ceil(milliseconds / SECOND)} s` : formatDuration(milliseconds);
}

/** `2027-11-18` in the given zone. */
export function formatDate(time: number, zone: string): string {
  return wallTime(time, zone).date;
}

/** `2027-11-18 10:00` of ISO 8601, in the zone that it has. */
export function formatMinute(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

/** `2027-11-18 10:00` in the given zone. */
export function formatDateTime(time: number, zone: string): string {
  const wall = wallTime(time, zone);
  return `${wall.date} ${wall.time.slice(0, 5)}`;
}

/** `18:04:12` in the given zone. */
export function formatTime(time: number, zone: string): string {
  return wallTime(time, zone).time;
}
