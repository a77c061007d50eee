// Location paths. The common ones (a field, a chain of fields) are direct property reads as long as no list is met; the
// rest follows the package's rules for sequences, kept arrays and carried bindings step by step.

import type { Ast } from "./ast.ts";
import { compileFilter, type Filter } from "./filter.ts";
import { compileGroup } from "./group.ts";
import {
  checkItems,
  isSequence,
  sequence,
  sequenceOf,
  tick,
  type Code,
  type Data,
  type Frame,
  type Run,
  type Sequence,
} from "./runtime.ts";
import { compileSort } from "./sort.ts";
import { copyTuple, openTupleScope, tupleOf, tupleStream, type Tuple, type TupleScope } from "./tuples.ts";
import type { Context } from "./variables.ts";

interface Step {
  readonly node: Ast;
  readonly code: Code;
  readonly filters: readonly (Filter | { readonly index: string })[];
  readonly sort: boolean;
}

/** Names that every object inherits; all others can be read directly. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Reads an own field of an object that is no list. */
export function fieldReader(name: string): (item: Data) => Data {
  if (inherited.has(name)) return (item) => (Object.hasOwn(item, name) ? item[name] : undefined);
  return (item) => item[name];
}

function isPlainName(step: Ast): boolean {
  return (
    step.type === "name" &&
    step.stages === undefined &&
    step.predicate === undefined &&
    step.group === undefined &&
    step.tuple !== true &&
    step.focus === undefined &&
    step.index === undefined &&
    step.keepArray !== true
  );
}

/** `A`, `A.B`, `$x.A`: direct reads; a list anywhere hands over to the general way. */
function compileFields(node: Ast, context: Context, general: Code): Code | undefined {
  const steps = node.steps ?? [];
  if (node.group !== undefined || node.keepSingletonArray === true || node.tuple === true) return undefined;
  const [first, ...rest] = steps;
  if (first === undefined) return undefined;
  const variable = first.type === "variable" && first.predicate === undefined && first.group === undefined;
  if (variable && (first.stages !== undefined || first.tuple === true || first.keepArray === true)) return undefined;
  const names = variable ? rest : steps;
  if (names.length === 0 || !names.every(isPlainName)) return undefined;
  const readers = names.map((step) => fieldReader(step.value as string));
  const start = variable ? context.compile(first, context) : undefined;
  const [read] = readers;
  if (start === undefined && readers.length === 1 && read !== undefined) {
    return (input, frame, run) => {
      if (typeof input !== "object" || input === null) return undefined;
      if (Array.isArray(input)) return general(input, frame, run);
      const value = read(input);
      return isSequence(value) ? general(input, frame, run) : value;
    };
  }
  return (input, frame, run) => {
    let value = start === undefined ? input : start(input, frame, run);
    for (let index = 0; index < readers.length; index += 1) {
      if (typeof value !== "object" || value === null) return undefined;
      if (Array.isArray(value)) return general(input, frame, run);
      value = readers[index]?.(value);
    }
    return isSequence(value) ? general(input, frame, run) : value;
  };
}

function compileStep(node: Ast, context: Context, tuples: TupleScope | undefined): Step {
  const inner = tuples?.context ?? context;
  const sort = node.type === "sort";
  return {
    node,
    sort,
    code: sort ? compileSort(node, context, tuples) : context.compile(node, inner),
    filters: (node.stages ?? []).map((stage) =>
      stage.type === "index" || stage.expr === undefined
        ? { index: stage.value ?? "" }
        : compileFilter(stage.expr, context, tuples),
    ),
  };
}

function runStages(step: Step, input: Data, frame: Frame, run: Run): Data {
  let result = input;
  for (const filter of step.filters) {
    if (typeof filter === "function") result = filter(result, frame, run);
    else for (let index = 0; index < result.length; index += 1) result[index][filter.index] = index;
  }
  return result;
}

function spill(into: Sequence, value: Data, run: Run): void {
  if (!Array.isArray(value) || (value as Sequence).cons === true) {
    into.push(value);
    return;
  }
  tick(run, value.length >> 3);
  checkItems(into.length + value.length, run);
  for (const item of value) into.push(item);
}

/** A step over every item; the results are flattened, except that the last step of a path may keep one array as it is. */
function runStep(step: Step, input: readonly Data[], frame: Frame, run: Run, last: boolean): Data {
  if (step.sort) return runStages(step, step.code(input, frame, run), frame, run);
  const results: Data[] = [];
  for (let index = 0; index < input.length; index += 1) {
    tick(run, 1);
    const value = runStages(step, step.code(input[index], frame, run), frame, run);
    if (value !== undefined) results.push(value);
  }
  const [only] = results;
  if (last && results.length === 1 && Array.isArray(only) && !isSequence(only)) return only;
  const flat = sequence();
  for (const value of results) spill(flat, value, run);
  return flat;
}

function runTupleSort(step: Step, input: readonly Data[], tuples: Data, frame: Frame, run: Run): Data {
  if (tuples !== undefined) return runStages(step, step.code(tuples, frame, run), frame, run);
  const sorted = step.code(input, frame, run) as Data[];
  const result = tupleStream();
  sorted.forEach((item, index) => {
    const tuple = tupleOf(item);
    if (step.node.index !== undefined) tuple[step.node.index] = index;
    result.push(tuple);
  });
  return runStages(step, result, frame, run);
}

function bindItem(node: Ast, from: Tuple, item: Data, position: number, inner: boolean): Tuple {
  const tuple = copyTuple(from);
  if (inner) return Object.assign(tuple, item as Tuple);
  if (node.focus === undefined) tuple["@"] = item;
  else {
    tuple[node.focus] = item;
    tuple["@"] = from["@"];
  }
  if (node.index !== undefined) tuple[node.index] = position;
  if (node.ancestor !== undefined) tuple[node.ancestor.label] = from["@"];
  return tuple;
}

function runTupleStep(
  step: Step,
  scope: TupleScope,
  input: readonly Data[],
  carried: Data,
  frame: Frame,
  run: Run,
): Data {
  if (step.sort) return runTupleSort(step, input, carried, frame, run);
  const tuples = (carried ?? input.map(tupleOf)) as Tuple[];
  const result = tupleStream();
  for (const tuple of tuples) {
    tick(run, 1);
    const value = step.code(tuple["@"], scope.frame(tuple, frame), run);
    if (value === undefined) continue;
    const items: Data[] = Array.isArray(value) ? value : [value];
    const inner = (items as Sequence).tupleStream === true;
    tick(run, items.length);
    checkItems(result.length + items.length, run);
    items.forEach((item, position) => result.push(bindItem(step.node, tuple, item, position, inner)));
  }
  return runStages(step, result, frame, run);
}

function keepBrackets(result: Data): Data {
  if (!Array.isArray(result)) return result;
  const list = result as Sequence;
  if (list.cons === true && list.sequence !== true) {
    const kept = sequenceOf(list);
    kept.keepSingleton = true;
    return kept;
  }
  // Only sequences heed the mark; arrays of the record stay as they are.
  if (list.sequence === true) list.keepSingleton = true;
  return list;
}

function compileGeneral(node: Ast, context: Context): Code {
  const nodes = node.steps ?? [];
  const firstTuple = nodes.findIndex((step) => step.tuple === true);
  const scope = firstTuple === -1 ? undefined : openTupleScope(node, context);
  const steps = nodes.map((step, index) =>
    compileStep(step, context, scope !== undefined && index >= firstTuple ? scope : undefined),
  );
  const fromVariable = nodes[0]?.type === "variable";
  const group = node.group === undefined ? undefined : compileGroup(node.group, context, scope);

  function walk(input: Data, frame: Frame, run: Run): { readonly result: Data; readonly tuples: Data } {
    let items: Data = Array.isArray(input) && !fromVariable ? input : sequenceOf(input);
    let result: Data;
    let tuples: Data;
    for (const [index, step] of steps.entries()) {
      if (index === 0 && step.node.consarray === true) result = step.code(items, frame, run);
      else if (scope !== undefined && index >= firstTuple) {
        tuples = runTupleStep(step, scope, items, tuples, frame, run);
        continue;
      } else result = runStep(step, items, frame, run, index === steps.length - 1);
      if (result === undefined || result.length === 0) break;
      if (step.node.focus === undefined) items = result;
    }
    return { result, tuples };
  }

  return (input, frame, run) => {
    const { result: walked, tuples } = walk(input, frame, run);
    let result = walked;
    // Without tuples the walk ended before the first step that binds something.
    if (tuples !== undefined) {
      if (node.tuple === true) result = tuples;
      else {
        result = sequence();
        for (const tuple of tuples) result.push(tuple["@"]);
      }
    }
    if (node.keepSingletonArray === true) result = keepBrackets(result);
    if (group !== undefined) return group(tuples === undefined ? result : tuples, frame, run);
    return result;
  };
}

/** `finish` settles what the general way gives. */
export function compilePath(node: Ast, context: Context, finish: (code: Code) => Code): Code {
  const general = finish(compileGeneral(node, context));
  return compileFields(node, context, general) ?? general;
}
