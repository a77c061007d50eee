// One appliance, and one of its bridges where its own pages cannot be reached: what the fleet knows of it. Nothing can be done here; that is
// the appliance's.

import { BridgeError } from "../../errors.ts";
import type { ApplianceStanding } from "../../fleet/gather.ts";
import { bridgeState } from "../dashboard/bridge-state.ts";
import { bridgeHref, type Facts } from "../dashboard/facts.ts";
import { count, day, local, moment } from "../dashboard/format.ts";
import type { Page } from "../dashboard/page-lage.ts";
import { causesTable } from "../dashboard/page-letters.ts";
import { linkButton, section, table, type Screen } from "../dashboard/screen.ts";
import { html, type Html } from "../pages/html.ts";
import { applianceHref, failureText, when } from "./acute.ts";
import { bridgesOf, keyOf, partsOf } from "./fleet-facts.ts";
import { stateOf } from "./page-appliances.ts";
import { FLEET_WORDS } from "./words.ts";

/** APPLIANCE_UNKNOWN */
export function standingOf(all: readonly ApplianceStanding[], name: string): ApplianceStanding {
  const one = all.find(({ entry }) => entry.name === name);
  if (one === undefined) throw new BridgeError("APPLIANCE_UNKNOWN", "there is no appliance of that name");
  return one;
}

type Fact = readonly [title: string, value: Html | string];

export function appliancePage(one: ApplianceStanding, facts: Facts, screen: Screen): Page {
  const { words, language } = screen;
  const own = FLEET_WORDS[language];
  const { entry, snapshot } = one;
  const body = html`<p class="crumb"><a href="/">${words.lage}</a> / <a href="/anlagen">${own.appliances}</a></p>
    <div class="lead">
      <h1 class="kern-heading-medium">${entry.title}</h1>
      <p>${stateOf(one, facts.time, screen, false)}</p>
      ${wayThere(one, "/", screen)}
    </div>
    ${list(factsOf(one, facts.time, screen))} ${broken(one, facts.time, screen)}
    ${snapshot !== undefined && bridges(one, facts, screen)}`;
  return { title: entry.title, body };
}

/** A button that leads to the appliance, or why there is none. */
function wayThere({ entry: { link, contact } }: ApplianceStanding, path: string, { language }: Screen): Html {
  const own = FLEET_WORDS[language];
  if (link !== undefined) return html`<p>${linkButton("primary", link + path, own.toAppliance)}</p>`;
  return html`<p class="muted">${own.noLink}${contact !== undefined && html` ${own.contact}: ${contact}`}</p>`;
}

function list(facts: readonly Fact[]): Html {
  return html`<dl class="facts">
    ${facts.map(
      ([title, value]) =>
        html`<dt>${title}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

function factsOf(one: ApplianceStanding, time: number, screen: Screen): readonly Fact[] {
  const { entry, snapshot, seen, failure } = one;
  const { language } = screen;
  const own = FLEET_WORDS[language];
  const tags = Object.entries(entry.tags).map(([key, value]) => `${key}: ${value}`);
  const heard = seen === undefined ? own.never : when(seen, time, screen);
  const found: readonly (Fact | undefined)[] = [
    [own.heard, screen.live("heard", heard)],
    failure && [own.lastTry, failureText(one, screen)],
    tags.length === 0 ? undefined : [own.tags, tags.join(", ")],
    snapshot && [own.version, snapshot.version],
    snapshot && [own.policy, html`<code>${snapshot.policy}</code>`],
    snapshot && [
      own.chain,
      html`${screen.live("chain", own.entries(count(language, snapshot.audit.seq)))},
        <code>${snapshot.audit.hash}</code>`,
    ],
    snapshot && [
      entry.publicKey === undefined ? own.firstSeen : own.pinned,
      html`<code>${snapshot.appliance.publicKey}</code>`,
    ],
  ];
  return found.filter((fact) => fact !== undefined);
}

function broken({ broken: found, entry }: ApplianceStanding, time: number, screen: Screen): Html | false {
  if (found === undefined) return false;
  const own = FLEET_WORDS[screen.language];
  const { head, publicKey } = found.found;
  return section(
    "broken",
    own.broken,
    own.brokenSince(when(found.since, time, screen)),
    html`<p class="note note--danger">${own.why[found.kind]}${found.passed === true && `, ${own.passed}`}</p>
      <p class="small"><code>${head.seq} ${head.hash}</code><br /><code>${publicKey}</code></p>
      <p>${own.acknowledge} <code>steg fleet ${own.file} --acknowledge ${entry.name} --ticket …</code></p>`,
  );
}

function bridges(one: ApplianceStanding, facts: Facts, screen: Screen): Html {
  const { words, language } = screen;
  const own = FLEET_WORDS[language];
  const lines = bridgesOf(one).map(({ view, row, mapping, callers }) => {
    const key = keyOf(one.entry.name, view.bridge);
    const shown = facts.byName.get(key);
    const last =
      callers.last === null
        ? ""
        : own.lastCall(moment(language, local(Date.parse(callers.last)), facts.now.slice(0, 10)));
    return {
      cells: [
        html`<a href="${bridgeHref(key)}">${view.title || view.bridge}</a><small>${view.bridge}</small>`,
        shown === undefined ? html`–` : bridgeState(shown, screen),
        html`${count(language, view.openDead)}`,
        row === null ? html`–` : html`<time datetime="${row.sunset}">${day(language, row.sunset)}</time>`,
        html`<code>${mapping === null ? "–" : mapping.slice(0, 8)}</code>`,
        html`${count(language, callers.count)}${last !== "" && html`<small>${last}</small>`}`,
      ],
    };
  });
  const columns = [
    { title: words.bridge },
    { title: words.state },
    { title: words.letters, numeric: true },
    { title: words.end, numeric: true },
    { title: own.mapping },
    { title: own.callers, numeric: true },
  ];
  const left = one.snapshot?.left.bridges ?? 0;
  return section(
    "bridges",
    own.bridges,
    one.snapshot === undefined ? "" : own.lastKnown(when(Date.parse(one.snapshot.at), facts.time, screen)),
    html`${lines.length === 0 ? html`<p>–</p>` : table(words.bridgesCaption, columns, lines)}
    ${left > 0 && html`<p class="more">${own.left(count(language, left))}</p>`}`,
  );
}

/** BRIDGE_UNKNOWN */
export function fleetBridgePage(one: ApplianceStanding, key: string, facts: Facts, screen: Screen): Page {
  const { words, language } = screen;
  const own = FLEET_WORDS[language];
  const [, name] = partsOf(key);
  const bridge = facts.byName.get(key);
  if (bridge === undefined) throw new BridgeError("BRIDGE_UNKNOWN", "the appliance has no bridge of that name");
  const row = facts.rows.get(key);
  const causes = facts.causes.filter((cause) => cause.bridge === key);
  const sum = `${count(language, bridge.records)} ${words.records} = ${count(language, bridge.delivered)} ${words.delivered} + ${count(language, bridge.skipped)} ${words.skipped} + ${count(language, bridge.dead)} ${words.deadSum} + ${count(language, bridge.pending)} ${words.inWork}`;
  const body = html`<p class="crumb">
      <a href="/">${words.lage}</a> / <a href="${applianceHref(one.entry.name)}">${one.entry.title}</a>
    </p>
    <div class="lead">
      <h1 class="kern-heading-medium">${bridge.title}</h1>
      <p>${bridgeState(bridge, screen)}</p>
      ${wayThere(one, bridgeHref(name), screen)}
    </div>
    ${bridge.trouble !== null && html`<p class="note note--danger">${words.trouble}: <span lang="en">${bridge.trouble}</span></p>`}
    ${list([
      [words.flow, sum],
      ...(row === undefined
        ? []
        : [[words.end, day(language, row.sunset)] as const, [words.responsible, row.owner] as const]),
      ...(one.snapshot === undefined
        ? []
        : [[own.heard, when(Date.parse(one.snapshot.at), facts.time, screen)] as const]),
    ])}
    ${section("causes", own.causes, "", causesTable(causes, false, facts, screen))}`;
  return { title: bridge.title, body };
}
