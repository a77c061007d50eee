// The policy where its file is looser than what holds: the difference field by field, and the forms for the two persons who have to see it.

import { isPerson } from "../../lifecycle/person.ts";
import type { Loosened } from "../../lifecycle/policy-loosening.ts";
import type { ActView } from "../../operations/acts.ts";
import type { Operations } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { actTable, isWaiting } from "./act-list.ts";
import type { Facts } from "./facts.ts";
import { count, day } from "./format.ts";
import type { Page } from "./page-lage.ts";
import { asking, section, state, table, type Screen } from "./screen.ts";
import { ACT_WORDS } from "./words-acts.ts";
import { EXTENSION_WORDS, POLICY_HREF } from "./words-extension.ts";

export async function policyPage(operations: Operations, facts: Facts, screen: Screen): Promise<Page> {
  const [{ hash, waits }, acts] = await Promise.all([operations.policy({}), operations.acts({})]);
  const words = EXTENSION_WORDS[screen.language];
  const open = acts.filter((act) => act.kind === "loosen-policy" && act.to === hash && isWaiting(act));
  const title = waits.length === 0 ? words.policy : words.loose;
  const body = html`<p class="crumb"><a href="/">${screen.words.lage}</a></p>
    <h1 class="kern-heading-medium">${title}</h1>
    ${waits.length === 0 ? html`<p>${state("ok", "ok", words.asWritten)}</p>` : waiting(waits, hash, open, facts, screen)}
    <p class="hint"><code>${hash}</code></p>`;
  return { title, body };
}

function waiting(
  waits: readonly Loosened[],
  hash: string,
  open: readonly ActView[],
  facts: Facts,
  screen: Screen,
): Html {
  const words = EXTENSION_WORDS[screen.language];
  const lines = waits.map(({ field, before, now }) => ({
    cells: [
      html`${words.fields[field] ?? field}<small><code>${field}</code></small>`,
      html`${shown(field, before, screen)}`,
      state("warn", "warn", shown(field, now, screen)),
    ],
  }));
  const columns = [{ title: words.field }, { title: words.held }, { title: words.inPolicy }];
  return html`<p>${words.looseMeans}</p>
    ${table(words.looseCaption, columns, lines)}
    ${open.length > 0 ? section("acts", ACT_WORDS[screen.language].acts, "", actTable(open, facts, screen, true)) : form(hash, screen)}`;
}

function form(hash: string, screen: Screen): Html {
  const words = EXTENSION_WORDS[screen.language];
  const acts = ACT_WORDS[screen.language];
  if (!screen.may("operator", undefined))
    return html`<p class="note">${screen.words.mayNot(screen.words.roles.operator)}</p>`;
  if (!isPerson(screen.actor)) return html`<p class="note">${acts.personsOnly}</p>`;
  // What is asked for is what was seen here, not what the file says by the time that somebody confirms it.
  const seen = { hidden: { hash } };
  return section(
    "loosen",
    words.askLoosen,
    acts.askMeans,
    html`${asking(`${POLICY_HREF}/beantragen`, "reason", acts.why, words.askLoosen, screen, seen)}
      <p class="hint">${words.loosenMeans}</p>`,
  );
}

function shown(field: string, value: Loosened["now"], { language }: Screen): string {
  const words = EXTENSION_WORDS[language];
  if (value === null) return words.allLaender;
  if (typeof value === "number") return count(language, value);
  if (typeof value === "boolean") return value ? words.yes : words.no;
  if (typeof value === "string") return value;
  if ("months" in value) return words.period(value);
  if (value.length === 0) return field === "approvers" ? words.noneNamed : words.nothing;
  if (field === "endDays.freeze")
    return value
      .map((span) =>
        span
          .split("/", 2)
          .map((date) => day(language, date))
          .join(" – "),
      )
      .join(", ");
  return value.map((one) => (field === "endDays.weekdays" ? (words.weekdays[one] ?? one) : one)).join(", ");
}
