// Acts of two persons as people see them: what, who asked, until when, and the button for whoever may be the second one.

import { isPerson, isSamePerson, nameOf } from "../../lifecycle/person.ts";
import type { ActView } from "../../operations/acts.ts";
import { html, type Html } from "../pages/html.ts";
import { bridgeHref, titleOf, type Facts } from "./facts.ts";
import { count, day, local, moment } from "./format.ts";
import { button, linkButton, table, type Screen } from "./screen.ts";
import { ACT_WORDS } from "./words-acts.ts";
import { EXTENSION_WORDS, POLICY_HREF } from "./words-extension.ts";

/** What can still be confirmed or withdrawn. */
export function isWaiting({ state, kind }: ActView): boolean {
  return state === "open" || (state === "confirmed" && kind !== "hand-over");
}

/** `seen`: what they are about stands on the same page; else a policy is confirmed where its difference is shown. */
export function actTable(acts: readonly ActView[], facts: Facts, screen: Screen, seen = false): Html {
  const words = ACT_WORDS[screen.language];
  const when = (time: string): string => moment(screen.language, local(Date.parse(time)), facts.now.slice(0, 10));
  const columns = [
    { title: words.act },
    { title: words.asked },
    { title: words.lapses, numeric: true },
    { title: screen.words.action, action: true },
  ];
  const lines = acts.map((act) => ({
    cells: [
      html`<b>${actWord(act, screen)}</b
        ><small
          >${aboutWhat(act, facts, screen)}${cause(act, screen)} –
          ${act.reason}${act.ticket !== null && ` (${act.ticket})`}</small
        >`,
      html`${nameOf(act.askedBy)}<small>${when(act.asked)}</small>`,
      html`${when(act.until)}`,
      !isWaiting(act)
        ? ended(act, screen)
        : act.kind === "loosen-policy" && !seen
          ? linkButton("secondary", POLICY_HREF, EXTENSION_WORDS[screen.language].difference)
          : deciding(act, screen),
    ],
  }));
  return table(words.actsCaption, columns, lines);
}

function aboutWhat({ kind, bridge }: ActView, facts: Facts, { language }: Screen): Html {
  if (kind === "loosen-policy") return html`<a href="${POLICY_HREF}">${EXTENSION_WORDS[language].policy}</a>`;
  return html`<a href="${bridgeHref(bridge)}">${titleOf(facts, bridge)}</a>`;
}

export function actWord({ kind, count: many, to }: ActView, { language }: Screen): string {
  const word = ACT_WORDS[language].kinds[kind](count(language, many));
  return kind === "extend" && to !== null ? `${EXTENSION_WORDS[language].until(day(language, to))}: ${word}` : word;
}

function cause({ stage, code }: ActView, { words }: Screen): Html | false {
  if (code === null) return false;
  const word = words.stages[stage as keyof typeof words.stages] ?? "";
  return html` · ${word} <code>${code}</code>`;
}

function deciding(act: ActView, screen: Screen): Html {
  const words = ACT_WORDS[screen.language];
  const own = isSamePerson(act.askedBy, screen.actor);
  const mayWithdraw = act.state === "open" && (own || screen.may("operator", act.bridge));
  const confirms = screen.may("approver", act.bridge) && isPerson(screen.actor) && !own;
  const form = (verb: string, kind: "primary" | "secondary", text: string): Html =>
    html`<form method="post" action="/vorgaenge/${act.id}/${verb}">${screen.csrf} ${button(kind, text)}</form>`;
  return html`${act.trouble !== null && html`<small>${words.actTrouble(act.trouble)}</small>`}
  ${confirms && form("bestaetigen", "primary", words.confirm)}
  ${mayWithdraw && form("zurueckziehen", "secondary", words.withdraw)}
  ${own && screen.may("approver", act.bridge) && html`<small>${words.youAsked}</small>`}`;
}

function ended(act: ActView, { language }: Screen): Html {
  const words = ACT_WORDS[language];
  const by = act.confirmedBy !== null && html`<small>${nameOf(act.confirmedBy)}</small>`;
  if (act.state === "confirmed")
    return html`${words.actStates.confirmed}<small><code>${words.handOverGo(act.bridge)}</code></small
      >${by}`;
  if (act.kind === "extend" && act.state === "done")
    return html`<a href="${bridgeHref(act.bridge)}#extend">${EXTENSION_WORDS[language].holds}</a>${by}`;
  return html`${act.done === null ? words.actStates[act.state] : words.actDone(count(language, act.done))}${by}`;
}
