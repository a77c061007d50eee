// Walks a formula and says at every node whether its context is the record: only there is a name a field of the record.
// `$group` is a list of records, `$$` the record itself wherever it stands; everything that a step yields is open.

import { children, type Ast } from "./ast.ts";

export interface Visitor {
  /** A field of the record is read. */
  field(name: string, node: Ast): void;
  /** Any node, before what is below it; false = leave out what is below. */
  enter(node: Ast, onRecord: boolean): boolean;
}

export function walkFormula(node: Ast, onRecord: boolean, visitor: Visitor): void {
  if (!visitor.enter(node, onRecord)) return;
  if (node.type === "path") {
    walkPath(node, onRecord, visitor);
    return;
  }
  if (node.type === "variable") {
    walkCarried(node, variableIsRecord(node, onRecord), visitor);
    return;
  }
  if (node.type === "transform") {
    for (const child of children(node)) walkFormula(child, false, visitor);
    return;
  }
  const carried = new Set<Ast>();
  for (const stage of node.predicate ?? []) if (stage.expr !== undefined) carried.add(stage.expr);
  for (const [key, value] of node.group?.lhs ?? []) carried.add(key).add(value);
  for (const child of children(node)) walkFormula(child, onRecord && !carried.has(child), visitor);
}

function variableIsRecord(node: Ast, onRecord: boolean): boolean {
  return node.value === "$" || node.value === "group" || (node.value === "" && onRecord);
}

/** Predicates, stages and grouping of a node, in the context of its items. */
function walkCarried(node: Ast, onRecord: boolean, visitor: Visitor): void {
  for (const stage of [...(node.predicate ?? []), ...(node.stages ?? [])]) {
    if (stage.expr !== undefined) walkFormula(stage.expr, onRecord, visitor);
  }
  for (const [key, value] of node.group?.lhs ?? []) {
    walkFormula(key, onRecord, visitor);
    walkFormula(value, onRecord, visitor);
  }
}

function walkPath(path: Ast, onRecord: boolean, visitor: Visitor): void {
  let here = onRecord;
  for (const [index, step] of (path.steps ?? []).entries()) {
    if (step.type === "sort") {
      for (const term of step.terms ?? []) walkFormula(term.expression, here, visitor);
      walkCarried(step, here, visitor);
      continue;
    }
    if (step.type === "name") {
      if (here) visitor.field(String(step.value), step);
      here = false;
      walkCarried(step, here, visitor);
    } else if (step.type === "variable" && index === 0) {
      if (!visitor.enter(step, here)) return;
      here = variableIsRecord(step, here);
      walkCarried(step, here, visitor);
    } else {
      walkFormula(step, here, visitor);
      here = false;
    }
  }
  walkCarried({ ...path, stages: [], predicate: [] }, here, visitor);
}

/** Names that the formula itself binds: variables, parameters, positions. */
export function ownVariables(node: Ast, found = new Set<string>()): Set<string> {
  if (node.type === "bind") found.add(String((node.lhs as Ast).value));
  if (node.type === "lambda") for (const parameter of node.arguments ?? []) found.add(String(parameter.value));
  if (node.focus !== undefined) found.add(node.focus);
  if (node.index !== undefined) found.add(node.index);
  for (const stage of node.stages ?? [])
    if (stage.type === "index" && stage.value !== undefined) found.add(stage.value);
  for (const child of children(node)) ownVariables(child, found);
  return found;
}
