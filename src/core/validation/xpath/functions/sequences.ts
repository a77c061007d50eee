// Sequences, nodes and booleans (F&O 3.1, 7, 13 and 14), and what XSLT adds: current(), key(), generate-id().

import { typeFault, XPathFault } from "../fault.ts";
import { append, condition, oneOf, sequence, textArgument, value } from "../expression.ts";
import { contextOf, type Expression, type Run } from "../run.ts";
import { XNode } from "../tree.ts";
import { convert, type SequenceType } from "../types.ts";
import { atomOf, inOrder, nodesOf, numberOf, type Item, type Sequence } from "../values.ts";
import { fn, type Library, type Made } from "./contract.ts";
import { distinctKey } from "./numbers.ts";

function first({ args }: Made): Expression {
  return args[0] as Expression;
}

// ── booleans ────────────────────────────────────────────────────────────────────────────────────────────────────

function not(made: Made): Expression {
  const of = first(made);
  return condition((run) => !of.truth(run));
}

function boolean(made: Made): Expression {
  const of = first(made);
  return condition((run) => of.truth(run));
}

/** For nodes, being there is being true, which paths know early. */
function exists(made: Made): Expression {
  const of = first(made);
  return condition(of.kind === "nodes" ? (run) => of.truth(run) : (run) => of.items(run).length > 0);
}

function empty(made: Made): Expression {
  const there = exists(made);
  return condition((run) => !there.truth(run));
}

// ── sequences ───────────────────────────────────────────────────────────────────────────────────────────────────

function integerArgument(argument: Expression, { mode, what }: Made, run: Run): number {
  const item = oneOf(argument.items(run), mode, what);
  if (item === undefined && !mode.compat) throw typeFault(`${what} takes a number, not nothing`);
  return item === undefined ? NaN : numberOf(item);
}

function slice(take: (items: Sequence) => Sequence): (made: Made) => Expression {
  return (made) => {
    const of = first(made);
    return sequence(of.kind, (run) => take(of.items(run)));
  };
}

function subsequence(made: Made): Expression {
  const [of, start, length] = made.args as [Expression, Expression, Expression | undefined];
  return sequence(of.kind, (run) => {
    const from = Math.floor(integerArgument(start, made, run) + 0.5);
    const until = length ? from + Math.floor(integerArgument(length, made, run) + 0.5) : Infinity;
    return of.items(run).filter((_, at) => at + 1 >= from && at + 1 < until);
  });
}

function insertBefore(made: Made): Expression {
  const [of, place, what] = made.args as [Expression, Expression, Expression];
  return sequence("any", (run) => {
    const items = of.items(run);
    const at = Math.min(Math.max(integerArgument(place, made, run), 1), items.length + 1) - 1;
    const found = items.slice(0, at);
    append(found, what.items(run), run);
    append(found, items.slice(at), run);
    return found;
  });
}

function remove(made: Made): Expression {
  const [of, place] = made.args as [Expression, Expression];
  return sequence(of.kind, (run) => {
    const at = integerArgument(place, made, run);
    return of.items(run).filter((_, index) => index + 1 !== at);
  });
}

function counted(fits: (count: number) => boolean, code: string): (made: Made) => Expression {
  return (made) => {
    const of = first(made);
    return sequence(of.kind, (run) => {
      const items = of.items(run);
      if (fits(items.length)) return items;
      throw new XPathFault(code, `${made.what} was given ${items.length} values`);
    });
  };
}

/** Values alike one by one; nodes by their texts would be too little, so they are compared in depth. */
function deepEqual({ args }: Made): Expression {
  const [left, right] = args as [Expression, Expression];
  return condition((run) => {
    const [a, b] = [left.items(run), right.items(run)];
    return a.length === b.length && a.every((item, at) => alike(item, b[at] as Item, run));
  });
}

function alike(a: Item, b: Item, run: Run): boolean {
  run.spend(1);
  if (!(a instanceof XNode) || !(b instanceof XNode)) {
    return !(a instanceof XNode) && !(b instanceof XNode) && distinctKey(a) === distinctKey(b);
  }
  if (a.kind !== b.kind || a.key !== b.key) return false;
  run.spend(a.attributes.length * b.attributes.length);
  if (a.kind !== "element" && a.kind !== "document") return a.value === b.value;
  const [inA, inB] = [content(a), content(b)];
  return (
    inA.length === inB.length &&
    a.attributes.length === b.attributes.length &&
    a.attributes.every((one) => b.attributes.some((other) => one.key === other.key && one.value === other.value)) &&
    inA.every((child, at) => alike(child, inB[at] as XNode, run))
  );
}

/** What counts for being alike: comments do not. */
function content(node: XNode): readonly XNode[] {
  return node.children.filter(({ kind }) => kind === "element" || kind === "text");
}

function data({ args: [of] }: Made): Expression {
  return sequence("any", (run) => (of ? of.items(run) : [contextOf(run)]).map(atomOf));
}

// ── nodes ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The node of the argument, or the context. In XPath 1.0 the first of several, in the order of the document. */
function nodeArgument({ args: [of], mode, what }: Made): (run: Run) => XNode | undefined {
  return (run) => {
    const item = of ? oneOf(of.items(run), mode, what) : contextOf(run);
    if (item === undefined || item instanceof XNode) return item;
    throw typeFault(`${what} takes a node`);
  };
}

function ofNode(
  kind: "text" | "nodes",
  make: (node: XNode) => Item | undefined,
  absent?: Item,
): (made: Made) => Expression {
  return (made) => {
    const read = nodeArgument(made);
    return value(kind, (run) => {
      const node = read(run);
      return node === undefined ? absent : make(node);
    });
  };
}

function nameOf(node: XNode): string {
  return node.kind === "instruction" ? node.local : node.qname;
}

function current(): Expression {
  return sequence("any", (run) => {
    if (run.current === undefined) throw new XPathFault("XTDE1360", "current() has no item here");
    return [run.current];
  });
}

/** xml:lang of the nearest element that has one (F&O 3.1, 13.4). */
function lang({ args: [wanted, of], mode, what }: Made): Expression {
  const read = textArgument(wanted as Expression, mode, what);
  return condition((run) => {
    const item = of ? oneOf(of.items(run), mode, what) : contextOf(run);
    const language = (read(run) ?? "").toLowerCase();
    for (let at = item instanceof XNode ? item : undefined; at !== undefined; at = at.parent) {
      const own = at.attributes.find(({ key }) => key === "{http://www.w3.org/XML/1998/namespace}lang");
      if (own) return own.value.toLowerCase() === language || own.value.toLowerCase().startsWith(`${language}-`);
    }
    return false;
  });
}

const ANY_NODES: SequenceType = { item: { name: "node" }, occurs: "many" };

function edge(keep: "innermost" | "outermost"): (made: Made) => Expression {
  return (made) => {
    const of = first(made);
    return sequence("nodes", (run) => {
      const nodes = inOrder([...nodesOf(convert(of.items(run), ANY_NODES, made.what), made.what)]);
      run.spend(nodes.length);
      const found: XNode[] = [];
      for (const node of nodes) {
        const before = found.at(-1);
        const inside = before !== undefined && node.order <= before.last;
        if (inside && keep === "outermost") continue;
        if (inside) while (found.length > 0 && node.order <= (found.at(-1) as XNode).last) found.pop();
        found.push(node);
      }
      return found;
    });
  };
}

export const SEQUENCES: Library = {
  not: fn(1, 1, not),
  boolean: fn(1, 1, boolean),
  exists: fn(1, 1, exists),
  empty: fn(1, 1, empty),
  head: fn(
    1,
    1,
    slice((items) => items.slice(0, 1)),
  ),
  tail: fn(
    1,
    1,
    slice((items) => items.slice(1)),
  ),
  reverse: fn(1, 1, (made) => sequence("any", (run) => first(made).items(run).toReversed())),
  unordered: fn(1, 1, first),
  subsequence: fn(2, 3, subsequence),
  "insert-before": fn(3, 3, insertBefore),
  remove: fn(2, 2, remove),
  "zero-or-one": fn(
    1,
    1,
    counted((count) => count <= 1, "FORG0003"),
  ),
  "one-or-more": fn(
    1,
    1,
    counted((count) => count >= 1, "FORG0004"),
  ),
  "exactly-one": fn(
    1,
    1,
    counted((count) => count === 1, "FORG0005"),
  ),
  "deep-equal": fn(2, 2, deepEqual),
  data: fn(0, 1, data),
  name: fn(0, 1, ofNode("text", nameOf, "")),
  "local-name": fn(
    0,
    1,
    ofNode("text", ({ local }) => local, ""),
  ),
  "namespace-uri": fn(
    0,
    1,
    ofNode("text", ({ namespace }) => namespace, ""),
  ),
  root: fn(
    0,
    1,
    ofNode("nodes", ({ tree }) => tree.document),
  ),
  "has-children": fn(0, 1, (made) => {
    const read = nodeArgument(made);
    return condition((run) => (read(run)?.children.length ?? 0) > 0);
  }),
  innermost: fn(1, 1, edge("innermost")),
  outermost: fn(1, 1, edge("outermost")),
  lang: fn(1, 2, lang),
  current: fn(0, 0, current),
  "generate-id": fn(
    0,
    1,
    ofNode("text", ({ order }) => `n${order}`, ""),
  ),
  trace: fn(1, 2, first),
  error: fn(0, 3, () =>
    sequence("any", () => {
      throw new XPathFault("FOER0000", "the rule itself calls error()");
    }),
  ),
};
