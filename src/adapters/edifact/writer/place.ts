// Where in a template something stands, and who hears what is wrong with it: the check of a bridge file collects, writing throws.

import { FORMULA } from "../../../core/contract.ts";

/** What a template gives, or is before there is a record. */
export type Given =
  | string
  | number
  | boolean
  | null
  | undefined
  | typeof FORMULA
  | readonly Given[]
  | { readonly [name: string]: Given };

export interface More {
  readonly hint?: string | undefined;
  /** The value; never in the message. */
  readonly detail?: string;
  /** As a receiver would say it (data element 0085). */
  readonly code0085?: number;
}

export type Tell = (path: string, message: string, more?: More) => void;

/** An object of the template with its path (JSON pointer). */
export interface Place {
  readonly path: string;
  readonly tell: Tell;
}

export function below({ path, tell }: Place, ...steps: readonly (string | number)[]): Place {
  const pointer = steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  return { path: path + pointer, tell };
}

export type Fields = { readonly [name: string]: Given };

export function isFields(given: Given): given is Fields {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

/** Nothing in it, however deep; a formula may give something. */
export function isNothing(given: Given): boolean {
  if (given === FORMULA) return false;
  if (given === undefined || given === null || given === "") return true;
  if (Array.isArray(given)) return given.every((item: Given) => isNothing(item));
  return typeof given === "object" && Object.values(given as Fields).every(isNothing);
}

/** One item that stands for itself, or a list of them, each with its place. A formula alone is one item. */
export function itemsOf(given: Given, place: Place): readonly (readonly [Given, Place])[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return [[given, place]];
  return (given as readonly Given[]).map((item, at) => [item, below(place, at)]);
}
