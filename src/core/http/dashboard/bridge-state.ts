// The state of a bridge as shape and word.

import type { BridgeView } from "../../operations/operations.ts";
import type { Html } from "../pages/html.ts";
import { html } from "../pages/html.ts";
import { state, type Screen, type Shape, type Tone } from "./screen.ts";

const LOOKS: Readonly<Record<string, readonly [Tone, Shape]>> = {
  planned: ["none", "plan"],
  deprecated: ["warn", "dep"],
  extended: ["warn", "ext"],
  sunset: ["ink", "end"],
  notbetrieb: ["danger", "nb"],
  retired: ["none", "end"],
  refused: ["danger", "danger"],
  unknown: ["none", "unk"],
};

export function bridgeState({ lifecycle, paused, held }: BridgeView, { words }: Screen): Html {
  const word = words.states[lifecycle as keyof Screen["words"]["states"]] ?? lifecycle;
  const [tone, shape] = LOOKS[lifecycle] ?? [];
  const said =
    tone === undefined || shape === undefined
      ? html`${word}`
      : state(lifecycle === "sunset" && held > 0 ? "danger" : tone, shape, word);
  return paused ? html`${state("warn", "held", words.isPaused)} · ${said}` : said;
}
