// One drop: how far it has come, what is known of it, and its dead letters.

import type { DeadView, DropView, Operations } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { dropHref, dropName, dropStanding } from "./drop-state.ts";
import { lettersHref, reasonIn, titleOf, type Facts } from "./facts.ts";
import { count, day, moment, size } from "./format.ts";
import { bridgeLink, dropsHref } from "./page-drops.ts";
import type { Page } from "./page-lage.ts";
import { section, state, table, type Screen } from "./screen.ts";
import { DROP_WORDS } from "./words-drops.ts";

const MOST_LETTERS = 50;

/** DROP_UNKNOWN */
export async function dropPage(operations: Operations, id: string, facts: Facts, screen: Screen): Promise<Page> {
  const drop = await operations.drop({ id });
  const letters = await operations.dead({ drop: drop.id, limit: MOST_LETTERS + 1 });
  const { words, language } = screen;
  const own = DROP_WORDS[language];
  const name = dropName(drop);
  // Its letters stand below with their own states.
  const { key, shown } = dropStanding(drop, 0, screen);
  const mark = screen.row(`${key}${drop.records === null ? "" : "/read"}`);
  const body = html`<p class="crumb">
      <a href="/">${words.lage}</a> / <a href="/eingaenge">${own.title}</a> /
      <a href="${dropsHref({ bridge: drop.bridge })}">${titleOf(facts, drop.bridge)}</a>
    </p>
    <div class="lead">
      <h1 class="kern-heading-medium">${name}</h1>
      <p ${mark}>${shown}</p>
    </div>
    ${section("sum", own.sum, "", sumOf(drop, screen))} ${about(drop, facts, screen)}
    ${lettersSection(drop, letters, facts, screen)}`;
  return { title: name, body };
}

/** Written out: what it has is delivered, skipped, dead or still in work. */
function sumOf(drop: DropView, { words, language, live }: Screen): Html {
  const own = DROP_WORDS[language];
  const shown = (key: string, value: number): Html => live(`sum/${key}`, count(language, value));
  const { records, pending, delivered, skipped, dead } = drop;
  const ended = html`${shown("delivered", delivered)} ${words.delivered} + ${shown("skipped", skipped)} ${words.skipped}
  + ${shown("dead", dead)} ${words.deadSum}`;
  if (records !== null)
    return html`<p>
      ${shown("records", records)} ${words.records} = ${ended} + ${shown("pending", pending ?? 0)} ${words.inWork}
    </p>`;
  const isRead = delivered + skipped + dead > 0 || drop.state === "open";
  return isRead ? html`<p>${ended}. ${own.notReadToEnd}</p>` : html`<p>${own.notRead}</p>`;
}

function about(drop: DropView, facts: Facts, screen: Screen): Html {
  const { words, language, live } = screen;
  const own = DROP_WORDS[language];
  const { bridge, size: bytes, sha256, received, finished, duplicateOf, settled, payload, id } = drop;
  const pairs: readonly (readonly [string, Html] | false)[] = [
    [words.bridge, bridgeLink(bridge, facts)],
    [words.received, timeOf(received, screen)],
    [own.finished, finished === null ? html`${own.unfinished}` : timeOf(finished, screen)],
    [own.size, html`${size(language, bytes)} (${own.bytes(count(language, bytes))})`],
    [isMasked(drop) ? own.masked : "SHA-256", html`<code>${sha256}</code>`],
    duplicateOf !== null && [own.duplicateOf, html`<a href="${dropHref(duplicateOf)}"><code>${duplicateOf}</code></a>`],
    [own.receipt, html`${live("answered", receiptOf(drop, screen))}`],
    [own.source, html`${live("settled", settled ? own.settled : own.unsettled)}`],
    [own.content, html`${live("payload", own.contents[payload])}`],
    [own.id, html`<code>${id}</code>`],
  ];
  const list = pairs
    .filter((pair) => pair !== false)
    .map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    );
  return section(
    "about",
    own.about,
    "",
    html`${isMasked(drop) && html`<p class="hint">${own.maskedMeans}</p>`}
      <dl class="facts">${list}</dl>`,
  );
}

/** Erased with its content. A duplicate has none of its own: its name tells whether it is still one. */
function isMasked({ payload, state: is, name }: DropView): boolean {
  return payload === "purged" && (is !== "duplicate" || /^[0-9a-f]{64}$/.test(name));
}

function receiptOf({ answered, state: is }: DropView, { language }: Screen): string {
  const own = DROP_WORDS[language];
  if (answered) return own.answered;
  return is === "open" ? own.answerLater : own.answerDue;
}

/** To the second: it is compared with the sender's log. */
function timeOf(text: string, { language }: Screen): Html {
  return html`<time datetime="${text}">${day(language, text)} ${text.slice(11, 19)}</time>`;
}

function lettersSection(drop: DropView, letters: readonly DeadView[], facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const own = DROP_WORDS[language];
  const newer = html`<p class="newer" hidden><a href="${screen.address}"></a></p>`;
  if (letters.length === 0)
    return section(
      "letters",
      own.letters,
      "",
      html`<p>${own.noLetters}</p>
        ${newer}`,
    );
  const lines = letters.slice(0, MOST_LETTERS).map((letter) => ({
    mark: screen.row(`${letter.id}/${letter.state}`),
    cells: [
      html`<a href="/klaerfaelle/${encodeURIComponent(letter.id)}"
        >${words.recordsOf(count(language, letter.record), count(language, letter.last))}</a
      >`,
      html`${reasonIn(language, letter)}<small><code>${letter.code}</code></small>`,
      letter.state === "open" || letter.state === "expired"
        ? state("warn", "warn", words.letterStates[letter.state])
        : html`${words.letterStates[letter.state]}`,
      html`${moment(language, letter.created, facts.now.slice(0, 10))}`,
    ],
  }));
  const columns = [
    { title: words.letter },
    { title: words.message },
    { title: words.state },
    { title: words.madeAt, numeric: true },
  ];
  const more =
    letters.length > MOST_LETTERS &&
    html`<p class="more"><a href="${lettersHref({ bruecke: drop.bridge })}">${own.moreLetters}</a></p>`;
  return section("letters", own.letters, "", html`${table(own.lettersCaption, columns, lines)}${more}${newer}`);
}
