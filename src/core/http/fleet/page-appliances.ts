// All appliances: whether they are heard, what they run, and where one differs from the others.

import type { ApplianceStanding } from "../../fleet/gather.ts";
import type { Facts } from "../dashboard/facts.ts";
import { filtered } from "../dashboard/filters.ts";
import { count } from "../dashboard/format.ts";
import type { Page } from "../dashboard/page-lage.ts";
import { section, state, table, type Screen } from "../dashboard/screen.ts";
import { html, type Html } from "../pages/html.ts";
import { applianceHref, failureText, silentText, when } from "./acute.ts";
import { bridgesOf, chosenOf } from "./fleet-facts.ts";
import { FLEET_WORDS } from "./words.ts";

const MOST = 50;
/** Hexadecimal digits of a hash that people compare. */
const DIGITS = 8;
const MOST_MAPPINGS = 50;
const MOST_NAMED = 5;

export function appliancesPage(all: readonly ApplianceStanding[], facts: Facts, screen: Screen): Page {
  const { words, language, query } = screen;
  const own = FLEET_WORDS[language];
  const { form, chosen } = filtered(facts, screen, "/anlagen");
  const shown = chosenOf(all, chosen).toSorted(byNeed);
  const pages = Math.max(1, Math.ceil(shown.length / MOST));
  const at = Math.min(pages, Math.max(1, Math.trunc(Number(query.get("seite") ?? 1)) || 1));
  const usual = usualOf(all);
  const lines = shown.slice((at - 1) * MOST, at * MOST).map((one) => ({
    mark: screen.row(one.entry.name),
    cells: cellsOf(one, usual, facts.time, screen),
  }));
  const columns = [
    { title: own.appliance },
    { title: words.state },
    { title: own.heard, numeric: true },
    { title: own.version },
    { title: own.policy },
    { title: own.bridges, numeric: true },
    { title: own.chain },
  ];
  const to = (page: number, text: string): Html =>
    html`<a href="/anlagen?${new URLSearchParams([...chosen, ["seite", String(page)]]).toString()}">${text}</a>`;
  const body = html`<div class="lead">
      <h1 class="kern-heading-medium">${own.appliances}</h1>
      <p class="muted">${own.shown(count(language, shown.length), count(language, all.length))}</p>
      ${form}
    </div>
    <section aria-label="${own.appliances}">
      ${lines.length === 0 ? html`<p>${own.none}</p>` : table(own.appliancesCaption, columns, lines)}
    </section>
    ${
      pages > 1 &&
      html`<nav aria-label="${words.pages}">
        <p class="more">
          ${at > 1 && to(at - 1, words.previous)} ${at} / ${pages} ${at < pages && to(at + 1, words.next)}
        </p>
      </nav>`
    }
    ${mappings(shown, screen)}`;
  return { title: own.appliances, body };
}

function byNeed(a: ApplianceStanding, b: ApplianceStanding): number {
  return rank(a) - rank(b) || a.entry.title.localeCompare(b.entry.title, "de", { numeric: true });
}

function rank({ broken, unknown }: ApplianceStanding): number {
  return broken !== undefined ? 0 : unknown ? 1 : 2;
}

function cellsOf(one: ApplianceStanding, usual: Usual, time: number, screen: Screen): readonly Html[] {
  const { entry, snapshot, seen } = one;
  const own = FLEET_WORDS[screen.language];
  const tags = Object.values(entry.tags).join(", ");
  const flagged = (text: string, differs: boolean): Html =>
    html`<code>${text}</code>${differs && html`<small>${state("warn", "warn", own.differs)}</small>`}`;
  return [
    html`<a href="${applianceHref(entry.name)}">${entry.title}</a
      ><small>${entry.name}${tags !== "" && ` · ${tags}`}</small>`,
    stateOf(one, time, screen),
    html`${screen.live(`${entry.name}/heard`, seen === undefined ? own.never : when(seen, time, screen))}`,
    snapshot === undefined ? html`–` : flagged(snapshot.version, snapshot.version !== usual.version),
    snapshot === undefined ? html`–` : flagged(snapshot.policy.slice(0, DIGITS), snapshot.policy !== usual.policy),
    html`${snapshot === undefined ? "–" : count(screen.language, bridgesOf(one).length)}`,
    chainOf(one, screen),
  ];
}

/** Only words where all is well: shapes are for what somebody has to see. */
export function stateOf(one: ApplianceStanding, time: number, screen: Screen, isRow = true): Html {
  const { broken, unknown, entry, snapshot, failure } = one;
  const own = FLEET_WORDS[screen.language];
  const failed = isRow && failure !== undefined && html`<small>${failureText(one, screen)}</small>`;
  if (unknown) {
    const text = silentText(one, time, screen);
    return html`${broken !== undefined && html`${state("danger", "danger", own.broken)} · `}${state("none", "unk", screen.live(`${entry.name}/state`, text))}${failed}`;
  }
  if (broken !== undefined)
    return html`${state("danger", "danger", own.broken)}${isRow && html`<small>${own.why[broken.kind]}</small>`}`;
  const isFile = entry.from.kind === "carried" && snapshot !== undefined;
  const beside = isRow && isFile && html`<small>${own.asFileOf(when(Date.parse(snapshot.at), time, screen))}</small>`;
  return html`${screen.live(`${entry.name}/state`, isFile ? own.asFile : own.runs)}${beside}${failed}`;
}

function chainOf({ snapshot, entry, broken }: ApplianceStanding, { language }: Screen): Html {
  if (snapshot === undefined) return html`–`;
  const own = FLEET_WORDS[language];
  const { seq } = snapshot.audit;
  const entries = seq === 1 ? own.entryOne : own.entries(count(language, seq));
  return html`${broken === undefined ? entries : state("danger", "danger", entries)}<small
      >${entry.publicKey === undefined ? own.firstSeen : own.pinned}</small
    >`;
}

interface Usual {
  readonly version: string | undefined;
  readonly policy: string | undefined;
}

/** What most of them have. */
function usualOf(all: readonly ApplianceStanding[]): Usual {
  const known = all.flatMap(({ snapshot }) => snapshot ?? []);
  return { version: mostOf(known.map(({ version }) => version)), policy: mostOf(known.map(({ policy }) => policy)) };
}

/** Of several that are as many, the first by the alphabet, so that the page says the same twice. */
function mostOf(values: readonly string[]): string | undefined {
  const groups = [...Map.groupBy(values, (value) => value)];
  return groups.toSorted(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1))[0]?.[0];
}

/** Bridges of one name whose folders are not the same everywhere. */
function mappings(all: readonly ApplianceStanding[], screen: Screen): Html {
  const { words, language } = screen;
  const own = FLEET_WORDS[language];
  const found = all.flatMap((one) =>
    bridgesOf(one).flatMap(({ view, mapping }) =>
      mapping === null ? [] : [{ bridge: view.bridge, mapping, on: one.entry }],
    ),
  );
  const differing = [...Map.groupBy(found, ({ bridge }) => bridge)].filter(
    ([, group]) => new Set(group.map(({ mapping }) => mapping)).size > 1,
  );
  if (differing.length === 0)
    return section("mappings", own.mappings, "", html`<p class="small muted">${own.mappingsSame}</p>`);
  const lines = differing.slice(0, MOST_MAPPINGS).map(([bridge, group]) => {
    const versions = [...Map.groupBy(group, ({ mapping }) => mapping)].toSorted(([, a], [, b]) => b.length - a.length);
    const shown = versions.map(([mapping, same]) => {
      const more = same.length - MOST_NAMED;
      const names = same.slice(0, MOST_NAMED).map(({ on }) => on.title);
      return html`<div>
        <code>${mapping.slice(0, DIGITS)}</code> ${own.on}
        ${names.join(", ")}${more > 0 && ` ${own.others(count(language, more))}`}
      </div>`;
    });
    return { cells: [html`<code>${bridge}</code>`, html`${count(language, versions.length)}`, html`${shown}`] };
  });
  const columns = [{ title: words.bridge }, { title: own.version, numeric: true }, { title: own.mapping }];
  const more = differing.length - lines.length;
  return section(
    "mappings",
    own.mappings,
    count(language, differing.length),
    html`${table(own.mappingsCaption, columns, lines)}${more > 0 && html`<p class="more">${words.moreOf(count(language, more))}</p>`}`,
  );
}
