// Moving the end of a bridge, on its page: what can be chosen, the form for whoever asks, what was approved, and the lines for the file.

import { isPerson } from "../../lifecycle/person.ts";
import type { ExtensionView } from "../../operations/extending.ts";
import { html, type Html } from "../pages/html.ts";
import { count, day, weekday } from "./format.ts";
import { button, section, state, table, type Screen } from "./screen.ts";
import { ACT_WORDS } from "./words-acts.ts";
import { EXTENSION_WORDS } from "./words-extension.ts";

export function extensionSection(extension: ExtensionView, screen: Screen): Html {
  const { language } = screen;
  const words = EXTENSION_WORDS[language];
  const { end, used, most } = extension;
  return section(
    "extend",
    words.title,
    words.used(day(language, end), count(language, used), count(language, most)),
    html`${choice(extension, screen)} ${approved(extension, screen)} ${lines(extension, screen)}`,
  );
}

function approved({ extensions }: ExtensionView, { language }: Screen): Html | false {
  if (extensions.length === 0) return false;
  const words = EXTENSION_WORDS[language];
  const rows = extensions.map(({ to, reason, requestedBy, approvedBy, on, inFile }) => ({
    cells: [
      html`${weekday(language, to)} ${day(language, to)}`,
      html`${reason}`,
      html`${requestedBy}, ${approvedBy}<small>${day(language, on)}</small>`,
      inFile ? state("ok", "ok", words.inFile) : state("warn", "ext", words.hereOnly),
    ],
  }));
  const columns = [{ title: words.to }, { title: words.reason }, { title: words.by }, { title: words.where }];
  return table(words.caption, columns, rows);
}

function lines({ lines: text }: ExtensionView, { language }: Screen): Html | false {
  const words = EXTENSION_WORDS[language];
  return (
    text !== "" &&
    html`<h3 class="kern-label">${words.takeOver}</h3>
      <p class="hint">${words.takeOverMeans}</p>
      <pre class="src" tabindex="0" aria-label="${words.takeOver}">${text}</pre>`
  );
}

/** What can be chosen is said to all; the form is for persons of the role operator. */
function choice(extension: ExtensionView, screen: Screen): Html {
  const { language } = screen;
  const words = EXTENSION_WORDS[language];
  const { bridge, days, refused, twoPersons } = extension;
  if (days === null)
    return html`<p>${state("none", "no", words.none[refused?.code ?? ""] ?? "")}</p>
      <p class="hint" lang="en">${refused?.message}</p>`;
  return html`${allowed(extension, days, screen)}
  ${!twoPersons ? html`<p class="note">${words.fileOnly}</p>` : form(bridge, days, screen)}`;
}

type Days = NonNullable<ExtensionView["days"]>;

function allowed(extension: ExtensionView, { earliest, latest }: Days, { language }: Screen): Html {
  const words = EXTENSION_WORDS[language];
  const shown = (date: string): string => `${weekday(language, date)} ${day(language, date)}`;
  const { longest, weekdays, holidays, freeze } = extension;
  const named = weekdays.map((one) => words.weekdays[one] ?? one).join(", ");
  const near = freeze.filter(({ from, to }) => to >= earliest && from <= latest);
  return html`<dl class="facts">
    <dt>${words.possible}</dt>
    <dd>${words.range(shown(earliest), shown(latest))}</dd>
    <dt>${words.longest}</dt>
    <dd>${words.period(longest)}</dd>
    <dt>${words.days}</dt>
    <dd>${named}${!holidays && `; ${words.noHolidays}`}</dd>
    ${near.map(
      ({ from, to, reason }) =>
        html`<dt>${words.freeze}</dt>
          <dd>${words.freezeOf(day(language, from), day(language, to), reason)}</dd>`,
    )}
  </dl>`;
}

function form(bridge: string, { earliest, latest }: Days, screen: Screen): Html {
  const words = EXTENSION_WORDS[screen.language];
  if (!screen.may("operator", bridge))
    return html`<p class="note">${screen.words.mayNot(screen.words.roles.operator)}</p>`;
  if (!isPerson(screen.actor)) return html`<p class="note">${ACT_WORDS[screen.language].personsOnly}</p>`;
  return html`<form class="form" method="post" action="/bruecken/${encodeURIComponent(bridge)}/verlaengern">
      ${screen.csrf} ${input("to", words.newEnd, html`type="date" min="${earliest}" max="${latest}"`)}
      ${input("reason", words.reason, html`maxlength="500"`)} ${input("ticket", words.ticket, html`maxlength="200"`)}
      <div>${button("secondary", words.ask)}</div>
    </form>
    <p class="hint">${words.askMeans}</p>`;
}

function input(name: string, label: string, more: Html): Html {
  return html`<div class="kern-form-input">
    <label for="extend-${name}">${label}</label>
    <input class="kern-form-input__input" id="extend-${name}" name="${name}" required autocomplete="off" ${more} />
  </div>`;
}
