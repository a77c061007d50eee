// The audit trail: newest first, of all bridges or one; its chain is verified when somebody asks, not with every look.

import { cell, csvOf } from "../../lifecycle/report-csv.ts";
import type { AuditVerdict, AuditView, Operations, Role } from "../../operations/operations.ts";
import { MOST_PAGE } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { count, day, local } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { button, section, state, table, type Screen } from "./screen.ts";
import { NACHWEIS } from "./words-nachweis.ts";

/** As in the admin API. */
export const TRAIL_READERS: readonly Role[] = ["operator", "approver"];
const MOST = 50;
export const MOST_CSV = 10_000;
/** Names that are not broken, in signs. */
const MOST_WHOLE = 32;
/** Of a fact, in signs. */
const MOST_FACT = 200;

export async function trailPage(
  operations: Operations,
  facts: Facts,
  screen: Screen,
  verdict?: AuditVerdict,
): Promise<Page> {
  const { language, query } = screen;
  const words = NACHWEIS[language];
  const bridge = bridgeOf(query);
  const before = Number(query.get("vor") ?? "");
  const after = Number.isSafeInteger(before) && before > 0 ? before : undefined;
  const entries = await operations.audit({ bridge, after, newestFirst: true, limit: MOST });
  const body = html`<p class="crumb"><a href="/nachweis">${words.title}</a></p>
    <h1 class="kern-heading-medium">${words.trail}</h1>
    ${chain(screen, verdict)}
    ${section("entries", words.entries, words.trailMeans, html`${choice(facts, bridge, screen)} ${list(entries, facts, screen)} ${paging(entries, bridge, after, screen)}`)}`;
  return { title: words.trail, body };
}

function bridgeOf(query: URLSearchParams): string | undefined {
  const bridge = query.get("bruecke")?.slice(0, 100);
  return bridge === "" ? undefined : bridge;
}

/** A form, although it changes nothing: to recompute a long chain is work, and nobody's link shall cause it. */
function chain(screen: Screen, verdict: AuditVerdict | undefined): Html {
  const { language, csrf } = screen;
  const words = NACHWEIS[language];
  const said =
    verdict &&
    (verdict.broken === null
      ? html`<p role="status">
          ${state("ok", "ok", words.unbroken(count(language, verdict.entries)))} ${words.head}:
          <code>${verdict.head}</code>
        </p>`
      : html`<p role="alert">
          ${state("danger", "danger", words.broken(count(language, verdict.broken.seq)))}:
          <span lang="en">${verdict.broken.why}</span>. ${words.brokenMeans}
        </p>`);
  return html`${said}
    <form class="acts" method="post" action="/nachweis/protokoll">
      ${csrf}${button("secondary", words.verify)}
      <p class="small muted">${words.verifyMeans}</p>
    </form>`;
}

function choice(facts: Facts, chosen: string | undefined, { language }: Screen): Html {
  const words = NACHWEIS[language];
  const names = [...new Set([...facts.bridges.map(({ bridge }) => bridge), ...(chosen === undefined ? [] : [chosen])])];
  const option = (name: string): Html =>
    html`<option value="${name}" ${name === chosen && html`selected`}>${titleOf(facts, name)}</option>`;
  return html`<form class="filters" method="get" action="/nachweis/protokoll">
    <label for="bruecke">${words.filter}</label>
    <div class="kern-form-input__select-wrapper">
      <select class="kern-form-input__select" id="bruecke" name="bruecke">
        <option value="">${words.allBridges}</option>
        ${names.slice(0, 500).map(option)}
      </select>
    </div>
    <button type="submit" class="linkish">${words.show}</button>
  </form>`;
}

function list(entries: readonly AuditView[], facts: Facts, { language }: Screen): Html {
  const words = NACHWEIS[language];
  if (entries.length === 0) return html`<p>${words.noEntries}</p>`;
  const lines = entries.map(({ seq, at, event, bridge, drop, actor, facts: details }) => ({
    cells: [
      html`<code class="nb">${event}</code><small>${words.number} ${count(language, seq)}</small>`,
      html`${whenOf(at, language)}`,
      html`${bridge === undefined ? html`–` : facts.byName.has(bridge) ? html`<a href="${bridgeHref(bridge)}">${titleOf(facts, bridge)}</a>` : bridge}${drop !== undefined && html`<small><code class="nb">${drop}</code></small>`}`,
      html`<span ${actor.length <= MOST_WHOLE && html`class="nb"`}>${actor}</span>`,
      factsOf(details),
    ],
  }));
  const columns = [
    { title: words.event },
    { title: words.at, numeric: true },
    { title: words.about },
    { title: words.who },
    { title: words.facts },
  ];
  return table(words.trailCaption, columns, lines);
}

/** To the second: entries are compared with logs. */
function whenOf(at: number, language: Screen["language"]): string {
  const time = local(at);
  return `${day(language, time)} ${time.slice(11, 19)}`;
}

function factsOf(facts: AuditView["facts"]): Html {
  const pairs = Object.entries(facts).map(
    ([name, value], at) => html`${at > 0 && ", "}${name}: ${cut(String(value ?? "–"))}`,
  );
  return html`<span class="small">${pairs.length === 0 ? "–" : pairs}</span>`;
}

/** Hashes and signatures are for comparing by their beginning; the CSV has them whole. */
function cut(text: string): string {
  if (/^[\w+/=:-]{33,}$/.test(text)) return `${text.slice(0, 16)}…`;
  return text.length > MOST_FACT ? `${text.slice(0, MOST_FACT - 1)}…` : text;
}

function paging(
  entries: readonly AuditView[],
  bridge: string | undefined,
  after: number | undefined,
  { language }: Screen,
): Html {
  const words = NACHWEIS[language];
  const to = (query: Readonly<Record<string, string>>, text: string): Html =>
    html`<a
      href="/nachweis/protokoll?${new URLSearchParams({ ...(bridge !== undefined && { bruecke: bridge }), ...query }).toString()}"
      >${text}</a
    >`;
  const last = entries.length === MOST ? entries.at(-1) : undefined;
  return html`<p class="more">
    ${after !== undefined && to({}, words.newest)} ${last !== undefined && to({ vor: String(last.seq) }, words.older)}
  </p>`;
}

const COLUMNS = ["seq", "at", "event", "bridge", "drop", "actor", "facts", "hash"] as const;

/** The newest entries, for spreadsheets; facts as JSON. */
export async function trailCsv(operations: Operations, query: URLSearchParams): Promise<string> {
  const bridge = bridgeOf(query);
  const lines: string[][] = [];
  for (let after: number | undefined; lines.length < MOST_CSV;) {
    const page = await operations.audit({ bridge, after, newestFirst: true, limit: MOST_PAGE });
    lines.push(...page.map(lineOf));
    after = page.at(-1)?.seq;
    if (page.length < MOST_PAGE) break;
  }
  return csvOf([COLUMNS, ...lines]);
}

function lineOf({ seq, at, event, bridge = "", drop = "", actor, facts, hash }: AuditView): string[] {
  return [seq, new Date(at).toISOString(), event, bridge, drop, actor, JSON.stringify(facts), hash].map(cell);
}
