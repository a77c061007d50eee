// What the pages show, read once for all who look at the same moment.

import { earliest, timeOf, type TroubleFacts } from "../../alarms/troubles.ts";
import type { AlarmView } from "../../alarms/types.ts";
import type { BridgeView, DeadView, DropView, LifecycleView, Operations } from "../../operations/operations.ts";
import { MOST_PAGE } from "../../operations/operations.ts";
import { isGranted, READERS, type Grant, type TagsOf } from "../../operations/roles.ts";
import type { LifecycleOutline } from "../../lifecycle/outline.ts";
import type { LifecycleRow } from "../../lifecycle/state-report.ts";
import type { Language } from "../pages/docs-words.ts";
import type { Acute } from "./acute.ts";
import { local } from "./format.ts";
import type { Screen } from "./screen.ts";

/** Milliseconds for which what was read is good enough. */
const FRESH = 1_000;

export interface Facts extends TroubleFacts {
  readonly bridges: readonly BridgeView[];
  readonly byName: ReadonlyMap<string, BridgeView>;
  readonly lifecycle: LifecycleView;
  readonly rows: ReadonlyMap<string, LifecycleRow>;
  /** All dates of the bridges that are loaded. */
  readonly outlines: readonly LifecycleOutline[];
  readonly today: Today;
  /** Open, oldest first; at most MOST_PAGE. */
  readonly letters: readonly DeadView[];
  /** The same by cause. */
  readonly causes: readonly Cause[];
  /** More letters are open than are grouped. */
  readonly grouped: boolean;
  /** In the book, by what each is about. */
  readonly alarms: ReadonlyMap<string, AlarmView>;
  readonly beyond?: Beyond;
  /** ISO 8601 with offset, by the trusted clock. */
  readonly now: string;
  /** Milliseconds. */
  readonly time: number;
}

/** What only a view over many appliances has. */
export interface Beyond {
  /** Rows of what has to be done that are about no bridge. */
  acute(screen: Screen): readonly Acute[];
  /** Parts of the first sentence. */
  sentence(screen: Screen): readonly string[];
  /** Whom the figures of today leave out, in words; empty = nobody. */
  without(screen: Screen): string;
  /** By what bridges can be found, besides who is responsible. */
  readonly dimensions: readonly Dimension[];
  /** For those bridges alone, and appliances of which none is known. */
  only(chosen: ReadonlyMap<string, string>): Beyond;
}

export interface Dimension {
  /** In the address. */
  readonly key: string;
  label(screen: Screen): string;
  /** Of a bridge; it may be of several municipalities. */
  valuesOf(bridge: string): readonly string[];
  readonly values: readonly string[];
}

/** What came on the day of `now`; of more than MOST_PAGE the newest. */
export interface Today {
  readonly came: readonly CameToday[];
  /** More came than are counted. */
  readonly capped: boolean;
  /** What stands still, is held, or brought dead letters that wait; newest first. */
  readonly notable: readonly Notable[];
}

export interface CameToday {
  readonly bridge: string;
  readonly state: DropView["state"];
  readonly drops: number;
}

export interface Notable extends Pick<DropView, "bridge" | "name" | "state" | "trouble" | "records" | "received"> {
  /** Absent where it has no page here (a view over many appliances). */
  readonly id?: string | undefined;
  /** Records of it that wait for people. */
  readonly open: number;
}

export interface FactSource {
  read(): Promise<Facts>;
  /** Somebody has just changed something: what was read before is old. */
  forget(): void;
}

export function createFacts(operations: Operations): FactSource {
  let last: { readonly at: number; readonly facts: Promise<Facts> } | undefined;
  return {
    async read() {
      const at = performance.now();
      if (last === undefined || at - last.at > FRESH) {
        const facts = readAll(operations);
        last = { at, facts };
        // A failure is told to those who wait for it and not kept for others.
        facts.catch(() => (last = undefined));
      }
      return await last.facts;
    },
    forget() {
      last = undefined;
    },
  };
}

export async function readAll(
  operations: Pick<Operations, "bridges" | "lifecycle" | "outlines" | "drops" | "dead" | "alarms">,
): Promise<Facts> {
  const [bridges, lifecycle, { bridges: outlines }, newest, letters, { alarms, channels, runningOut, loosened }] =
    await Promise.all([
      operations.bridges({}),
      operations.lifecycle({}),
      operations.outlines({}),
      operations.drops({ newestFirst: true, limit: MOST_PAGE }),
      operations.dead({ state: "open", limit: MOST_PAGE }),
      operations.alarms({}),
    ]);
  const time = Date.parse(lifecycle.now);
  const now = local(time);
  const date = now.slice(0, 10);
  return {
    bridges,
    byName: new Map(bridges.map((bridge) => [bridge.bridge, bridge])),
    lifecycle,
    rows: new Map(lifecycle.rows.map((row) => [row.bridge, row])),
    outlines,
    today: todayOf(
      newest.filter((drop) => drop.received.slice(0, 10) === date),
      letters,
    ),
    letters,
    causes: causesOf(letters),
    grouped: letters.length === MOST_PAGE,
    alarms: new Map(alarms.map((alarm) => [alarm.trouble, alarm])),
    channels,
    runningOut,
    loosened,
    now,
    time,
  };
}

function todayOf(drops: readonly DropView[], letters: readonly DeadView[]): Today {
  const groups = Map.groupBy(drops, ({ bridge, state }) => `${state} ${bridge}`).values();
  const came = [...groups].map((group): CameToday => {
    const [{ bridge, state }] = group as [DropView, ...DropView[]];
    return { bridge, state, drops: group.length };
  });
  const notable = drops
    .map((drop): Notable => ({ ...drop, open: drop.dead > 0 ? openOf(letters, drop) : 0 }))
    .filter(({ trouble, state, open }) => trouble !== null || state === "held" || open > 0);
  return { came, capped: drops.length === MOST_PAGE, notable };
}

/** Those of some bridges, and of the appliance itself. `chosen`: by what, for what only a view over many has. */
export function onlyOf(
  facts: Facts,
  mine: (bridge: string) => boolean,
  chosen: ReadonlyMap<string, string> = new Map(),
): Facts {
  const own = <T extends { readonly bridge: string }>(list: readonly T[]): readonly T[] =>
    list.filter(({ bridge }) => mine(bridge));
  const { today, lifecycle, beyond } = facts;
  return {
    ...facts,
    bridges: own(facts.bridges),
    lifecycle: { ...lifecycle, rows: own(lifecycle.rows) },
    outlines: own(facts.outlines),
    today: { ...today, came: own(today.came), notable: own(today.notable) },
    letters: own(facts.letters),
    causes: own(facts.causes),
    runningOut: facts.runningOut.filter(({ bridge }) => bridge === null || mine(bridge)),
    ...(beyond && { beyond: beyond.only(chosen) }),
  };
}

/** What somebody sees whose roles are for a part of the bridges. */
export function seenBy(facts: Facts, grants: readonly Grant[], tagsOf: TagsOf): Facts {
  if (isGranted(grants, READERS, undefined)) return facts;
  const sees = (bridge: string): boolean => isGranted(grants, READERS, tagsOf(bridge));
  const within = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...map].filter(([bridge]) => sees(bridge)));
  const alarms = [...facts.alarms].filter(([, { bridge }]) => bridge === null || sees(bridge));
  return {
    ...onlyOf(facts, sees),
    byName: within(facts.byName),
    rows: within(facts.rows),
    alarms: new Map(alarms),
  };
}

/** The title where there is one. */
export function titleOf(facts: Facts, bridge: string): string {
  const title = facts.byName.get(bridge)?.title ?? "";
  return title === "" ? bridge : title;
}

export function bridgeHref(bridge: string): string {
  return `/bruecken/${encodeURIComponent(bridge)}`;
}

export function lettersHref(query: Readonly<Record<string, string>>): string {
  return `/klaerfaelle?${new URLSearchParams(query).toString()}`;
}

/** How many records of a drop still wait for people. A list that is not whole does not know: then as many as came to grief. */
export function openOf(letters: readonly DeadView[], { id, dead }: DropView): number {
  if (letters.length >= MOST_PAGE) return dead;
  const own = letters.filter(({ drop }) => drop === id);
  return own.reduce((sum, letter) => sum + letter.last - letter.record + 1, 0);
}

/** Records of open letters that came to grief at one place for one reason. */
export interface Cause {
  readonly bridge: string;
  readonly stage: DeadView["stage"];
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly records: number;
  readonly letters: number;
  readonly oldest: string;
  /** When the first of them is erased. */
  readonly erased: string | null;
  /** When the first legal term of them ends. */
  readonly due: string | null;
  readonly first: string;
}

/** For clerks in German; English readers get the message of the engine. */
export function reasonIn(language: Language, { reason, message }: Pick<DeadView, "reason" | "message">): string {
  return language === "de" ? reason : message;
}

/** What the law wants first, then what is erased first. */
export function causesOf(letters: readonly DeadView[]): readonly Cause[] {
  const groups = Map.groupBy(letters, ({ bridge, stage, code, reason }) => [bridge, stage, code, reason].join("\0"));
  return [...groups.values()]
    .map((group): Cause => {
      const [head] = group as [DeadView, ...DeadView[]];
      return {
        bridge: head.bridge,
        stage: head.stage,
        code: head.code,
        reason: head.reason,
        message: head.message,
        records: group.reduce((sum, letter) => sum + letter.last - letter.record + 1, 0),
        letters: group.length,
        oldest: head.created,
        erased: earliest(group.map((letter) => letter.erased)),
        due: earliest(group.map((letter) => letter.due)),
        first: head.id,
      };
    })
    .toSorted((a, b) => timeOf(a.due) - timeOf(b.due) || timeOf(a.erased) - timeOf(b.erased) || 0);
}
