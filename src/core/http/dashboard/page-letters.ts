// What waits for a decision: by cause, and the single letters of one cause.

import type { DeadView, Operations } from "../../operations/operations.ts";
import { MOST_PAGE } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { causesOf, lettersHref, reasonIn, titleOf, type Cause, type Facts } from "./facts.ts";
import { filtered } from "./filters.ts";
import { count, day, moment, span } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { asking, state, table, type Screen } from "./screen.ts";
import { isPerson } from "../../lifecycle/person.ts";
import { ACT_WORDS } from "./words-acts.ts";

const MOST = 50;
const MOST_NAMED = 5;

export async function lettersPage(operations: Operations, all: Facts, screen: Screen): Promise<Page> {
  const { words, query } = screen;
  const [bridge, stage, code] = ["bruecke", "stelle", "code"].map((name) => query.get(name)?.slice(0, 100));
  const after = query.get("nach") ?? undefined;
  // Of one bridge there is nothing more to choose.
  const { facts, form } =
    bridge === undefined ? filtered(all, screen, "/klaerfaelle") : { facts: all, form: false as const };
  const letters =
    bridge === undefined
      ? facts.letters
      : await operations.dead({ bridge, state: "open", limit: MOST_PAGE, after: after?.slice(0, 100) });
  const grouped = bridge === undefined ? all.grouped : letters.length === MOST_PAGE;
  const where =
    bridge !== undefined && html` / <a href="${lettersHref({ bruecke: bridge })}">${titleOf(facts, bridge)}</a>`;
  const head = html`<p class="crumb">
      <a href="/">${words.lage}</a> / <a href="/klaerfaelle">${words.letters}</a>${where}
    </p>
    <div class="lead">
      <h1 class="kern-heading-medium">${words.letters}${bridge !== undefined && `: ${titleOf(facts, bridge)}`}</h1>
      ${form}
    </div>`;
  const list =
    code === undefined || stage === undefined || bridge === undefined
      ? causesTable(bridge === undefined ? facts.causes : causesOf(letters), grouped, facts, screen)
      : single(letters, { bridge, stage, code }, facts, screen);
  return {
    title: words.letters,
    body: html`${head}
      <section aria-label="${words.letters}">${list}</section>`,
  };
}

/** `some`: not all that are open are grouped. */
export function causesTable(all: readonly Cause[], some: boolean, facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  if (all.length === 0) return html`<p>${noneOpen(facts, some, screen)}</p>`;
  const today = facts.now.slice(0, 10);
  const lines = all.slice(0, MOST).map((cause) => ({
    cells: [
      html`<a href="${lettersHref({ bruecke: cause.bridge, stelle: cause.stage, code: cause.code })}"
          >${reasonIn(language, cause)}</a
        ><small>${titleOf(facts, cause.bridge)} · ${words.stages[cause.stage]} · <code>${cause.code}</code></small>`,
      html`${count(language, cause.records)}`,
      html`${moment(language, cause.oldest, today)}`,
      erasure(cause.erased, facts, screen),
    ],
  }));
  const columns = [
    { title: words.cause },
    { title: words.open, numeric: true },
    { title: words.eldest, numeric: true },
    { title: words.erasedWhat, numeric: true },
  ];
  const more = all.length - lines.length;
  const grouped = some ? words.ofMany(count(language, MOST_PAGE)) : "";
  return html`${table(words.causeCaption, columns, lines)}
  ${(more > 0 || grouped !== "") && html`<p class="more">${more > 0 && words.moreOf(count(language, more))} ${grouped}</p>`}`;
}

/** Where somebody was not heard, or not all are grouped, nobody knows that. */
export function noneOpen(facts: Facts, some: boolean, screen: Screen): Html {
  const { words, language } = screen;
  const { beyond } = facts;
  const open = some ? facts.bridges.filter(({ openDead }) => openDead > 0) : [];
  if (open.length > 0) {
    const links = open
      .slice(0, MOST_NAMED)
      .map(
        ({ bridge, openDead }, at) =>
          html`${at > 0 && ", "}<a href="${lettersHref({ bruecke: bridge })}">${titleOf(facts, bridge)}</a>
            ${count(language, openDead)}`,
      );
    return html`${state("warn", "warn", words.noneOfMany)} ${links}${open.length > MOST_NAMED && ", …"}`;
  }
  const isSure = beyond === undefined || beyond.without(screen) === "";
  return isSure ? state("ok", "ok", words.noLetters) : state("none", "unk", words.noLettersKnown);
}

function erasure(erased: string | null, { time }: Facts, { words, language }: Screen): Html {
  if (erased === null) return html`–`;
  return html`${day(language, erased)}<small
      >${words.left(span(language, Math.max(0, Date.parse(erased) - time)))}</small
    >`;
}

interface Which {
  readonly bridge: string;
  readonly stage: string;
  readonly code: string;
}

/** All letters of the cause at once, for persons: one asks, another one confirms. */
function byTwo({ bridge, stage, code }: Which, screen: Screen): Html | false {
  if (!isPerson(screen.actor) || !(screen.may("operator", bridge) || screen.may("clearing", bridge))) return false;
  const words = ACT_WORDS[screen.language];
  const hidden = { bruecke: bridge, stelle: stage, code };
  const ask = (kind: string, word: string): Html =>
    asking(`/klaerfaelle/beantragen/${kind}`, "reason", words.why, word, screen, { id: kind, hidden });
  return html`<h2 class="kern-title">${words.askFor}</h2>
    <p class="hint">${words.askMeans}</p>
    ${ask("dismiss", words.askDismiss)} ${screen.may("operator", bridge) && ask("replay", words.askReplay)}`;
}

function single(letters: readonly DeadView[], which: Which, facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const own = letters.filter(({ stage, code }) => stage === which.stage && code === which.code);
  const shown = own.slice(0, MOST);
  const lines = shown.map((letter) => ({
    cells: [
      html`<a href="/klaerfaelle/${letter.id}"
          >${words.recordsOf(count(language, letter.record), count(language, letter.last))}</a
        ><small>${letter.dropName}</small>`,
      html`${reasonIn(language, letter)}`,
      html`${moment(language, letter.created, facts.now.slice(0, 10))}`,
      erasure(letter.erased, facts, screen),
    ],
  }));
  // What was read and is none of this cause is behind us, too.
  const last = own.length > MOST ? shown.at(-1) : letters.length === MOST_PAGE ? letters.at(-1) : undefined;
  const next = last && lettersHref({ bruecke: which.bridge, stelle: which.stage, code: which.code, nach: last.id });
  const columns = [
    { title: words.letter },
    { title: words.message },
    { title: words.madeAt, numeric: true },
    { title: words.erasedWhat, numeric: true },
  ];
  return html`${lines.length === 0 ? html`<p>${words.noFurther}</p>` : table(words.lettersCaption, columns, lines)}
  ${own.length > 1 && byTwo(which, screen)}
  ${next !== undefined && html`<p class="more"><a href="${next}">${words.next}</a></p>`}`;
}
