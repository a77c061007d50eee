// Small makers of compiled expressions.

import type { Expression, Kind, Run } from "./run.ts";
import {
  compatText,
  EMPTY,
  FALSE,
  stringOf,
  TRUE,
  truthOf,
  typeNameOf,
  Untyped,
  type Atomic,
  type Item,
  type Sequence,
} from "./values.ts";
import { typeFault } from "./fault.ts";
import { textOf, XNode } from "./tree.ts";

/** What compiling of a part of the language needs to know of the whole. */
export interface Mode {
  /** Rules of XPath 1.0 (XPath 3.1, B.1): first of several, texts as numbers. */
  readonly compat: boolean;
}

export function sequence(kind: Kind, items: (run: Run) => Sequence): Expression {
  return { kind, items, truth: (run) => truthOf(items(run)) };
}

export function condition(truth: (run: Run) => boolean): Expression {
  return { kind: "boolean", items: (run) => (truth(run) ? TRUE : FALSE), truth };
}

/** Puts items behind those that are there already. */
export function append<T extends Item>(found: T[], made: readonly T[], run: Run): void {
  run.spend(made.length + 1);
  run.room(found.length + made.length);
  for (const one of made) found.push(one);
}

/** Texts one behind the other; their size is known before they are joined. */
export function joinTexts(texts: readonly string[], between: string, run: Run): string {
  let length = between.length * texts.length;
  for (const text of texts) length += text.length;
  run.text(length);
  return texts.join(between);
}

/** One value, or none. */
export function value(kind: Kind, make: (run: Run) => Item | undefined): Expression {
  return sequence(kind, (run) => {
    const made = make(run);
    return made === undefined ? EMPTY : [made];
  });
}

export function constant(kind: Kind, items: Sequence): Expression {
  let truth: boolean | undefined;
  return { kind, fixed: items, items: () => items, truth: () => (truth ??= truthOf(items)) };
}

/** The one item of an argument; in XPath 1.0 the first. undefined = there is none. */
export function oneOf(items: Sequence, { compat }: Mode, what: string): Item | undefined {
  if (items.length > 1 && !compat) throw typeFault(`${what} takes one value, not ${items.length}`);
  return items[0];
}

/** An argument that is xs:string?; undefined = empty. Numbers are texts in XPath 1.0 only. */
export function textArgument(expression: Expression, mode: Mode, what: string): (run: Run) => string | undefined {
  return (run) => {
    const item = oneOf(expression.items(run), mode, what);
    if (item === undefined) return undefined;
    const text = item instanceof XNode ? textOf(item) : mode.compat ? compatText(item) : textual(item, what);
    run.text(text.length);
    return text;
  };
}

/** An argument that is xs:string: not to be left empty. */
export function neededText(expression: Expression, mode: Mode, what: string): (run: Run) => string {
  const read = textArgument(expression, mode, what);
  return (run) => {
    const text = read(run);
    if (text !== undefined) return text;
    if (mode.compat) return "";
    throw typeFault(`${what} takes a text, not nothing`);
  };
}

function textual(item: Atomic, what: string): string {
  if (typeof item === "string") return item;
  if (item instanceof Untyped) return item.text;
  throw typeFault(`${what} takes a text, not ${typeNameOf(item)}`);
}

/** The same for arguments of any atomic type, as concat() takes them. */
export function anyText(expression: Expression, mode: Mode, what: string): (run: Run) => string {
  return (run) => {
    const item = oneOf(expression.items(run), mode, what);
    if (item === undefined) return "";
    const text = mode.compat ? compatText(item) : stringOf(item);
    run.text(text.length);
    return text;
  };
}
