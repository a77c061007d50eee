// Axes and node tests. Elements below a node are found by name through the tree's index, not by looking at each.

import type { Axis, NodeTest } from "./ast.ts";
import type { Run } from "./run.ts";
import type { XNode } from "./tree.ts";
import type { ItemType } from "./types.ts";

/** Called for each node of the axis that fits, in the axis' own order; true ends the walk. */
export type Visit = (node: XNode) => boolean;
/** Whether a visit ended it. */
export type Walk = (from: XNode, run: Run, visit: Visit) => boolean;

export const REVERSE: ReadonlySet<Axis> = new Set<Axis>([
  "parent",
  "ancestor",
  "ancestor-or-self",
  "preceding-sibling",
  "preceding",
]);

type Fits = (node: XNode) => boolean;

/** The test alone; names and `*` are of elements, on the attribute axis of attributes. */
export function compileTest(test: NodeTest, axis: Axis): Fits {
  const kind = axis === "attribute" ? "attribute" : "element";
  if (test.kind === "name") {
    const { key } = test;
    return (node) => node.key === key && node.kind === kind;
  }
  if (test.kind === "type") return typeTest(test.type);
  const { namespace, local } = test;
  return (node) =>
    node.kind === kind &&
    (namespace === undefined || node.namespace === namespace) &&
    (local === undefined || node.local === local);
}

function typeTest({ name, key }: ItemType): Fits {
  if (name === "node" || name === "item") return () => true;
  const kind = name === "processing-instruction" ? "instruction" : name === "document-node" ? "document" : name;
  return (node) => node.kind === kind && (key === undefined || node.key === key);
}

export function compileWalk(axis: Axis, test: NodeTest): Walk {
  const fits = compileTest(test, axis);
  const key = test.kind === "name" && axis !== "attribute" ? test.key : undefined;
  switch (axis) {
    case "child":
      return (from, run, visit) => through(from.children, 0, fits, run, visit);
    case "attribute":
      return (from, run, visit) => through(from.attributes, 0, fits, run, visit);
    case "self":
      return (from, _, visit) => fits(from) && visit(from);
    case "parent":
      return (from, _, visit) => from.parent !== undefined && fits(from.parent) && visit(from.parent);
    case "ancestor":
      return (from, run, visit) => upwards(from.parent, fits, run, visit);
    case "ancestor-or-self":
      return (from, run, visit) => upwards(from, fits, run, visit);
    case "descendant":
      return key === undefined
        ? (from, run, visit) => inside(from, from.order + 1, fits, run, visit)
        : (from, run, visit) => insideByName(from, from.order + 1, key, run, visit);
    case "descendant-or-self":
      return key === undefined
        ? (from, run, visit) => inside(from, from.order, fits, run, visit)
        : (from, run, visit) => insideByName(from, from.order, key, run, visit);
    case "following-sibling":
      return (from, run, visit) => through(siblings(from), placeOf(from) + 1, fits, run, visit);
    case "preceding-sibling":
      return (from, run, visit) => backwards(siblings(from), placeOf(from) - 1, fits, run, visit);
    case "following":
      return (from, run, visit) => after(from, fits, run, visit);
    default:
      return (from, run, visit) => before(from, fits, run, visit);
  }
}

function through(list: readonly XNode[], start: number, fits: Fits, run: Run, visit: Visit): boolean {
  run.spend(list.length - start + 1);
  for (let at = start; at < list.length; at++) {
    const node = list[at] as XNode;
    if (fits(node) && visit(node)) return true;
  }
  return false;
}

function backwards(list: readonly XNode[], start: number, fits: Fits, run: Run, visit: Visit): boolean {
  run.spend(start + 2);
  for (let at = start; at >= 0; at--) {
    const node = list[at] as XNode;
    if (fits(node) && visit(node)) return true;
  }
  return false;
}

function upwards(start: XNode | undefined, fits: Fits, run: Run, visit: Visit): boolean {
  for (let at = start; at !== undefined; at = at.parent) {
    run.spend(1);
    if (fits(at) && visit(at)) return true;
  }
  return false;
}

function inside(from: XNode, start: number, fits: Fits, run: Run, visit: Visit): boolean {
  const { nodes } = from.tree;
  run.spend(from.last - start + 2);
  for (let at = start; at <= from.last; at++) {
    const node = nodes[at] as XNode;
    // Attributes stand in the order of the document, but below nothing.
    if ((node.kind !== "attribute" || node === from) && fits(node) && visit(node)) return true;
  }
  return false;
}

function insideByName(from: XNode, start: number, key: string, run: Run, visit: Visit): boolean {
  const named = from.tree.named(key);
  for (let at = firstFrom(named, start); at < named.length; at++) {
    const node = named[at] as XNode;
    if (node.order > from.last) return false;
    run.spend(1);
    if (visit(node)) return true;
  }
  run.spend(1);
  return false;
}

/** The first index whose node stands at this place of the document or behind it. */
function firstFrom(nodes: readonly XNode[], order: number): number {
  let [low, high] = [0, nodes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((nodes[middle] as XNode).order < order) low = middle + 1;
    else high = middle;
  }
  return low;
}

const ALONE: readonly XNode[] = [];

/** Attributes have none. */
function siblings(node: XNode): readonly XNode[] {
  return node.kind === "attribute" ? ALONE : (node.parent?.children ?? ALONE);
}

/** Siblings stand in document order, so that the place is found by halving. */
function placeOf(node: XNode): number {
  const list = siblings(node);
  return list.length === 0 ? -1 : firstFrom(list, node.order);
}

function after(from: XNode, fits: Fits, run: Run, visit: Visit): boolean {
  const { nodes } = from.tree;
  // What follows an attribute is what stands in its element, and all behind that.
  const start = from.kind === "attribute" ? from.order + 1 : from.last + 1;
  run.spend(nodes.length - start + 1);
  for (let at = start; at < nodes.length; at++) {
    const node = nodes[at] as XNode;
    if (node.kind !== "attribute" && fits(node) && visit(node)) return true;
  }
  return false;
}

function before(from: XNode, fits: Fits, run: Run, visit: Visit): boolean {
  const { nodes } = from.tree;
  run.spend(from.order + 1);
  for (let at = from.order - 1; at >= 0; at--) {
    const node = nodes[at] as XNode;
    // Ancestors begin before it, but do not end before it.
    if (node.kind === "attribute" || node.last >= from.order) continue;
    if (fits(node) && visit(node)) return true;
  }
  return false;
}
