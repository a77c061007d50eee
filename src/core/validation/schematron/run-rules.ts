// A document against compiled rules: in each pattern a node is taken by the first rule whose context fits
// (ISO/IEC 19757-3, 6.5), and every assertion of that rule is asked.

import type { ValidationFinding } from "../../mapping/types.ts";
import { BudgetFault, XPathFault } from "../xpath/fault.ts";
import { joinTexts } from "../xpath/expression.ts";
import { lazy, Run, type Slot } from "../xpath/run.ts";
import { pathOf, XNode, type XTree } from "../xpath/tree.ts";
import { stringOf } from "../xpath/values.ts";
import type { Level } from "./levels.ts";
import type { CompiledAssertion, CompiledRule, CompiledRules, CompiledText } from "./compile-rules.ts";

/** Of each kind: errors, and what does not stop the message. */
export const FINDINGS_LIMIT = 20;
const MESSAGE_LIMIT = 400;
const DETAIL_LIMIT = 4_000;

/** Errors first. Throws BudgetFault where the document takes more than so many steps. */
export function runRules(rules: CompiledRules, tree: XTree, budget: number): readonly ValidationFinding[] {
  const run = new Run(tree, rules.globals.length, budget);
  rules.globals.forEach((value, slot) => {
    run.globals[slot] = lazy(value, tree.document, []);
  });
  const findings = new Findings();
  for (const pattern of rules.patterns) {
    const taken = new Uint8Array(tree.nodes.length);
    for (const rule of pattern.rules) {
      if (findings.full) return findings.sorted();
      fireRule(rule, taken, run, findings);
    }
  }
  return findings.sorted();
}

class Findings {
  readonly #errors: ValidationFinding[] = [];
  readonly #notices: ValidationFinding[] = [];
  /** More would say nothing more: the message is kept back. */
  get full(): boolean {
    return this.#errors.length >= FINDINGS_LIMIT;
  }
  /** Made only where there is room for it: words and places take longer than tests. */
  add(level: Level, make: () => ValidationFinding): void {
    const list = level === "error" ? this.#errors : this.#notices;
    if (list.length < FINDINGS_LIMIT) list.push(make());
  }
  sorted(): readonly ValidationFinding[] {
    return [...this.#errors, ...this.#notices];
  }
}

function fireRule(rule: CompiledRule, taken: Uint8Array, run: Run, findings: Findings): void {
  let nodes: readonly XNode[];
  try {
    nodes = rule.match(run);
  } catch (cause) {
    if (!(cause instanceof XPathFault)) throw cause;
    findings.add("error", () => undecided(rule.name, "error", run.tree.document, cause));
    return;
  }
  for (const node of nodes) {
    if (findings.full) return;
    if (taken[node.order] === 1) continue;
    taken[node.order] = 1;
    const locals: Slot[] = [];
    for (const { slot, value } of rule.lets) locals[slot] = lazy(value, node, locals);
    for (const assertion of rule.assertions) ask(assertion, node, locals, run, findings);
  }
}

function ask(assertion: CompiledAssertion, node: XNode, locals: Slot[], run: Run, findings: Findings): void {
  try {
    run.spend(1);
    const { test, broken, level } = assertion;
    if (run.start(node, locals, () => test.truth(run)) !== broken) return;
    findings.add(level, () => run.start(node, locals, () => findingOf(assertion, node, run)));
  } catch (cause) {
    if (!(cause instanceof XPathFault)) throw cause;
    findings.add(assertion.level, () => undecided(assertion.name, assertion.level, node, cause));
  }
}

/** A rule that cannot be computed on this message is broken: whoever asked for it wants an answer. */
function undecided(name: string, level: Level, node: XNode, cause: XPathFault): ValidationFinding {
  const message = `${name} cannot be decided: ${cause.message}`;
  return { path: pathOf(node), message, detail: `${message} (${cause.code})`, rule: name, undecided: true, level };
}

function findingOf(assertion: CompiledAssertion, node: XNode, run: Run): ValidationFinding {
  const { name, level, subject, texts } = assertion;
  const place = subject?.items(run)[0];
  const [own = [], ...more] = texts;
  const words = shown(own, node, run, false);
  const full = [own, ...more].map((text) => shown(text, node, run, true)).join(" ");
  return {
    path: pathOf(place instanceof XNode ? place : node),
    message: cut(`${name}: ${withoutId(words, name)}`, MESSAGE_LIMIT),
    detail: cut(`${name}: ${withoutId(full, name)}`, DETAIL_LIMIT),
    rule: name,
    level,
  };
}

/** Without values where it may be seen and stored by anybody. */
function shown(text: readonly CompiledText[], node: XNode, run: Run, values: boolean): string {
  return text
    .map((part) => {
      if (part.kind === "text") return part.text;
      if (part.kind === "value") return values ? joinTexts(part.value.items(run).map(stringOf), " ", run) : "…";
      const named = part.path ? part.path.items(run)[0] : node;
      if (named === undefined) return "";
      return named instanceof XNode ? named.qname : values ? stringOf(named) : "…";
    })
    .join("")
    .replace(/\s+/g, " ")
    .trim();
}

/** Official texts begin with `[BR-DE-1]` or `[BR-01]-`, which would say it twice. */
function withoutId(text: string, id: string): string {
  return text.startsWith(`[${id}]`) ? text.slice(id.length + 2).replace(/^\s*-?\s*/, "") : text;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export { BudgetFault };
