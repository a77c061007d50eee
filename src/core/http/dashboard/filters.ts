// Choosing a part of all bridges: by tag, by who is responsible, and in a view over many appliances by appliance. The address keeps the
// choice.

import { html, type Html } from "../pages/html.ts";
import { dimensionsOf } from "./dimensions.ts";
import { onlyOf, type Dimension, type Facts } from "./facts.ts";
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
  const dimensions = dimensionsOf(all);
  const chosen = chosenIn(screen.query, dimensions);
  const shown = shownOf(dimensions, chosen);
  const form = shown.length > 0 && formOf(shown, chosen, kept, action, screen);
  if (chosen.size === 0) return { facts: all, form, chosen };
  return { facts: onlyOf(all, among(dimensions, chosen), chosen), form, chosen };
}

/** What the address asks for, by dimension. */
export function chosenIn(query: URLSearchParams, dimensions: readonly Dimension[]): ReadonlyMap<string, string> {
  const values = dimensions.map(({ key }) => [key, (query.get(key) ?? "").slice(0, MOST_VALUE)] as const);
  return new Map(values.filter(([, value]) => value !== ""));
}

/** There is nothing to choose from one value. */
export function shownOf(dimensions: readonly Dimension[], chosen: ReadonlyMap<string, string>): readonly Dimension[] {
  return dimensions.filter(({ key, values }) => values.length > 1 || chosen.has(key));
}

/** Whether a bridge is one of those that were chosen. */
export function among(
  dimensions: readonly Dimension[],
  chosen: ReadonlyMap<string, string>,
): (bridge: string) => boolean {
  const wanted = dimensions.filter(({ key }) => chosen.has(key));
  return (bridge) => wanted.every((dimension) => dimension.valuesOf(bridge).includes(chosen.get(dimension.key) ?? ""));
}

function formOf(
  dimensions: readonly Dimension[],
  chosen: ReadonlyMap<string, string>,
  kept: Readonly<Record<string, string>>,
  action: string,
  screen: Screen,
): Html {
  return html`<form class="filters" method="get" action="${action}">
    ${selects(dimensions, chosen, screen)}
    ${Object.entries(kept).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button type="submit" class="linkish">${screen.words.show}</button>
  </form>`;
}

export function selects(
  dimensions: readonly Dimension[],
  chosen: ReadonlyMap<string, string>,
  screen: Screen,
): readonly Html[] {
  return dimensions.map((dimension) => select(dimension, chosen.get(dimension.key) ?? "", screen));
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
