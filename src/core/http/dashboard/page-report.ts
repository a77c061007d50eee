// What a bridge was and did, on one page to print: as it stands now, or as its certificate says once it was retired.

import type { Certificate } from "../../lifecycle/retirement/certificate.ts";
import type { BridgeReport } from "../../lifecycle/retirement/report.ts";
import type { CertificateDocument } from "../../operations/retirement-types.ts";
import { html, type Html } from "../pages/html.ts";
import { count, day, local } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { certificateHref } from "./page-nachweis.ts";
import { section, table, type Screen } from "./screen.ts";
import { NACHWEIS } from "./words-nachweis.ts";

export interface Reported {
  readonly report: BridgeReport;
  /** ISO 8601. */
  readonly asOf: string;
  readonly certificate?: CertificateDocument | undefined;
}

export function reportPage({ report, asOf, certificate }: Reported, screen: Screen): Page {
  const words = NACHWEIS[screen.language];
  const { name, title, timezone } = report.bridge;
  const shown = title === "" ? name : title;
  const heading = certificate === undefined ? words.reportOf(shown) : words.certificateOf(shown);
  const when = whenIn(asOf, timezone, screen);
  const body = html`<article class="report">
    <p class="crumb"><a href="/nachweis">${words.title}</a></p>
    <h1 class="kern-heading-medium">${heading}</h1>
    <p class="muted"><code>${name}</code> · ${words.asOf(when)}</p>
    <p class="hint">
      ${words.toPrint}${certificate !== undefined && html` ${words.isSigned} <a href="${certificateHref(name)}">${words.download}</a>`}
    </p>
    <div class="cols">${bridgePart(report, screen)} ${datesPart(report, screen)}</div>
    ${ranPart(report, screen)} ${planPart(report, screen)} ${certificate !== undefined && closing(certificate, screen)}
  </article>`;
  return { title: heading, body };
}

type Pair = readonly [string, Html | string];

function pairs(list: readonly Pair[]): Html {
  return html`<dl class="facts">
    ${list.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}

function whenIn(time: string, zone: string, { language }: Screen): string {
  const wall = local(Date.parse(time), zone);
  return `${day(language, wall)} ${wall.slice(11, 16)}`;
}

function dayIn(time: string | null, zone: string, { language }: Screen): string {
  return time === null ? "–" : day(language, local(Date.parse(time), zone));
}

function bridgePart({ bridge }: BridgeReport, screen: Screen): Html {
  const words = NACHWEIS[screen.language];
  const { legacy, owner, reason, personalData, successor } = bridge;
  const system = legacy.vendor === null ? legacy.system : `${legacy.system} (${legacy.vendor})`;
  return section(
    "about",
    screen.words.bridge,
    "",
    pairs([
      [words.legacy, system],
      [words.owner, owner],
      [words.why, reason],
      [words.personalData, personalData],
      [words.successor, successor === null ? words.noSuccessor : `${successor.title} ${successor.url ?? ""}`],
    ]),
  );
}

function datesPart({ dates, notbetrieb, watched, bridge: { timezone } }: BridgeReport, screen: Screen): Html {
  const { language } = screen;
  const words = NACHWEIS[language];
  const extensions = dates.extensions.map(({ to }) => day(language, to)).join(", ");
  const { uses, last } = notbetrieb;
  const lastUse =
    last === null
      ? ""
      : `, ${words.lastUse(whenIn(last.from, timezone, screen), whenIn(last.until, timezone, screen), last.reason)}`;
  return section(
    "dates",
    words.dates,
    "",
    pairs([
      [words.started, day(language, dates.started)],
      [words.deprecated, day(language, dates.deprecated)],
      [words.sunset, day(language, dates.sunset)],
      [words.end, day(language, dates.end)],
      [words.extensions, extensions === "" ? words.none : extensions],
      [words.notbetrieb, uses === 0 ? words.never : `${words.uses(uses, count(language, uses))}${lastUse}`],
      [
        words.watched,
        watched === null
          ? words.notWatched
          : words.watchedFrom(dayIn(watched.from, timezone, screen), dayIn(watched.to, timezone, screen)),
      ],
    ]),
  );
}

function ranPart({ records, letters, drops, calls, bridge: { timezone } }: BridgeReport, screen: Screen): Html {
  const words = NACHWEIS[screen.language];
  const n = (value: number): string => count(screen.language, value);
  const date = (time: string | null): string => dayIn(time, timezone, screen);
  const after = drops.held + drops.handedOver + drops.erased > 0;
  const dropText =
    drops.all === 0
      ? words.none
      : html`${words.dropSum(n(drops.all), date(drops.first), date(drops.last))};
        ${words.ofThem(n(drops.duplicates), n(drops.refused))}${after && html`<br />${words.heldSum(n(drops.held), n(drops.handedOver), n(drops.erased))}`}`;
  const { all, delivered, skipped, dead, pending } = records;
  return section(
    "ran",
    words.ran,
    "",
    pairs([
      [
        words.records,
        html`${words.recordSum(n(all), n(delivered), n(skipped), n(dead), n(pending))}${dead > 0 && html`<br />${words.letterSum(n(letters.delivered), n(letters.dismissed), n(letters.expired), n(letters.open))}`}`,
      ],
      [words.drops, dropText],
      [
        words.calls,
        calls.all === 0
          ? words.none
          : words.callSum(n(calls.all), n(calls.callers), date(calls.last), calls.lastBy ?? "–"),
      ],
    ]),
  );
}

function planPart({ plan }: BridgeReport, screen: Screen): Html {
  const { language } = screen;
  const words = NACHWEIS[language];
  const share = (value: number | null): string => (value === null ? "–" : `${count(language, value * 100)} %`);
  const lines = plan.map(({ by, goal, successorShare, measured }) => ({
    cells: [
      html`${day(language, by)}`,
      html`${goal}`,
      html`${share(successorShare)}`,
      html`${successorShare === null ? "–" : measured === null ? words.notMeasured : share(measured)}`,
    ],
  }));
  const columns = [
    { title: words.by },
    { title: words.goal },
    { title: words.planned, numeric: true },
    { title: words.measured, numeric: true },
  ];
  return section("plan", words.plan, "", table(words.plan, columns, lines));
}

function closing({ document, sha256 }: CertificateDocument, screen: Screen): Html {
  const words = NACHWEIS[screen.language];
  const { closed, appliance, trail, signature, bridge } = JSON.parse(document) as Certificate;
  const { timezone } = bridge;
  return html`${section(
    "closing",
    words.closing,
    "",
    pairs([
      [words.closedAt, `${whenIn(closed.at, timezone, screen)}${closed.early ? `, ${words.early}` : ""}`],
      [words.closedBy, closed.by],
      [words.reason, closed.reason],
    ]),
  )}
  ${section(
    "proof",
    words.proof,
    "",
    html`${pairs([
        [words.applianceId, html`<code>${appliance.id}</code>`],
        [words.head, html`${count(screen.language, trail.seq)}, <code>${trail.hash}</code>`],
        [words.fileHash, html`<code>${sha256}</code>`],
        [words.signature, html`<code>${signature}</code>`],
      ])}
      <p class="small">${words.limits}</p>`,
  )}`;
}
