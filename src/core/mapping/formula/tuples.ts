// Tuple streams: a path with `@$x`, `#$i` or `%` carries, beside each item, the variables bound on the way to it. A tuple
// is an object without prototype: `@` is the item, the other names are variables (`!0` stands for an ancestor).

import { children, type Ast } from "./ast.ts";
import { append, sequence, type Data, type Frame, type Run, type Sequence } from "./runtime.ts";
import { bindings, openFrame, openScope, type Context } from "./variables.ts";

export type Tuple = Record<string, Data>;

/** The scope in which steps, predicates and terms of such a path are evaluated. */
export interface TupleScope {
  readonly context: Context;
  frame(tuple: Tuple | undefined, outer: Frame): Frame;
}

function collectNames(node: Ast, found: Set<string>): void {
  if (node.focus !== undefined) found.add(node.focus);
  if (node.index !== undefined) found.add(node.index);
  if (node.ancestor !== undefined) found.add(node.ancestor.label);
  for (const stage of [...(node.stages ?? []), ...(node.predicate ?? [])]) {
    if (stage.type === "index" && stage.value !== undefined) found.add(stage.value);
  }
  for (const child of children(node)) collectNames(child, found);
}

export function openTupleScope(node: Ast, context: Context): TupleScope {
  const names = new Set<string>();
  collectNames(node, names);
  const scope = openScope(context.scope, [...names, ...bindings(children(node))]);
  const slots = [...names].map((name) => [name, scope.slots.get(name) ?? 0] as const);
  return {
    context: { ...context, scope },
    frame: (tuple, outer) => {
      const frame = openFrame(scope, outer);
      if (tuple !== undefined) {
        for (const [name, slot] of slots) if (Object.hasOwn(tuple, name)) frame[slot] = tuple[name];
      }
      return frame;
    },
  };
}

export function tupleOf(item: Data): Tuple {
  const tuple = Object.create(null) as Tuple;
  tuple["@"] = item;
  return tuple;
}

export function copyTuple(tuple: Tuple): Tuple {
  return Object.assign(Object.create(null) as Tuple, tuple);
}

export function tupleStream(): Sequence {
  const list = sequence();
  list.tupleStream = true;
  return list;
}

export function isTupleStream(value: Data): value is Sequence {
  return Array.isArray(value) && (value as Sequence).tupleStream === true;
}

/** Several tuples of one group become one, each variable the list of its values. */
export function reduceTuples(tuples: Data, run: Run): Tuple {
  if (!Array.isArray(tuples)) return tuples as Tuple;
  const result = copyTuple(tuples[0] as Tuple);
  for (const tuple of tuples.slice(1) as Tuple[]) {
    for (const name of Object.keys(tuple)) result[name] = append(result[name], tuple[name], run);
  }
  return result;
}
