// All bridges, by name; the address holds what was searched for and the page.

import { html, type Html } from "../pages/html.ts";
import { bridgeState } from "./bridge-state.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { filtered } from "./filters.ts";
import { count, day } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { button, table, type Screen } from "./screen.ts";

const MOST = 50;

export function bridgesPage(all: Facts, screen: Screen): Page {
  const { words, language, query } = screen;
  const asked = (query.get("name") ?? "").slice(0, 100);
  const { facts, form, chosen } = filtered(all, screen, "/bruecken", asked === "" ? {} : { name: asked });
  const found = facts.bridges
    .filter(({ bridge, title }) => `${bridge} ${title}`.toLowerCase().includes(asked.trim().toLowerCase()))
    .toSorted((a, b) => titleOf(facts, a.bridge).localeCompare(titleOf(facts, b.bridge), language));
  const pages = Math.max(1, Math.ceil(found.length / MOST));
  const at = Math.min(pages, Math.max(1, Math.trunc(Number(query.get("seite") ?? 1)) || 1));
  const shown = found.slice((at - 1) * MOST, at * MOST);
  const columns = [
    { title: words.bridge },
    { title: words.state },
    { title: words.drops, numeric: true },
    { title: words.records, numeric: true },
    { title: words.letters, numeric: true },
    { title: words.end, numeric: true },
  ];
  const lines = shown.map((bridge) => {
    const row = facts.rows.get(bridge.bridge);
    const title = titleOf(facts, bridge.bridge);
    return {
      cells: [
        html`<a href="${bridgeHref(bridge.bridge)}">${title}</a
          >${title !== bridge.bridge && html`<small>${bridge.bridge}</small>`}`,
        bridgeState(bridge, screen),
        html`${count(language, bridge.drops)}`,
        html`${count(language, bridge.records)}`,
        html`${count(language, bridge.openDead)}`,
        row === undefined ? html`–` : html`<time datetime="${row.sunset}">${day(language, row.sunset)}</time>`,
      ],
    };
  });
  const body = html`<div class="lead">
      <h1 class="kern-heading-medium">${words.bridges}</h1>
      <p class="muted">${words.bridgesShown(count(language, found.length), count(language, facts.bridges.length))}</p>
      ${form}
    </div>
    <form class="acts" method="get" action="/bruecken" role="search">
      <div class="kern-form-input">
        <label for="name">${words.search}</label>
        <input class="kern-form-input__input" id="name" name="name" value="${asked}" maxlength="100" />
      </div>
      ${[...chosen].map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}" />`)}
      ${button("secondary", words.show)}
    </form>
    <section aria-label="${words.bridges}">
      ${shown.length === 0 ? html`<p>${words.noBridge}</p>` : table(words.bridgesCaption, columns, lines)}
    </section>
    ${pages > 1 && paging([...chosen, ["name", asked]], at, pages, screen)}`;
  return { title: words.bridges, body };
}

type Query = readonly (readonly [name: string, value: string])[];

function paging(asked: Query, at: number, pages: number, { words }: Screen): Html {
  const query = (page: number): string =>
    new URLSearchParams([...asked, ["seite", String(page)]].map(([name = "", value = ""]) => [name, value])).toString();
  const to = (page: number, text: string): Html => html`<a href="/bruecken?${query(page)}">${text}</a>`;
  return html`<nav aria-label="${words.pages}">
    <p class="more">${at > 1 && to(at - 1, words.previous)} ${at} / ${pages} ${at < pages && to(at + 1, words.next)}</p>
  </nav>`;
}
