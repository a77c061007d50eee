// Closing a bridge for good, on its page: what stands against it, or the form with what it means; and a quiet line where ends are shown.

import type { LifecycleRow } from "../../lifecycle/state-report.ts";
import type { RetirementView } from "../../lifecycle/retirement/retirement.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { count, day } from "./format.ts";
import { button, section, state, type Screen } from "./screen.ts";
import { NACHWEIS } from "./words-nachweis.ts";

export function reportHref(bridge: string): string {
  return `/nachweis/bruecke/${encodeURIComponent(bridge)}`;
}

/** Nothing where only the file of the bridge is known. */
export function retirementSection({ bridge, state: current, retirement }: LifecycleRow, screen: Screen): Html {
  const words = NACHWEIS[screen.language];
  const report = html`<a href="${reportHref(bridge)}">${words.report}</a>`;
  if (retirement === null) return html``;
  if (current === "retired")
    return section("close", words.close, "", html`<p>${state("none", "end", screen.words.states.retired)}</p>`, report);
  if (!retirement.allowed) {
    const isOver = current === "sunset" || current === "notbetrieb";
    const cycle = retirement.cycle === null ? "" : ` (${words.cycle(retirement.cycle)})`;
    const when = isOver ? words.notYet : `${words.notEarly(count(screen.language, retirement.days))}${cycle}`;
    return section("close", words.close, when, against(retirement, screen), report);
  }
  return section("close", words.close, canBe(retirement, screen), form(bridge, screen), report);
}

function canBe({ proposed, silentSince, observedFrom }: RetirementView, { language }: Screen): string {
  const words = NACHWEIS[language];
  if (!proposed) return words.closeAfter;
  return words.closeEarly(silence(silentSince, language), day(language, observedFrom ?? ""));
}

function silence(since: string | null, language: Screen["language"]): string {
  const words = NACHWEIS[language];
  return since === null ? words.neverUsed : words.silentSince(day(language, since));
}

function against(retirement: RetirementView, { language }: Screen): Html {
  const words = NACHWEIS[language];
  const dated = (time: string | null): string => (time === null ? "" : day(language, time));
  const lines = retirement.against.map(
    ({ what, count: many, at, until }) =>
      html`<li>${words.against[what](count(language, many ?? 0), dated(at), dated(until))}</li>`,
  );
  return html`<ul class="plain">
    ${lines}
  </ul>`;
}

function form(bridge: string, screen: Screen): Html {
  const { language, csrf, may } = screen;
  const words = NACHWEIS[language];
  if (!may("operator", bridge)) return html`<p class="note">${screen.words.mayNot(screen.words.roles.operator)}</p>`;
  return html`<p>${words.closeMeans}</p>
    <form class="form" method="post" action="/bruecken/${encodeURIComponent(bridge)}/abschalten">
      ${csrf}
      <div class="kern-form-input">
        <label for="close-reason">${words.closeReason}</label>
        <input
          class="kern-form-input__input"
          id="close-reason"
          name="reason"
          required
          maxlength="500"
          autocomplete="off"
        />
      </div>
      <p class="check">
        <input type="checkbox" id="close-sure" name="sure" value="1" required /><label for="close-sure"
          >${words.closeSure}</label
        >
      </p>
      <div>${button("secondary", words.close)}</div>
    </form>`;
}

const MOST_NAMED = 5;

/** Which bridges people could close now. */
export function retirableLine(rows: readonly LifecycleRow[], facts: Facts, screen: Screen): Html {
  const { language } = screen;
  const words = NACHWEIS[language];
  const found = rows.filter(({ retirement }) => retirement?.allowed === true);
  if (found.length === 0) return html``;
  const named = found.slice(0, MOST_NAMED).map(({ bridge, retirement }, at) => {
    const why =
      retirement?.proposed === true ? silence(retirement.silentSince, language).toLowerCase() : words.endedEmpty;
    return html`${at > 0 && " · "}<a href="${bridgeHref(bridge)}#close">${titleOf(facts, bridge)}</a> (${why})`;
  });
  const more = found.length - MOST_NAMED;
  return html`<p class="small">
    ${words.canClose} ${named}${more > 0 && ` ${screen.words.moreOf(count(language, more))}`}
  </p>`;
}
