// The clock on the wall against the platform's own formats, in every zone that it knows.

import fc from "fast-check";
import { expect, it } from "vitest";
import { wallTime } from "../../src/core/lifecycle/dates.ts";

const zones = Intl.supportedValuesOf("timeZone");
const formats = new Map<string, Intl.DateTimeFormat>();

function platform(time: number, zone: string): string {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    formats.set(zone, format);
  }
  return format.format(time);
}

const shown = (time: number, zone: string): string => {
  const { date, time: clock } = wallTime(time, zone);
  return `${date} ${clock}`;
};

it("shows what the platform shows, at any moment from 1970 to 2250", () => {
  const moment = fc.integer({ min: 0, max: Date.UTC(2250, 0) });
  fc.assert(
    fc.property(moment, fc.constantFrom(...zones), (time, zone) => {
      expect(shown(time, zone)).toBe(platform(time, zone));
    }),
    { numRuns: 5_000 },
  );
});

it("does so in the seconds around each change of a year's offsets", () => {
  for (const zone of ["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])
    for (let quarter = Date.UTC(2026, 0); quarter < Date.UTC(2027, 0); quarter += 900_000 * 4)
      for (const time of [quarter - 1, quarter]) expect(shown(time, zone)).toBe(platform(time, zone));
  // Kathmandu moved by a quarter of an hour, Apia by a day.
  for (const [zone, change] of [
    ["Asia/Kathmandu", Date.UTC(1985, 11, 31, 18, 30)],
    ["Pacific/Apia", Date.UTC(2011, 11, 30, 10)],
  ] as const)
    for (const time of [change - 1_000, change - 1, change, change + 1_000])
      expect(shown(time, zone)).toBe(platform(time, zone));
});
