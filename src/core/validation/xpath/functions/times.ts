// Parts of dates, times and durations (F&O 3.1, 8.3 and 9.5).

import { decimal } from "../decimal.ts";
import { oneOf, value } from "../expression.ts";
import type { Expression, Run } from "../run.ts";
import { Duration, Moment, partsOf, type DurationType, type MomentType, type Parts } from "../temporal.ts";
import { convert, type SequenceType } from "../types.ts";
import type { Item } from "../values.ts";
import { typeFault } from "../fault.ts";
import { fn, type Library, type LibraryFunction, type Made } from "./contract.ts";

function argument(made: Made, at: number, type: string): (run: Run) => Item | undefined {
  const wanted: SequenceType = { item: { name: type }, occurs: "optional" };
  return (run) => {
    const item = oneOf((made.args[at] as Expression).items(run), made.mode, made.what);
    return item === undefined ? undefined : convert([item], wanted, made.what)[0];
  };
}

/** Its type was seen to. */
function moments(made: Made, at: number, type: MomentType): (run: Run) => Moment | undefined {
  return argument(made, at, type) as (run: Run) => Moment | undefined;
}

function durations(made: Made, at: number, type: DurationType): (run: Run) => Duration | undefined {
  return argument(made, at, type) as (run: Run) => Duration | undefined;
}

/** Of seconds, microseconds are exact. */
function seconds(micros: number): Item {
  return decimal(BigInt(micros), 6);
}

function part(type: MomentType, take: (parts: Parts) => Item): LibraryFunction {
  return fn(1, 1, (made) => {
    const read = moments(made, 0, type);
    return value("any", (run) => {
      const moment = read(run);
      return moment && take(partsOf(moment));
    });
  });
}

function zone(type: MomentType): LibraryFunction {
  return fn(1, 1, (made) => {
    const read = moments(made, 0, type);
    return value("any", (run) => {
      const offset = read(run)?.zone;
      return offset === undefined ? undefined : new Duration("xs:dayTimeDuration", offset * 60_000_000);
    });
  });
}

const UNITS = { days: 86_400_000_000, hours: 3_600_000_000, minutes: 60_000_000 } as const;

/** Parts have the sign of the whole. */
function ofDuration(type: DurationType, take: (amount: number) => Item): LibraryFunction {
  return fn(1, 1, (made) => {
    const read = durations(made, 0, type);
    return value("any", (run) => {
      const duration = read(run);
      return duration && take(duration.amount);
    });
  });
}

function whole(amount: number): bigint {
  return BigInt(Math.trunc(amount));
}

function dateTime(made: Made): Expression {
  const [date, time] = [moments(made, 0, "xs:date"), moments(made, 1, "xs:time")];
  return value("any", (run) => {
    const [day, hour] = [date(run), time(run)];
    if (day === undefined || hour === undefined) return undefined;
    if (day.zone !== undefined && hour.zone !== undefined && day.zone !== hour.zone) {
      throw typeFault("dateTime() takes a date and a time of one time zone");
    }
    return new Moment("xs:dateTime", day.local + hour.local, day.zone ?? hour.zone);
  });
}

export const TIMES: Library = {
  "year-from-date": part("xs:date", ({ year }) => BigInt(year)),
  "month-from-date": part("xs:date", ({ month }) => BigInt(month)),
  "day-from-date": part("xs:date", ({ day }) => BigInt(day)),
  "timezone-from-date": zone("xs:date"),
  "year-from-dateTime": part("xs:dateTime", ({ year }) => BigInt(year)),
  "month-from-dateTime": part("xs:dateTime", ({ month }) => BigInt(month)),
  "day-from-dateTime": part("xs:dateTime", ({ day }) => BigInt(day)),
  "hours-from-dateTime": part("xs:dateTime", ({ hours }) => BigInt(hours)),
  "minutes-from-dateTime": part("xs:dateTime", ({ minutes }) => BigInt(minutes)),
  "seconds-from-dateTime": part("xs:dateTime", ({ micros }) => seconds(micros)),
  "timezone-from-dateTime": zone("xs:dateTime"),
  "hours-from-time": part("xs:time", ({ hours }) => BigInt(hours)),
  "minutes-from-time": part("xs:time", ({ minutes }) => BigInt(minutes)),
  "seconds-from-time": part("xs:time", ({ micros }) => seconds(micros)),
  "timezone-from-time": zone("xs:time"),
  "years-from-duration": ofDuration("xs:yearMonthDuration", (months) => whole(months / 12)),
  "months-from-duration": ofDuration("xs:yearMonthDuration", (months) => BigInt(months % 12)),
  "days-from-duration": ofDuration("xs:dayTimeDuration", (micros) => whole(micros / UNITS.days)),
  "hours-from-duration": ofDuration("xs:dayTimeDuration", (micros) => whole((micros % UNITS.days) / UNITS.hours)),
  "minutes-from-duration": ofDuration("xs:dayTimeDuration", (micros) => whole((micros % UNITS.hours) / UNITS.minutes)),
  "seconds-from-duration": ofDuration("xs:dayTimeDuration", (micros) => seconds(micros % UNITS.minutes)),
  dateTime: fn(2, 2, dateTime),
};
