// Nachweis: what proves something to others – certificates, reports to print, tables, the way to the trail.

import type { CertificatesView } from "../../operations/retirement-types.ts";
import { html, type Html } from "../pages/html.ts";
import { titleOf, type Facts } from "./facts.ts";
import { count, day, local } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { MOST_CSV, TRAIL_READERS } from "./page-trail.ts";
import { reportHref } from "./retirement-section.ts";
import { section, table, type Screen } from "./screen.ts";
import { NACHWEIS } from "./words-nachweis.ts";

const MOST_SHOWN = 500;

export function nachweisPage(certificates: CertificatesView, facts: Facts, screen: Screen): Page {
  const words = NACHWEIS[screen.language];
  const mayTrail = TRAIL_READERS.some((role) => screen.has(role));
  const trail = mayTrail
    ? html`<p><a href="/nachweis/protokoll">${words.toTrail}</a></p>`
    : html`<p class="muted">${words.trailFor}</p>`;
  const body = html`<h1 class="kern-heading-medium">${words.title}</h1>
    ${section("certificates", words.certificates, words.certificatesMean, certificateList(certificates, screen))}
    ${section("reports", words.reports, words.reportsMean, reportList(facts, screen))}
    ${section(
      "tables",
      words.tables,
      "",
      html`<ul class="plain">
        <li><a href="/nachweis/enden.csv">${words.endsCsv}</a></li>
        ${mayTrail && html`<li><a href="/nachweis/protokoll.csv">${words.trailCsv(count(screen.language, MOST_CSV))}</a></li>`}
      </ul>`,
    )}
    ${section("trail", words.trail, "", trail)}`;
  return { title: words.title, body };
}

function certificateList({ appliance, items }: CertificatesView, screen: Screen): Html {
  const { language } = screen;
  const words = NACHWEIS[language];
  const key = html`<p class="more">${words.ownKey} <code>${appliance.id}</code></p>`;
  if (items.length === 0)
    return html`<p>${words.noCertificates}</p>
      ${key}`;
  const lines = items.slice(0, MOST_SHOWN).map(({ bridge, title, closed, by, sha256 }) => ({
    cells: [
      html`<a href="${reportHref(bridge)}">${title === "" ? bridge : title}</a
        >${title !== bridge && html`<small>${bridge}</small>`}`,
      html`${day(language, local(Date.parse(closed)))}`,
      html`${by}`,
      html`<code>${sha256.slice(0, 16)}…</code>`,
      html`<a href="${certificateHref(bridge)}">${words.download}</a>`,
    ],
  }));
  const columns = [
    { title: screen.words.bridge },
    { title: words.closedAt, numeric: true },
    { title: words.closedBy },
    { title: words.fileHash },
    { title: words.download, action: true },
  ];
  return html`${table(words.certificatesMean, columns, lines)}
    <p class="more">${words.check} <code>steg verify ${words.file} --key ${appliance.id}</code></p>`;
}

export function certificateHref(bridge: string): string {
  return `/nachweis/zertifikat/${encodeURIComponent(bridge)}`;
}

function reportList(facts: Facts, { language, words }: Screen): Html {
  const named = facts.bridges
    .map(({ bridge }) => ({ bridge, title: titleOf(facts, bridge) }))
    .filter(({ bridge }) => facts.rows.has(bridge))
    .toSorted((a, b) => a.title.localeCompare(b.title, language));
  if (named.length === 0) return html`<p>${words.noBridge}</p>`;
  const links = named
    .slice(0, MOST_SHOWN)
    .map(({ bridge, title }, at) => html`${at > 0 && " · "}<a href="${reportHref(bridge)}">${title}</a>`);
  const more = named.length - MOST_SHOWN;
  return html`<p>${links}${more > 0 && ` ${words.moreOf(count(language, more))}`}</p>`;
}
