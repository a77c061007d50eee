// `deadline`: ends of terms as the Civil Code has them, on days of a real calendar.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dateIn, dayNumber } from "../../src/core/lifecycle/dates.ts";
import { endOfTerm, LEGAL_TERM, legalTerm } from "../../src/core/lifecycle/legal-term.ts";
import { LAENDER } from "../../src/core/lifecycle/policy-holidays.ts";
import type { Land } from "../../src/core/lifecycle/policy-holidays.ts";
import { isWorkday } from "../../src/core/lifecycle/weekdays.ts";

const ZONE = "Europe/Berlin";

/** The last day of the term. */
function lastDay(text: string, received: string, land?: Land): string {
  const term = legalTerm(text, land);
  if (!term) throw new Error(`${text} is no term`);
  return dateIn(endOfTerm(term, Date.parse(received), ZONE) - 1, ZONE);
}

describe("the end of a legal term", () => {
  it.each<[text: string, received: string, last: string, land?: Land]>([
    // A Monday; the day itself does not count.
    ["P3D", "2027-11-22T07:00:00+01:00", "2027-11-25"],
    ["P3D", "2027-11-22T23:59:59+01:00", "2027-11-25"],
    // Ends on a Saturday, a Sunday: Monday.
    ["P5D", "2027-11-22T07:00:00+01:00", "2027-11-29"],
    ["P6D", "2027-11-22T07:00:00+01:00", "2027-11-29"],
    // 31 January and a month: the last day of February.
    ["P1M", "2028-01-31T12:00:00+01:00", "2028-02-29"],
    // Maundy Thursday 2027 and a day is Good Friday; behind it Easter: Tuesday.
    ["P1D", "2027-03-25T12:00:00+01:00", "2027-03-30"],
    ["1 workday", "2027-03-25T12:00:00+01:00", "2027-03-30"],
    ["3 workdays", "2027-11-18T12:00:00+01:00", "2027-11-23"],
    // All Saints' Day is a holiday in Bavaria, and none in Berlin.
    ["P3D", "2027-10-29T12:00:00+02:00", "2027-11-02", "BY"],
    ["P3D", "2027-10-29T12:00:00+02:00", "2027-11-01", "BE"],
    // Christmas Eve is a working day, a Friday here.
    ["2 workdays", "2027-12-23T12:00:00+01:00", "2027-12-27"],
  ])("%s from %s is %s (%s)", (text, received, last, land) => {
    expect(lastDay(text, received, land)).toBe(last);
  });

  it("is midnight by the wall, also where clocks change", () => {
    const term = legalTerm("P2D", undefined)!;
    // Clocks go back on 31 October 2027.
    expect(new Date(endOfTerm(term, Date.parse("2027-10-30T12:00:00+02:00"), ZONE)).toISOString()).toBe(
      "2027-11-01T23:00:00.000Z",
    );
  });

  it("is a working day, and between it and the day of receipt lie as many as were asked for", () => {
    const land = fc.option(fc.constantFrom(...LAENDER), { nil: undefined });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 9_000, max: 40_000 }),
        land,
        (count, day, where) => {
          const received = day * 86_400_000 + 3_600_000 * 12;
          const last = dayNumber(dateIn(endOfTerm(legalTerm(`${count} workdays`, where)!, received, ZONE) - 1, ZONE))!;
          expect(isWorkday(last, where)).toBe(true);
          let counted = 0;
          for (let one = day + 1; one <= last; one++) if (isWorkday(one, where)) counted++;
          expect(counted).toBe(count);
          const calendar = dayNumber(dateIn(endOfTerm(legalTerm(`P${count}D`, where)!, received, ZONE) - 1, ZONE))!;
          expect(isWorkday(calendar, where)).toBe(true);
          expect(calendar).toBeGreaterThanOrEqual(day + count);
          for (let one = day + count; one < calendar; one++) expect(isWorkday(one, where)).toBe(false);
        },
      ),
    );
  });

  it.each(["P3D", "P1M", "P1Y6M", "P2W", "1 workday", "20 workdays"])("%s is one", (text) => {
    expect(LEGAL_TERM.test(text)).toBe(true);
    expect(legalTerm(text, undefined)).toBeDefined();
  });

  it.each(["", "P", "3D", "0 workdays", "3 days", "PT3H", "-P3D", "P3D ", "1000 workdays"])("»%s« is none", (text) => {
    expect(LEGAL_TERM.test(text)).toBe(false);
  });
});
