// Public holidays in Germany, by Land, as the states' laws on Sundays and holidays have them. Dates are days since
// 1970-01-01. Easter Sunday is computed (Gregorian computus, Meeus/Jones/Butcher); the rest hangs on it or is fixed.
//
// Holidays of single towns and parishes are not in here: Augsburg's 8 August, Assumption Day outside the Bavarian parishes
// with a Catholic majority, Corpus Christi in parts of Saxony and Thuringia. Who needs one names it in the policy's freeze.

export const LAENDER = [
  "BW",
  "BY",
  "BE",
  "BB",
  "HB",
  "HH",
  "HE",
  "MV",
  "NI",
  "NW",
  "RP",
  "SL",
  "SN",
  "ST",
  "SH",
  "TH",
] as const;
export type Land = (typeof LAENDER)[number];

/** Holidays of all Länder. */
const NATIONWIDE: readonly (readonly [string, number, number])[] = [
  ["Neujahr", 1, 1],
  ["Tag der Arbeit", 5, 1],
  ["Tag der Deutschen Einheit", 10, 3],
  ["1. Weihnachtstag", 12, 25],
  ["2. Weihnachtstag", 12, 26],
];

const FIXED: readonly (readonly [string, number, number, readonly Land[]])[] = [
  ["Heilige Drei Könige", 1, 6, ["BW", "BY", "ST"]],
  ["Internationaler Frauentag", 3, 8, ["BE", "MV"]],
  ["Mariä Himmelfahrt", 8, 15, ["SL", "BY"]],
  ["Weltkindertag", 9, 20, ["TH"]],
  ["Reformationstag", 10, 31, ["BB", "HB", "HH", "MV", "NI", "SN", "ST", "SH", "TH"]],
  ["Allerheiligen", 11, 1, ["BW", "BY", "NW", "RP", "SL"]],
];

/** Holidays of one year only. Berlin: § 1 (1) of its law on Sundays and holidays, as amended for the anniversaries of 1945 and 1953. */
const ONCE: readonly (readonly [string, string, readonly Land[]])[] = [
  ["Tag der Befreiung", "2025-05-08", ["BE"]],
  ["Jahrestag des Volksaufstandes", "2028-06-17", ["BE"]],
];

/** Days from Easter Sunday. */
const MOVABLE: readonly (readonly [string, number, readonly Land[] | undefined])[] = [
  ["Karfreitag", -2, undefined],
  ["Ostersonntag", 0, ["BB"]],
  ["Ostermontag", 1, undefined],
  ["Christi Himmelfahrt", 39, undefined],
  ["Pfingstsonntag", 49, ["BB"]],
  ["Pfingstmontag", 50, undefined],
  ["Fronleichnam", 60, ["BW", "BY", "HE", "NW", "RP", "SL"]],
];

/** Name of the holiday on this day; without a Land only those that all share. */
export function holidayOn(day: number, land: Land | undefined): string | undefined {
  const date = new Date(day * 86_400_000);
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const here = (laender: readonly Land[] | undefined): boolean =>
    laender === undefined || (land !== undefined && laender.includes(land));
  const fixed =
    NATIONWIDE.find(([, m, d]) => m === month && d === dayOfMonth) ??
    FIXED.find(([, m, d, laender]) => m === month && d === dayOfMonth && here(laender));
  if (fixed) return fixed[0];
  const fromEaster = day - easterSunday(year);
  const movable = MOVABLE.find(([, offset, laender]) => offset === fromEaster && here(laender));
  if (movable) return movable[0];
  const once = ONCE.find(([, on, laender]) => Date.parse(on) === day * 86_400_000 && here(laender));
  if (once) return once[0];
  return land === "SN" && day === repentanceDay(year) ? "Buß- und Bettag" : undefined;
}

/** Easter Sunday of a year of the Gregorian calendar. */
export function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const month = Math.floor((h + l - 7 * m + 114) / 31);
  const day = ((h + l - 7 * m + 114) % 31) + 1;
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

/** The Wednesday before 23 November. */
function repentanceDay(year: number): number {
  const before = Date.UTC(year, 10, 22) / 86_400_000;
  // Day 0 was a Thursday; Wednesday is 6 days later, modulo a week.
  return before - ((((before - 6) % 7) + 7) % 7);
}
