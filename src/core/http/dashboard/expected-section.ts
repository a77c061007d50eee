// What should have come by now (`expect`), with its sum: expected = here + missing.

import type { BridgeView, ExpectedView } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { count, local, moment } from "./format.ts";
import { section, state, table, type Screen } from "./screen.ts";
import { DROP_WORDS } from "./words-drops.ts";

const MOST_LISTED = 50;

export interface ExpectedToday {
  /** Bridges whose time was today, and those of earlier days that still wait: due = here + missing. */
  readonly due: number;
  readonly here: number;
  readonly missing: number;
  /** Of those that are here. */
  readonly small: number;
  readonly large: number;
  /** Those whose time is still to come today. */
  readonly later: number;
}

/** undefined = nothing is expected of any of them. `today`: a date where people here live. */
export function expectedToday(bridges: readonly BridgeView[], today: string): ExpectedToday | undefined {
  const all = bridges.flatMap(({ expected }) => expected ?? []);
  if (all.length === 0) return undefined;
  const isToday = (moment: string): boolean => local(Date.parse(moment)).slice(0, 10) === today;
  // What was missing yesterday and has not come since is not forgotten at midnight.
  const due = all.filter(({ state: is, by }) => is === "missing" || (is !== "waiting" && isToday(by)));
  const of = (which: ExpectedView["state"]): number => due.filter((one) => one.state === which).length;
  const missing = of("missing");
  return {
    due: due.length,
    here: due.length - missing,
    missing,
    small: of("small"),
    large: of("large"),
    later: all.filter(({ next }) => isToday(next)).length,
  };
}

/** false = nothing is expected. */
export function expectedFigures({ bridges, now }: Facts, { language, live }: Screen): Html | false {
  const words = DROP_WORDS[language];
  const today = expectedToday(bridges, now.slice(0, 10));
  if (today === undefined) return false;
  const shown = (value: number): string => count(language, value);
  const missing = live("expected/missing", shown(today.missing));
  const also = [
    ...(today.small > 0 ? [words.small(shown(today.small))] : []),
    ...(today.large > 0 ? [words.large(shown(today.large))] : []),
    ...(today.later > 0 ? [words.later(shown(today.later))] : []),
  ];
  return html`<dl class="figs">
      <div>
        <dt>${words.due}</dt>
        <dd>${live("expected/due", shown(today.due))}</dd>
      </div>
      <div>
        <dt>${words.here}</dt>
        <dd class="op" data-op="=">${live("expected/here", shown(today.here))}</dd>
      </div>
      <div>
        <dt>${words.missing}</dt>
        <dd class="op" data-op="+">${today.missing === 0 ? missing : state("danger", "danger", missing)}</dd>
      </div>
    </dl>
    <p class="small muted">${words.dueMeans}${live("expected/also", also.map((one) => `; ${one}`).join(""))}</p>`;
}

/** With what is missing, or came with oddly few or many records; false = nothing is expected. */
export function expectedSection(facts: Facts, screen: Screen): Html | false {
  const words = DROP_WORDS[screen.language];
  const figures = expectedFigures(facts, screen);
  return figures !== false && section("expected", words.expected, "", html`${figures} ${oddList(facts, screen)}`);
}

function oddList(facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const own = DROP_WORDS[language];
  const today = facts.now.slice(0, 10);
  const odd = facts.bridges.flatMap(({ bridge, expected }) =>
    expected !== null && ["missing", "small", "large"].includes(expected.state) ? [{ bridge, expected }] : [],
  );
  if (odd.length === 0) return html`<p class="small muted">${own.allHere}</p>`;
  const lines = odd.slice(0, MOST_LISTED).map(({ bridge, expected }) => ({
    mark: screen.row(`${bridge}/${expected.state}`),
    cells: [
      html`<a href="${bridgeHref(bridge)}">${titleOf(facts, bridge)}</a>`,
      findingOf(expected, today, screen),
      html`${expected.first === null ? "–" : screen.live(`${bridge}/came`, count(language, expected.records))}`,
      html`${moment(language, expected.by, today)}`,
      html`${moment(language, expected.next, today)}`,
    ],
  }));
  const columns = [
    { title: words.bridge },
    { title: words.finding },
    { title: words.records, numeric: true },
    { title: own.by, numeric: true },
    { title: own.next, numeric: true },
  ];
  const more = odd.length - MOST_LISTED;
  return html`${table(own.expectedCaption, columns, lines)}
  ${more > 0 && html`<p class="more">${words.moreOf(count(language, more))}</p>`}`;
}

function findingOf({ state: is, by }: ExpectedView, today: string, { language }: Screen): Html {
  const words = DROP_WORDS[language];
  if (is === "small" || is === "large") return state("warn", "warn", words.oddly[is]);
  return state("danger", "danger", words.missingSince(moment(language, by, today)));
}
