// Offsets of time zones, from the engine's own zone data (Intl, IANA names) or a fixed offset.
//
// A local time that does not exist (the hour that is left out in spring) has no offset: an error. One that exists twice
// (the hour that is repeated in autumn) is taken as the first of the two, that is with the offset before the change,
// summer time; a clock that writes local time only cannot tell, and the first is what java.time and iCalendar (RFC 5545,
// 3.3.5) take too.

import { Fault } from "../runtime.ts";

const minute = 60_000;
const day = 86_400_000;
const mostDays = 4096;

export interface Zone {
  /** Minutes east of UTC for a local time, given as if it were UTC; undefined = that time does not exist there. */
  offsetAt(local: number): number | undefined;
}

const fixed = /^(?:Z|UTC|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

function fixedZone(name: string): Zone | undefined {
  const match = fixed.exec(name);
  if (match === null) return undefined;
  const offset = (Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)) * (match[1] === "-" ? -1 : 1);
  return { offsetAt: () => offset };
}

function readerFor(name: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    calendar: "iso8601",
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (instant) => {
    const parts: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(instant)) parts[type] = value;
    const local = new Date(0);
    local.setUTCFullYear(Number(parts["year"]), Number(parts["month"]) - 1, Number(parts["day"]));
    local.setUTCHours(Number(parts["hour"]), Number(parts["minute"]), Number(parts["second"]));
    return local.getTime() - instant;
  };
}

function namedZone(name: string): Zone {
  let read: (instant: number) => number;
  try {
    read = readerFor(name);
  } catch {
    throw new Fault("ZONE_UNKNOWN", { note: name });
  }
  // Almost every day has one offset from end to end; reading it anew for every record would cost microseconds.
  const days = new Map<number, number>();
  const aroundMidnight = (number: number): number => {
    let offset = days.get(number);
    if (offset === undefined) {
      offset = read(number * day);
      if (days.size >= mostDays) days.clear();
      days.set(number, offset);
    }
    return offset;
  };
  const offsetOf = (local: number): number | undefined => {
    const number = Math.floor(local / day);
    const before = aroundMidnight(number - 1);
    const after = aroundMidnight(number + 2);
    if (before === after) return before;
    // A change is near: the earlier instant is the one with the offset before the change.
    const first = local - before;
    if (read(first) === before) return before;
    const second = local - after;
    return read(second) === after ? after : undefined;
  };
  return {
    offsetAt(local) {
      const offset = offsetOf(local);
      // Local mean times before about 1900 have seconds, which ISO 8601 offsets cannot write.
      return offset === undefined || offset % minute !== 0 ? undefined : offset / minute;
    },
  };
}

const zones = new Map<string, Zone>();

/** Throws a Fault ZONE_UNKNOWN. */
export function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (zone === undefined) {
    if (name.length > 64) throw new Fault("ZONE_UNKNOWN", { note: "this name" });
    zone = fixedZone(name) ?? namedZone(name);
    if (zones.size >= 64) zones.clear();
    zones.set(name, zone);
  }
  return zone;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** `+01:00`, `Z`. */
export function formatOffset(minutes: number): string {
  if (minutes === 0) return "Z";
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
