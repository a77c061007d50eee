// What is wrong, in the words of people: for the list of what is to do now, and for notifications.

import type { Trouble, TroubleKind } from "../../alarms/troubles.ts";
import type { ServerView } from "../../operations/operations.ts";
import type { Acute } from "./acute.ts";
import { lettersHref } from "./facts.ts";
import { count, day, local, moment, span } from "./format.ts";
import type { Screen } from "./screen.ts";
import { milestoneText } from "./milestone-text.ts";
import { EXTENSION_WORDS, POLICY_HREF } from "./words-extension.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";
import { ALARM_WORDS } from "./words-alarms.ts";

type Speaker = Pick<Screen, "words" | "language">;
export type Said = Partial<Acute> & Pick<Acute, "what">;

/** `today` is the day in the zone of people here. */
type Says = {
  readonly [K in TroubleKind]: (trouble: Trouble & { readonly kind: K }, today: string, screen: Speaker) => Said;
};

const SAYS: Says = {
  clock({ isAhead, by }, _today, { words, language }) {
    const what = (isAhead ? words.clockAhead : words.clockBehind)(span(language, by));
    return { title: words.clock, what, detail: words.clockMeans, action: words.check, href: "/uhr" };
  },
  overdue({ due: sunset = "" }, _today, { words, language }) {
    const due = day(language, sunset);
    return { what: words.overdue, detail: words.endedSince(due), due, recordsAre: words.heldDrops };
  },
  held: (_trouble, _today, { words }) => ({ what: words.heldToo, recordsAre: words.heldDrops }),
  refused: ({ runs }, _today, { words }) => ({
    what: words.refused,
    detail: runs ? words.refusedRuns : words.refusedStops,
  }),
  server: ({ server }, today, screen) => ({ ...serverSaid(server, today, screen), recordsAre: screen.words.waiting }),
  stuck({ how, trouble }, _today, { words }) {
    const what = { stuck: words.stuck, target: words.waitsForTarget, other: words.disturbed }[how];
    return { what, detail: trouble, recordsAre: words.waiting };
  },
  notbetrieb({ due: until = "" }, today, { words, language }) {
    const due = moment(language, until, today);
    return { what: words.emergency(due), detail: words.emergencyMeans, shape: "nb", due, recordsAre: words.heldDrops };
  },
  milestone: ({ milestone, due = "" }, _today, screen) => ({
    what: PROGRESS_WORDS[screen.language].missed,
    detail: milestoneText(milestone, screen),
    shape: "miss",
    due: day(screen.language, due),
  }),
  knocking({ bridge = "", callers, due = "" }, _today, { language }) {
    const { knocking, knockingMany } = PROGRESS_WORDS[language];
    const query = new URLSearchParams({ bruecke: bridge, stand: "knocking" });
    const detail = knockingMany(callers, count(language, callers));
    return { what: knocking, detail, due: day(language, due), href: `/aufrufer?${query.toString()}` };
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
  policy({ fields }, _today, { language, words }) {
    const { loose, looseFields } = EXTENSION_WORDS[language];
    return { what: loose, detail: looseFields(fields), action: words.look, href: POLICY_HREF };
  },
  channel({ channel: { channel, failing, waiting } }, today, { language }) {
    const words = ALARM_WORDS[language];
    const since = failing === null ? "" : moment(language, failing.since, today);
    const detail = `${failing?.code ?? ""} ${words.channelMeans(since, count(language, waiting))}`.trim();
    return { what: words.channelDown(words.channels[channel]), detail };
  },
};

/** `today`: the day in the zone of people here. */
export function saidOf(trouble: Trouble, today: string, screen: Speaker): Said {
  // One function per kind, each for its own: the compiler cannot follow that through the table.
  const say = SAYS[trouble.kind] as (trouble: Trouble, today: string, screen: Speaker) => Said;
  return say(trouble, today, screen);
}

function serverSaid({ role, server, since, code }: ServerView, today: string, { words, language }: Speaker): Said {
  const says = { target: words.targetDown, source: words.sourceDown, receipts: words.receiptsDown };
  const from = since === null ? "" : words.since(moment(language, local(Date.parse(since)), today));
  return { what: says[role], detail: [server, code ?? "", from].filter((text) => text !== "").join(", ") };
}

function lettersSaid({ due = "", bridge = "" }: Trouble, today: string, { words, language }: Speaker): Partial<Acute> {
  const href = lettersHref({ bruecke: bridge });
  return { due: moment(language, due, today), recordsAre: words.open, action: words.clear, href };
}
