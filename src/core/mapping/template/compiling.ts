// What all template compilers share while they walk a template: formulas, literals, findings.

import type { Scope, Value } from "../../contract.ts";
import type { MapEntry, Node, ScalarNode } from "../../bridge/tree.ts";
import { finding, spanOf } from "../../bridge/finding.ts";
import type { Code, Position } from "../../errors.ts";
import type { AttachmentRole, CompiledFormula, Template, TemplateEnvironment, UsedName } from "../types.ts";
import { formulaShape } from "../formula/shape.ts";
import { nearest } from "../../options/nearest.ts";
import { literalSlip } from "./literal-slips.ts";
import type { Located } from "./origins.ts";

/** Writes one piece of a message; undefined = nothing came of it. */
export type Write = (item: Value, scope: Scope) => string | undefined;

export interface Compiling {
  readonly environment: TemplateEnvironment;
  /** Compiles `= …`; `inEach` when `$` is an item and not the record. undefined after findings. */
  formula(node: ScalarNode, inEach: boolean, role?: AttachmentRole): CompiledFormula | undefined;
  /** Text of a literal as written, after the checks that all formats share. */
  literal(node: ScalarNode): string;
  error(at: Position, code: Code, message: string, hint?: string, length?: number): void;
  warn(at: Position, code: Code, message: string, hint?: string, length?: number): void;
  /** undefined where an error was found. */
  finish(
    contentType: string,
    render: Write | undefined,
    locate: (path: string) => Located,
    columns?: readonly string[],
  ): Template | undefined;
}

export function startCompiling(environment: TemplateEnvironment): Compiling {
  const names: UsedName[] = [];
  const ofItem: TemplateEnvironment = { ...environment, itemIsRecord: false };
  let failed = false;
  const say =
    (severity: "error" | "warning"): Compiling["error"] =>
    (at, code, message, hint = "", length = 0) => {
      failed ||= severity === "error";
      environment.report(finding(code, at, message, { severity, hint, length }));
    };
  const error = say("error");
  return {
    environment,
    error,
    warn: say("warning"),
    formula(node, inEach, role) {
      const compiled = environment.compileFormula(node, inRole(inEach ? ofItem : environment, role));
      if (!compiled) failed = true;
      else names.push(...compiled.names);
      return compiled;
    },
    literal(node) {
      const text = literalText(node);
      const slip = literalSlip(node, environment);
      if (slip) error(node.at, slip.code, slip.message, slip.hint, spanOf(node));
      return text;
    },
    finish(contentType, render, locate, columns) {
      if (failed || !render) return undefined;
      return { render, contentType, names, locate, ...(columns && { columns }) };
    },
  };
}

/** Directives do with attachments what is not writing them. */
function inRole(environment: TemplateEnvironment, role: AttachmentRole | undefined): TemplateEnvironment {
  const { attachments } = environment;
  if (role === undefined || typeof attachments !== "object") return environment;
  return { ...environment, attachments: { ...attachments, role } };
}

/** A scalar that begins with `=`, quoted or not. */
export type FormulaNode = ScalarNode & { readonly text: `=${string}` };

export function isFormula(node: Node): node is FormulaNode {
  return node.kind === "scalar" && node.text.startsWith("=");
}

/** `'=…` is the literal `=…`, as in a spreadsheet; anything else is itself. */
export function literalText(node: ScalarNode): string {
  return node.text.startsWith("'=") ? node.text.slice(1) : node.text;
}

/** A field name as a formula writes it. */
export function asName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name}\``;
}

/** `key:` with nothing behind it, `~` or `null`: more often a slip than a wish. */
export function isNull(node: Node): boolean {
  return node.kind === "scalar" && node.type === "null" && !node.quoted;
}

// ── directives ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface Directives {
  readonly when: CompiledFormula | undefined;
  readonly each: CompiledFormula | undefined;
  readonly text: MapEntry | undefined;
  /** The entries that are no directives. */
  readonly rest: readonly MapEntry[];
}

/** Takes the directives out of a map. `known` are those that this format has; `root` says that =when and =each may not stand here. */
export function takeDirectives(
  compiling: Compiling,
  entries: readonly MapEntry[],
  options: { readonly known: readonly string[]; readonly root: boolean; readonly inEach: boolean },
): Directives {
  const found = new Map<string, MapEntry>();
  const rest: MapEntry[] = [];
  for (const entry of entries) {
    if (!entry.key.startsWith("=")) rest.push(entry);
    else if (!options.known.includes(entry.key)) unknownDirective(compiling, entry, options.known);
    else if (options.root && entry.key !== "=text") directiveOnRoot(compiling, entry);
    else found.set(entry.key, entry);
  }
  const eachEntry = found.get("=each");
  const whenEntry = found.get("=when");
  const each = eachEntry && directiveFormula(compiling, eachEntry, options.inEach, "each");
  // With =each the condition is asked for every item: `$` is the item there.
  const when =
    whenEntry && directiveFormula(compiling, whenEntry, options.inEach || eachEntry !== undefined, "condition");
  if (whenEntry && when && !options.inEach && !eachEntry) checkWhen(compiling, whenEntry, when);
  return { when, each, text: found.get("=text"), rest };
}

function directiveFormula(
  compiling: Compiling,
  entry: MapEntry,
  inEach: boolean,
  role: AttachmentRole,
): CompiledFormula | undefined {
  if (isFormula(entry.value)) return compiling.formula(entry.value, inEach, role);
  const written = entry.value.kind === "scalar" ? ` Write: ${entry.key}: = ${entry.value.text}` : "";
  compiling.error(entry.value.at, "DIRECTIVE_NOT_FORMULA", `${entry.key} needs a formula`, written.trim());
  return undefined;
}

function unknownDirective(compiling: Compiling, entry: MapEntry, known: readonly string[]): void {
  const near = nearest(entry.key, known);
  compiling.error(
    entry.keyAt,
    "DIRECTIVE_UNKNOWN",
    entry.key === "=text"
      ? "=text is for XML elements; here the value itself stands behind the key"
      : `${entry.key} is no directive here; there are ${known.join(", ")}`,
    near ? `Did you mean ${near}?` : `A name that begins with "=" is written "'${entry.key}"`,
    entry.key.length,
  );
}

function directiveOnRoot(compiling: Compiling, entry: MapEntry): void {
  compiling.error(
    entry.keyAt,
    "DIRECTIVE_ON_ROOT",
    `${entry.key} cannot stand on the root: one map makes one message`,
    entry.key === "=when"
      ? "Leave records out by a case: cases: [ { when: = …, skip: reason }, … ]"
      : "Several records in one message: map.per; several messages per record do not exist",
    entry.key.length,
  );
}

function checkWhen(compiling: Compiling, entry: MapEntry, when: CompiledFormula): void {
  const slip = alwaysTrue(when, compiling.environment.fields);
  if (!slip) return;
  const length = entry.value.kind === "scalar" ? entry.value.text.length : 0;
  compiling.error(entry.value.at, "WHEN_ALWAYS", slip.message, slip.hint, length);
}

/** A bare column is text where the fields are known, and text is true whenever it is there, also 'N' and '0'. */
export function alwaysTrue(
  { source }: CompiledFormula,
  fields: readonly string[] | undefined,
): { readonly message: string; readonly hint: string } | undefined {
  const shape = formulaShape(source);
  if (shape.kind !== "field" || !fields?.includes(shape.name)) return undefined;
  const bare = asName(shape.name);
  const hint = `Write: = ${bare} = 'J'   Only whether it is there: = $exists(${bare})`;
  return { message: `${bare} is true wherever it is there: 'N' and '0' are not empty`, hint };
}
