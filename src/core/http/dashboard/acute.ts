// Which bridges need somebody now, and for what, in words: the second thing of the page, and the figures of its first sentence. What is
// wrong is derived in core/alarms, for everybody who asks.

import { byUrgency, troublesOf, type Trouble } from "../../alarms/troubles.ts";
import type { AlarmView } from "../../alarms/types.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import type { Screen, Shape, Tone } from "./screen.ts";
import { saidOf } from "./trouble-words.ts";
import { decisionHref } from "./page-notbetrieb.ts";
import { ACT_WORDS } from "./words-acts.ts";
import { ALARM_WORDS } from "./words-alarms.ts";

export interface Acute {
  /** Same trouble = same key, while figures in it change. */
  readonly key: string;
  readonly bridge: string | undefined;
  readonly title: string;
  readonly tone: Tone;
  readonly shape: Shape;
  readonly what: string;
  readonly detail: string;
  /** Milliseconds left; negative = overdue; undefined = no deadline. */
  readonly left: number | undefined;
  readonly due: string;
  readonly records: number | undefined;
  readonly recordsAre: string;
  readonly action: string;
  readonly href: string;
  /** The alarm in the book that somebody should take over first, with what it is about; undefined = it is not in the book yet. */
  readonly alarm: { readonly view: AlarmView; readonly what: string } | undefined;
}

/** Overdue first, then by time left, what has no deadline last. One per bridge: its most urgent trouble. */
export function acuteOf(facts: Facts, screen: Screen): readonly Acute[] {
  const groups = Map.groupBy(troublesOf(facts), ({ bridge, key }) => bridge ?? `\0${key}`);
  const rows = [...groups.values()].map((group) => rowOf(group.toSorted(byUrgency), facts, screen));
  const { own = [], others = [] } = Object.groupBy(rows, ({ bridge }) => (bridge === undefined ? "own" : "others"));
  const first = [...own.toSorted(byTone), ...(facts.beyond?.acute(screen) ?? [])];
  return [...first, ...others.toSorted(byTone)];
}

function byTone(a: Acute, b: Acute): number {
  return byUrgency({ left: a.left, weight: a.tone }, { left: b.left, weight: b.tone });
}

function rowOf(group: readonly Trouble[], facts: Facts, screen: Screen): Acute {
  const [first] = group as [Trouble, ...Trouble[]];
  const said = saidOf(first, facts.now.slice(0, 10), screen);
  const more = group.length > 1 ? `; ${screen.words.moreOf(String(group.length - 1))}` : "";
  const { words } = screen;
  return {
    key: first.key,
    bridge: first.bridge,
    title: first.bridge === undefined ? ALARM_WORDS[screen.language].appliance : titleOf(facts, first.bridge),
    tone: first.weight,
    shape: first.weight === "info" ? "held" : first.weight,
    left: first.left,
    due: "",
    records: first.records,
    recordsAre: "",
    action: words.look,
    href: first.bridge === undefined ? "/" : bridgeHref(first.bridge),
    ...said,
    ...(facts.beyond === undefined && decision(first, screen)),
    detail: `${said.detail ?? ""}${more}`,
    alarm: alarmOf(group, facts, screen),
  };
}

/** What becomes of a bridge that has ended is decided on a page of its own. */
function decision({ kind, bridge }: Trouble, { language }: Screen): Partial<Acute> {
  if (bridge === undefined || (kind !== "overdue" && kind !== "notbetrieb")) return {};
  return { action: ACT_WORDS[language].decide, href: decisionHref(bridge) };
}

/** What nobody sees to comes first, then the most urgent. */
function alarmOf(group: readonly Trouble[], facts: Facts, screen: Screen): Acute["alarm"] {
  const all = group.flatMap((trouble) => {
    const view = facts.alarms.get(trouble.key);
    return view === undefined ? [] : [{ view, what: saidOf(trouble, facts.now.slice(0, 10), screen).what }];
  });
  return all.find(({ view }) => view.takenOver === null) ?? all[0];
}
