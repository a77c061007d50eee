// XSLT patterns, as contexts of rules are written (XSLT 3.0, 5.5): which nodes of a document match. Nodes are found by
// the last name of a pattern and proven upwards; what is no pattern of this simple form is selected from everywhere.

import type { Ast, Step } from "./ast.ts";
import { compileTest } from "./axes.ts";
import type { CompileScope } from "./compile.ts";
import { compileExpression } from "./compile.ts";
import { append } from "./expression.ts";
import { asksFor, compileStep } from "./compile-path.ts";
import { UnsupportedFault, XPathFault } from "./fault.ts";
import type { Run } from "./run.ts";
import type { XNode } from "./tree.ts";
import { inOrder, nodesOf, type Sequence } from "./values.ts";

/** All nodes of the run's document that match, in document order. */
export type Match = (run: Run) => readonly XNode[];

export function compileMatch(ast: Ast, scope: CompileScope): Match {
  const alternatives = unionOf(ast).map((each) => alternative(each, scope));
  if (alternatives.length === 1) return alternatives[0] as Match;
  return (run) => inOrder(alternatives.flatMap((match) => [...match(run)]));
}

function unionOf(ast: Ast): readonly Ast[] {
  if (ast.kind !== "nodes" || ast.operator !== "union") return [ast];
  return [...unionOf(ast.left), ...unionOf(ast.right)];
}

/** A step with what stands before it: `/` (the parent) or `//` (some ancestor). */
interface Link {
  readonly step: Step;
  readonly far: boolean;
}

function alternative(ast: Ast, scope: CompileScope): Match {
  if (ast.kind === "path" && ast.rooted && ast.steps.length === 0) return (run) => [run.tree.document];
  const links = ast.kind === "path" ? linksOf(ast.steps) : undefined;
  if (ast.kind !== "path" || links === undefined) return anywhere(ast, scope);
  const proofs = links.map((link) => proofOf(link, scope));
  const last = links.at(-1) as Link;
  return (run) => {
    const found: XNode[] = [];
    for (const node of candidates(last.step, run)) {
      run.spend(1);
      if (run.start(node, [], () => proves(node, proofs, proofs.length - 1, ast.rooted, run))) found.push(node);
    }
    return found;
  };
}

/** undefined where a step is not on the axes of patterns. */
function linksOf(steps: readonly (Step | Ast)[]): readonly Link[] | undefined {
  const links: Link[] = [];
  let far = false;
  for (const step of steps) {
    if (step.kind !== "step") return undefined;
    if (step.axis === "descendant-or-self" && step.test.kind === "type" && step.predicates.length === 0) {
      if (step.test.type.name !== "node" || far) return undefined;
      far = true;
      continue;
    }
    if (step.axis !== "child" && step.axis !== "attribute") return undefined;
    links.push({ step, far });
    far = false;
  }
  return far || links.length === 0 ? undefined : links;
}

interface Proof {
  readonly far: boolean;
  readonly fits: (node: XNode, run: Run) => boolean;
}

function proofOf({ step, far }: Link, scope: CompileScope): Proof {
  const { walk, counts } = compileStep(step, scope, compileExpression);
  const attribute = step.axis === "attribute";
  const test = compileTest(step.test, step.axis);
  const simple = (node: XNode): boolean =>
    (node.kind === "attribute") === attribute && node.parent !== undefined && test(node);
  if (step.predicates.length === 0) return { far, fits: simple };
  if (counts) {
    // Where positions count, the parent tells.
    return {
      far,
      fits: (node, run) => simple(node) && walk(node.parent as XNode, run, (found) => found === node),
    };
  }
  const own = compileStep({ ...step, axis: "self", test: ANY_NODE }, scope, compileExpression);
  return { far, fits: (node, run) => simple(node) && own.walk(node, run, () => true) };
}

const ANY_NODE = { kind: "type", type: { name: "node" } } as const;

/** Faults while matching mean no match (XSLT 3.0, 5.5.4). */
function proves(node: XNode, proofs: readonly Proof[], at: number, rooted: boolean, run: Run): boolean {
  const { far, fits } = proofs[at] as Proof;
  try {
    if (!fits(node, run)) return false;
  } catch (cause) {
    if (cause instanceof XPathFault) return false;
    throw cause;
  }
  const parent = node.parent as XNode;
  if (at === 0) return !rooted || far || parent.kind === "document";
  if (!far) return parent.parent !== undefined && proves(parent, proofs, at - 1, rooted, run);
  for (let above: XNode = parent; above.parent !== undefined; above = above.parent) {
    run.spend(1);
    if (proves(above, proofs, at - 1, rooted, run)) return true;
  }
  return false;
}

function candidates({ axis, test }: Step, run: Run): readonly XNode[] {
  const { tree } = run;
  if (axis === "child" && test.kind === "name") return tree.named(test.key);
  if (axis === "child" && test.kind === "wild") return tree.elements();
  return tree.nodes;
}

/** The expression from every node that could be above: `//(…)`. What begins at the root is the same from everywhere. */
function anywhere(ast: Ast, scope: CompileScope): Match {
  if (asksFor(ast, "current")) {
    throw new UnsupportedFault("current() in a context is supported only where it is a simple pattern", ast.at);
  }
  const expression = compileExpression(ast, scope);
  if (expression.kind !== "nodes" && expression.kind !== "any") {
    throw new XPathFault("XPTY0004", "a context selects nodes, this gives values", ast.at);
  }
  const absolute = isAbsolute(ast);
  return (run) => {
    const { document, nodes } = run.tree;
    const found: XNode[] = [];
    for (const from of absolute ? [document] : nodes) {
      if (from.kind === "attribute") continue;
      const selected = withoutFault(() => run.start(from, [], () => expression.items(run)));
      append(found, nodesOf(selected, "a context"), run);
    }
    return inOrder(found);
  };
}

function isAbsolute(ast: Ast): boolean {
  if (ast.kind === "nodes") return isAbsolute(ast.left) && isAbsolute(ast.right);
  if (ast.kind === "filter") return isAbsolute(ast.of);
  const first = ast.kind === "path" ? ast.steps[0] : undefined;
  return ast.kind === "path" && (ast.rooted || (first !== undefined && first.kind !== "step" && isAbsolute(first)));
}

function withoutFault(select: () => Sequence): Sequence {
  try {
    return select();
  } catch (cause) {
    if (cause instanceof XPathFault) return [];
    throw cause;
  }
}
