// Who still calls which bridge; the address holds what was asked for and the page.

import { html, type Html } from "../pages/html.ts";
import { callerColumns, callerLine, type CallerLine } from "./callers.ts";
import { titleOf, type Facts } from "./facts.ts";
import { count } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { button, table, type Screen } from "./screen.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";

const MOST = 50;
const STATES = ["knocking", "using", "migrated"] as const;

/** What the address asks for. */
export function chosen(lines: readonly CallerLine[], { query }: Screen): readonly CallerLine[] {
  const [bridge, state] = [query.get("bruecke") ?? "", query.get("stand") ?? ""];
  return lines.filter((line) => (bridge === "" || line.bridge === bridge) && (state === "" || line.state === state));
}

export function callersPage(all: readonly CallerLine[], facts: Facts, screen: Screen): Page {
  const { words, language, query } = screen;
  const own = PROGRESS_WORDS[language];
  const found = chosen(all, screen);
  const pages = Math.max(1, Math.ceil(found.length / MOST));
  const at = Math.min(pages, Math.max(1, Math.trunc(Number(query.get("seite") ?? 1)) || 1));
  const lines = found.slice((at - 1) * MOST, at * MOST).map((line) => callerLine(line, facts, screen, true));
  const csv = html`<a class="small" href="/aufrufer.csv?${addressOf(query, undefined)}">${own.asCsv}</a>`;
  const body = html`<div class="lead">
      <h1 class="kern-heading-medium">${own.callers}</h1>
      <p class="muted">${own.callersShown(count(language, found.length), count(language, all.length))}</p>
      ${csv}
    </div>
    ${filters(all, facts, screen)}
    <section aria-label="${own.callers}">
      ${lines.length === 0 ? html`<p>${own.callersNone}</p>` : table(own.caption, callerColumns(screen, true), lines)}
    </section>
    ${
      pages > 1 &&
      html`<nav aria-label="${words.pages}">
        <p class="more">
          ${at > 1 && html`<a href="/aufrufer?${addressOf(query, at - 1)}">${words.previous}</a>`} ${at} / ${pages}
          ${at < pages && html`<a href="/aufrufer?${addressOf(query, at + 1)}">${words.next}</a>`}
        </p>
      </nav>`
    }`;
  return { title: own.callers, body };
}

function addressOf(query: URLSearchParams, page: number | undefined): string {
  const to = new URLSearchParams();
  for (const name of ["bruecke", "stand"]) if (query.get(name)) to.set(name, query.get(name) ?? "");
  if (page !== undefined) to.set("seite", String(page));
  return to.toString();
}

function filters(all: readonly CallerLine[], facts: Facts, { words, language, query }: Screen): Html {
  const own = PROGRESS_WORDS[language];
  const bridges = [...new Set(all.map(({ bridge }) => bridge))]
    .toSorted((a, b) => titleOf(facts, a).localeCompare(titleOf(facts, b), language))
    .slice(0, 500);
  const select = (name: string, label: string, options: readonly (readonly [value: string, text: string])[]): Html =>
    html`<label for="${name}">${label}</label>
      <div class="kern-form-input__select-wrapper">
        <select class="kern-form-input__select" id="${name}" name="${name}">
          <option value="">${words.all}</option>
          ${options.map(([value, text]) => html`<option value="${value}" ${query.get(name) === value && html`selected`}>${text}</option>`)}
        </select>
      </div>`;
  return html`<form class="filters" method="get" action="/aufrufer">
    ${select(
      "bruecke",
      own.filterBridge,
      bridges.map((bridge) => [bridge, titleOf(facts, bridge)] as const),
    )}
    ${select(
      "stand",
      own.filterState,
      STATES.map((which) => [which, own.states[which]] as const),
    )}
    ${button("tertiary", words.show)}
  </form>`;
}
