// Who goes to the successor already (`deliver.split`), and how much went which way.

import type { ProgressView } from "../../operations/progress-view.ts";
import { html, type Html } from "../pages/html.ts";
import { count } from "./format.ts";
import { section, type Screen } from "./screen.ts";
import { PROGRESS_WORDS } from "./words-progress.ts";

const MOST_SHOWN = 200;

export function splitSection({ split }: ProgressView, { language, words }: Screen): Html | false {
  if (split === null) return false;
  const own = PROGRESS_WORDS[language];
  const { values, to, moved, stayed } = split;
  const shown = (value: number): string => count(language, value);
  const more = values.length - MOST_SHOWN;
  return section(
    "split",
    own.split,
    own.splitValues(values.length, shown(values.length)),
    html`<p>${own.splitCounts(shown(moved), shown(stayed))} <code>${to}</code></p>
      ${
        values.length > 0 &&
        html`<details class="data">
          <summary>${own.splitWho}</summary>
          <p>
            ${values.slice(0, MOST_SHOWN).map((value, at) => html`${at > 0 && ", "}<code>${value}</code>`)}${more > 0 && ` ${words.moreOf(shown(more))}`}
          </p>
        </details>`
      }`,
  );
}
