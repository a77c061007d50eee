// A rule set as closures: contexts as matches, tests and lets as expressions, messages as parts that are joined only where
// a rule is broken.

import { BridgeError } from "../../errors.ts";
import type { Prefixes } from "../xpath/ast.ts";
import {
  compileExpression,
  declare,
  type CompileScope,
  type Frame,
  type Statics,
  type UserFunction,
} from "../xpath/compile.ts";
import { XPathFault } from "../xpath/fault.ts";
import { compileMatch, type Match } from "../xpath/match.ts";
import { parseXPath } from "../xpath/parse.ts";
import type { Expression, Run } from "../xpath/run.ts";
import { keyOf, type XNode } from "../xpath/tree.ts";
import { stringOf } from "../xpath/values.ts";
import { plainPatterns, type PlainPattern, type PlainRule } from "./abstract.ts";
import { invalid, queryFault, unsupported } from "./faults.ts";
import { levelOf, type Level, type Levels } from "./levels.ts";
import type { Assertion, Let, Phase, Place, Query, RuleSet, TextPart } from "./model.ts";
import { declareFunction, declareKey } from "./xsl.ts";

export interface CompiledRules {
  readonly patterns: readonly CompiledPattern[];
  /** By slot: computed with the document as context when they are first read. */
  readonly globals: readonly Expression[];
  /** Ids of all assertions of the rule set, whether the phase has them or not. */
  readonly ids: ReadonlySet<string>;
}

export interface CompiledPattern {
  readonly rules: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly match: Match;
  /** `x.sch:12`, for faults of the match. */
  readonly name: string;
  readonly lets: readonly { readonly slot: number; readonly value: Expression }[];
  readonly assertions: readonly CompiledAssertion[];
}

export interface CompiledAssertion {
  /** The id, or where it stands. */
  readonly name: string;
  readonly level: Level;
  /** What the test gives where the rule is broken: false for assert, true for report. */
  readonly broken: boolean;
  readonly test: Expression;
  readonly subject: Expression | undefined;
  /** Its own words, then those of its diagnostics. */
  readonly texts: readonly (readonly CompiledText[])[];
}

export type CompiledText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly value: Expression }
  | { readonly kind: "name"; readonly path: Expression | undefined };

/** Throws SCHEMATRON_INVALID, SCHEMATRON_UNSUPPORTED. `phase` undefined = the rule set's default. */
export function compileRules(rules: RuleSet, phase: string | undefined, levels: Levels): CompiledRules {
  const patterns = plainPatterns(rules);
  const chosen = phaseOf(rules, phase);
  const active = activePatterns(patterns, chosen);
  const shared = sharedStatics(rules);
  const globals: Expression[] = [];
  const scopes = new Scopes(rules, patterns, chosen, shared, globals);
  shared.finish(scopes.statics(undefined));
  return {
    patterns: active.map((pattern) => ({
      rules: pattern.rules.map((rule) => compileRule(rule, scopes.statics(pattern), rules, levels)),
    })),
    globals,
    ids: new Set(patterns.flatMap((one) => one.rules.flatMap((rule) => rule.assertions.flatMap(({ id }) => id ?? [])))),
  };
}

// ── phases ──────────────────────────────────────────────────────────────────────────────────────────────────────

const ALL = "#ALL";

function phaseOf(rules: RuleSet, wanted: string | undefined): Phase | undefined {
  const name = wanted === undefined || wanted === "#DEFAULT" ? (rules.defaultPhase ?? ALL) : wanted;
  if (name === ALL) return undefined;
  const found = rules.phases.find(({ id }) => id === name);
  if (found) return found;
  const names = rules.phases.map(({ id }) => id);
  // It is the bridge file that is wrong, so there is no place in the rules.
  const hint = `It has ${names.length === 0 ? "no phases" : `the phases ${names.join(", ")}`}; without a phase all patterns are active.`;
  throw new BridgeError("SCHEMATRON_INVALID", `${rules.file} has no phase ${name}`, { stage: "validate", hint });
}

function activePatterns(patterns: readonly PlainPattern[], phase: Phase | undefined): readonly PlainPattern[] {
  if (!phase) return patterns;
  const known = new Set(patterns.map(({ id }) => id));
  for (const { pattern, place } of phase.active) {
    if (!known.has(pattern)) throw invalid(`the phase ${phase.id} names a pattern ${pattern} that is not there`, place);
  }
  return patterns.filter(({ id }) => phase.active.some(({ pattern }) => pattern === id));
}

// ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Shared {
  readonly function: Statics["function"];
  readonly hasKey: Statics["hasKey"];
  readonly lookUp: Statics["lookUp"];
  readonly compat: boolean;
  /** Compiles bodies, once global variables can be named. */
  finish(statics: Statics): void;
}

/** Rules without a query language are XPath 1.0 (ISO/IEC 19757-3, 6.4). */
const LANGUAGES: ReadonlyMap<string, "1.0" | "later"> = new Map<string, "1.0" | "later">([
  ["xslt", "1.0"],
  ["xpath", "1.0"],
  ["exslt", "1.0"],
  ["xslt2", "later"],
  ["xslt3", "later"],
  ["xpath2", "later"],
  ["xpath3", "later"],
  ["xpath31", "later"],
]);

function sharedStatics(rules: RuleSet): Shared {
  const { name = "xslt", place } = rules.binding;
  const language = LANGUAGES.get(name.toLowerCase().replace("xpath3.1", "xpath31"));
  if (language === undefined) {
    throw unsupported(
      `queryBinding ${name} is not supported`,
      place,
      `Supported: ${[...LANGUAGES.keys()].join(", ")}.`,
    );
  }
  const functions = rules.functions.map(declareFunction);
  const byName = new Map<string, UserFunction>(
    functions.map((one) => [`${one.key}#${one.function.parameters.length}`, one.function]),
  );
  const keys = new Map<string, { readonly match: Match; readonly use: Expression }[]>();
  const declared = rules.keys.map(declareKey);
  for (const { name: key } of declared) keys.set(key, []);
  return {
    compat: language === "1.0",
    function: (key, arity) => byName.get(`${key}#${arity}`),
    hasKey: (key) => keys.has(key),
    lookUp: (key, value, run) => keyIndex(key, keys.get(key) ?? [], run).get(value) ?? [],
    finish(statics) {
      for (const one of functions) one.compile({ statics });
      for (const { name: key, match, use } of declared) {
        keys
          .get(key)
          ?.push({ match: compiledMatch(match, statics), use: compiled(use, plainScope(statics), "the key") });
      }
    },
  };
}

/** Made when it is first asked for, once per document. */
function keyIndex(
  name: string,
  definitions: readonly { readonly match: Match; readonly use: Expression }[],
  run: Run,
): ReadonlyMap<string, readonly XNode[]> {
  const known = run.keys.get(name);
  if (known === "busy") throw new XPathFault("XTDE0640", `the key ${name} depends on itself`);
  if (known) return known;
  run.keys.set(name, "busy");
  const index = new Map<string, XNode[]>();
  for (const { match, use } of definitions) {
    for (const node of match(run)) {
      for (const item of run.start(node, [], () => use.items(run))) {
        run.spend(1);
        const value = stringOf(item);
        const nodes = index.get(value);
        if (nodes) nodes.push(node);
        else index.set(value, [node]);
      }
    }
  }
  run.keys.set(name, index);
  return index;
}

/**
 * Which let a name means. Those of a pattern hold in the pattern; because XSLT's processors make them global, and official
 * rule sets rely on it, the others see them, too, where only one pattern has the name.
 */
class Scopes {
  readonly #slots = new Map<Let, number>();
  readonly #shared: Shared;
  readonly #schema: ReadonlyMap<string, Let>;
  readonly #phase: ReadonlyMap<string, Let>;
  readonly #patterns: ReadonlyMap<PlainPattern, ReadonlyMap<string, Let>>;

  constructor(
    rules: RuleSet,
    patterns: readonly PlainPattern[],
    phase: Phase | undefined,
    shared: Shared,
    globals: Expression[],
  ) {
    this.#shared = shared;
    this.#schema = byName(rules.lets);
    this.#phase = byName(phase?.lets ?? []);
    this.#patterns = new Map(patterns.map((pattern) => [pattern, byName(pattern.lets)]));
    for (const lets of [this.#phase, ...this.#patterns.values()]) refuseTwice(lets, this.#schema);
    for (const lets of this.#patterns.values()) refuseTwice(lets, this.#phase);
    const owned: readonly (readonly [Let, PlainPattern | undefined])[] = [
      ...[...rules.lets, ...(phase?.lets ?? [])].map((one) => [one, undefined] as const),
      ...patterns.flatMap((pattern) => pattern.lets.map((one) => [one, pattern] as const)),
    ];
    owned.forEach(([one], slot) => this.#slots.set(one, slot));
    for (const [one, pattern] of owned) {
      globals.push(compiled(one.value, plainScope(this.statics(pattern)), `let ${one.name} =`));
    }
  }

  statics(pattern: PlainPattern | undefined): Statics {
    const { compat, function: own, hasKey, lookUp } = this.#shared;
    return { compat, function: own, hasKey, lookUp, global: (key, at) => this.#slotOf(key, pattern, at) };
  }

  #slotOf(key: string, pattern: PlainPattern | undefined, at: number): number | undefined {
    const own = pattern && this.#patterns.get(pattern)?.get(key);
    const found = own ?? this.#phase.get(key) ?? this.#schema.get(key) ?? this.#elsewhere(key, at);
    return found && this.#slots.get(found);
  }

  #elsewhere(key: string, at: number): Let | undefined {
    const found = [...this.#patterns.values()].flatMap((lets) => lets.get(key) ?? []);
    if (found.length > 1) throw new XPathFault("XPST0008", `several patterns have a variable $${key}`, at);
    return found[0];
  }
}

/** A name that is global twice (ISO/IEC 19757-3, 5.4.5). */
function refuseTwice(lets: ReadonlyMap<string, Let>, outer: ReadonlyMap<string, Let>): void {
  for (const [key, one] of lets) {
    const other = outer.get(key)?.value.place;
    if (other)
      throw invalid(`there are two lets ${one.name}: here and in ${other.file}:${other.line}`, one.value.place);
  }
}

function byName(lets: readonly Let[]): ReadonlyMap<string, Let> {
  const found = new Map<string, Let>();
  for (const one of lets) {
    const key = nameKey(one.name, one.value.prefixes, one.value.place);
    if (found.has(key)) throw invalid(`there are two lets ${one.name}`, one.value.place);
    found.set(key, one);
  }
  return found;
}

function nameKey(name: string, prefixes: Prefixes, place: Place): string {
  const [prefix, local] = name.includes(":") ? name.split(":", 2) : [undefined, name];
  const namespace = prefix === undefined ? "" : prefixes(prefix);
  if (namespace === undefined) throw invalid(`the prefix of ${name} is not declared`, place);
  return keyOf(namespace, local ?? "");
}

// ── rules ───────────────────────────────────────────────────────────────────────────────────────────────────────

function plainScope(statics: Statics): CompileScope {
  return { statics, frame: { size: 0 }, locals: undefined };
}

function compiled(query: Query, scope: CompileScope, what: string): Expression {
  try {
    return compileExpression(parseXPath(query.text, query.prefixes), scope);
  } catch (cause) {
    throw queryFault(cause, query, what);
  }
}

function compiledMatch(query: Query, statics: Statics): Match {
  try {
    return compileMatch(parseXPath(query.text, query.prefixes), plainScope(statics));
  } catch (cause) {
    throw queryFault(cause, query, "the context");
  }
}

function compileRule(rule: PlainRule, statics: Statics, rules: RuleSet, levels: Levels): CompiledRule {
  const frame: Frame = { size: 0 };
  let scope: CompileScope = { statics, frame, locals: undefined };
  const lets: { slot: number; value: Expression }[] = [];
  byName(rule.lets);
  for (const one of rule.lets) {
    const value = compiled(one.value, scope, `let ${one.name} =`);
    const { slot, scope: inner } = declare(scope, nameKey(one.name, one.value.prefixes, one.value.place));
    scope = inner;
    lets.push({ slot, value });
  }
  return {
    match: compiledMatch(rule.context, statics),
    name: placeName(rule.place),
    lets,
    assertions: rule.assertions.map((one) => compileAssertion(one, rule, scope, rules, levels)),
  };
}

function placeName({ file, line }: Place): string {
  return `${file.split("/").at(-1) ?? file}:${line}`;
}

function compileAssertion(
  one: Assertion,
  rule: PlainRule,
  scope: CompileScope,
  rules: RuleSet,
  levels: Levels,
): CompiledAssertion {
  const name = one.id ?? placeName(one.place);
  const diagnostics = one.diagnostics.map((id) => {
    const found = rules.diagnostics.get(id);
    if (!found) throw invalid(`there is no diagnostic ${id}`, one.place);
    return found.text;
  });
  const subject = one.subject ?? rule.subject;
  return {
    name,
    level: levelOf(one, rule, levels),
    broken: one.kind === "report",
    test: compiled(one.test, scope, `${name}: the test`),
    subject: subject && compiled(subject, scope, `${name}: the subject`),
    texts: [one.text, ...diagnostics].map((text) => compileText(text, scope, name)),
  };
}

function compileText(text: readonly TextPart[], scope: CompileScope, name: string): readonly CompiledText[] {
  return text.map((part): CompiledText => {
    if (part.kind === "text") return part;
    if (part.kind === "value") return { kind: "value", value: compiled(part.select, scope, `${name}: value-of`) };
    return { kind: "name", path: part.path && compiled(part.path, scope, `${name}: name`) };
  });
}
