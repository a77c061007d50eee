// The lifecycle of all bridges as a sheet to print: worst first, German, because those who decide about ends read it.

import { germanDate, wallTime, DEFAULT_ZONE } from "./dates.ts";
import type { LifecycleOutline } from "./outline.ts";
import type { LifecycleState } from "./state.ts";
import type { LifecycleRow } from "./state-report.ts";

/** Lines with a label on their left; a value may have several lines. */
export interface ReportSheet {
  readonly title: string;
  readonly lines: readonly { readonly label: string | undefined; readonly value: string }[];
  readonly footer: string;
}

const STATES: Readonly<Record<LifecycleState, string>> = {
  planned: "Geplant",
  active: "In Betrieb",
  deprecated: "Läuft aus",
  extended: "Verlängert",
  sunset: "Beendet",
  notbetrieb: "Notbetrieb",
  retired: "Abgeschaltet",
};

/** In the order of `rows`; `now` in ISO 8601; `absent`: bridges that are not in it, and why. */
export function lifecycleSheet(
  rows: readonly LifecycleRow[],
  outlines: readonly LifecycleOutline[],
  absent: readonly string[],
  now: string,
): ReportSheet {
  const byName = new Map(outlines.map((outline) => [outline.bridge, outline]));
  const wall = wallTime(Date.parse(now), DEFAULT_ZONE);
  const asOf = `Stand ${germanDate(wall.date)}, ${wall.time.slice(0, 5)}`;
  return {
    title: "Enden der Brücken",
    lines: [
      { label: undefined, value: `${asOf}: ${summary(rows)}\n` },
      ...rows.map((row) => ({
        label: labelOf(row, byName.get(row.bridge)),
        value: valueOf(row, byName.get(row.bridge)),
      })),
      ...absent.map((why) => ({ label: "Nicht dabei", value: why })),
    ],
    footer: `Steg, ${asOf}`,
  };
}

function summary(rows: readonly LifecycleRow[]): string {
  const overdue = rows.filter((row) => row.overdue).length;
  const open = rows.filter((row) => row.notbetriebUntil !== null).length;
  const closable = rows.filter(({ retirement }) => retirement?.allowed === true).length;
  return [
    rows.length === 1 ? "1 Brücke" : `${rows.length} Brücken`,
    overdue === 0 ? "keine überfällig" : `${overdue} überfällig`,
    ...(open > 0 ? [`${open} im Notbetrieb`] : []),
    ...(closable > 0 ? [`${closable} abschaltbar`] : []),
  ].join(", ");
}

function labelOf({ bridge }: LifecycleRow, outline: LifecycleOutline | undefined): string {
  const title = outline?.title ?? "";
  // The empty line parts it from the next, whichever of the two is longer.
  return title === "" || title === bridge ? `${bridge}\n` : `${title}\n${bridge}\n`;
}

function valueOf(row: LifecycleRow, outline: LifecycleOutline | undefined): string {
  const { state, sunset, daysLeft, extensions, held, owner, successor, notMeasured } = row;
  const left = daysLeft >= 0 ? `noch ${daysLeft} Tage` : `seit ${-daysLeft} Tagen`;
  const ends = `${STATES[state]}; ${daysLeft >= 0 && state !== "retired" ? "endet" : "endete"} am ${germanDate(sunset)} (${left})`;
  return [
    extensions === 0 ? ends : `${ends}, ${extensions}-mal verlängert`,
    ...(row.notbetriebUntil === null ? [] : [`Notbetrieb bis ${whenOf(row.notbetriebUntil)}`]),
    ...(held === 0 ? [] : [`Gehaltene Eingänge: ${held}${row.overdue ? ", überfällig" : ""}`]),
    ...(notMeasured.length === 0 ? [] : [`Nicht gemessen: Meilenstein ${notMeasured.map(germanDate).join(", ")}`]),
    ...closable(row),
    `Zuständig: ${owner}${outline === undefined ? "" : `, ${outline.owner.email}`}`,
    `Nachfolger: ${successor ?? "keiner"}`,
    "",
  ].join("\n");
}

function closable({ retirement }: LifecycleRow): readonly string[] {
  if (retirement?.allowed !== true) return [];
  const { proposed, silentSince } = retirement;
  if (!proposed) return ["Kann abgeschaltet werden: nichts gehalten, nichts offen"];
  const since = silentSince === null ? "nie benutzt" : `still seit ${germanDate(silentSince.slice(0, 10))}`;
  return [`Kann vorzeitig abgeschaltet werden: ${since}`];
}

function whenOf(time: string): string {
  return `${germanDate(time.slice(0, 10))}, ${time.slice(11, 16)}`;
}
