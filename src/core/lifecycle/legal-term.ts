// `deadline` of a bridge: until when the law wants what came to be settled. Clearing is sorted by it.
//
// The day of receipt does not count (§ 187 Abs. 1 BGB), the term ends with its last day, so at 24:00 (§ 188 BGB), and a last day on a
// Saturday, Sunday or public holiday moves to the next working day (§ 193 BGB).

import { addPeriod, formatDate, parsePeriod } from "../options/units.ts";
import type { Period } from "../options/units.ts";
import { atLocal, dateIn, dayNumber } from "./dates.ts";
import type { Land } from "./policy-holidays.ts";
import { isWorkday } from "./weekdays.ts";

/** `P3D`, `P1M`: calendar days and longer; `3 workdays`: Monday to Friday without public holidays. */
export const LEGAL_TERM = /^(?:P(?=\d)(?:\d{1,3}Y)?(?:\d{1,3}M)?(?:\d{1,3}W)?(?:\d{1,4}D)?|[1-9]\d{0,2} workdays?)$/;

export interface LegalTerm {
  readonly length: Period | { readonly workdays: number };
  /** Whose holidays count; undefined = those of all Länder. */
  readonly land: Land | undefined;
}

/** Of a text that fits LEGAL_TERM. */
export function legalTerm(text: string, land: Land | undefined): LegalTerm | undefined {
  const [, workdays] = /^(\d+) workdays?$/.exec(text) ?? [];
  const length = workdays === undefined ? parsePeriod(text) : { workdays: Number(workdays) };
  return length && { length, land };
}

/** Milliseconds since 1970 of the first moment after the term of what was received then. */
export function endOfTerm({ length, land }: LegalTerm, received: number, zone: string): number {
  const first = dayNumber(dateIn(received, zone)) ?? 0;
  let last = "workdays" in length ? nthWorkday(first, length.workdays, land) : addPeriod(first, length);
  while (!isWorkday(last, land)) last++;
  return atLocal(formatDate(last + 1), 0, 0, zone);
}

function nthWorkday(day: number, count: number, land: Land | undefined): number {
  let last = day;
  for (let left = count; left > 0;) if (isWorkday(++last, land)) left--;
  return last;
}
