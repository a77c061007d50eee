// Who sees to an alarm, and the button for those who will.

import { html, type Html } from "../pages/html.ts";
import type { Acute } from "./acute.ts";
import { nameOf } from "../../lifecycle/person.ts";
import { moment } from "./format.ts";
import { state, type Screen } from "./screen.ts";
import { ALARM_WORDS } from "./words-alarms.ts";

export function takenOver({ key, title, alarm }: Acute, today: string, screen: Screen): Html {
  // Seen just now: the next tick enters it.
  if (alarm === undefined) return html`–`;
  const { language, live, may, csrf } = screen;
  const words = ALARM_WORDS[language];
  const { view, what } = alarm;
  const when = (text: string): string => moment(language, text, today);
  const taken = view.takenOver;
  if (taken !== null)
    return html`${live(`${key}/taken`, nameOf(taken.by))}<small
        >${live(`${key}/since`, words.takenSince(when(taken.at)))}</small
      >`;
  const said = html`${state("warn", "warn", live(`${key}/taken`, words.nobody))}<small
      >${live(`${key}/since`, words.alarmSince(when(view.since)))}</small
    >`;
  if (!may("operator", view.bridge ?? undefined)) return said;
  return html`${said}
    <form method="post" action="/alarme/${encodeURIComponent(view.key)}/uebernehmen">
      ${csrf}<button type="submit" class="linkish" aria-label="${words.takeOverOf(what, title)}">
        ${words.takeOver}
      </button>
    </form>`;
}
