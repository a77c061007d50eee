// What needs somebody and is about an appliance, not about one of its bridges: a trail that is broken, silence, a clock that is off.

import type { ApplianceStanding } from "../../fleet/gather.ts";
import type { Acute } from "../dashboard/acute.ts";
import { local, moment, span } from "../dashboard/format.ts";
import type { Screen } from "../dashboard/screen.ts";
import { FLEET_WORDS } from "./words.ts";

export function applianceHref(name: string): string {
  return `/anlagen/${encodeURIComponent(name)}`;
}

/** Broken trails first, then who is silent longest. */
export function applianceRows(all: readonly ApplianceStanding[], time: number, screen: Screen): readonly Acute[] {
  // One row per appliance: who is silent and broken stands above.
  const silent = all
    .filter((one) => one.unknown && one.broken === undefined)
    .toSorted((a, b) => (a.seen ?? 0) - (b.seen ?? 0));
  return [
    ...all.flatMap((one) => brokenRow(one, time, screen)),
    ...silent.map((one) => silentRow(one, time, screen)),
    ...twins(all, screen),
    ...all.flatMap((one) => clockRow(one, screen)),
  ];
}

const MOST_TWINS = 5;

/** A key belongs to one state: where two have it, one was copied. */
function twins(all: readonly ApplianceStanding[], screen: Screen): readonly Acute[] {
  const words = FLEET_WORDS[screen.language];
  const known = all.filter((one) => one.snapshot !== undefined);
  const groups = [...Map.groupBy(known, ({ snapshot }) => snapshot?.appliance.id).values()];
  return groups.flatMap(([first, ...others]) => {
    if (first === undefined || others.length === 0) return [];
    const names = others.slice(0, MOST_TWINS).map(({ entry }) => entry.title);
    return [row(first, "twin", screen, { what: words.sameKey, detail: words.sameKeyAs(names.join(", ")) })];
  });
}

/** In the zone that people here live in. */
export function when(at: number, time: number, { language }: Screen): string {
  return moment(language, local(at), local(time).slice(0, 10));
}

function row({ entry }: ApplianceStanding, kind: string, screen: Screen, more: Partial<Acute>): Acute {
  return {
    key: `/${entry.name}/${kind}`,
    bridge: undefined,
    title: entry.title,
    tone: "danger",
    shape: "danger",
    what: "",
    detail: "",
    left: undefined,
    due: "",
    records: undefined,
    recordsAre: "",
    action: screen.words.look,
    href: applianceHref(entry.name),
    alarm: undefined,
    ...more,
  };
}

function brokenRow(one: ApplianceStanding, time: number, screen: Screen): readonly Acute[] {
  const { broken } = one;
  if (broken === undefined) return [];
  const words = FLEET_WORDS[screen.language];
  const since = words.brokenSince(when(broken.since, time, screen));
  const silent = one.unknown ? [silentText(one, time, screen)] : [];
  const passed = broken.passed === true ? [words.passed] : [];
  const detail = [words.why[broken.kind], since, ...passed, ...silent].join(", ");
  return [row(one, "chain", screen, { what: words.broken, detail })];
}

function silentRow(one: ApplianceStanding, time: number, screen: Screen): Acute {
  const what = silentText(one, time, screen);
  return row(one, "unknown", screen, { what, detail: failureText(one, screen), tone: "none", shape: "unk" });
}

export function silentText({ seen }: ApplianceStanding, time: number, screen: Screen): string {
  const words = FLEET_WORDS[screen.language];
  return seen === undefined ? words.unknownYet : words.unknownSince(when(seen, time, screen));
}

/** Why the last attempt came to nothing; empty where it did not. */
export function failureText({ failure }: ApplianceStanding, { language }: Screen): string {
  if (failure === undefined) return "";
  const words = FLEET_WORDS[language];
  const said = Object.hasOwn(words.failures, failure.code) ? words.failures[failure.code] : words.failed;
  const why = Object.hasOwn(words.whys, failure.why) ? words.whys[failure.why] : failure.why;
  return why === "" ? (said ?? "") : `${said} (${why})`;
}

function clockRow(one: ApplianceStanding, screen: Screen): readonly Acute[] {
  const { skew, snapshot, unknown } = one;
  if (unknown) return [];
  const words = FLEET_WORDS[screen.language];
  const alarm = snapshot?.alarm ?? null;
  const by = skew ?? (alarm === null ? 0 : alarm.kind === "ahead" ? alarm.by : -alarm.by);
  if (by === 0) return [];
  const off = span(screen.language, Math.abs(by));
  const what = by > 0 ? words.clockOff(off) : words.clockLate(off);
  return [row(one, "clock", screen, { what, tone: "warn", shape: "warn" })];
}
