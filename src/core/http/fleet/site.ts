// The pages over many appliances. They read only: what can be done is done where it happens, and the buttons lead there.

import { BridgeError } from "../../errors.ts";
import type { ApplianceStanding } from "../../fleet/gather.ts";
import type { Site, SitePage } from "../dashboard/dashboard.ts";
import { bridgeHref, type Facts } from "../dashboard/facts.ts";
import { filtered } from "../dashboard/filters.ts";
import { AREAS } from "../dashboard/layout.ts";
import { bridgesPage } from "../dashboard/page-bridges.ts";
import { calendarPage } from "../dashboard/page-calendar.ts";
import { lagePage, type Page } from "../dashboard/page-lage.ts";
import { causesTable } from "../dashboard/page-letters.ts";
import { READERS, type Shown } from "../dashboard/page-route.ts";
import type { Screen } from "../dashboard/screen.ts";
import { authorizeWhole } from "../auth.ts";
import { html } from "../pages/html.ts";
import { createFleetFacts, partsOf, type FleetSource } from "./fleet-facts.ts";
import { appliancePage, fleetBridgePage, standingOf } from "./page-appliance.ts";
import { appliancesPage } from "./page-appliances.ts";
import { FLEET_WORDS } from "./words.ts";

/** What an appliance has, too. */
const SHARED: ReadonlySet<string> = new Set(["/", "/bruecken", "/klaerfaelle", "/kalender"]);

export function fleetSite(name: string, source: FleetSource): Site {
  const all = (): readonly ApplianceStanding[] => source.standings();
  return {
    name,
    areas: [
      ...AREAS.filter(({ href }) => SHARED.has(href)),
      { href: "/anlagen", title: ({ language }) => FLEET_WORDS[language].appliances },
    ],
    facts: createFleetFacts(source),
    paths:
      "/                       pages over many appliances, for browsers\n/health/ready          readiness\n/metrics               Prometheus\n/lifecycle.ics         calendar\n",
    pages: [
      page("/", true, async ({ facts, screen }) => lagePage(facts, screen)),
      page("/bruecken", false, async ({ facts, screen }) => bridgesPage(facts, screen)),
      page("/bruecken/:bridge", false, async ({ params, facts, screen }) =>
        bridgeOf(all(), params["bridge"] ?? "", facts, screen),
      ),
      page("/klaerfaelle", false, async ({ facts, screen }) => lettersOf(all(), facts, screen)),
      page("/kalender", false, async ({ facts, screen }) => calendarPage(facts, screen)),
      page("/anlagen", true, async ({ facts, screen }) => appliancesPage(all(), facts, screen)),
      page("/anlagen/:name", true, async ({ params, facts, screen }) =>
        appliancePage(standingOf(all(), params["name"] ?? ""), facts, screen),
      ),
    ],
  };
}

function page(path: string, live: boolean, show: SitePage["show"]): SitePage {
  return {
    method: "GET",
    path,
    roles: READERS,
    live,
    async show(asked) {
      // Whoever may see a part of the bridges sees it on their appliance.
      authorizeWhole(asked.session.identity, READERS);
      return await show(asked);
    },
  };
}

/** To the bridge's own page, where that can be reached. */
function bridgeOf(all: readonly ApplianceStanding[], key: string, facts: Facts, screen: Screen): Shown {
  const [appliance, bridge] = partsOf(key);
  const one = standingOf(all, appliance);
  if (!facts.byName.has(key)) throw new BridgeError("BRIDGE_UNKNOWN", "the appliance has no bridge of that name");
  const { link } = one.entry;
  // The address is the one of fleet.yaml, never one that an appliance names.
  return link === undefined ? fleetBridgePage(one, key, facts, screen) : { location: link + bridgeHref(bridge) };
}

/** Causes of all; of one bridge where that can be reached, its appliance has them one by one. */
function lettersOf(all: readonly ApplianceStanding[], whole: Facts, screen: Screen): Shown {
  const key = screen.query.get("bruecke");
  if (key === null) return causesPage(whole, screen);
  const [appliance, bridge] = partsOf(key);
  const one = standingOf(all, appliance);
  const { link } = one.entry;
  if (link === undefined) return bridgeOf(all, key, whole, screen);
  const query = new URLSearchParams({ bruecke: bridge });
  for (const name of ["stelle", "code"]) {
    const value = screen.query.get(name);
    if (value !== null) query.set(name, value.slice(0, 100));
  }
  return { location: `${link}/klaerfaelle?${query.toString()}` };
}

function causesPage(whole: Facts, screen: Screen): Page {
  const { words } = screen;
  const { facts, form } = filtered(whole, screen, "/klaerfaelle");
  return {
    title: words.letters,
    body: html`<div class="lead">
        <h1 class="kern-heading-medium">${words.letters}</h1>
        ${form}
      </div>
      <section aria-label="${words.letters}">${causesTable(facts.causes, facts.grouped, facts, screen)}</section>`,
  };
}
