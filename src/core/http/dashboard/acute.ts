// Which bridges need somebody now, and for what, in words: the second thing of the page, and the figures of its first sentence. What is
// wrong is derived in core/alarms, for everybody who asks.

import { byUrgency, troublesOf, type Trouble, type TroubleKind } from "../../alarms/troubles.ts";
import type { AlarmView } from "../../alarms/types.ts";
import type { ServerView } from "../../operations/operations.ts";
import { bridgeHref, lettersHref, titleOf, type Facts } from "./facts.ts";
import { count, day, local, moment, span } from "./format.ts";
import type { Language } from "../pages/docs-words.ts";
import { decisionHref } from "./page-notbetrieb.ts";
import { ACT_WORDS } from "./words-acts.ts";
import type { Screen, Shape, Tone } from "./screen.ts";
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
  const isOwn = ({ bridge }: Acute): boolean => bridge === undefined;
  return [...rows.filter(isOwn), ...rows.filter((row) => !isOwn(row))].toSorted(
    (a, b) => Number(!isOwn(a)) - Number(!isOwn(b)) || byUrgency(a, b),
  );
}

function rowOf(group: readonly Trouble[], facts: Facts, screen: Screen): Acute {
  const [first] = group as [Trouble, ...Trouble[]];
  const said = saidOf(first, facts, screen);
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
    detail: `${said.detail ?? ""}${more}`,
    alarm: alarmOf(group, facts, screen),
  };
}

/** What nobody sees to comes first, then the most urgent. */
function alarmOf(group: readonly Trouble[], facts: Facts, screen: Screen): Acute["alarm"] {
  const all = group.flatMap((trouble) => {
    const view = facts.alarms.get(trouble.key);
    return view === undefined ? [] : [{ view, what: saidOf(trouble, facts, screen).what }];
  });
  return all.find(({ view }) => view.takenOver === null) ?? all[0];
}

/** What becomes of a bridge that has ended is decided on a page of its own. */
function decision(bridge: string | undefined, language: Language): Partial<Acute> {
  return bridge === undefined ? {} : { action: ACT_WORDS[language].decide, href: decisionHref(bridge) };
}

type Said = Partial<Acute> & Pick<Acute, "what">;

/** `today` is the day in the zone of people here. */
type Says = {
  readonly [K in TroubleKind]: (trouble: Trouble & { readonly kind: K }, today: string, screen: Screen) => Said;
};

const SAYS: Says = {
  clock({ isAhead, by }, _today, { words, language }) {
    const what = (isAhead ? words.clockAhead : words.clockBehind)(span(language, by));
    return { title: words.clock, what, detail: words.clockMeans, action: words.check, href: "/uhr" };
  },
  overdue({ bridge, due: sunset = "" }, _today, { words, language }) {
    const due = day(language, sunset);
    return {
      what: words.overdue,
      detail: words.endedSince(due),
      due,
      recordsAre: words.held,
      ...decision(bridge, language),
    };
  },
  held: (_trouble, _today, { words }) => ({ what: words.heldToo, recordsAre: words.held }),
  refused: ({ runs }, _today, { words }) => ({
    what: words.refused,
    detail: runs ? words.refusedRuns : words.refusedStops,
  }),
  server: ({ server }, today, screen) => ({ ...serverSaid(server, today, screen), recordsAre: screen.words.waiting }),
  stuck({ how, trouble }, _today, { words }) {
    const what = { stuck: words.stuck, target: words.waitsForTarget, other: words.disturbed }[how];
    return { what, detail: trouble, recordsAre: words.waiting };
  },
  notbetrieb({ bridge, due: until = "" }, today, { words, language }) {
    const due = moment(language, until, today);
    return {
      what: words.emergency(due),
      detail: words.emergencyMeans,
      shape: "nb",
      due,
      recordsAre: words.held,
      ...decision(bridge, language),
    };
  },
  missing: ({ by }, today, { words, language }) => ({
    what: words.missing,
    detail: words.missingBy(moment(language, by, today)),
  }),
  small: ({ by, came }, today, { words, language }) => ({
    what: words.oddlySmall,
    detail: words.oddlyFor(moment(language, by, today), count(language, came)),
  }),
  large: ({ by, came }, today, { words, language }) => ({
    what: words.oddlyLarge,
    detail: words.oddlyFor(moment(language, by, today), count(language, came)),
  }),
  term: (trouble, today, screen) => ({
    what: (trouble.left ?? 0) <= 0 ? screen.words.termOver : screen.words.termSoon,
    detail: screen.words.termWhat,
    ...lettersSaid(trouble, today, screen),
  }),
  erased: (trouble, today, screen) => ({
    what: screen.words.erasedSoon,
    detail: screen.words.erasedWhat,
    ...lettersSaid(trouble, today, screen),
  }),
  "runs-out": ({ end, left = 0 }, _today, { language }) => {
    const words = ALARM_WORDS[language];
    const what = (left <= 0 ? words.ranOut : words.runsOut)[end.of](end.what);
    return { what, detail: left <= 0 ? "" : words.runsOutMeans[end.of], due: day(language, end.until) };
  },
  channel({ channel: { channel, failing, waiting } }, today, { language }) {
    const words = ALARM_WORDS[language];
    const since = failing === null ? "" : moment(language, failing.since, today);
    const detail = `${failing?.code ?? ""} ${words.channelMeans(since, count(language, waiting))}`.trim();
    return { what: words.channelDown(words.channels[channel]), detail };
  },
};

function saidOf(trouble: Trouble, { now }: Facts, screen: Screen): Said {
  // One function per kind, each for its own: the compiler cannot follow that through the table.
  const say = SAYS[trouble.kind] as (trouble: Trouble, today: string, screen: Screen) => Said;
  return say(trouble, now.slice(0, 10), screen);
}

function serverSaid({ role, server, since, code }: ServerView, today: string, { words, language }: Screen): Said {
  const says = { target: words.targetDown, source: words.sourceDown, receipts: words.receiptsDown };
  const from = since === null ? "" : words.since(moment(language, local(Date.parse(since)), today));
  return { what: says[role], detail: [server, code ?? "", from].filter((text) => text !== "").join(", ") };
}

function lettersSaid({ due = "", bridge = "" }: Trouble, today: string, { words, language }: Screen): Partial<Acute> {
  const href = lettersHref({ bruecke: bridge });
  return { due: moment(language, due, today), recordsAre: words.open, action: words.clear, href };
}
