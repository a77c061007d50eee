// Which bridges need somebody now, and for what: the second thing of the page, and the figures of its first sentence.

import type { BridgeView, ServerView } from "../../operations/operations.ts";
import { bridgeHref, earliest, lettersHref, titleOf, type Facts } from "./facts.ts";
import { count, day, local, moment, span } from "./format.ts";
import type { Screen, Shape, Tone } from "./screen.ts";

/** Payload that goes within this time is somebody's business now: its loss is final. */
const SOON = 14 * 24 * 3_600_000;

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
}

/** Overdue first, then by time left, what has no deadline last. One per bridge: its most urgent trouble. */
export function acuteOf(facts: Facts, screen: Screen): readonly Acute[] {
  const letters = Map.groupBy(facts.causes, ({ bridge }) => bridge);
  const found = facts.bridges.flatMap((bridge) => {
    const all = [
      ...heldBy(bridge, facts, screen),
      ...refusal(bridge, screen),
      ...servers(bridge, facts, screen),
      ...stuck(bridge, screen),
      ...emergency(bridge, facts, screen),
      ...unexpected(bridge, facts, screen),
      ...nearTerm(bridge, earliest((letters.get(bridge.bridge) ?? []).map(({ due }) => due)), facts, screen),
      ...nearErasure(bridge, earliest((letters.get(bridge.bridge) ?? []).map(({ erased }) => erased)), facts, screen),
    ].toSorted(byUrgency);
    const [first] = all;
    if (first === undefined) return [];
    const more = all.length > 1 ? `; ${screen.words.moreOf(String(all.length - 1))}` : "";
    return [{ ...first, detail: `${first.detail}${more}`, title: titleOf(facts, bridge.bridge) }];
  });
  return [...clock(facts, screen), ...found.toSorted(byUrgency)];
}

function byUrgency(a: Acute, b: Acute): number {
  return (a.left ?? Number.POSITIVE_INFINITY) - (b.left ?? Number.POSITIVE_INFINITY) || 0;
}

interface Trouble extends Partial<Acute> {
  readonly kind: string;
  readonly what: string;
}

function acute(bridge: BridgeView, screen: Screen, { kind, ...trouble }: Trouble): Acute {
  return {
    key: `${bridge.bridge}/${kind}`,
    bridge: bridge.bridge,
    title: bridge.bridge,
    tone: "danger",
    shape: "danger",
    detail: "",
    left: undefined,
    due: "",
    records: undefined,
    recordsAre: "",
    action: screen.words.look,
    href: bridgeHref(bridge.bridge),
    ...trouble,
  };
}

function clock({ lifecycle: { alarm } }: Facts, { words, language }: Screen): readonly Acute[] {
  if (alarm === null) return [];
  const by = span(language, alarm.by);
  return [
    {
      key: "/clock",
      bridge: undefined,
      title: words.clock,
      tone: "danger",
      shape: "danger",
      what: alarm.kind === "ahead" ? words.clockAhead(by) : words.clockBehind(by),
      detail: words.clockMeans,
      left: undefined,
      due: "",
      records: undefined,
      recordsAre: "",
      action: words.check,
      href: "/uhr",
    },
  ];
}

function heldBy(bridge: BridgeView, facts: Facts, screen: Screen): readonly Acute[] {
  const row = facts.rows.get(bridge.bridge);
  if (bridge.held === 0 || row === undefined) return [];
  const { words, language } = screen;
  const counted = { records: bridge.held, recordsAre: words.held };
  if (!row.overdue) {
    return [acute(bridge, screen, { kind: "held", what: words.heldToo, tone: "info", shape: "held", ...counted })];
  }
  const left = row.daysLeft * 24 * 3_600_000;
  return [
    acute(bridge, screen, {
      kind: "overdue",
      what: words.overdue,
      detail: words.endedSince(day(language, row.sunset)),
      // Even on the day itself it is over, not short of time.
      left: Math.min(left, -1),
      due: day(language, row.sunset),
      ...counted,
    }),
  ];
}

function emergency(bridge: BridgeView, facts: Facts, screen: Screen): readonly Acute[] {
  const until = facts.rows.get(bridge.bridge)?.notbetriebUntil ?? null;
  if (until === null) return [];
  const { words, language } = screen;
  const due = moment(language, until, facts.now.slice(0, 10));
  const left = Math.max(0, Date.parse(until) - facts.time);
  const counted = bridge.held > 0 && { records: bridge.held, recordsAre: words.held };
  const what = words.emergency(due);
  return [
    acute(bridge, screen, {
      kind: "notbetrieb",
      what,
      detail: words.emergencyMeans,
      shape: "nb",
      left,
      due,
      ...counted,
    }),
  ];
}

/** What should have come, and did not, or with oddly few or many records. */
function unexpected(bridge: BridgeView, facts: Facts, screen: Screen): readonly Acute[] {
  const { expected } = bridge;
  if (expected === null) return [];
  const { words, language } = screen;
  const { state, records } = expected;
  const by = moment(language, expected.by, facts.now.slice(0, 10));
  if (state === "missing")
    return [acute(bridge, screen, { kind: state, what: words.missing, detail: words.missingBy(by) })];
  if (state !== "small" && state !== "large") return [];
  const detail = words.oddlyFor(by, count(language, records));
  const what = state === "small" ? words.oddlySmall : words.oddlyLarge;
  return [acute(bridge, screen, { kind: state, what, detail, tone: "warn", shape: "warn" })];
}

/** Hours before a legal term ends in which somebody has to act. */
const TERM_SOON = 48 * 3_600_000;

function nearTerm(bridge: BridgeView, due: string | null, facts: Facts, screen: Screen): readonly Acute[] {
  const { words } = screen;
  return nearing(bridge, due, TERM_SOON, facts, screen).map(({ left, ...shown }) =>
    acute(bridge, screen, {
      kind: "term",
      what: left <= 0 ? words.termOver : words.termSoon,
      detail: words.termWhat,
      // At its end it is over, not short of time.
      left: left <= 0 ? Math.min(left, -1) : left,
      ...shown,
    }),
  );
}

/** `mappings/x/bridge.yaml:3:1 CODE text`: the file was refused, whatever runs in its place. */
const REFUSAL = /^\S+:\d+:\d+ [A-Z][A-Z_]+ /;

export function isRefused({ lifecycle, trouble }: BridgeView): boolean {
  return lifecycle === "refused" || REFUSAL.test(trouble ?? "");
}

function refusal(bridge: BridgeView, screen: Screen): readonly Acute[] {
  if (!isRefused(bridge)) return [];
  const { words } = screen;
  const detail = bridge.lifecycle === "refused" ? words.refusedStops : words.refusedRuns;
  const mild = bridge.lifecycle === "refused" ? {} : { tone: "warn" as const, shape: "warn" as const };
  return [acute(bridge, screen, { kind: "refused", what: words.refused, detail, ...mild })];
}

function servers(bridge: BridgeView, facts: Facts, screen: Screen): readonly Acute[] {
  const { words, language } = screen;
  const says: Readonly<Record<ServerView["role"], string>> = {
    target: words.targetDown,
    source: words.sourceDown,
    receipts: words.receiptsDown,
  };
  return bridge.servers
    .filter(({ up }) => !up)
    .map(({ role, server, since, code }) => {
      const from =
        since === null ? "" : words.since(moment(language, local(Date.parse(since)), facts.now.slice(0, 10)));
      return acute(bridge, screen, {
        kind: `server ${role} ${server}`,
        what: says[role],
        detail: [server, code ?? "", from].filter((text) => text !== "").join(", "),
        ...(bridge.pending > 0 && { records: bridge.pending, recordsAre: words.waiting }),
      });
    });
}

function stuck(bridge: BridgeView, screen: Screen): readonly Acute[] {
  const { trouble } = bridge;
  if (trouble === null || isRefused(bridge) || bridge.servers.some(({ up }) => !up)) return [];
  const { words } = screen;
  const what = trouble.startsWith("stuck at ")
    ? words.stuck
    : trouble.startsWith("waiting for ")
      ? words.waitsForTarget
      : words.disturbed;
  const waits = bridge.pending > 0 && { records: bridge.pending, recordsAre: words.waiting };
  return [
    acute(bridge, screen, {
      kind: "stuck",
      what,
      detail: trouble,
      tone: "warn",
      shape: "warn",
      ...waits,
    }),
  ];
}

function nearErasure(bridge: BridgeView, erased: string | null, facts: Facts, screen: Screen): readonly Acute[] {
  const { words } = screen;
  return nearing(bridge, erased, SOON, facts, screen).map(({ left, ...shown }) =>
    acute(bridge, screen, {
      kind: "erased",
      what: words.erasedSoon,
      detail: words.erasedWhat,
      tone: "warn",
      shape: "warn",
      left: Math.max(0, left),
      ...shown,
    }),
  );
}

type Nearing = Pick<Acute, "due" | "records" | "recordsAre" | "action" | "href"> & { readonly left: number };

/** Open dead letters for which something comes `at` a time, where that is not more than `within` milliseconds away. */
function nearing(
  { bridge, openDead }: BridgeView,
  at: string | null,
  within: number,
  facts: Facts,
  { words, language }: Screen,
): readonly Nearing[] {
  const left = at === null ? Number.POSITIVE_INFINITY : Date.parse(at) - facts.time;
  if (at === null || openDead === 0 || left > within) return [];
  const due = moment(language, at, facts.now.slice(0, 10));
  const href = lettersHref({ bruecke: bridge });
  return [{ left, due, records: openDead, recordsAre: words.open, action: words.clear, href }];
}
