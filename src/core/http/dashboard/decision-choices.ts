// What can be done with a bridge that has ended, side by side: whether it is possible, and what becomes of what is held, of the term, of
// what still comes.

import type { AfterSunsetView } from "../../operations/after-sunset.ts";
import type { ExtensionView } from "../../operations/extending.ts";
import type { BridgeView } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { earliest } from "../../alarms/troubles.ts";
import { bridgeHref, type Facts } from "./facts.ts";
import { count, day } from "./format.ts";
import { section, state, table, type Screen } from "./screen.ts";
import { ACT_WORDS } from "./words-acts.ts";

const NONE = html`–`;
const yes = (text: string): Html => state("ok", "ok", text);
const no = (text: string): Html => state("none", "no", text);
const head = (word: string, what: string): string => `${word}: ${what}`;

export interface Choices {
  readonly bridge: BridgeView;
  readonly after: AfterSunsetView;
  readonly extension: ExtensionView;
}

export function choicesSection({ bridge, after, extension }: Choices, facts: Facts, screen: Screen): Html {
  const { language } = screen;
  const words = ACT_WORDS[language];
  const { held, heldAll, uses, most } = after;
  const due = earliest(held.map((one) => one.due));
  const erased = earliest(held.map((one) => one.erased));
  const retired = bridge.lifecycle === "retired";
  const opens = retired
    ? no(words.noRetired)
    : uses >= most
      ? no(words.noUses(count(language, uses)))
      : yes(words.yesMinute);
  const isPossible = extension.days !== null && after.twoPersons;
  const extend = !isPossible
    ? no(extension.refused?.code === "POLICY_EXTENSIONS" ? words.noMore : words.noEnd)
    : html`${yes(words.yesUntil(day(language, extension.days?.latest ?? "")))}<br />
        <a href="${bridgeHref(bridge.bridge)}#extend">${words.extend}</a>`;
  const stays = erased === null ? "–" : words.stays(day(language, erased));
  const kept = due !== null && Date.parse(due) > facts.time ? yes(words.termKept) : NONE;
  const rows: readonly (readonly [string, Html, Html, Html, Html])[] = [
    [words.possible, opens, yes(words.yes), heldAll === 0 ? no(words.noHeld) : yes(words.yes), extend],
    [
      words.whatIsHeld,
      html`${words.flows}`,
      html`${stays}`,
      html`${words.leaves}`,
      isPossible ? html`${words.flows}` : NONE,
    ],
    ...(due === null
      ? []
      : [
          [
            words.termRow,
            kept,
            late(after, facts, screen),
            html`${words.termSuccessor}`,
            isPossible ? kept : NONE,
          ] as const,
        ]),
    [
      words.newOnes,
      html`${words.newDelivered}`,
      html`${words.newHeld}`,
      html`${words.newHeld}`,
      isPossible ? html`${words.newExtended}` : NONE,
    ],
    [
      words.who,
      html`${words.youAlone}`,
      html`${words.nobody}`,
      html`${after.twoPersons ? words.twoPersons : words.oneOperator}`,
      html`${after.twoPersons ? words.extendTwo : words.extendWho}`,
    ],
  ];
  const columns = [
    { title: words.question },
    { title: head(words.emergency, words.emergencyWhat) },
    { title: head(words.wait, words.waitWhat) },
    { title: head(words.handOver, words.handOverWhat) },
    { title: head(words.extend, words.extendWhat) },
  ];
  const lines = rows.map(([title, ...cells]) => ({ cells: [html`${title}`, ...cells] }));
  return section("choices", words.choices, words.choicesMeans, table(words.choicesCaption, columns, lines));
}

/** Drops whose term ends with the earliest day; that many are late if nobody does anything. */
function late({ held }: AfterSunsetView, { time }: Facts, { language }: Screen): Html {
  const words = ACT_WORDS[language];
  const dues = held.flatMap(({ due, records }) =>
    due === null ? [] : [{ due: Date.parse(due), records: records ?? 1 }],
  );
  const first = Math.min(...dues.map(({ due }) => due));
  const until = Math.max(first, time);
  const records = dues.reduce((sum, one) => sum + (one.due <= until ? one.records : 0), 0);
  return state("danger", "danger", words.termLate(count(language, records)));
}
