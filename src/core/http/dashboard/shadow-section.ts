// How far the successor answers as the bridge's target does: n equal, m explained, k open, by kind of message.

import type { ShadowView } from "../../operations/shadow-view.ts";
import type { Verdict } from "../../shadow/shadow-book.ts";
import { html, type Html } from "../pages/html.ts";
import type { Facts } from "./facts.ts";
import { count, day, moment } from "./format.ts";
import { asking, section, state, table, type Screen } from "./screen.ts";
import { SHADOW_WORDS } from "./words-shadow.ts";

const MOST_PATHS = 50;

export function shadowSection(view: ShadowView, facts: Facts, screen: Screen): Html {
  const { language } = screen;
  const own = SHADOW_WORDS[language];
  const sum = (verdict: Verdict): string =>
    count(
      language,
      view.types.reduce((all, one) => all + one[verdict], 0),
    );
  const beside = view.types.length === 0 ? own.nothingYet : own.sum(sum("equal"), sum("explained"), sum("open"));
  const { approval, until } = view;
  const state =
    until === null ? own.gone : view.active ? own.until(day(language, until)) : own.over(day(language, until));
  return section(
    "shadow",
    own.title,
    screen.live("shadow", beside),
    html`<p>
        ${view.to !== null && html`<code>${view.to}</code> · `}${state}${approval !== null && html` · ${own.approved(approval.by, day(language, approval.on), approval.reference)}`}
      </p>
      ${view.types.length > 0 && types(view, screen)} ${view.differences.length > 0 && paths(view, facts, screen)}
      ${
        screen.may("operator", view.bridge) &&
        view.since !== null &&
        html`<details class="data">
          <summary>${own.erase}</summary>
          <p>${own.eraseMeans}</p>
          ${asking(`/bruecken/${encodeURIComponent(view.bridge)}/abgleich-loeschen`, "reason", screen.words.ticket, own.erase, screen)}
        </details>`
      }`,
  );
}

function types({ types: all }: ShadowView, { language }: Screen): Html {
  const own = SHADOW_WORDS[language];
  const verdicts = ["equal", "explained", "open", "failed", "dropped", "uncompared"] as const;
  const columns = [{ title: own.type }, ...verdicts.map((one) => ({ title: own.verdicts[one], numeric: true }))];
  const lines = all.map((one) => ({
    cells: [
      html`${one.type === "message" ? own.message : one.type}`,
      ...verdicts.map((verdict) => html`${count(language, one[verdict])}`),
    ],
  }));
  return table(own.typesCaption, columns, lines);
}

function paths({ differences }: ShadowView, facts: Facts, { language, words }: Screen): Html {
  const own = SHADOW_WORDS[language];
  const columns = [
    { title: own.path },
    { title: own.why },
    { title: own.hashes },
    { title: own.count, numeric: true },
    { title: own.last, numeric: true },
  ];
  const lines = differences.slice(0, MOST_PATHS).map(({ type, path, reason, ours, theirs, count: times, last }) => ({
    cells: [
      html`<code>${path === "" ? "/" : path}</code><small>${type === "message" ? own.message : type}</small>`,
      reason === null ? state("warn", "warn", own.open) : html`${reason}`,
      html`<code>${ours?.slice(0, 8) ?? "–"}</code> / <code>${theirs?.slice(0, 8) ?? "–"}</code>`,
      html`${count(language, times)}`,
      html`<time datetime="${last}">${moment(language, last, facts.now.slice(0, 10))}</time>`,
    ],
  }));
  const more = differences.length - MOST_PATHS;
  return html`${table(own.pathsCaption, columns, lines)}${more > 0 && html`<p class="more">${words.moreOf(count(language, more))}</p>`}`;
}
