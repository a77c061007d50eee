// Small words that options are made of: units, dates, the nearest name.

import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { editDistance, nearest } from "../../src/core/options/nearest.ts";
import {
  addPeriod,
  formatDate,
  formatDuration,
  formatSize,
  parseDate,
  parseDuration,
  parsePeriod,
  parseSize,
} from "../../src/core/options/units.ts";

describe("nearest", () => {
  const keys = ["password", "passphrase", "hostKey", "path", "files", "every", "settle"];
  it.each([
    ["pasword", "password"],
    ["PASSWORD", "password"],
    ["hostkey", "hostKey"],
    ["host-key", "hostKey"],
    ["paht", "path"],
    ["file", "files"],
    ["passwrod", "password"],
    ["setle", "settle"],
    ["farbe", undefined],
    ["x", undefined],
    ["", undefined],
  ])("%s → %s", (name, expected) => {
    expect(nearest(name, keys)).toBe(expected);
  });

  it("knows an abbreviation where it fits one name only", () => {
    expect(nearest("win-1252", ["utf-8", "windows-1252", "iso-8859-1"])).toBe("windows-1252");
    expect(nearest("wind", ["windows-1", "windows-2"])).toBeUndefined();
  });

  it("counts edits, and a swap of neighbours as one", () => {
    expect(editDistance("paht", "path")).toBe(1);
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("abc", "")).toBe(3);
    expect(editDistance("abcdef", "uvwxyz", 2)).toBe(3);
  });

  it("is symmetric and bounded", () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance === 0).toBe(a === b);
      }),
      { numRuns: 300 },
    );
  });

  it("does not slow down with long names", () => {
    const start = performance.now();
    const long = "x".repeat(100_000);
    nearest(
      long,
      Array.from({ length: 1_000 }, (_, i) => `${long}${i}`),
    );
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

const add = (date: string, period: string): string =>
  formatDate(addPeriod(parseDate(date) ?? 0, parsePeriod(period) ?? { months: 0, days: 0 }));

describe("units", () => {
  it("reads what it writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (value) => {
        expect(parseDuration(formatDuration(value))).toBe(value);
        expect(parseSize(formatSize(value))).toBe(value);
      }),
    );
    expect([formatDuration(90_000), formatDuration(86_400_000), formatSize(10 * 1024 ** 3)]).toEqual([
      "90s",
      "1d",
      "10GiB",
    ]);
  });

  it.each(["10", "10 s", "1.5s", "-1s", "10S", "s", "10sec", ""])("%j is no duration", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each(["10", "10MB", "10mib", "1.5GiB", ""])("%j is no size", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it("knows the calendar", () => {
    expect(parseDate("1970-01-01")).toBe(0);
    expect(formatDate(parseDate("2028-02-29") ?? 0)).toBe("2028-02-29");
    for (const wrong of [
      "2027-02-29",
      "2027-13-01",
      "2027-00-10",
      "2027-4-1",
      "0050-13-01",
      "27-01-01",
      "2027-01-01T10:00",
    ]) {
      expect(parseDate(wrong)).toBeUndefined();
    }
  });

  it("adds periods as calendars do", () => {
    expect(add("2026-11-01", "P36M")).toBe("2029-11-01");
    expect(add("2027-01-31", "P1M")).toBe("2027-02-28");
    expect(add("2028-02-29", "P1Y")).toBe("2029-02-28");
    expect(add("2027-04-01", "P180D")).toBe("2027-09-28");
    expect(add("2027-12-31", "P1Y2M2W1D")).toBe("2029-03-15");
    for (const wrong of ["P", "1Y", "P1.5Y", "PT1H", "P-1D", "P1D1Y"]) expect(parsePeriod(wrong)).toBeUndefined();
  });
});
