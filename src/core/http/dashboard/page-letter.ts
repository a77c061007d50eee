// One dead letter: why, and what can be done, each for the role that may.

import type { DeadView, ReplayResult } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { dropHref } from "./drop-state.ts";
import { bridgeHref, lettersHref, reasonIn, titleOf, type Facts } from "./facts.ts";
import { count, day, moment } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { asking, button, section, state, type Screen } from "./screen.ts";

/** What was just looked at; neither of them is kept anywhere. */
export interface Found {
  readonly preview?: ReplayResult;
  readonly detail?: string | null;
}

export function letterPage(letter: DeadView, facts: Facts, screen: Screen, found: Found = {}): Page {
  const { words, language, may } = screen;
  const record = words.recordsOf(count(language, letter.record), count(language, letter.last));
  const open = letter.state === "open" || letter.state === "expired";
  const standing = words.letterStates[letter.state];
  const body = html`<p class="crumb">
      <a href="/">${words.lage}</a> / <a href="/klaerfaelle">${words.letters}</a> /
      <a href="${lettersHref({ bruecke: letter.bridge, stelle: letter.stage, code: letter.code })}"
        >${titleOf(facts, letter.bridge)}</a
      >
    </p>
    <div class="lead">
      <h1 class="kern-heading-medium">${record}: ${reasonIn(language, letter)}</h1>
      <p>${open ? state("warn", "warn", standing) : state("none", "ok", standing)}</p>
    </div>
    ${why(letter, facts, screen)}
    ${found.detail !== undefined && section("values", words.revealed, words.revealMeans, found.detail === null ? html`<p>${words.revealedGone}</p>` : html`<pre class="src" tabindex="0" aria-label="${words.revealed}">${found.detail}</pre>`)}
    ${letter.state === "open" && may("operator", letter.bridge) && replaying(letter, screen, found.preview)}
    ${open && (may("operator", letter.bridge) || may("clearing", letter.bridge)) && dismissing(letter, screen)}
    ${may("clearing", letter.bridge) && letter.state === "open" && found.detail === undefined && revealing(letter, screen)}`;
  return { title: `${record} – ${letter.code}`, body };
}

function why(letter: DeadView, facts: Facts, { words, language }: Screen): Html {
  const today = facts.now.slice(0, 10);
  const pairs: readonly (readonly [string, Html] | false)[] = [
    [words.stage, state("danger", "danger", words.stages[letter.stage])],
    [words.message, html`<code>${letter.code}</code> <span lang="en">${letter.message}</span>`],
    [words.hint, html`<span lang="en">${letter.hint}</span>`],
    [words.bridge, html`<a href="${bridgeHref(letter.bridge)}">${titleOf(facts, letter.bridge)}</a>`],
    [words.received, html`${letter.dropName} <a href="${dropHref(letter.drop)}"><code>${letter.drop}</code></a>`],
    letter.line > 0 && [words.line, html`${count(language, letter.line)}`],
    [words.attempts, html`${count(language, letter.attempts)}`],
    [words.madeAt, html`${moment(language, letter.created, today)}`],
    letter.erased !== null && [words.erasedWhat, html`${day(language, letter.erased)}`],
    letter.closedReason !== null && [words.closed, html`${letter.closedReason} (${letter.closedBy ?? "–"})`],
    [words.letter, html`<code>${letter.id}</code>`],
  ];
  const list = pairs
    .filter((pair) => pair !== false)
    .map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    );
  return section("why", words.why, "", html`<dl class="facts">${list}</dl>`);
}

function replaying({ id }: DeadView, screen: Screen, preview: ReplayResult | undefined): Html {
  const { words, csrf } = screen;
  const again = html`<form class="acts" method="post" action="/klaerfaelle/${id}/vorschau">
    ${csrf}${button(preview === undefined ? "primary" : "secondary", words.preview)}
  </form>`;
  return section(
    "replay",
    words.replay,
    words.replayMeans,
    html`${preview !== undefined && previewed(id, preview, screen)}${again}`,
  );
}

function previewed(id: string, { items, changed }: ReplayResult, screen: Screen): Html {
  const { words, csrf } = screen;
  const [item] = items;
  if (item === undefined) return html`<p>${words.replayedNot}</p>`;
  const good = item.outcome === "would-deliver" || item.outcome === "skipped" || item.outcome === "delivered";
  const files = changed.map(({ file }, at) => html`${at > 0 && ", "}<code>${file}</code>`);
  const send = html`<form class="form" method="post" action="/klaerfaelle/${id}/wiederholen">
    ${csrf} ${changed.length > 0 && box("changed", words.confirmChanged)}
    ${item.outcome === "needs-confirmation" && box("unsure", words.confirmUnsure)}
    <div>${button("primary", words.sendNow)}</div>
  </form>`;
  return html`<dl class="facts">
      <dt>${words.before}</dt>
      <dd>${says(item.before)}</dd>
      <dt>${words.now}</dt>
      <dd>
        ${good ? state("ok", "ok", words.outcomes[item.outcome]) : state("warn", "warn", words.outcomes[item.outcome])}${item.after !== null && html`: ${says(item.after)}`}
      </dd>
    </dl>
    <p>${changed.length > 0 ? html`${words.changedFiles} ${files}` : words.unchanged}</p>
    ${(good || item.outcome === "needs-confirmation") && send}`;
}

function says(error: { readonly code: string; readonly message: string }): Html {
  return html`<code>${error.code}</code> <span lang="en">${error.message}</span>`;
}

function box(name: string, text: string): Html {
  return html`<p class="check">
    <input type="checkbox" id="${name}" name="${name}" value="1" required /><label for="${name}">${text}</label>
  </p>`;
}

function dismissing({ id }: DeadView, screen: Screen): Html {
  const { words } = screen;
  const form = asking(`/klaerfaelle/${id}/verwerfen`, "reason", words.reasonField, words.dismiss, screen);
  return section("dismiss", words.dismiss, words.dismissMeans, form);
}

function revealing({ id }: DeadView, screen: Screen): Html {
  const { words } = screen;
  const form = asking(`/klaerfaelle/${id}/aufdecken`, "ticket", words.ticket, words.reveal, screen);
  return section("reveal", words.reveal, words.revealMeans, form);
}
