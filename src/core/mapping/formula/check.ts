// What a formula of a bridge file can be told before it runs: names that do not exist, functions that are refused, and
// the slips that people make with text columns.

import { finding } from "../../bridge/finding.ts";
import type { Code, Position } from "../../errors.ts";
import { nearest } from "../../options/nearest.ts";
import type { FormulaEnvironment, UsedName } from "../types.ts";
import { startOf, type Ast } from "./ast.ts";
import { ATTACHMENT_MEMBERS } from "./attachment-use.ts";
import { extras, fieldName } from "./extra/index.ts";
import { natives } from "./library/index.ts";
import { ownVariables, walkFormula } from "./names.ts";
import { literalOf } from "./operators.ts";
import { checkTypes } from "./slips.ts";

/** Bound in every formula of a bridge. */
export const scopeVariables: readonly string[] = ["parent", "n", "index", "group", "file", "bridge", "batch"];
const UNREPEATABLE = "it gives something else every time, and a replay must give the same message";
/** Functions that no bridge may use, and why. */
export const refused: ReadonlyMap<string, string> = new Map([
  ["eval", "it would run a text of the record as a formula"],
  ["random", UNREPEATABLE],
  ["shuffle", UNREPEATABLE],
]);
/** What the bound objects hold: a name they do not have would be absent, and nobody would notice. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  file: ["name", "stem", "size", "sha256", "received"],
  batch: ["date", "number"],
  request: ["call", "path", "query", "headers", "body", "caller", "id"],
  fault: ["code", "text", "detail"],
};
const CALLS = "it belongs to a bridge that is called (receive.rest, receive.soap, receive.rfc)";
const OUTCOMES = "it is bound in deliver.outcomes, and in the answer to a caller";
/** Variables of the language that are bound elsewhere. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  request: CALLS,
  reply: OUTCOMES,
  status: OUTCOMES,
  fault: OUTCOMES,
};

export interface Checking {
  readonly source: string;
  readonly environment: FormulaEnvironment;
  readonly locate: (offset: number) => Position;
  /** Reports an error at a node of the formula. */
  error(node: Ast, code: Code, message: string, hint: string, length?: number): void;
  /** Whether errors were reported. */
  readonly failed: () => boolean;
}

export function startChecking(
  source: string,
  environment: FormulaEnvironment,
  locate: (offset: number) => Position,
): Checking {
  let failed = false;
  return {
    source,
    environment,
    locate,
    failed: () => failed,
    error(node, code, message, hint, length) {
      failed = true;
      const start = startOf(node, source);
      const span = length ?? Math.max(1, (node.position ?? start) - start);
      environment.report(finding(code, locate(start), message, { hint, length: span }));
    },
  };
}

/** A field name as a formula writes it. */
export function written(name: string): string {
  return /^[A-Za-z_\u00c0-\u024f][\w\u00c0-\u024f]*$/.test(name) &&
    !["and", "or", "in", "true", "false", "null"].includes(name)
    ? name
    : `\`${name}\``;
}

function knownFields(environment: FormulaEnvironment): ReadonlySet<string> | undefined {
  if (environment.fields === undefined) return undefined;
  return new Set([...environment.fields, ...environment.optional]);
}

/** Checks the whole formula; gives the fields of the record that it reads, each once. */
export function checkFormula(tree: Ast, checking: Checking): readonly UsedName[] {
  const { environment, source } = checking;
  const fields = knownFields(environment);
  const own = ownVariables(tree);
  const names = new Map<string, UsedName>();
  walkFormula(tree, environment.itemIsRecord, {
    field(name, node) {
      if (!names.has(name)) names.set(name, { name, at: checking.locate(startOf(node, source)) });
      if (fields !== undefined && !fields.has(name)) reportField(name, node, fields, checking);
    },
    enter(node, onRecord) {
      if (fields !== undefined && onRecord && readsApart(node, fields, checking)) return false;
      if (node.type === "function" || node.type === "partial") checkCall(node, own, onRecord, checking);
      if (node.type === "variable") checkVariable(node, own, checking);
      if (node.type === "path") {
        checkRow(node, checking);
        checkMember(node, own, checking);
        checkAttachment(node, checking);
      }
      if (onRecord) checkTypes(node, checking);
      // `uppercase(X)`: the function was reported, its name is no field.
      return !(node.type === "function" && node.procedure?.type === "path");
    },
  });
  return [...names.values()];
}

function reportField(name: string, node: Ast, fields: ReadonlySet<string>, checking: Checking): void {
  if (fields.size === 0) {
    const message = `${written(name)} is no column: nothing is decoded, so records have none`;
    checking.error(node, "FIELD_UNKNOWN", message, 'decode: { csv: { delimiter: ";" } }');
    return;
  }
  const near = nearest(name, fields);
  const list = [...fields].slice(0, 8).map(written).join(", ");
  const hint =
    near === undefined ? `There are: ${list}${fields.size > 8 ? " …" : ""}` : `Did you mean ${written(near)}?`;
  checking.error(node, "FIELD_UNKNOWN", `${written(name)} is no column`, hint);
}

const words: Readonly<Record<string, string>> = {
  "-": "minus",
  "+": "plus",
  "/": "divided by",
  "*": "times",
  "%": "modulo",
};

/** Single names, from left to right, of `GP-ID`, `A/B-C`, `A.B`. */
function apart(node: Ast, names: string[]): boolean {
  if (node.type === "binary" && typeof node.value === "string" && Object.hasOwn(words, node.value)) {
    return apart(node.lhs as Ast, names) && node.rhs !== undefined && apart(node.rhs, names);
  }
  const steps = node.type === "path" && node.group === undefined ? (node.steps ?? []) : [];
  if (steps.length === 0 || steps.some((step) => step.type !== "name" || step.stages !== undefined)) return false;
  for (const step of steps) names.push(String(step.value));
  return true;
}

function lastOf(node: Ast): Ast {
  if (node.type === "binary" && node.rhs !== undefined) return lastOf(node.rhs);
  return node.type === "path" ? (node.steps?.at(-1) ?? node) : node;
}

/** `GP-ID` where the column is called so: JSONata subtracts. */
function readsApart(node: Ast, fields: ReadonlySet<string>, checking: Checking): boolean {
  const names: string[] = [];
  if ((node.type !== "binary" && node.type !== "path") || !apart(node, names) || names.length < 2) return false;
  const { source } = checking;
  const start = startOf(node, source);
  const text = source.slice(start, lastOf(node).position);
  const first = names[0] ?? "";
  const missing =
    node.type === "path" ? [first].filter((name) => !fields.has(name)) : names.filter((name) => !fields.has(name));
  if (!fields.has(text) || missing.length === 0) return false;
  const lacking = missing.length === 1 ? `${missing[0]} is no column` : `${missing.join(" and ")} are no columns`;
  const reading =
    node.type === "path" ? names.toReversed().join(" of ") : names.join(` ${words[String(node.value)] ?? "and"} `);
  const message = `${lacking}, but ${written(text)} is; this reads "${reading}"`;
  checking.error(
    { ...node, position: start + text.length },
    "FIELD_UNKNOWN",
    message,
    `= ${written(text)}`,
    text.length,
  );
  return true;
}

function functionNames(): string[] {
  return [...natives.keys(), ...extras.keys()].filter((name) => !refused.has(name));
}

function checkCall(node: Ast, own: ReadonlySet<string>, onRecord: boolean, checking: Checking): void {
  const procedure = node.procedure as Ast;
  if (procedure.type === "path") {
    const name = String(procedure.steps?.[0]?.value);
    const meant = nearest(name, functionNames());
    const hint = meant === undefined ? "" : `Write $${meant}(…)`;
    checking.error(
      procedure,
      "FUNCTION_UNKNOWN",
      `${name}(…) is no function; functions begin with $`,
      hint,
      name.length,
    );
    return;
  }
  const called = String(procedure.value);
  if (procedure.type !== "variable" || own.has(called)) return;
  if (checking.environment.lets.includes(called)) {
    const message = `$${called} is a value of map.let, so it cannot be called`;
    const hides = natives.has(called) || extras.has(called);
    const hint = hides ? `Rename it under map.let: it hides the function $${called}` : "";
    checking.error(procedure, "FUNCTION_UNKNOWN", message, hint);
    return;
  }
  const extra = extras.get(called);
  if (extra === undefined) return;
  const count = node.arguments?.length ?? 0;
  if (count > extra.most || (count < extra.least && onRecord && node.type === "function" && !piped(node, checking))) {
    const wanted = extra.least === extra.most ? `${extra.least}` : `${extra.least} or ${extra.most}`;
    checking.error(
      procedure,
      "ARGUMENTS_WRONG",
      `$${extra.name} takes ${wanted} ${extra.most === 1 ? "argument" : "arguments"}, here ${count === 1 ? "is" : "are"} ${count}`,
      "",
    );
  }
  checkTable(extra.name, node, checking);
}

/** `X ~> $date('…')`: the left side is the first argument; the tree has no way up, the source has. */
function piped(node: Ast, checking: Checking): boolean {
  return checking.source.slice(0, startOf(node, checking.source)).trimEnd().endsWith("~>");
}

function checkVariable(node: Ast, own: ReadonlySet<string>, checking: Checking): void {
  const name = String(node.value);
  const { lets, variables } = checking.environment;
  if (name === "" || name === "$" || own.has(name) || lets.includes(name)) return;
  if (variables.includes(name) || scopeVariables.includes(name)) return;
  const why = refused.get(name);
  if (why !== undefined) {
    checking.error(node, "FUNCTION_REFUSED", `$${name} cannot be used in a bridge file: ${why}`, "");
    return;
  }
  if (name === "attachment") refuseAttachment(node, checking);
  if (natives.has(name) || extras.has(name)) return;
  if (Object.hasOwn(ELSEWHERE, name)) {
    checking.error(node, "VARIABLE_UNKNOWN", `$${name} is not bound here; ${ELSEWHERE[name] ?? ""}`, "");
    return;
  }
  const called = /^\s*\(/.test(checking.source.slice(node.position ?? 0));
  const functions = functionNames();
  const known = called ? functions : [...lets, ...variables, ...scopeVariables, ...own];
  const near = nearest(name, known) ?? (called ? undefined : nearest(name, functions));
  const hint = near === undefined ? "" : `Did you mean $${near}?`;
  if (called) checking.error(node, "FUNCTION_UNKNOWN", `$${name} is no function`, hint);
  else {
    const field = checking.environment.fields?.includes(name) === true;
    checking.error(
      node,
      "VARIABLE_UNKNOWN",
      field ? `$${name} is bound nowhere, but ${name} is a column` : `$${name} is bound nowhere`,
      field ? `= ${written(name)}` : hint,
    );
  }
}

function checkTable(name: string, node: Ast, checking: Checking): void {
  if (name !== "code" && name !== "row") return;
  const list = node.arguments?.[0];
  const literal = literalOf(list);
  if (list === undefined || typeof literal !== "string") return;
  const { tables } = checking.environment;
  if (tables.has(literal)) return;
  const near = nearest(literal, [...tables.keys()]);
  const known = [...tables.keys()].slice(0, 8).join(", ");
  const hint =
    near === undefined ? (known === "" ? "map.codes: { … }" : `There are: ${known}`) : `Did you mean '${near}'?`;
  checking.error(list, "TABLE_UNKNOWN", `map.codes has no ${literal}`, hint, literal.length + 2);
}

/** `$row('ziele', AGS).KANAL`: the column must be one of the table. */
function checkRow(path: Ast, checking: Checking): void {
  const [call, column] = path.steps ?? [];
  if (call?.type !== "function" || call.procedure?.value !== "row" || column?.type !== "name") return;
  const table = literalOf(call.arguments?.[0]);
  const columns = typeof table === "string" ? checking.environment.tables.get(table) : undefined;
  const name = String(column.value);
  if (columns === undefined || columns.includes(name)) return;
  const near = nearest(name, columns);
  const hint = near === undefined ? `There are: ${columns.slice(0, 8).join(", ")}` : `Did you mean ${written(near)}?`;
  checking.error(column, "COLUMN_UNKNOWN", `${written(name)} is no column of ${String(table)}`, hint);
}

/** `$file.stem`, `$batch.number`: the names are known. */
function checkMember(path: Ast, own: ReadonlySet<string>, checking: Checking): void {
  const [variable, step] = path.steps ?? [];
  const name = String(variable?.value);
  if (variable?.type !== "variable" || step?.type !== "name" || own.has(name) || !Object.hasOwn(MEMBERS, name)) return;
  const members = MEMBERS[name] ?? [];
  const member = String(step.value);
  if (members.includes(member)) return;
  const near = nearest(member, members);
  const hint = near === undefined ? `There are: ${members.join(", ")}` : `Did you mean $${name}.${near}?`;
  checking.error(step, "FIELD_UNKNOWN", `$${name} has no ${written(member)}`, hint, member.length);
}

const NO_MESSAGE_YET = "attachments belong to a message, and this is asked before there is one";

function refuseAttachment(node: Ast, checking: Checking): void {
  const { attachments = NO_MESSAGE_YET } = checking.environment;
  if (typeof attachments !== "string") return;
  const message = `$attachment cannot be called here: ${attachments}`;
  checking.error(node, "ATTACHMENT_PLACE", message, "", "$attachment".length);
}

/** `$attachment('*.pdf').name`: what an attachment has is known. */
function checkAttachment(path: Ast, checking: Checking): void {
  const [call, step] = path.steps ?? [];
  if (call?.type !== "function" || call.procedure?.value !== "attachment" || step?.type !== "name") return;
  const member = String(step.value);
  if (ATTACHMENT_MEMBERS.includes(member)) return;
  const near = nearest(member, ATTACHMENT_MEMBERS);
  const hint = near === undefined ? `There are: ${ATTACHMENT_MEMBERS.join(", ")}` : `Did you mean ${near}?`;
  checking.error(step, "FIELD_UNKNOWN", `an attachment has no ${written(member)}`, hint, member.length);
}

/** The field that a node reads, where it is nothing else. */
export function plainField(node: Ast | undefined): string | undefined {
  return node === undefined ? undefined : fieldName(node);
}
