// validate.schematron: does the message keep the rules of the standard? Rules are compiled when the bridge is loaded; a
// message becomes a tree once, for all rule sets of its bridge.

import type { ValidationFinding, Validator } from "../../mapping/types.ts";
import { readTree, TreeFault } from "../xpath/read-tree.ts";
import type { SchemaSource } from "../xsd-files.ts";
import { compileRules, type CompiledRules } from "./compile-rules.ts";
import { invalid } from "./faults.ts";
import type { Levels } from "./levels.ts";
import { readRuleSet } from "./read.ts";
import { BudgetFault, FINDINGS_LIMIT, runRules } from "./run-rules.ts";

/** Characters of a message; its tree takes about twenty times as much memory. */
const BODY_LIMIT = 16 * 1024 * 1024;
/**
 * Steps that one rule set may take on one message: nodes looked at, values made. An invoice of 1,000 lines takes a tenth under
 * the rules of EN 16931, in about a second; all of them take ten, in which nothing else of the bridge goes on.
 */
const STEPS = 100_000_000;

export interface RulesChoice {
  readonly source: SchemaSource;
  /** undefined = the rule set's own default. */
  readonly phase: string | undefined;
  readonly levels: Levels;
}

export interface OpenedRules extends CompiledRules {
  /** As the bridge names it. */
  readonly name: string;
}

/** Throws SCHEMA_FILE_MISSING, SCHEMA_FILE_INVALID, SCHEMATRON_INVALID, SCHEMATRON_UNSUPPORTED. */
export function openRules({ source, phase, levels }: RulesChoice): OpenedRules {
  try {
    return { name: source.schema, ...compileRules(readRuleSet(source), phase, levels) };
  } catch (cause) {
    // The stack is full: nested within every limit, and still too deep together.
    if (!(cause instanceof RangeError)) throw cause;
    throw invalid("expressions and functions are nested too deeply", { file: source.schema, line: 1 });
  }
}

/** One validator for all of them; `steps` is for tests. Its memory is the collector's. */
export function ruleValidator(rules: readonly OpenedRules[], steps = STEPS): Validator {
  return { validate: (body) => check(rules, body, steps), dispose: () => undefined };
}

function check(rules: readonly OpenedRules[], body: string, steps: number): readonly ValidationFinding[] {
  if (body.length > BODY_LIMIT) return [whole("message is larger than 16 MiB, too large for Schematron")];
  let tree: ReturnType<typeof readTree>;
  try {
    tree = readTree(body);
  } catch (cause) {
    if (!(cause instanceof TreeFault)) throw cause;
    return [whole(`not well-formed XML, line ${cause.line}`, cause.message)];
  }
  const findings: ValidationFinding[] = [];
  for (const one of rules) findings.push(...checkOne(one, tree, steps));
  return [
    ...findings.filter(isError).slice(0, FINDINGS_LIMIT),
    ...findings.filter((one) => !isError(one)).slice(0, FINDINGS_LIMIT),
  ];
}

function isError({ level = "error" }: ValidationFinding): boolean {
  return level === "error";
}

function checkOne(rules: OpenedRules, tree: ReturnType<typeof readTree>, steps: number): readonly ValidationFinding[] {
  try {
    return runRules(rules, tree, steps);
  } catch (cause) {
    if (cause instanceof RangeError)
      return [whole(`${rules.name}: functions and variables call each other too deeply`)];
    if (!(cause instanceof BudgetFault)) throw cause;
    return [whole(`${rules.name} takes too long on this message: ${cause.message}`)];
  }
}

function whole(message: string, detail = message): ValidationFinding {
  return { path: "/", message, detail };
}
