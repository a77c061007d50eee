// One bridge after its end: what is held and until when, what can be done with what consequence, and the forms for it. For the Monday on
// which the successor is late.

import { isPerson, isSamePerson, nameOf } from "../../lifecycle/person.ts";
import { hasEnded } from "../../lifecycle/state-report.ts";
import { STAGE_TWO } from "../../lifecycle/notbetrieb.ts";
import type { AfterSunsetView, HeldView } from "../../operations/after-sunset.ts";
import type { BridgeView, Operations } from "../../operations/operations.ts";
import { BridgeError } from "../../errors.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeState } from "./bridge-state.ts";
import { choicesSection } from "./decision-choices.ts";
import { earliest } from "../../alarms/troubles.ts";
import { titleOf, type Facts } from "./facts.ts";
import { count, day, local, moment, span } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { decisionHref } from "./page-notbetrieb.ts";
import { asking, button, section, state, table, type Screen } from "./screen.ts";
import { ACT_WORDS } from "./words-acts.ts";

const MOST_HELD = 20;

/** BRIDGE_UNKNOWN; NOT_FOUND for a bridge that has not ended. */
export async function decisionPage(operations: Operations, name: string, facts: Facts, screen: Screen): Promise<Page> {
  const [after, extension] = await Promise.all([
    operations.afterSunset({ bridge: name }),
    operations.extension({ bridge: name }),
  ]);
  const bridge = facts.byName.get(name) ?? (await operations.bridges({ bridge: name }))[0];
  const row = facts.rows.get(name);
  if (bridge === undefined || row === undefined || !hasEnded(row))
    throw new BridgeError("NOT_FOUND", "this bridge has not ended, so nothing is to be decided about it");
  const { language } = screen;
  const words = ACT_WORDS[language];
  const title = titleOf(facts, name);
  const due = earliest(after.held.map((one) => one.due));
  const left = due === null ? "" : termLeft(due, facts, screen);
  const heading = `${title}: ${heldWord(after, screen)}${left === "" ? "" : `, ${left}`}`;
  const open = row.notbetriebUntil !== null;
  const body = html`<p class="crumb"><a href="/">${screen.words.lage}</a> / <a href="/notbetrieb">${words.title}</a></p>
    <div class="lead">
      <h1 class="kern-heading-medium">${heading}</h1>
      <p>${bridgeState(bridge, screen)}</p>
    </div>
    <p class="muted">
      <code>${name}</code> · ${words.endedSince(day(language, row.sunset))} · ${screen.words.responsible}: ${row.owner}
    </p>
    <div class="cols">${successor(bridge, row.successor, screen)} ${heldSection(after, facts, screen)}</div>
    ${open ? runningSection(after, facts, screen) : html`${choicesSection({ bridge, after, extension }, facts, screen)}${openForm(bridge, after, screen)}`}
    ${!open && twoPersons(after, screen)}`;
  return { title: heading, body };
}

function heldWord({ held, heldAll }: AfterSunsetView, { language }: Screen): string {
  const words = ACT_WORDS[language];
  if (heldAll === 0) return words.heldNothing;
  const known = held.length === heldAll && held.every(({ records }) => records !== null);
  const records = held.reduce((sum, one) => sum + (one.records ?? 0), 0);
  return words.heldOf(count(language, heldAll), known ? count(language, records) : undefined);
}

function termLeft(due: string, { time }: Facts, { language }: Screen): string {
  const words = ACT_WORDS[language];
  const left = Date.parse(due) - time;
  return left <= 0 ? words.late : words.left(span(language, left));
}

function successor({ servers }: BridgeView, link: string | null, screen: Screen): Html {
  const words = ACT_WORDS[screen.language];
  const targets = servers.filter(({ role }) => role === "target");
  const shown =
    link === null ? words.noSuccessor : /^https?:\/\//.test(link) ? html`<a href="${link}">${link}</a>` : link;
  return section(
    "successor",
    words.successor,
    "",
    html`<dl class="facts">
      <dt>${words.successor}</dt>
      <dd>${shown}</dd>
      ${targets.map(
        ({ server, up }) =>
          html`<dt>${words.server}</dt>
            <dd>
              <code>${server}</code> –
              ${up ? state("ok", "ok", screen.words.reachable) : state("danger", "danger", screen.words.unreachable)}
            </dd>`,
      )}
    </dl>`,
  );
}

function heldSection({ held, heldAll }: AfterSunsetView, facts: Facts, screen: Screen): Html {
  const { language } = screen;
  const words = ACT_WORDS[language];
  if (heldAll === 0) return section("held", words.held, "", html`<p>${state("ok", "ok", words.heldNothing)}</p>`);
  const today = facts.now.slice(0, 10);
  const lines = held.slice(0, MOST_HELD).map((one) => ({
    cells: [
      html`${moment(language, one.received, today)}<small>${one.name}</small>`,
      html`${one.records === null ? words.notCounted : count(language, one.records)}`,
      termCell(one, facts, screen),
    ],
  }));
  const columns = [
    { title: words.arrival },
    { title: words.records, numeric: true },
    { title: words.term, numeric: true },
  ];
  const more = heldAll - lines.length;
  return section(
    "held",
    words.held,
    words.heldMeans,
    html`${table(words.heldCaption, columns, lines)}${more > 0 && html`<p class="more">${words.moreHeld(count(language, more))}</p>`}`,
  );
}

/** The last moment of a term is 24:00 of its last day, not 0:00 of the next one. */
function termCell({ due }: HeldView, facts: Facts, screen: Screen): Html {
  if (due === null) return html`–`;
  const last = local(Date.parse(due) - 1);
  const { language } = screen;
  const soon = Date.parse(due) - facts.time < 24 * 3_600_000;
  const text =
    last.slice(0, 10) === facts.now.slice(0, 10) ? `${screen.words.today} 24:00` : `${day(language, last)} 24:00`;
  return soon ? state("danger", "danger", text) : html`${text}`;
}

function openForm(bridge: BridgeView, { reasons, uses, most }: AfterSunsetView, screen: Screen): Html | false {
  const words = ACT_WORDS[screen.language];
  if (!screen.may("operator", bridge.bridge) || bridge.lifecycle !== "sunset" || uses >= most) return false;
  const option = (code: string): Html =>
    html`<option value="${code}">${code}${words.reasons[code] !== undefined && ` – ${words.reasons[code]}`}</option>`;
  const [first = ""] = reasons;
  return section(
    "open",
    words.open,
    words.nth(uses),
    html`<form class="acts" method="post" action="${decisionHref(bridge.bridge)}/oeffnen">
        ${screen.csrf}
        <div class="kern-form-input">
          <label for="grund">${words.reason}</label>
          <div class="kern-form-input__select-wrapper">
            <select class="kern-form-input__select" id="grund" name="grund">
              ${reasons.map(option)}
            </select>
          </div>
        </div>
        <div class="kern-form-input">
          <label for="ticket">${words.ticket}</label>
          <input class="kern-form-input__input" id="ticket" name="ticket" required maxlength="200" autocomplete="off" />
        </div>
        ${button("primary", words.openFor24)}
      </form>
      <p class="hint">${words.terminal} <code>steg notbetrieb ${bridge.bridge} --reason ${first} --ticket …</code></p>`,
  );
}

/** Open in an emergency: since when, by whom, and what can follow. */
function runningSection({ bridge, last }: AfterSunsetView, facts: Facts, screen: Screen): Html | false {
  if (last === null) return false;
  const { language } = screen;
  const words = ACT_WORDS[language];
  const when = (time: string): string => moment(language, time, facts.now.slice(0, 10));
  const fortnight = local(Date.parse(last.from) + STAGE_TWO);
  const mayConfirm =
    last.stage === 1 &&
    screen.may("approver", bridge) &&
    isPerson(screen.actor) &&
    !isSamePerson(last.by, screen.actor);
  const form = (verb: string, kind: "primary" | "secondary", text: string, means: string): Html =>
    html`<form class="acts" method="post" action="${decisionHref(bridge)}/${verb}">
      ${screen.csrf} ${button(kind, text)} <span class="hint">${means}</span>
    </form>`;
  return section(
    "running",
    words.running,
    words.stage(last.stage),
    html`<dl class="facts">
        <dt>${words.openedBy}</dt>
        <dd>${nameOf(last.by)}</dd>
        ${
          last.confirmedBy !== null &&
          html`<dt>${words.confirmedBy}</dt>
            <dd>${nameOf(last.confirmedBy)}</dd>`
        }
        <dt>${words.since}</dt>
        <dd>${when(last.from)}</dd>
        <dt>${words.until}</dt>
        <dd>${state("danger", "nb", when(last.until))}</dd>
        <dt>${words.reason}</dt>
        <dd><code>${last.reason}</code> ${words.reasons[last.reason]}</dd>
        <dt>${words.ticket}</dt>
        <dd>${last.ticket}</dd>
      </dl>
      ${mayConfirm && form("bestaetigen", "primary", words.confirmStage, words.confirmStageMeans(when(fortnight)))}
      ${last.stage === 1 && !mayConfirm && html`<p class="hint">${words.secondNeeded}</p>`}
      ${screen.may("operator", bridge) && form("beenden", "secondary", words.close, words.closeMeans)}`,
  );
}

function twoPersons({ bridge, heldAll }: AfterSunsetView, screen: Screen): Html | false {
  const words = ACT_WORDS[screen.language];
  if (heldAll === 0 || !screen.may("operator", bridge)) return false;
  if (!isPerson(screen.actor)) return section("two", words.askFor, "", html`<p class="hint">${words.personsOnly}</p>`);
  const ask = (kind: string, word: string): Html =>
    asking(`${decisionHref(bridge)}/beantragen/${kind}`, "reason", words.why, word, screen, { id: kind });
  return section(
    "two",
    words.askFor,
    words.askMeans,
    html`${ask("hand-over", words.askHandOver)} ${ask("erase-held", words.askErase)}
      <p class="hint">${words.askEraseMeans}</p>`,
  );
}
