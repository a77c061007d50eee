// How a drop stands, as shape and word; of one in work, how far it has come.

import type { DropView } from "../../operations/operations.ts";
import { html, type Html } from "../pages/html.ts";
import { count } from "./format.ts";
import { state, type Screen, type Shape, type Tone } from "./screen.ts";
import { DROP_WORDS } from "./words-drops.ts";

/** What needs nobody is a word without a shape. */
const LOOKS: Readonly<Partial<Record<DropView["state"], readonly [Tone, Shape]>>> = {
  open: ["none", "wait"],
  held: ["info", "held"],
  "handed-over": ["ink", "end"],
  refused: ["ink", "no"],
  erased: ["none", "end"],
};

export interface DropStanding {
  /** Another one is another row: of an open page only words change. */
  readonly key: string;
  readonly shown: Html;
}

/** `open`: records of it that wait for people. */
export function dropStanding(drop: DropView, open: number, screen: Screen): DropStanding {
  const { words, language } = screen;
  const { id, trouble } = drop;
  if (trouble !== null)
    return {
      key: `${id}/stuck`,
      shown: html`${state("danger", "danger", words.stuck)}<small><code>${trouble}</code></small>`,
    };
  const said = screen.live(`${id}/state`, stateWord(drop, screen));
  const look = LOOKS[drop.state];
  const letters =
    open > 0 &&
    state("warn", "warn", html`<a href="${dropHref(id)}">${words.lettersOf(open, count(language, open))}</a>`);
  const shown = look === undefined ? html`${said}` : state(...look, said);
  return {
    key: `${id}/${look?.[1] ?? "done"}${open > 0 ? "/letters" : ""}`,
    shown: letters === false ? shown : html`${shown}<br />${letters}`,
  };
}

function stateWord(drop: DropView, { words, language }: Screen): string {
  const own = DROP_WORDS[language];
  if (drop.state !== "open") return words.dropStates[drop.state];
  const done = drop.delivered + drop.skipped + drop.dead;
  if (drop.records !== null) return own.runningOf(count(language, done), count(language, drop.records));
  return done === 0 ? own.taken : own.running(count(language, done));
}

export function dropHref(id: string): string {
  return `/eingaenge/${encodeURIComponent(id)}`;
}

/** Where its key is gone, its name is, too. */
export function dropName({ name, id }: Pick<DropView, "name" | "id">): string {
  return name === "" ? id : name;
}
