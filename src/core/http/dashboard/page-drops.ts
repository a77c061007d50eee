// What came, newest first; the address holds what was asked for. On top what should have come, and has not.

import type { DropState } from "../../journal/types.ts";
import type { DropView, Operations } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { dropHref, dropName, dropStanding } from "./drop-state.ts";
import { expectedSection } from "./expected-section.ts";
import { dimensionsOf } from "./dimensions.ts";
import { bridgeHref, openOf, titleOf, type Dimension, type Facts } from "./facts.ts";
import { among, chosenIn, shownOf } from "./filters.ts";
import { count, moment, size } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { section, table, type Line, type Screen } from "./screen.ts";
import { DROP_WORDS } from "./words-drops.ts";

const MOST = 50;
/** Each of them is asked for a page. */
const MOST_BRIDGES = 100;
const MOST_OPTIONS = 500;
/** Of a value in the address. */
const MOST_VALUE = 200;

const STATES = [
  "open",
  "done",
  "held",
  "handed-over",
  "duplicate",
  "refused",
  "erased",
] as const satisfies readonly DropState[];

/** What the address asks for. */
interface Choice {
  readonly bridge: string | undefined;
  readonly state: DropState | undefined;
  /** By dimension: tags, who is responsible. */
  readonly chosen: ReadonlyMap<string, string>;
  /** Older than this one. */
  readonly after: string | undefined;
}

export async function dropsPage(operations: Operations, all: Facts, screen: Screen): Promise<Page> {
  const { language } = screen;
  const own = DROP_WORDS[language];
  const dimensions = dimensionsOf(all);
  const choice = choiceOf(screen.query, dimensions);
  const names = bridgesOf(choice, dimensions, all);
  const found = await newest(operations, names?.slice(0, MOST_BRIDGES), choice);
  const shown = found.slice(0, MOST);
  const isFirst = choice.after === undefined;
  const mine = names === undefined ? undefined : new Set(names);
  const facts = mine === undefined ? all : { ...all, bridges: all.bridges.filter(({ bridge }) => mine.has(bridge)) };
  const newer = html`<p class="newer" hidden><a href="${screen.address}"></a></p>`;
  const list =
    shown.length === 0
      ? html`<p>${own.none}</p>`
      : table(
          own.caption,
          columnsOf(screen),
          shown.map((drop) => lineOf(drop, all, screen)),
        );
  const left = names === undefined ? 0 : names.length - MOST_BRIDGES;
  const body = html`<div class="lead">
      <h1 class="kern-heading-medium">${own.title}</h1>
      ${filters(choice, dimensions, all, screen)}
    </div>
    ${isFirst && expectedSection(facts, screen)}
    ${section(
      "came",
      own.listed,
      own.order,
      html`${left > 0 && html`<p class="note">${own.some(count(language, MOST_BRIDGES), count(language, MOST_BRIDGES + left))}</p>`}
      ${isFirst && newer} ${list} ${paging(choice, found, screen)}`,
    )}`;
  return { title: own.title, body };
}

function choiceOf(query: URLSearchParams, dimensions: readonly Dimension[]): Choice {
  const value = (name: string): string | undefined => query.get(name)?.slice(0, MOST_VALUE) || undefined;
  const state = value("stand");
  return {
    bridge: value("bruecke"),
    state: STATES.find((one) => one === state),
    chosen: chosenIn(query, dimensions),
    after: value("nach"),
  };
}

/** undefined = all, those too that are no longer loaded. */
function bridgesOf(
  { bridge, chosen }: Choice,
  dimensions: readonly Dimension[],
  { bridges, lifecycle: { rows } }: Facts,
): readonly string[] | undefined {
  if (chosen.size === 0) return bridge === undefined ? undefined : [bridge];
  const isMine = among(dimensions, chosen);
  const known = [...new Set([...bridges, ...rows].map((one) => one.bridge))];
  return known.filter((name) => isMine(name) && (bridge === undefined || name === bridge)).toSorted();
}

/** One more than is shown, where there are more. */
async function newest(
  operations: Pick<Operations, "drops">,
  bridges: readonly string[] | undefined,
  { state, after }: Choice,
): Promise<readonly DropView[]> {
  const query = { state, after, newestFirst: true, limit: MOST + 1 };
  if (bridges === undefined) return await operations.drops(query);
  const lists = await Promise.all(bridges.map(async (bridge) => await operations.drops({ ...query, bridge })));
  return lists
    .flat()
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, MOST + 1);
}

function columnsOf({ words, language }: Screen) {
  const own = DROP_WORDS[language];
  return [
    { title: own.drop },
    { title: words.state },
    { title: words.records, numeric: true },
    { title: own.size, numeric: true },
    { title: words.when, numeric: true },
  ];
}

function lineOf(drop: DropView, facts: Facts, screen: Screen): Line {
  const { language } = screen;
  const { id, bridge, records, received, size: bytes } = drop;
  const standing = dropStanding(drop, drop.dead > 0 ? openOf(facts.letters, drop) : 0, screen);
  return {
    mark: screen.row(standing.key),
    cells: [
      html`<a href="${dropHref(id)}">${dropName(drop)}</a><small>${bridgeLink(bridge, facts)}</small>`,
      standing.shown,
      html`${screen.live(`${id}/records`, records === null ? "–" : count(language, records))}`,
      html`${size(language, bytes)}`,
      html`<time datetime="${received}">${moment(language, received, facts.now.slice(0, 10))}</time>`,
    ],
  };
}

/** One that is not loaded has no page. */
export function bridgeLink(bridge: string, facts: Facts): Html {
  return facts.byName.has(bridge)
    ? html`<a href="${bridgeHref(bridge)}">${titleOf(facts, bridge)}</a>`
    : html`${bridge}`;
}

function paging(choice: Choice, found: readonly DropView[], { words, language }: Screen): Html | false {
  const own = DROP_WORDS[language];
  const last = found.length > MOST ? found[MOST - 1] : undefined;
  if (choice.after === undefined && last === undefined) return false;
  return html`<nav aria-label="${words.pages}">
    <p class="more">
      ${choice.after !== undefined && html`<a href="${dropsHref({ ...choice, after: undefined })}">${own.newest}</a>`}
      ${last !== undefined && html`<a href="${dropsHref({ ...choice, after: last.id })}">${own.older}</a>`}
    </p>
  </nav>`;
}

export function dropsHref({ bridge, state, chosen, after }: Partial<Choice>): string {
  const pairs = [...Object.entries({ bruecke: bridge, stand: state }), ...(chosen ?? []), ["nach", after] as const];
  const query = new URLSearchParams(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
  return `/eingaenge${query.size === 0 ? "" : `?${query.toString()}`}`;
}

type Option = readonly [value: string, text: string];

function filters(
  { bridge, state, chosen: by }: Choice,
  dimensions: readonly Dimension[],
  facts: Facts,
  screen: Screen,
): Html {
  const { words, language } = screen;
  const bridges = facts.bridges
    .map(({ bridge: name }): Option => [name, titleOf(facts, name)])
    .toSorted(([, a], [, b]) => a.localeCompare(b, language));
  const select = (name: string, label: string, chosen: string | undefined, options: readonly Option[]): Html => {
    // What is none any more stays what was asked for.
    const isListed = chosen === undefined || options.slice(0, MOST_OPTIONS).some(([value]) => value === chosen);
    const listed = [...(isListed ? [] : [[chosen, chosen] as const]), ...options.slice(0, MOST_OPTIONS)];
    return html`<div class="choice">
      <label for="${name}">${label}</label>
      <div class="kern-form-input__select-wrapper">
        <select class="kern-form-input__select" id="${name}" name="${name}">
          <option value="">${words.all}</option>
          ${listed.map(([value, text]) => html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`)}
        </select>
      </div>
    </div>`;
  };
  return html`<form class="filters" method="get" action="/eingaenge">
    ${select("bruecke", words.bridge, bridge, bridges)}
    ${select(
      "stand",
      words.state,
      state,
      STATES.map((one): Option => [one, words.dropStates[one]]),
    )}
    ${shownOf(dimensions, by).map((dimension) =>
      select(
        dimension.key,
        dimension.label(screen),
        by.get(dimension.key),
        dimension.values.map((one): Option => [one, one]),
      ),
    )}
    <button type="submit" class="linkish">${words.show}</button>
  </form>`;
}
