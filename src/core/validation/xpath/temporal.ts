// Dates, times and durations (XSD 1.1 part 2, 3.3.7 to 3.3.9). Without a time zone they count as UTC: the same message
// gets the same answer wherever the appliance stands.

import { XPathFault } from "./fault.ts";

const MICROS_PER_DAY = 86_400_000_000;
const MINUTE = 60_000_000;

export type MomentType = "xs:date" | "xs:dateTime" | "xs:time";

/** A point in time. Years 1 to 9999, fractions of a second to six digits. */
export class Moment {
  readonly typeName: MomentType;
  /** Microseconds of the local time since 1970. */
  readonly local: number;
  /** Minutes east of Greenwich; undefined = none was written. */
  readonly zone: number | undefined;
  constructor(typeName: MomentType, local: number, zone: number | undefined) {
    this.typeName = typeName;
    this.local = local;
    this.zone = zone;
  }
  /** What comparisons go by. */
  get instant(): number {
    return this.local - (this.zone ?? 0) * MINUTE;
  }
  toString(): string {
    const date = new Date(Math.floor(this.local / 1000));
    const iso = date.toISOString();
    const micros = (((this.local % 1_000_000) + 1_000_000) % 1_000_000).toString().padStart(6, "0").replace(/0+$/, "");
    const time = iso.slice(11, 19) + (micros === "" ? "" : `.${micros}`);
    const text =
      this.typeName === "xs:date"
        ? iso.slice(0, 10)
        : this.typeName === "xs:time"
          ? time
          : `${iso.slice(0, 10)}T${time}`;
    return text + zoneText(this.zone);
  }
}

export type DurationType = "xs:dayTimeDuration" | "xs:yearMonthDuration";

export class Duration {
  readonly typeName: DurationType;
  /** Microseconds, or months. */
  readonly amount: number;
  constructor(typeName: DurationType, amount: number) {
    this.typeName = typeName;
    this.amount = amount;
  }
  toString(): string {
    const size = Math.abs(this.amount);
    const sign = this.amount < 0 ? "-" : "";
    if (this.typeName === "xs:yearMonthDuration") {
      const [years, months] = [Math.floor(size / 12), size % 12];
      return size === 0 ? "P0M" : `${sign}P${years > 0 ? `${years}Y` : ""}${months > 0 ? `${months}M` : ""}`;
    }
    if (size === 0) return "PT0S";
    const days = Math.floor(size / MICROS_PER_DAY);
    const rest = size % MICROS_PER_DAY;
    const [hours, minutes] = [Math.floor(rest / (60 * MINUTE)), Math.floor(rest / MINUTE) % 60];
    const seconds = (rest % MINUTE) / 1_000_000;
    const time = `${hours > 0 ? `${hours}H` : ""}${minutes > 0 ? `${minutes}M` : ""}${seconds > 0 ? `${seconds}S` : ""}`;
    return `${sign}P${days > 0 ? `${days}D` : ""}${time === "" ? "" : `T${time}`}`;
  }
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function zoneText(zone: number | undefined): string {
  if (zone === undefined) return "";
  if (zone === 0) return "Z";
  const size = Math.abs(zone);
  return `${zone < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

const DATE = "(\\d{4})-(\\d\\d)-(\\d\\d)";
const TIME = "(\\d\\d):(\\d\\d):(\\d\\d)(?:\\.(\\d{1,12}))?";
const ZONE = "(Z|[+-]\\d\\d:\\d\\d)?";
const FORMS: Readonly<Record<MomentType, RegExp>> = {
  "xs:date": new RegExp(`^${DATE}()()()()${ZONE}$`),
  "xs:dateTime": new RegExp(`^${DATE}T${TIME}${ZONE}$`),
  "xs:time": new RegExp(`^()()()${TIME}${ZONE}$`),
};

/** undefined where the trimmed text is no such date or time. */
export function parseMoment(type: MomentType, text: string): Moment | undefined {
  const match = FORMS[type].exec(text);
  if (match === null) return undefined;
  const [, y, m, d, hh, mm, ss, fraction, zoned] = match;
  const year = Number(y || 1970);
  const days = daysOf(year, Number(m || 1), Number(d || 1));
  const zone = zoneOf(zoned);
  if (days === undefined || zone === "wrong") return undefined;
  const [hours, minutes, seconds] = [Number(hh || 0), Number(mm || 0), Number(ss || 0)];
  const micros = Number((fraction ?? "").slice(0, 6).padEnd(6, "0"));
  // 24:00:00 is the beginning of the next day.
  const midnight = hours === 24 && minutes === 0 && seconds === 0 && micros === 0;
  if ((hours > 23 && !midnight) || minutes > 59 || seconds > 59) return undefined;
  const ofDay = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros;
  const local = days * MICROS_PER_DAY + ofDay;
  return new Moment(type, type === "xs:time" ? local % MICROS_PER_DAY : local, zone);
}

/** Days since 1970 of a day of the calendar; undefined where there is none. */
function daysOf(year: number, month: number, day: number): number | undefined {
  if (year < 1 || month < 1 || month > 12 || day < 1) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 ? Math.floor(date.getTime() / 86_400_000) : undefined;
}

function zoneOf(text: string | undefined): number | undefined | "wrong" {
  if (text === undefined || text === "") return undefined;
  if (text === "Z") return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(4, 6))];
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return "wrong";
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** undefined where the trimmed text is no such duration. */
export function parseDuration(type: DurationType, text: string): Duration | undefined {
  if (type === "xs:yearMonthDuration") {
    const match = /^(-?)P(?=\d)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?$/.exec(text);
    if (match === null) return undefined;
    const months = Number(match[2] ?? 0) * 12 + Number(match[3] ?? 0);
    return new Duration(type, match[1] === "-" ? -months : months);
  }
  const form =
    /^(-?)P(?=[\dT])(?:(\d{1,7})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,12}))?S)?)?$/;
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, sign, days = 0, hours = 0, minutes = 0, seconds = 0, fraction = ""] = match;
  const whole = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  const micros = whole * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
  return new Duration(type, sign === "-" ? -micros : micros);
}

/** A moment so much later (or earlier): months keep the day where the month has it (XSD 1.1 part 2, E.3.3). */
export function shift(moment: Moment, by: Duration): Moment {
  if (by.typeName === "xs:dayTimeDuration") {
    const local = moment.local + by.amount;
    if (moment.typeName === "xs:dateTime") return within(moment, local);
    if (moment.typeName === "xs:date") return within(moment, Math.floor(local / MICROS_PER_DAY) * MICROS_PER_DAY);
    return new Moment("xs:time", ((local % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY, moment.zone);
  }
  if (moment.typeName === "xs:time") throw new XPathFault("XPTY0004", "a time of day has no months to add");
  const { year, month, day } = partsOf(moment);
  const months = year * 12 + (month - 1) + by.amount;
  const [toYear, toMonth] = [Math.floor(months / 12), (months % 12) + 1];
  for (let toDay = day; toDay > 27; toDay--) {
    const days = daysOf(toYear, toMonth, toDay);
    if (days !== undefined) return onDay(moment, days);
  }
  return onDay(moment, daysOf(toYear, toMonth, Math.min(day, 28)) ?? Infinity);
}

function onDay(moment: Moment, days: number): Moment {
  const ofDay = ((moment.local % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  return within(moment, days * MICROS_PER_DAY + ofDay);
}

const FIRST = Date.UTC(2000, 0, 1) * 1000 - 1999 * 366 * MICROS_PER_DAY;
const LAST = Date.UTC(9999, 11, 31) * 1000 + MICROS_PER_DAY;

function within(moment: Moment, local: number): Moment {
  if (!(local > FIRST && local < LAST)) throw new XPathFault("FODT0001", "a date beyond the years 1 to 9999");
  return new Moment(moment.typeName, local, moment.zone);
}

export interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hours: number;
  readonly minutes: number;
  /** With its fraction, in microseconds. */
  readonly micros: number;
}

export function partsOf(moment: Moment): Parts {
  const date = new Date(Math.floor(moment.local / 1000));
  const inMinute = ((moment.local % MINUTE) + MINUTE) % MINUTE;
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    micros: inMinute,
  };
}

/** Time between two moments of one type. */
export function between(later: Moment, earlier: Moment): Duration {
  return new Duration("xs:dayTimeDuration", later.instant - earlier.instant);
}
