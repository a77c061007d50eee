// All that people decide: what waits for a second person, bridges that have ended and what they hold, bridges that were extended.

import { hasEnded, type LifecycleRow } from "../../lifecycle/state-report.ts";
import type { Operations } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { actTable, isWaiting } from "./act-list.ts";
import { bridgeState } from "./bridge-state.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { count, day } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { linkButton, section, table, type Screen } from "./screen.ts";
import { ACT_WORDS } from "./words-acts.ts";

const MOST = 100;
const MOST_DECIDED = 20;
/** Days before its end from which a bridge is listed: a successor that is late is known by then. */
const SOON = 180;

export function decisionHref(bridge: string): string {
  return `/notbetrieb/${encodeURIComponent(bridge)}`;
}

export async function notbetriebPage(operations: Operations, facts: Facts, screen: Screen): Promise<Page> {
  const words = ACT_WORDS[screen.language];
  const acts = await operations.acts({});
  const waiting = acts.filter(isWaiting);
  const decided = acts.filter((act) => !isWaiting(act)).slice(0, MOST_DECIDED);
  const nothing = html`<p class="muted">${words.noActs}</p>`;
  const body = html`<p class="crumb"><a href="/">${screen.words.lage}</a></p>
    <h1 class="kern-heading-medium">${words.title}</h1>
    ${section("acts", words.acts, "", waiting.length === 0 ? nothing : actTable(waiting.slice(0, MOST), facts, screen))}
    ${endedSection(facts, screen)} ${extensionSection(facts, screen)}
    ${decided.length > 0 && section("decided", words.history, "", actTable(decided, facts, screen))}`;
  return { title: words.title, body };
}

function endedSection(facts: Facts, screen: Screen): Html {
  const { language } = screen;
  const words = ACT_WORDS[language];
  const ended = facts.bridges
    .filter(({ lifecycle }) => lifecycle === "sunset" || lifecycle === "notbetrieb")
    .toSorted((a, b) => b.held - a.held);
  if (ended.length === 0) return section("ended", words.ended, "", html`<p class="muted">${words.noneEnded}</p>`);
  const lines = ended.slice(0, MOST).map((bridge) => ({
    cells: [
      html`<a href="${bridgeHref(bridge.bridge)}">${titleOf(facts, bridge.bridge)}</a>`,
      html`${bridgeState(bridge, screen)}<small
          >${words.endedSince(day(language, facts.rows.get(bridge.bridge)?.sunset ?? ""))}</small
        >`,
      html`${bridge.held === 0 ? "–" : count(language, bridge.held)}`,
      linkButton("secondary", decisionHref(bridge.bridge), words.decide),
    ],
  }));
  const columns = [
    { title: screen.words.bridge },
    { title: screen.words.state },
    { title: words.held, numeric: true },
    { title: screen.words.action, action: true },
  ];
  const more = ended.length - lines.length;
  return section(
    "ended",
    words.ended,
    "",
    html`${table(words.endedCaption, columns, lines)}
    ${more > 0 && html`<p class="more">${screen.words.moreOf(count(language, more))}</p>`}`,
  );
}

function endsSoon(row: LifecycleRow): boolean {
  return !hasEnded(row) && row.daysLeft <= SOON;
}

function extensionSection(facts: Facts, screen: Screen): Html {
  const { language } = screen;
  const words = ACT_WORDS[language];
  const shown = facts.lifecycle.rows.filter((row) => row.extensions > 0 || endsSoon(row)).slice(0, MOST);
  const lines = shown.map((row) => ({
    cells: [
      html`<a href="${bridgeHref(row.bridge)}">${titleOf(facts, row.bridge)}</a>`,
      html`${row.extensions === 0 ? "–" : words.used(count(language, row.extensions))}`,
      html`${day(language, row.sunset)}`,
      hasEnded(row) ? html`` : linkButton("secondary", `${bridgeHref(row.bridge)}#extend`, words.extend),
    ],
  }));
  const columns = [
    { title: screen.words.bridge },
    { title: words.extended, numeric: true },
    { title: words.end, numeric: true },
    { title: screen.words.action, action: true },
  ];
  const list =
    lines.length === 0
      ? html`<p class="muted">${words.noExtensions}</p>`
      : table(words.extensionsCaption, columns, lines);
  return section(
    "extensions",
    words.extensions,
    "",
    html`${list}
      <p class="hint">${words.extensionsHow}</p>`,
  );
}
