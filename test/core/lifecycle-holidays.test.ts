// Public holidays of all Länder against a library that others keep.

import { getHolidays } from "feiertagejs";
import type { Region } from "feiertagejs";
import { describe, expect, it } from "vitest";
import { holidayOn, LAENDER } from "../../src/core/lifecycle/policy-holidays.ts";
import type { Land } from "../../src/core/lifecycle/policy-holidays.ts";
import { formatDate, parseDate } from "../../src/core/options/units.ts";

const FIRST = 2024;
const LAST = 2040;

function ours(year: number, land: Land): readonly string[] {
  const from = parseDate(`${year}-01-01`) ?? 0;
  const until = parseDate(`${year + 1}-01-01`) ?? 0;
  const days: string[] = [];
  for (let day = from; day < until; day++) if (holidayOn(day, land) !== undefined) days.push(formatDate(day));
  return days;
}

describe("holidays by Land against feiertagejs", () => {
  // Berlin's two of one year each, which that library does not know.
  const once: Readonly<Record<string, string>> = { "BE 2025": "2025-05-08", "BE 2028": "2028-06-17" };

  it.each(LAENDER)(`${FIRST} to ${LAST} in %s`, (land) => {
    for (let year = FIRST; year <= LAST; year++) {
      const theirs = getHolidays(year, land as Region).map(({ dateString }) => dateString);
      const more = once[`${land} ${year}`];
      expect(ours(year, land)).toEqual([...new Set(theirs), ...(more === undefined ? [] : [more])].toSorted());
    }
  });

  it("knows those of one year by name, in their Land and year alone", () => {
    const at = (date: string, land: Land | undefined): string | undefined => holidayOn(parseDate(date) ?? 0, land);
    expect(at("2025-05-08", "BE")).toBe("Tag der Befreiung");
    expect(at("2028-06-17", "BE")).toBe("Jahrestag des Volksaufstandes");
    expect([at("2025-05-08", "BB"), at("2025-05-08", undefined), at("2026-05-08", "BE")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
