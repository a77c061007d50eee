// One bridge: how far what came has come, whom it speaks to, how long it lives, who calls it, what came last.

import { hasEnded, type LifecycleRow } from "../../lifecycle/state-report.ts";
import type { BridgeView, DeadView, DropView, Operations } from "../../operations/operations.ts";
import { MOST_PAGE } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeState } from "./bridge-state.ts";
import { callerColumns, callerLine, callerLines, type CallerLine } from "./callers.ts";
import { dropHref, dropName } from "./drop-state.ts";
import { driftSection } from "./drift-section.ts";
import { extensionSection } from "./extension-section.ts";
import { lettersHref, openOf, titleOf, type Facts } from "./facts.ts";
import { count, local, moment } from "./format.ts";
import { lifeSection } from "./life.ts";
import { dropsHref } from "./page-drops.ts";
import { finding, type Page } from "./page-lage.ts";
import { retirementSection } from "./retirement-section.ts";
import { asking, section, state, table, type Screen } from "./screen.ts";
import { shadowSection } from "./shadow-section.ts";
import { splitSection } from "./split-section.ts";
import { DROP_WORDS } from "./words-drops.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";

const RECENT = 20;
const MOST_CALLERS = 50;
const STAGES = ["receive", "decode", "map", "validate", "deliver", "answer"] as const;

/** BRIDGE_UNKNOWN */
export async function bridgePage(operations: Operations, name: string, facts: Facts, screen: Screen): Promise<Page> {
  const bridge = facts.byName.get(name) ?? (await operations.bridges({ bridge: name }))[0];
  if (bridge === undefined) throw new Error("an unknown bridge was answered by nothing");
  const row = facts.rows.get(name);
  const [drops, letters, callers, progress, shadow, extension, drift] = await Promise.all([
    operations.drops({ bridge: name, newestFirst: true, limit: RECENT }),
    operations.dead({ bridge: name, state: "open", limit: MOST_PAGE }),
    callerLines(operations, facts, name),
    row && operations.progress({ bridge: name }),
    row && operations.shadow({ bridge: name }),
    row && operations.extension({ bridge: name }),
    operations.drift({ bridge: name }),
  ]);
  const { words } = screen;
  const title = titleOf(facts, name);
  screen.figures.set("title", title);
  const body = html`<p class="crumb"><a href="/">${words.lage}</a> / <a href="/bruecken">${words.bridges}</a></p>
    <div class="lead">
      <h1 class="kern-heading-medium">${title}</h1>
      <p>${bridgeState(bridge, screen)} ${missedState(row, screen)}</p>
    </div>
    <p class="muted">
      <code>${name}</code
      >${row !== undefined && html` · ${words.responsible}: ${row.owner}`}${bridge.tags.map((tag) => html` · <code>${tag}</code>`)}
    </p>
    ${bridge.trouble !== null && html`<p class="note note--danger">${words.trouble}: <span lang="en">${screen.live("trouble", bridge.trouble)}</span></p>`}
    ${bridge.term !== null && html`<p class="note">${words.term}: <span lang="en">${bridge.term}</span></p>`}
    ${flow(bridge, letters, screen)} ${bridge.servers.length > 0 && servers(bridge, facts, screen)}
    ${row !== undefined && progress !== undefined && lifeSection(row, progress, facts, screen)}
    ${progress !== undefined && splitSection(progress, screen)}
    ${shadow != null && shadowSection(shadow, facts, screen)}
    ${callers.length > 0 && callersSection(callers, row, facts, screen)} ${recent(drops, letters, facts, screen)}
    ${row !== undefined && row.state !== "retired" && extension !== undefined && extensionSection(extension, screen)}
    ${driftSection(drift, facts, screen)} ${row !== undefined && retirementSection(row, screen)}
    ${screen.may("operator", name) && bridge.lifecycle !== "refused" && pausing(bridge, screen)}`;
  return { title, body };
}

/** The sum is written out: what came is delivered, skipped, dead or still in work. */
function flow(bridge: BridgeView, letters: readonly DeadView[], screen: Screen): Html {
  const { words, language, live } = screen;
  const shown = (key: string, value: number): Html => live(`flow/${key}`, count(language, value));
  const sum = html`${shown("records", bridge.records)} ${words.records} = ${shown("delivered", bridge.delivered)}
  ${words.delivered} + ${shown("skipped", bridge.skipped)} ${words.skipped} + ${shown("dead", bridge.dead)}
  ${words.deadSum} + ${shown("pending", bridge.pending)} ${words.inWork}`;
  const figures: Readonly<Partial<Record<string, Html>>> = {
    receive: html`<span class="big">${shown("in", bridge.records)}</span
      ><span class="small">${words.dropsCame(bridge.drops, count(language, bridge.drops))}</span>`,
    deliver: html`<span class="big">${shown("out", bridge.delivered)}</span
      ><span class="small">${words.delivered}</span>`,
  };
  const stage = (name: (typeof STAGES)[number]): Html => {
    const own = letters.filter((letter) => letter.stage === name || (name === "map" && letter.stage === "encode"));
    const records = own.reduce((all, letter) => all + letter.last - letter.record + 1, 0);
    const open =
      records === 0
        ? html`<span class="small muted">${words.noneOpenHere}</span>`
        : html`<a class="small" href="${lettersHref({ bruecke: bridge.bridge })}"
            >${words.openHere(records, count(language, records))}</a
          >`;
    return html`<li ${records > 0 && html`class="hurt"`}><b>${words.stages[name]}</b> ${figures[name]} ${open}</li>`;
  };
  return section(
    "flow",
    words.flow,
    sum,
    html`<ol class="stages">
      ${STAGES.map(stage)}
    </ol>`,
  );
}

function servers(bridge: BridgeView, facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const lines = bridge.servers.map(({ role, server, up, since, code }) => ({
    cells: [
      html`<code>${server}</code><small>${words.serverRoles[role]}</small>`,
      up
        ? state("ok", "ok", words.reachable)
        : html`${state("danger", "danger", words.unreachable)}${code !== null && html`<small><code>${code}</code></small>`}`,
      html`${since === null ? "–" : moment(language, local(Date.parse(since)), facts.now.slice(0, 10))}`,
    ],
  }));
  const columns = [{ title: words.server }, { title: words.state }, { title: words.last, numeric: true }];
  return section("servers", words.servers, "", table(words.serversCaption, columns, lines));
}

/** `1 Meilenstein verfehlt` */
function missedState(row: LifecycleRow | undefined, { language }: Screen): Html | false {
  if (row === undefined || hasEnded(row)) return false;
  const missed = row.milestones.filter((one) => one.state === "missed").length;
  return missed > 0 && state("danger", "miss", PROGRESS_WORDS[language].missedCount(missed, count(language, missed)));
}

function callersSection(
  callers: readonly CallerLine[],
  row: LifecycleRow | undefined,
  facts: Facts,
  screen: Screen,
): Html {
  const { words, language } = screen;
  const own = PROGRESS_WORDS[language];
  const shown = (value: number): string => count(language, value);
  const using = callers.filter((caller) => caller.state !== "migrated").length;
  const cycle = row?.cycle.name ?? own.month;
  const lines = callers.slice(0, MOST_CALLERS).map((caller) => callerLine(caller, facts, screen, false));
  const all = html`<a
    class="small"
    href="/aufrufer?${new URLSearchParams({ bruecke: callers[0]?.bridge ?? "" }).toString()}"
    >${own.allOf(shown(callers.length))}</a
  >`;
  const beside = own.callersUsing(shown(using), shown(callers.length), cycle);
  return section(
    "callers",
    words.callers,
    beside,
    table(words.callersCaption, callerColumns(screen, false), lines),
    all,
  );
}

function recent(drops: readonly DropView[], letters: readonly DeadView[], facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  if (drops.length === 0) return section("recent", words.recent, "", html`<p>${words.noDrops}</p>`);
  const lines = drops.map((drop) => ({
    mark: screen.row(drop.id),
    cells: [
      html`<a href="${dropHref(drop.id)}">${dropName(drop)}</a><small>${drop.id}</small>`,
      finding({ ...drop, open: openOf(letters, drop) }, screen),
      html`${screen.live(`${drop.id}/records`, drop.records === null ? "–" : count(language, drop.records))}`,
      html`${screen.live(`${drop.id}/delivered`, count(language, drop.delivered))}`,
      html`${moment(language, drop.received, facts.now.slice(0, 10))}`,
    ],
  }));
  const columns = [
    { title: words.received },
    { title: words.state },
    { title: words.records, numeric: true },
    { title: words.delivered, numeric: true },
    { title: words.when, numeric: true },
  ];
  const newer = html`<p class="newer" hidden><a href="${screen.address}"></a></p>`;
  const all = html`<a href="${dropsHref({ bridge: drops[0]?.bridge })}">${DROP_WORDS[language].ofBridge}</a>`;
  return section("recent", words.recent, "", html`${table(words.recentCaption, columns, lines)}${newer}`, all);
}

function pausing({ bridge, paused }: BridgeView, screen: Screen): Html {
  const { words } = screen;
  const [word, means, path] = paused
    ? [words.resume, words.resumeMeans, "fortsetzen"]
    : [words.pause, words.pauseMeans, "anhalten"];
  const form = asking(`/bruecken/${encodeURIComponent(bridge)}/${path}`, "ticket", words.ticket, word, screen);
  return section("pause", word, means, form);
}
