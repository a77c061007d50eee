// What runs beside what lies on the disk: whoever changed a file sees whether it counts, and why not.

import type { DriftView } from "../../reload/drift.ts";
import { html, type Html } from "../pages/html.ts";
import type { Language } from "../pages/docs-words.ts";
import type { Facts } from "./facts.ts";
import { local, moment } from "./format.ts";
import { section, state, type Screen } from "./screen.ts";
import { DRIFT_WORDS } from "./words-drift.ts";

const SHOWN = 12;

export function driftSection(drift: DriftView, facts: Facts, { language }: Screen): Html {
  const words = DRIFT_WORDS[language];
  const time = (iso: string): string => moment(language, local(Date.parse(iso)), facts.now.slice(0, 10));
  const { restored, policy, settings } = drift;
  const changed = settings.changed === null ? undefined : words.settingsChanged(time(settings.changed));
  return section(
    "drift",
    words.title,
    "",
    html`<dl class="facts">
      <dt>${words.version}</dt>
      <dd>${drift.running === null ? words.notRunning : hash(drift.running)} ${version(drift, time, language)}</dd>
      <dt>${words.policy}</dt>
      <dd>${hash(policy.running)} ${policyState(policy, language)}</dd>
      <dt>${words.settings}</dt>
      <dd>${changed === undefined ? words.unchanged : state("warn", "warn", changed)}</dd>
      ${
        restored !== null &&
        html`<dt>${words.restored}</dt>
          <dd>${words.restoredFrom(time(restored.backup), String(restored.head), time(restored.at))}</dd>`
      }
    </dl>`,
  );
}

function hash(text: string): Html {
  return html`<code title="${text}">${text.slice(0, SHOWN)}</code>`;
}

function version({ running, disk, changed, why }: DriftView, time: (iso: string) => string, language: Language): Html {
  const words = DRIFT_WORDS[language];
  if (disk === null || changed === null) return state("warn", "warn", words.gone);
  if (disk === running) return html`${words.asOnDisk}`;
  const reason = why === null ? html`${words.waits}` : html`${words.why}: <span lang="en">${why}</span>`;
  return html`${state("warn", "warn", words.onDisk(disk.slice(0, SHOWN), time(changed)))} <small>${reason}</small>`;
}

function policyState({ running, disk }: DriftView["policy"], language: Language): Html {
  const words = DRIFT_WORDS[language];
  if (disk === running) return html`${words.asOnDisk}`;
  return state("warn", "warn", disk === null ? words.policyInvalid : words.policyDiffers);
}
