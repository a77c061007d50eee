// The machine's clock after a jump: what is known of it, and the way to vouch for it.

import { html } from "../pages/html.ts";
import type { Facts } from "./facts.ts";
import { day, span } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { button, state, type Screen } from "./screen.ts";

export function clockPage({ lifecycle: { alarm }, now }: Facts, { words, language, csrf, may }: Screen): Page {
  const shown = html`<p class="crumb"><a href="/">${words.lage}</a></p>
    <h1 class="kern-heading-medium">${words.clock}: ${day(language, now)}, ${now.slice(11, 16)}</h1>`;
  if (alarm === null)
    return {
      title: words.clock,
      body: html`${shown}
        <p>${state("ok", "ok", words.clockOk)}</p>`,
    };
  const by = span(language, alarm.by);
  const what = alarm.kind === "ahead" ? words.clockAhead(by) : words.clockBehind(by);
  // A clock that is behind is followed again when it has caught up; there is nothing to vouch for.
  const form = may("operator", undefined)
    ? html`<form method="post" action="/uhr">
        ${csrf}
        <p class="acts">${button("primary", words.confirmClock)}</p>
      </form>`
    : html`<p class="note">${words.mayNot(words.roles.operator)}</p>`;
  return {
    title: words.clock,
    body: html`${shown}
      <p>${state("danger", "danger", what)}: ${words.clockMeans}.</p>
      <p>${words.clockWhy} ${words.clockSet}</p>
      ${alarm.kind === "ahead" && form}`,
  };
}
