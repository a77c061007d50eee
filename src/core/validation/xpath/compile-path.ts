// Paths: steps from the nodes of the step before, each node once, in document order. Where no predicate counts positions,
// the truth of a path is known at the first node that gets through.

import { FN, type Ast, type Step } from "./ast.ts";
import { compileWalk, REVERSE, type Walk } from "./axes.ts";
import type { CompileScope, Compile } from "./compile.ts";
import { XPathFault } from "./fault.ts";
import { append } from "./expression.ts";
import { contextOf, type Expression, type Run } from "./run.ts";
import { XNode } from "./tree.ts";
import { EMPTY, inOrder, isNumeric, toDouble, truthOf, type Item, type Sequence } from "./values.ts";

// ── predicates ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface Predicate {
  readonly expression: Expression;
  /** Its answer may depend on where a node stands among the others. */
  readonly counts: boolean;
  /** `[3]` */
  readonly place: number | undefined;
}

export function compilePredicate(ast: Ast, scope: CompileScope, compile: Compile): Predicate {
  const expression = compile(ast, scope);
  const place = ast.kind === "literal" && ast.type === "integer" ? Number(ast.text) : undefined;
  const sure = expression.kind === "nodes" || expression.kind === "boolean" || expression.kind === "text";
  return { expression, counts: !sure || asksForPlace(ast), place };
}

/** position() or last() somewhere inside; in doubt it counts. */
function asksForPlace(ast: Ast): boolean {
  return asksFor(ast, "position") || asksFor(ast, "last");
}

/** A call of this function of the library somewhere inside. */
export function asksFor(value: unknown, name: string): boolean {
  if (Array.isArray(value)) return value.some((each) => asksFor(each, name));
  if (typeof value !== "object" || value === null) return false;
  const { kind, key } = value as { readonly kind?: unknown; readonly key?: unknown };
  if (kind === "call" && key === `{${FN}}${name}`) return true;
  return Object.values(value).some((each) => asksFor(each, name));
}

/** Whether the context gets through; a number asks for its position. */
function passes({ expression, counts }: Predicate, run: Run): boolean {
  if (!counts) return expression.truth(run);
  const items = expression.items(run);
  const only = items[0];
  if (items.length === 1 && only !== undefined && isNumeric(only)) return toDouble(only) === run.position;
  return truthOf(items);
}

export function filtered<T extends Item>(
  items: readonly T[],
  predicates: readonly Predicate[],
  run: Run,
): readonly T[] {
  let left = items;
  for (const predicate of predicates) {
    if (predicate.place !== undefined) {
      const one = left[predicate.place - 1];
      left = one === undefined ? [] : [one];
      continue;
    }
    left = kept(left, predicate, run);
  }
  return left;
}

function kept<T extends Item>(items: readonly T[], predicate: Predicate, run: Run): readonly T[] {
  const found: T[] = [];
  run.spend(items.length);
  const { item, position, size } = run;
  run.size = items.length;
  try {
    for (let at = 0; at < items.length; at++) {
      const one = items[at] as T;
      run.item = one;
      run.position = at + 1;
      if (passes(predicate, run)) found.push(one);
    }
  } finally {
    run.item = item;
    run.position = position;
    run.size = size;
  }
  return found;
}

/** All predicates hold for a node by itself; only where none of them counts. */
function holdsFor(node: XNode, predicates: readonly Predicate[], run: Run): boolean {
  const { item } = run;
  run.item = node;
  try {
    for (const { expression } of predicates) if (!expression.truth(run)) return false;
    return true;
  } finally {
    run.item = item;
  }
}

// ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface CompiledStep {
  /** Nodes that a step from this one leads to, in the axis' order. */
  readonly walk: Walk;
  /** Some predicate counts positions. */
  readonly counts: boolean;
}

export function compileStep(step: Step, scope: CompileScope, compile: Compile): CompiledStep {
  const plain = compileWalk(step.axis, step.test);
  const predicates = step.predicates.map((ast) => compilePredicate(ast, scope, compile));
  if (predicates.length === 0) return { walk: plain, counts: false };
  if (!predicates.some(({ counts }) => counts)) {
    const walk: Walk = (from, run, visit) => plain(from, run, (node) => holdsFor(node, predicates, run) && visit(node));
    return { walk, counts: false };
  }
  const walk: Walk = (from, run, visit) => {
    const list: XNode[] = [];
    plain(from, run, (node) => {
      list.push(node);
      return false;
    });
    return filtered(list, predicates, run).some(visit);
  };
  return { walk, counts: true };
}

// ── paths ───────────────────────────────────────────────────────────────────────────────────────────────────────

type Part = CompiledStep | Expression;

function isStep(part: Part): part is CompiledStep {
  return "walk" in part;
}

export function compilePath(ast: Ast & { readonly kind: "path" }, scope: CompileScope, compile: Compile): Expression {
  const steps = merged(ast.steps);
  const parts = steps.map((step) => (step.kind === "step" ? compileStep(step, scope, compile) : compile(step, scope)));
  const last = parts.at(-1);
  const kind = last === undefined || isStep(last) || last.kind === "nodes" ? "nodes" : "any";
  const single = steps.length === 1 && !ast.rooted && steps[0]?.kind === "step" && !REVERSE.has(steps[0].axis);
  const items = (run: Run): Sequence =>
    single ? oneStep(parts[0] as CompiledStep, run) : follow(ast.rooted, parts, run);
  const walks = parts.flatMap((part) => (isStep(part) ? part.walk : []));
  // A second way down would look at the same nodes again and again.
  const ways = steps.filter(
    (step) => step.kind === "step" && !["child", "attribute", "self", "parent"].includes(step.axis),
  );
  const quick = walks.length === parts.length && ways.length <= 1;
  return {
    kind,
    items,
    truth: quick ? (run) => reaches(startOf(ast.rooted, run), walks, 0, run) : (run) => truthOf(items(run)),
  };
}

/** `//x` is descendant::x where no predicate counts: the index knows them. */
function merged(steps: readonly (Step | Ast)[]): readonly (Step | Ast)[] {
  const found: (Step | Ast)[] = [];
  for (const step of steps) {
    const before = found.at(-1);
    const joins =
      step.kind === "step" &&
      step.axis === "child" &&
      !step.predicates.some((ast) => mayCount(ast)) &&
      before?.kind === "step" &&
      before.axis === "descendant-or-self" &&
      before.test.kind === "type" &&
      before.test.type.name === "node" &&
      before.predicates.length === 0;
    if (joins) found[found.length - 1] = { ...step, axis: "descendant" };
    else found.push(step);
  }
  return found;
}

/** By its syntax alone: everything but comparisons, paths and the like may be a number. */
function mayCount(ast: Ast): boolean {
  if (asksForPlace(ast)) return true;
  const { kind } = ast;
  if (kind === "path") return ast.steps.at(-1)?.kind !== "step" && ast.steps.length > 0;
  if (kind === "call")
    return !/\}(?:not|boolean|exists|empty|contains|starts-with|ends-with|matches|true|false)$/.test(ast.key);
  return !["and", "or", "compare", "some", "every"].includes(kind) || (kind === "compare" && !ast.general);
}

function startOf(rooted: boolean, run: Run): XNode {
  const item = contextOf(run);
  if (!(item instanceof XNode)) throw new XPathFault("XPTY0020", "a path begins at a value that is no node");
  return rooted ? item.tree.document : item;
}

function oneStep({ walk }: CompiledStep, run: Run): Sequence {
  const nodes: XNode[] = [];
  walk(startOf(false, run), run, (node) => {
    nodes.push(node);
    return false;
  });
  return nodes;
}

function reaches(from: XNode, walks: readonly Walk[], at: number, run: Run): boolean {
  const walk = walks[at];
  if (walk === undefined) return true;
  return walk(from, run, (node) => reaches(node, walks, at + 1, run));
}

function follow(rooted: boolean, parts: readonly Part[], run: Run): Sequence {
  const [first] = parts;
  let current: Sequence;
  let next = 0;
  if (!rooted && first !== undefined && !isStep(first)) {
    current = first.items(run);
    next = 1;
  } else {
    current = [startOf(rooted, run)];
  }
  for (; next < parts.length; next++) {
    if (current.length === 0) return EMPTY;
    current = advance(current, parts[next] as Part, run);
  }
  return current;
}

function advance(current: Sequence, part: Part, run: Run): Sequence {
  if (!isStep(part)) return advanceBy(current, part, run);
  const nodes: XNode[] = [];
  for (const node of current) {
    if (!(node instanceof XNode)) throw new XPathFault("XPTY0019", "a step begins at a value that is no node");
    part.walk(node, run, (found) => {
      nodes.push(found);
      return false;
    });
    run.room(nodes.length);
  }
  return inOrder(nodes);
}

/** `a/(b | c)`, `a/string()`: any expression, for each node. */
function advanceBy(current: Sequence, part: Expression, run: Run): Sequence {
  const found: Item[] = [];
  let nodes = 0;
  run.spend(current.length);
  const { item, position, size } = run;
  run.size = current.length;
  try {
    for (let at = 0; at < current.length; at++) {
      const node = current[at] as Item;
      if (!(node instanceof XNode)) throw new XPathFault("XPTY0019", "a step begins at a value that is no node");
      run.item = node;
      run.position = at + 1;
      const made = part.items(run);
      append(found, made, run);
      for (const one of made) if (one instanceof XNode) nodes++;
    }
  } finally {
    run.item = item;
    run.position = position;
    run.size = size;
  }
  if (nodes === 0) return found;
  if (nodes < found.length) throw new XPathFault("XPTY0018", "a path ends in nodes and in values that are none");
  return inOrder(found as XNode[]);
}
