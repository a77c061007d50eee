// Which line of the template made what stands at a path of the message: validators speak in paths of the document, people
// mend lines of the bridge file.

import type { Position } from "../../errors.ts";

/** A node of the template as the document sees it. Several template nodes of one name share one origin, the first wins. */
export interface Origin {
  at: Position;
  /** Without its `=`; undefined for literals and for nodes that only hold others. */
  formula: string | undefined;
  readonly children: Map<string, Origin>;
}

export function createOrigin(at: Position, formula?: string): Origin {
  return { at, formula, children: new Map() };
}

export function childOrigin(parent: Origin, name: string, at: Position, formula?: string): Origin {
  const known = parent.children.get(name);
  if (known) return known;
  const origin = createOrigin(at, formula);
  parent.children.set(name, origin);
  return origin;
}

/** What decides about a node of several parts: its =each, or rather its =text. */
export function madeBy(origin: Origin, formula: { readonly at: Position; readonly source: string }): void {
  origin.at = formula.at;
  origin.formula = formula.source;
}

export type Located = { readonly at: Position; readonly formula: string | undefined } | undefined;

/**
 * `/gw:a/gw:b[2]/@c` as libxml2 writes it: predicates are stripped, `*` (its way to say an element of a default namespace)
 * fits any element, `text()` is the element itself. What the template does not know lies inside a value: the nearest known
 * node above it answers. undefined where not even the root is known.
 */
export function locateInXml(top: Origin, path: string): Located {
  const steps = path
    .split("/")
    .map((step) => step.replace(/\[.*$/s, ""))
    .filter((step) => step !== "" && step !== "text()");
  return descend(top, steps, (origin, step) => {
    if (step !== "*") return origin.children.get(step);
    for (const [name, child] of origin.children) if (!name.startsWith("@")) return child;
    return undefined;
  });
}

/** A JSON pointer (RFC 6901). Positions in lists are no steps of the template. */
export function locateInJson(top: Origin, pointer: string): Located {
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  let origin = top;
  for (const step of steps) {
    const child = origin.children.get(step);
    if (child) origin = child;
    else if (!/^\d+$/.test(step)) break;
  }
  return { at: origin.at, formula: origin.formula };
}

/** A column of csv or fixed: `/NAME`, whatever the line. */
export function locateColumn(top: Origin, path: string): Located {
  return descend(top, [path.replace(/^\//, "")], (origin, step) => origin.children.get(step));
}

function descend(
  top: Origin,
  steps: readonly string[],
  next: (origin: Origin, step: string) => Origin | undefined,
): Located {
  let origin: Origin | undefined;
  for (const step of steps) {
    const child = next(origin ?? top, step);
    if (!child) break;
    origin = child;
  }
  return origin && { at: origin.at, formula: origin.formula };
}
