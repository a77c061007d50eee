// What the pages over many appliances show: the facts of each, put together under names that hold the appliance, too. So the pages of one
// appliance are those of a fleet.

import { MOST_PAGE, type BridgeView } from "../../operations/operations.ts";
import type { ApplianceStanding } from "../../fleet/gather.ts";
import type { RunningOut } from "../../alarms/types.ts";
import type { Snapshot, SnapshotBridge } from "../../fleet/snapshot.ts";
import type { LifecycleOutline } from "../../lifecycle/outline.ts";
import { worstFirst, type LifecycleRow } from "../../lifecycle/state-report.ts";
import type { Beyond, Cause, Dimension, Facts, FactSource } from "../dashboard/facts.ts";
import { inOrder, listOf, tagDimensions, TAG } from "../dashboard/dimensions.ts";
import { count, local } from "../dashboard/format.ts";
import { tagKey } from "../../tags.ts";
import { applianceRows } from "./acute.ts";
import { FLEET_WORDS } from "./words.ts";

/** Milliseconds for which what was put together is good enough. */
const FRESH = 1_000;

/** `adorf/gewerbe`: names of appliances have no slash. */
export function keyOf(appliance: string, bridge: string): string {
  return `${appliance}/${bridge}`;
}

/** The name of the appliance, and the bridge as it is called there. */
export function partsOf(key: string): readonly [appliance: string, bridge: string] {
  const at = key.indexOf("/");
  return at === -1 ? [key, ""] : [key.slice(0, at), key.slice(at + 1)];
}

export interface FleetSource {
  readonly standings: () => readonly ApplianceStanding[];
  readonly tags: readonly string[];
  readonly now: () => number;
}

export function createFleetFacts(source: FleetSource): FactSource {
  let last: { readonly at: number; readonly facts: Facts } | undefined;
  return {
    async read() {
      const at = performance.now();
      if (last === undefined || at - last.at > FRESH) last = { at, facts: fleetFacts(source) };
      return await Promise.resolve(last.facts);
    },
    forget() {
      last = undefined;
    },
  };
}

/** Nothing is said of a bridge where an appliance of another version says nothing of it. */
const NOTHING: BridgeView = {
  bridge: "",
  title: "",
  system: "",
  tags: [],
  lifecycle: "unknown",
  paused: false,
  drops: 0,
  records: 0,
  delivered: 0,
  skipped: 0,
  dead: 0,
  pending: 0,
  openDead: 0,
  oldestDead: null,
  held: 0,
  spoolBytes: 0,
  attachments: null,
  servers: [],
  trouble: null,
  term: null,
  expected: null,
};

export function fleetFacts({ standings, tags, now }: FleetSource): Facts {
  const all = standings();
  const time = now();
  const bridges = all.flatMap((one) => bridgesOf(one).map(({ view }) => viewOf(one, view)));
  const rows = worstFirst(
    all.flatMap((one) => bridgesOf(one).flatMap(({ row }) => (row === null ? [] : [rowOf(one, row)]))),
  );
  const known = all.flatMap(({ unknown, snapshot, entry }) =>
    unknown || snapshot === undefined ? [] : [{ snapshot, name: entry.name }],
  );
  const today = local(time).slice(0, 10);
  const ofToday = known.filter(({ snapshot }) => snapshot.today.date === today);
  return {
    bridges,
    byName: new Map(bridges.map((bridge) => [bridge.bridge, bridge])),
    lifecycle: { rows, alarm: null, now: new Date(time).toISOString() },
    rows: new Map(rows.map((row) => [row.bridge, row])),
    outlines: fleetOutlines(all),
    today: {
      came: ofToday.flatMap(({ snapshot, name }) => snapshot.today.came.map((one) => within(name, one))),
      capped: ofToday.some(({ snapshot }) => snapshot.today.capped),
      notable: ofToday
        .flatMap(({ snapshot, name }) => snapshot.today.notable.map((one) => within(name, one)))
        .toSorted((a, b) => Date.parse(b.received) - Date.parse(a.received)),
    },
    letters: [],
    causes: all.flatMap(causesOf).toSorted(byDeadline).slice(0, MOST_PAGE),
    grouped: all.some(({ snapshot }) => snapshot?.grouped === true),
    runningOut: known.flatMap(runningOutOf),
    channels: [],
    alarms: new Map(),
    beyond: beyondOf(all, all, dimensionsOf(all, tags), time),
    now: local(time),
    time,
  };
}

/** Each name once, whatever an appliance says. */
export function bridgesOf({ snapshot }: ApplianceStanding): readonly SnapshotBridge[] {
  const bridges = snapshot?.bridges ?? [];
  return [...new Map(bridges.map((bridge) => [bridge.view.bridge, bridge])).values()];
}

function within<T extends { readonly bridge: string }>(appliance: string, one: T): T {
  return { ...one, bridge: keyOf(appliance, one.bridge) };
}

/** Of an appliance that is not heard, what lasts is shown as it was; what may have passed is not. */
function viewOf(one: ApplianceStanding, view: BridgeView): BridgeView {
  const { entry, unknown } = one;
  const title = `${view.title || view.bridge} · ${entry.title}`;
  const shown = { ...NOTHING, ...view, bridge: keyOf(entry.name, view.bridge), title, tags: tagsOf(one, view) };
  if (!unknown) return shown;
  const { servers, trouble, term, expected, lifecycle } = NOTHING;
  return { ...shown, servers, trouble, term, expected, lifecycle };
}

/** As `rowOf` of an appliance, for one that says less. */
const NO_ROW: Omit<LifecycleRow, "bridge" | "state" | "started" | "deprecated" | "sunset" | "daysLeft" | "owner"> = {
  extended: false,
  extensions: 0,
  successor: null,
  held: 0,
  overdue: false,
  notbetriebUntil: null,
  notMeasured: [],
  callers: 0,
  using: 0,
  knocking: 0,
  cycle: { name: null, period: "P1M" },
  closed: null,
  successorShare: null,
  milestones: [],
  retirement: null,
};

function rowOf({ entry }: ApplianceStanding, row: LifecycleRow): LifecycleRow {
  return { ...NO_ROW, ...within(entry.name, row) };
}

function causesOf({ entry, snapshot }: ApplianceStanding): readonly Cause[] {
  return (snapshot?.causes ?? []).map((cause) => within(entry.name, cause));
}

function byDeadline(a: Cause, b: Cause): number {
  return timeOf(a.due) - timeOf(b.due) || timeOf(a.erased) - timeOf(b.erased);
}

function timeOf(time: string | null): number {
  return time === null ? Number.MAX_SAFE_INTEGER : Date.parse(time);
}

/** Of its bridges: what ends of the appliance itself is shown where it runs. */
function runningOutOf({
  snapshot,
  name,
}: {
  readonly snapshot: Snapshot;
  readonly name: string;
}): readonly RunningOut[] {
  return snapshot.bridges.flatMap(({ outline }) =>
    (outline?.runningOut ?? []).map((end) => ({ ...end, bridge: keyOf(name, outline?.bridge ?? "") })),
  );
}

/** The calendar of all of them. */
export function fleetOutlines(all: readonly ApplianceStanding[]): readonly LifecycleOutline[] {
  return all.flatMap((one) =>
    bridgesOf(one).flatMap(({ outline }) =>
      outline === null
        ? []
        : [
            {
              ...within(one.entry.name, outline),
              title: `${outline.title || outline.bridge} · ${one.entry.title}`,
              runningOut: outline.runningOut.map((end) => ({ ...end, bridge: keyOf(one.entry.name, outline.bridge) })),
            },
          ],
    ),
  );
}

// ── what only a fleet has ───────────────────────────────────────────────────────────────────────────────────────

const APPLIANCE = "anlage";

/** `some`: those that are shown; what can be chosen comes from all. */
function beyondOf(
  all: readonly ApplianceStanding[],
  some: readonly ApplianceStanding[],
  dimensions: readonly Dimension[],
  time: number,
): Beyond {
  const unknown = some.filter((one) => one.unknown).length;
  const broken = some.filter((one) => one.broken !== undefined).length;
  return {
    acute: (screen) => applianceRows(some, time, screen),
    sentence({ language }) {
      const words = FLEET_WORDS[language];
      return [
        ...(broken > 0 ? [words.brokenFor(broken, count(language, broken))] : []),
        ...(unknown > 0 ? [words.unknownFor(unknown, count(language, unknown))] : []),
      ];
    },
    without: ({ language }) => (unknown === 0 ? "" : FLEET_WORDS[language].without(count(language, unknown))),
    dimensions,
    only: (chosen) => beyondOf(all, chosenOf(all, chosen), dimensions, time),
  };
}

export function dimensionsOf(all: readonly ApplianceStanding[], keys: readonly string[]): readonly Dimension[] {
  const titles = new Map(all.map(({ entry }) => [entry.name, entry.title]));
  const bridges = all.flatMap((one) => bridgesOf(one).map(({ view }) => viewOf(one, view)));
  const byAppliance: Dimension = {
    key: APPLIANCE,
    label: ({ language }) => FLEET_WORDS[language].appliance,
    valuesOf: (bridge) => listOf(titles.get(partsOf(bridge)[0])),
    values: inOrder([...titles.values()]),
  };
  return [...tagDimensions(bridges, { keys, tags: all.flatMap(ownTags) }), byAppliance];
}

/** Of the appliance, as fleet.yaml says. */
function ownTags({ entry }: ApplianceStanding): readonly string[] {
  return Object.entries(entry.tags).map(([key, value]) => `${key}:${value}`);
}

/** What the appliance says of its bridge goes before what fleet.yaml says of the appliance. */
function tagsOf(one: ApplianceStanding, view: Pick<BridgeView, "tags">): readonly string[] {
  const own = view.tags ?? [];
  const named = new Set(own.map(tagKey));
  return [...own, ...ownTags(one).filter((tag) => !named.has(tagKey(tag)))];
}

/** Of whom somebody answers for is known only where something was heard. */
export function chosenOf(
  all: readonly ApplianceStanding[],
  chosen: ReadonlyMap<string, string>,
): readonly ApplianceStanding[] {
  return all.filter((one) =>
    [...chosen].every(([key, value]) => {
      if (key === APPLIANCE) return one.entry.title === value;
      if (key.startsWith(TAG)) return hasTag(one, key.slice(TAG.length), value);
      return one.snapshot === undefined || bridgesOf(one).some(({ row }) => row?.owner === value);
    }),
  );
}

/** Of it, or of one of its bridges. */
function hasTag(one: ApplianceStanding, key: string, value: string): boolean {
  if (one.entry.tags[key] === value) return true;
  return tagDimensions(bridgesOf(one).map(({ view }) => viewOf(one, view))).some(
    (dimension) => dimension.key === TAG + key && dimension.values.includes(value),
  );
}
