// Choosing a part of all bridges: by who is responsible, and in a view over many appliances by appliance and tag. The address keeps the
// choice.

import { html, type Html } from "../pages/html.ts";
import type { Dimension, Facts } from "./facts.ts";
import { count } from "./format.ts";
import type { Screen } from "./screen.ts";

const MOST_VALUES = 500;
const MOST_VALUE = 200;

export interface Filtered {
  readonly facts: Facts;
  /** False where there is nothing to choose. */
  readonly form: Html | false;
  /** What was chosen, for further addresses of the page. */
  readonly chosen: ReadonlyMap<string, string>;
}

/** `kept`: what else stands in the address and has to stay. */
export function filtered(
  all: Facts,
  screen: Screen,
  action: string,
  kept: Readonly<Record<string, string>> = {},
): Filtered {
  const dimensions = [...(all.beyond?.dimensions ?? []), ownerDimension(all)];
  const chosen = new Map<string, string>();
  for (const { key } of dimensions) {
    const value = (screen.query.get(key) ?? "").slice(0, MOST_VALUE);
    if (value !== "") chosen.set(key, value);
  }
  const shown = dimensions.filter(({ key, values }) => values.length > 1 || chosen.has(key));
  const form = shown.length > 0 && formOf(shown, chosen, kept, action, screen);
  if (chosen.size === 0) return { facts: all, form, chosen };
  const wanted = dimensions.filter(({ key }) => chosen.has(key));
  const mine = (bridge: string): boolean =>
    wanted.every((dimension) => dimension.valueOf(bridge) === chosen.get(dimension.key));
  return { facts: onlyOf(all, mine, chosen), form, chosen };
}

function ownerDimension({ rows, lifecycle }: Facts): Dimension {
  return {
    key: "zustaendig",
    label: ({ words }) => words.responsible,
    valueOf: (bridge) => rows.get(bridge)?.owner,
    values: [...new Set(lifecycle.rows.map(({ owner }) => owner))].toSorted((a, b) => a.localeCompare(b)),
  };
}

function onlyOf(facts: Facts, mine: (bridge: string) => boolean, chosen: ReadonlyMap<string, string>): Facts {
  const own = <T extends { readonly bridge: string }>(list: readonly T[]): readonly T[] =>
    list.filter(({ bridge }) => mine(bridge));
  const { today, lifecycle, beyond } = facts;
  return {
    ...facts,
    bridges: own(facts.bridges),
    lifecycle: { ...lifecycle, rows: own(lifecycle.rows) },
    outlines: own(facts.outlines),
    today: { ...today, came: own(today.came), notable: own(today.notable) },
    letters: own(facts.letters),
    causes: own(facts.causes),
    runningOut: facts.runningOut.filter(({ bridge }) => bridge === null || mine(bridge)),
    ...(beyond && { beyond: beyond.only(chosen) }),
  };
}

function formOf(
  dimensions: readonly Dimension[],
  chosen: ReadonlyMap<string, string>,
  kept: Readonly<Record<string, string>>,
  action: string,
  screen: Screen,
): Html {
  return html`<form class="filters" method="get" action="${action}">
    ${dimensions.map((dimension) => select(dimension, chosen.get(dimension.key) ?? "", screen))}
    ${Object.entries(kept).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button type="submit" class="linkish">${screen.words.show}</button>
  </form>`;
}

function select({ key, values, ...dimension }: Dimension, value: string, screen: Screen): Html {
  const { words, language } = screen;
  const option = (name: string): Html =>
    html`<option value="${name}" ${name === value && html`selected`}>${name}</option>`;
  // A value that is none any more stays what was asked for.
  const listed = value === "" || values.includes(value) ? values : [value, ...values];
  return html`<label for="${key}">${dimension.label(screen)}</label>
    <div class="kern-form-input__select-wrapper">
      <select class="kern-form-input__select" id="${key}" name="${key}">
        <option value="">${words.all} ${count(language, values.length)}</option>
        ${listed.slice(0, MOST_VALUES).map(option)}
      </select>
    </div>`;
}
