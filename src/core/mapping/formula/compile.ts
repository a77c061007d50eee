// Formulas of bridge files: the text behind `=` becomes a synchronous closure over the record.
//
//   source ─▶ parser of the jsonata package ─▶ check (names, functions, slips) ─▶ closures ─▶ evaluate(item, scope)
//
// Everything that can be known before the first record is a finding with its place; at run time every failure is a
// BridgeError with a code, the place and the kinds of what was found. Steps, time, depth and the size of texts and lists
// are bounded, and there is no way from a formula to anything but the record and its scope.

import type { ScalarNode } from "../../bridge/tree.ts";
import { finding } from "../../bridge/finding.ts";
import type { Scope, Value } from "../../contract.ts";
import { CODES, type Code as ErrorCode, type Position } from "../../errors.ts";
import type { CompiledFormula, CompileFormula, FormulaEnvironment } from "../types.ts";
import { children, type Ast } from "./ast.ts";
import { attachmentUse } from "./attachment-use.ts";
import { cellPlan, isGroup } from "./cell-plan.ts";
import { checkFormula, refused, startChecking, written, type Checking } from "./check.ts";
import { asFault } from "./expression.ts";
import { compileExtra, extraNatives, extras, extraValues, fieldName } from "./extra/index.ts";
import { bridgeError } from "./failure.ts";
import { compileNode } from "./generate.ts";
import { literalOf } from "./operators.ts";
import { natives, nativeValues } from "./library/index.ts";
import { describeFault } from "./messages.ts";
import { parseFormula } from "./parse.ts";
import { fieldReader } from "./path.ts";
import { Fault, isSequence, newRun, restart, unmark, wrapInput, type Code, type Data, type Limits } from "./runtime.ts";
import { bindings, isLocal, openFrame, openScope, type Context } from "./variables.ts";

export { compileExpression, type Expression, type ExpressionOptions } from "./expression.ts";
export { formulaShape, type FormulaShape } from "./shape.ts";

/** What one formula may use for one record. */
export const formulaLimits: Limits = {
  steps: 5_000_000,
  millis: 2_000,
  depth: 1_000,
  text: 16 * 1024 * 1024,
  items: 1_000_000,
};

/** Formulas never run inside each other, so one run serves all. */
const run = newRun(formulaLimits);

type ScopeReader = (scope: Scope) => Data;

const scopeReaders: Readonly<Record<string, ScopeReader>> = {
  $: (scope) => scope.root,
  parent: (scope) => scope.parent,
  n: (scope) => scope.n,
  index: (scope) => scope.index,
  group: (scope) => scope.group,
  file: (scope) => scope.file,
  bridge: (scope) => scope.bridge,
  batch: (scope) => scope.batch,
};

function readerOf(name: string, environment: FormulaEnvironment): ScopeReader | undefined {
  // A later let hides an earlier one of the same name.
  const slot = environment.lets.lastIndexOf(name);
  if (slot !== -1) return (scope) => scope.lets[slot];
  if (environment.variables.includes(name)) {
    return ({ extra }) => (extra !== undefined && Object.hasOwn(extra, name) ? extra[name] : undefined);
  }
  return Object.hasOwn(scopeReaders, name) ? scopeReaders[name] : undefined;
}

/** Names that mean something else than a function of the library, or nothing at all. */
function outsideOf(environment: FormulaEnvironment): (name: string) => boolean {
  return (name) => readerOf(name, environment) !== undefined || refused.has(name);
}

function contextFor(environment: FormulaEnvironment): Context {
  const isOutside = outsideOf(environment);
  return {
    compile: compileNode,
    scope: undefined,
    depth: 0,
    global(name) {
      const read = readerOf(name, environment);
      if (read !== undefined) return (_input, _frame, { scope }) => (scope === undefined ? undefined : read(scope));
      const value = refused.has(name) ? undefined : (extraValues.get(name) ?? nativeValues.get(name));
      return value === undefined ? undefined : () => value;
    },
    native(name) {
      if (isLocal(this.scope, name) || isOutside(name)) return undefined;
      return extraNatives.get(name) ?? natives.get(name);
    },
    special(name, node, context) {
      if (isLocal(context.scope, name) || isOutside(name)) return undefined;
      const extra = extras.get(name);
      return extra === undefined ? compileSaying(name, node, context) : compileExtra(extra, node, context);
    },
  };
}

/** $error and $assert: a message that is a literal of the formula may be shown, a computed one may hold values. */
function compileSaying(name: string, node: Ast, context: Context): Code | undefined {
  const [first, second] = node.arguments ?? [];
  const message = literalOf(name === "assert" ? second : first);
  if (typeof message !== "string" || first === undefined) return undefined;
  const { position } = node;
  if (name === "error") {
    return () => {
      throw new Fault("D3137", { note: message, position });
    };
  }
  if (name !== "assert") return undefined;
  const condition = context.compile(first, context);
  return (input, frame, current) => {
    const holds = condition(input, frame, current);
    if (typeof holds !== "boolean") throw new Fault("T0410", { value: holds, argument: 1, position, token: name });
    if (!holds) throw new Fault("D3141", { note: message, position });
    return undefined;
  };
}

function compileTree(tree: Ast, environment: FormulaEnvironment): Code {
  const context = contextFor(environment);
  const names = bindings([tree]);
  if (names.size === 0) return compileNode(tree, context);
  const scope = openScope(undefined, names);
  const code = compileNode(tree, { ...context, scope });
  return (input, _frame, current) => code(input, openFrame(scope, undefined), current);
}

interface Source {
  readonly text: string;
  locate(offset: number): Position;
}

/** Without the `=` and the blanks around; positions count from the YAML node's text. */
function sourceOf(node: ScalarNode): Source {
  const behind = node.text.startsWith("=") ? 1 : 0;
  const rest = node.text.slice(behind);
  const lead = behind + rest.length - rest.trimStart().length;
  return { text: rest.trim(), locate: (offset) => node.locate(lead + offset) };
}

/** A name that does not read as one, because of a blank or a digit in front. */
function spacedName(source: string, environment: FormulaEnvironment): string | undefined {
  return environment.fields?.includes(source) === true ? `= ${written(source)}` : undefined;
}

function reportSyntax(error: unknown, source: Source, environment: FormulaEnvironment): void {
  const fault = asFault(error);
  const length = fault.token === undefined || fault.token === "(end)" ? 0 : fault.token.length;
  const at = Math.max(0, Math.min(source.text.length, (fault.position ?? 0) - length));
  const hint = spacedName(source.text, environment) ?? "";
  environment.report(
    finding("FORMULA_SYNTAX", source.locate(at), describeFault(fault), { hint, length: Math.max(1, length) }),
  );
}

/** Faults of literals, found while compiling: a pattern, a picture, a zone, a regular expression. */
function reportLiteral(error: unknown, source: Source, environment: FormulaEnvironment): void {
  const fault = asFault(error);
  const code: ErrorCode = Object.hasOwn(CODES, fault.code) ? (fault.code as ErrorCode) : "FORMULA_SYNTAX";
  const message = code === "ZONE_UNKNOWN" ? `there is no time zone ${fault.note ?? ""}` : (fault.note ?? "");
  const at = Math.max(0, (fault.position ?? 1) - 1);
  environment.report(
    finding(code, source.locate(at), code === "FORMULA_SYNTAX" ? describeFault(fault) : message, { length: 1 }),
  );
}

function checked(
  source: Source,
  environment: FormulaEnvironment,
): { readonly tree: Ast; readonly checking: Checking } | undefined {
  if (source.text === "") {
    environment.report(finding("FORMULA_SYNTAX", source.locate(0), "nothing stands behind =", { hint: "= FIELD" }));
    return undefined;
  }
  try {
    const tree = parseFormula(source.text);
    return { tree, checking: startChecking(source.text, environment, (offset) => source.locate(offset)) };
  } catch (error) {
    reportSyntax(error, source, environment);
    return undefined;
  }
}

export const compileFormula: CompileFormula = (node, environment) => {
  const source = sourceOf(node);
  const read = checked(source, environment);
  if (read === undefined) return undefined;
  const { tree, checking } = read;
  const names = checkFormula(tree, checking);
  if (checking.failed()) return undefined;
  let code: Code;
  try {
    code = compileTree(tree, environment);
  } catch (error) {
    reportLiteral(error, source, environment);
    return undefined;
  }
  const { attachments } = environment;
  if (typeof attachments === "object")
    attachments.found(attachmentUse(tree, attachments.lets, !environment.itemIsRecord), attachments.role);
  const isOutside = outsideOf(environment);
  const cells = cellPlan(tree, (name) => (extras.has(name) || natives.has(name)) && !isOutside(name));
  const group = isGroup(tree) && readerOf("group", environment) === scopeReaders["group"];
  const formula = { source: source.text, at: node.at, names, ...(cells && { cells }), ...(group && { group }) };
  const general = evaluator(code, source, constructs(tree));
  const field = fieldName(tree);
  const plain = field !== undefined && !source.text.startsWith("$$") ? plainReader(field, general) : undefined;
  return { ...formula, evaluate: plain ?? general } satisfies CompiledFormula;
};

type Evaluate = CompiledFormula["evaluate"];

/** A bare field of a record needs no run and cannot fail. */
function plainReader(name: string, general: Evaluate): Evaluate {
  const read = fieldReader(name);
  return (item, scope) => {
    if (typeof item !== "object" || item === null) return undefined;
    if (Array.isArray(item)) return general(item, scope);
    return read(item);
  };
}

/** Whether lists with JSONata's marks may lie inside the result; a path's own result is marked on the outside only. */
function constructs(node: Ast): boolean {
  if (node.type === "unary" || node.type === "lambda" || node.type === "transform" || node.group !== undefined)
    return true;
  return children(node).some(constructs);
}

function evaluator(code: Code, source: Source, deep: boolean): Evaluate {
  return (item, scope) => {
    restart(run);
    run.scope = scope;
    run.root = scope.root;
    run.received = scope.received;
    try {
      const result = code(Array.isArray(item) ? wrapInput(item) : item, undefined, run);
      if (typeof result === "function") throw new Fault("FUNCTION_RESULT");
      if (typeof result !== "object" || result === null) return result as Value;
      if (deep) return unmark(result) as Value;
      return (isSequence(result) ? result.slice() : result) as Value;
    } catch (error) {
      throw bridgeError(asFault(error), source, scope);
    }
  };
}
