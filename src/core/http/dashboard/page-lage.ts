// The first page: whether anybody is needed, within five seconds. A sentence, what to do now, what came today, what waits for a
// decision, what ends next, in this order.

import type { BridgeView, DropView } from "../../operations/operations.ts";
import { MOST_PAGE } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { acuteOf, type Acute } from "./acute.ts";
import { dropHref, dropName } from "./drop-state.ts";
import { endsSection } from "./ends.ts";
import { expectedFigures } from "./expected-section.ts";
import { earliest } from "../../alarms/troubles.ts";
import { bridgeHref, lettersHref, reasonIn, titleOf, type Facts, type Notable } from "./facts.ts";
import { filtered } from "./filters.ts";
import { count, day, moment, span, weekday } from "./format.ts";
import { noneOpen } from "./page-letters.ts";
import { linkButton, section, state, table, type Screen } from "./screen.ts";
import { takenOver } from "./taken-over.ts";
import { ALARM_WORDS } from "./words-alarms.ts";
import { DROP_WORDS } from "./words-drops.ts";

const MOST_ACUTE = 50;
const MOST_LISTED = 5;

export interface Page {
  /** Of the browser's tab. */
  readonly title: string;
  readonly body: Html;
}

export function lagePage(all: Facts, screen: Screen): Page {
  const { facts, form } = filtered(all, screen, "/");
  const acute = acuteOf(facts, screen);
  const { words, language } = screen;
  const title = acute.length === 0 ? words.noneTab : words.toDo(count(language, acute.length));
  screen.figures.set("title", title);
  const body = html`<div class="lead">
      <h1 class="kern-heading-medium">
        <span class="clock">${screen.live("clock", clockText(facts, screen))}</span> –
        ${screen.live("sentence", sentence(facts, acute, screen))}
      </h1>
      ${form}
    </div>
    ${actNow(facts, acute, screen)}
    <div class="two">${arrivals(facts, screen)} ${letters(facts, screen)}</div>
    ${endsSection(facts, facts.lifecycle.rows, screen)}`;
  return { title, body };
}

function clockText({ now }: Facts, { language }: Screen): string {
  return `${weekday(language, now)} ${day(language, now)}, ${now.slice(11, 16)}`;
}

/** Every bridge is in one of the figures, so that they add up to all there are. */
function sentence(facts: Facts, acute: readonly Acute[], screen: Screen): string {
  const { words, language } = screen;
  const needy = new Set(acute.flatMap(({ bridge }) => bridge ?? []));
  const rest = facts.bridges.filter(({ bridge }) => !needy.has(bridge));
  const kinds = Map.groupBy(rest, kindOf);
  const of = (kind: string): number => kinds.get(kind)?.length ?? 0;
  const shown = (value: number): string => count(language, value);
  const running = of("running");
  const parts = [
    ...(needy.size > 0 ? [words.need(needy.size, shown(needy.size))] : []),
    needy.size > 0 ? words.run(running, shown(running)) : words.runAll(running, shown(running)),
    ...(of("paused") > 0 ? [words.paused(shown(of("paused")))] : []),
    ...(of("planned") > 0 ? [words.planned(shown(of("planned")))] : []),
    ...(of("ended") > 0 ? [words.ended(shown(of("ended")))] : []),
    ...(of("unknown") > 0 ? [words.unknown(shown(of("unknown")))] : []),
    ...(acute.some(({ key }) => key === "/clock") ? [words.clockDoubt] : []),
    ...(facts.beyond === undefined && acute.some(({ bridge, key }) => bridge === undefined && key !== "/clock")
      ? [ALARM_WORDS[language].applianceNeeds]
      : []),
    ...(facts.beyond?.sentence(screen) ?? []),
  ];
  return parts.join(", ");
}

function kindOf({ lifecycle, paused }: BridgeView): string {
  if (lifecycle === "sunset" || lifecycle === "retired") return "ended";
  if (lifecycle === "planned" || lifecycle === "unknown") return lifecycle;
  return paused ? "paused" : "running";
}

function actNow(facts: Facts, acute: readonly Acute[], screen: Screen): Html {
  const { words, language } = screen;
  if (acute.length === 0) {
    const running = facts.bridges.filter((bridge) => kindOf(bridge) === "running").length;
    const text = words.nothing(facts.now.slice(11, 16), words.runAll(running, count(language, running)));
    return section(
      "act",
      words.actNow,
      "",
      html`<p data-empty>${state("ok", "ok", screen.live("nothing", text))}</p>
        ${newer(screen)}`,
    );
  }
  const columns = [
    { title: words.bridge },
    { title: words.what },
    { title: words.due, numeric: true },
    { title: words.records, numeric: true },
    { title: ALARM_WORDS[language].takenOver },
    { title: words.action, action: true },
  ];
  const lines = acute.slice(0, MOST_ACUTE).map((one, at) => ({
    mark: screen.row(one.key),
    cells: cellsOf(one, at === 0, facts, screen),
  }));
  const more = acute.length - lines.length;
  return section(
    "act",
    words.actNow,
    words.actOrder,
    html`${table(words.actCaption, columns, lines)}
    ${more > 0 && html`<p class="more">${words.moreOf(count(language, more))}</p>`} ${newer(screen)}`,
  );
}

/** Filled by the script where the list has changed while the page is open. */
function newer({ address }: Screen): Html {
  return html`<p class="newer" hidden><a href="${address}"></a></p>`;
}

function cellsOf(one: Acute, first: boolean, { now }: Facts, screen: Screen): readonly Html[] {
  const { language, words, live } = screen;
  const left = one.left === undefined || one.left < 0 ? "" : words.left(span(language, one.left));
  return [
    one.bridge === undefined
      ? html`${one.title}`
      : html`<a href="${bridgeHref(one.bridge)}">${one.title}</a
          >${one.title !== one.bridge && html`<small>${one.bridge}</small>`}`,
    html`${state(one.tone, one.shape, live(`${one.key}/what`, one.what))}${one.detail !== "" && html`<small>${live(`${one.key}/detail`, one.detail)}</small>`}`,
    one.due === ""
      ? html`–`
      : html`<b>${live(`${one.key}/left`, left === "" ? one.due : left)}</b
          >${left !== "" && html`<small>${one.due}</small>`}`,
    one.records === undefined
      ? html`–`
      : html`${live(`${one.key}/records`, count(language, one.records))}<small>${one.recordsAre}</small>`,
    takenOver(one, now.slice(0, 10), screen),
    linkButton(first ? "primary" : "secondary", one.href, one.action),
  ];
}

function dropsOf(some: Facts["today"]["came"]): number {
  return some.reduce((all, { drops }) => all + drops, 0);
}

function arrivals(facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const { came, capped } = facts.today;
  const of = (state: DropView["state"]): number => dropsOf(came.filter((one) => one.state === state));
  const parts: readonly (readonly [string, string, number])[] = [
    ["done", words.finished, of("done")],
    ["open", words.inWork, of("open")],
    ["held", words.held, of("held")],
    ["duplicate", words.double, of("duplicate")],
    ["refused", words.turnedAway, of("refused")],
    ["handed-over", words.dropStates["handed-over"], of("handed-over")],
    ["erased", words.gone, of("erased")],
  ];
  // What there is none of stays out, but for the two that are always asked for.
  const shown = parts.filter(([key, , value], at) => at < 2 || value > 0 || key === "held");
  const figure = ([key, word, value]: readonly [string, string, number], at: number): Html =>
    html`<div>
      <dt>${word}</dt>
      <dd class="op" data-op="${at === 0 ? "=" : "+"}">${screen.live(`today/${key}`, count(language, value))}</dd>
    </div>`;
  const expected = expectedFigures(facts, screen);
  const total = html`<div>
    <dt>${expected === false ? words.came : DROP_WORDS[language].title}</dt>
    <dd>${screen.live("today/all", count(language, dropsOf(came)))}</dd>
  </div>`;
  const counted = capped ? `, ${words.capped(count(language, dropsOf(came)))}` : "";
  return section(
    "came",
    words.arrivals,
    html`${screen.live("today/until", words.until(facts.now.slice(11, 16)))}${counted}${facts.beyond?.without(screen)}`,
    html`${expected}
      <dl class="figs">${total}${shown.map(figure)}</dl>
      ${notable(facts, screen)}`,
    facts.beyond === undefined ? html`<a href="/eingaenge">${DROP_WORDS[language].all}</a>` : undefined,
  );
}

/** Drops that stand still, are held, or brought dead letters. */
function notable(facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const { came, notable: found } = facts.today;
  if (came.length === 0) return html`<p class="small muted">${words.nothingCame}</p>`;
  if (found.length === 0) return html`<p class="small muted">${words.nothingNotable}</p>`;
  const more = found.length - MOST_LISTED;
  const lines = found.slice(0, MOST_LISTED).map((drop) => ({
    cells: [
      html`<a href="${bridgeHref(drop.bridge)}">${titleOf(facts, drop.bridge)}</a>${nameOf(drop)}`,
      finding(drop, screen),
      html`${drop.records === null ? "–" : count(language, drop.records)}`,
      html`${drop.received.slice(11, 16)}`,
    ],
  }));
  const columns = [
    { title: words.notable },
    { title: words.finding },
    { title: words.records, numeric: true },
    { title: words.today, numeric: true },
  ];
  return html`${table(words.notableCaption, columns, lines)}${more > 0 && html`<p class="more">${words.moreOf(count(language, more))}</p>`}`;
}

/** Leads to the drop's own page, where it has one here. */
function nameOf({ id, name }: Notable): Html | false {
  if (id !== undefined) return html`<small><a href="${dropHref(id)}">${dropName({ id, name })}</a></small>`;
  return name !== "" && html`<small>${name}</small>`;
}

export function finding(
  { trouble, state: current, open }: Pick<Notable, "trouble" | "state" | "open">,
  { words, language }: Screen,
): Html {
  if (trouble !== null) return html`${state("danger", "danger", words.stuck)}<small><code>${trouble}</code></small>`;
  if (current === "held") return state("info", "held", words.held);
  if (open > 0) return state("warn", "warn", words.lettersOf(open, count(language, open)));
  return html`${words.dropStates[current]}`;
}

function letters(facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const open = facts.bridges.reduce((sum, { openDead }) => sum + openDead, 0);
  const link = html`<a href="/klaerfaelle">${words.allLetters}</a>`;
  const { causes } = facts;
  if (open === 0 || causes.length === 0) {
    return section("dead", words.letters, "", html`<p>${noneOpen(facts, facts.grouped, screen)}</p>`, link);
  }
  const today = facts.now.slice(0, 10);
  const lines = causes.slice(0, MOST_LISTED).map((cause) => ({
    cells: [
      html`<a href="${lettersHref({ bruecke: cause.bridge, stelle: cause.stage, code: cause.code })}"
          >${titleOf(facts, cause.bridge)}</a
        ><small>${words.stages[cause.stage]}: ${reasonIn(language, cause)}</small>`,
      html`${count(language, cause.records)}`,
      html`${moment(language, cause.oldest, today)}`,
      cause.erased === null
        ? html`–`
        : html`${day(language, cause.erased)}<small
              >${words.left(span(language, Math.max(0, Date.parse(cause.erased) - facts.time)))}</small
            >`,
    ],
  }));
  const columns = [
    { title: words.cause },
    { title: words.open, numeric: true },
    { title: words.eldest, numeric: true },
    { title: words.erasedWhat, numeric: true },
  ];
  const more = causes.length - lines.length;
  const oldest = earliest(causes.map((cause) => cause.oldest)) ?? facts.now;
  const grouped = facts.grouped ? ` ${words.ofMany(count(language, MOST_PAGE))}` : "";
  return section(
    "dead",
    words.letters,
    html`${screen.live("dead/open", words.lettersOpen(count(language, open)))}, ${words.oldest(day(language, oldest))}`,
    html`${table(words.causeCaption, columns, lines)}${(more > 0 || grouped !== "") && html`<p class="more">${more > 0 && words.moreOf(count(language, more))}${grouped}</p>`}`,
    link,
  );
}
