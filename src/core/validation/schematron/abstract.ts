// Abstract patterns and rules are templates: here they become rules like all others (ISO/IEC 19757-3, 6.2 and 6.3).

import { invalid } from "./faults.ts";
import type { Assertion, Let, Pattern, Place, Query, Rule, RulePart, RuleSet, TextPart } from "./model.ts";

/** A rule whose parts are all its own. */
export interface PlainRule extends Omit<Rule, "parts" | "context" | "abstract"> {
  readonly context: Query;
  readonly lets: readonly Let[];
  readonly assertions: readonly Assertion[];
}

export interface PlainPattern {
  readonly id: string | undefined;
  readonly lets: readonly Let[];
  readonly rules: readonly PlainRule[];
}

const DEPTH_LIMIT = 20;
/** Characters of all expressions, each with a hundred for itself: a few templates can make millions. The rules of EN 16931 have half a million. */
const SIZE_LIMIT = 8 * 1024 * 1024;

type Take = (characters: number, place: Place) => void;

function sizeLimit(): Take {
  let size = 0;
  return (characters, place) => {
    size += characters + 100;
    if (size > SIZE_LIMIT) throw invalid("the rules are too many, or too long, with what abstract ones make", place);
  };
}

/** The patterns that can be run, in order. Throws SCHEMATRON_INVALID. */
export function plainPatterns(rules: RuleSet): readonly PlainPattern[] {
  const abstract = new Map(
    rules.patterns.flatMap((one) => (one.abstract && one.id !== undefined ? [[one.id, one]] : [])),
  );
  const take = sizeLimit();
  return rules.patterns
    .filter((pattern) => !pattern.abstract)
    .map((pattern) => {
      if (pattern.isA === undefined) return plain(pattern, take);
      const from = abstract.get(pattern.isA);
      if (!from) throw invalid(`there is no abstract pattern ${pattern.isA}`, pattern.place);
      if (pattern.rules.length > 0) throw invalid("a pattern with is-a has no rules of its own", pattern.place);
      return plain(instance(from, pattern, take), take);
    });
}

function plain(pattern: Pattern, take: Take): PlainPattern {
  const { id, lets, rules } = pattern;
  const own = rules.filter((rule) => rule.abstract);
  return {
    id,
    lets,
    rules: rules.filter((rule) => !rule.abstract).map((rule) => plainRule(rule, own, take)),
  };
}

/** Abstract rules are those of the same pattern (ISO/IEC 19757-3, 5.4.3). */
function plainRule(rule: Rule, own: readonly Rule[], take: Take): PlainRule {
  const lets: Let[] = [];
  const assertions: Assertion[] = [];
  const add = (parts: readonly RulePart[], depth: number): void => {
    for (const part of parts) {
      const query = part.kind === "let" ? part.let.value : part.kind === "assertion" ? part.assertion.test : undefined;
      take(query?.text.length ?? 0, rule.place);
      if (part.kind === "let") lets.push(part.let);
      else if (part.kind === "assertion") assertions.push(part.assertion);
      else {
        if (depth > DEPTH_LIMIT) throw invalid("rules extend each other in a circle", part.place);
        const from = own.find(({ id }) => id === part.rule);
        if (!from) throw invalid(`there is no abstract rule ${part.rule} in this pattern`, part.place);
        add(from.parts, depth + 1);
      }
    }
  };
  add(rule.parts, 0);
  const { id, context, subject, flag, role, place } = rule;
  return { id, context: context as Query, subject, flag, role, place, lets, assertions };
}

// ── parameters ──────────────────────────────────────────────────────────────────────────────────────────────────

type Fill = <T extends Query | undefined>(query: T) => T;

/** `$name` in queries is replaced by the text of the parameter; other variables stay. */
function instance(from: Pattern, given: Pattern, take: Take): Pattern {
  const fill: Fill = (query) =>
    query && { ...query, text: filled(query.text, given.parameters, (size) => take(size, given.place)) };
  const fillLet = (one: Let): Let => ({ ...one, value: fill(one.value) });
  const fillText = (text: readonly TextPart[]): readonly TextPart[] =>
    text.map((part) =>
      part.kind === "value"
        ? { ...part, select: fill(part.select) }
        : part.kind === "name"
          ? { ...part, path: fill(part.path) }
          : part,
    );
  const fillPart = (part: RulePart): RulePart => {
    if (part.kind === "let") return { kind: "let", let: fillLet(part.let) };
    if (part.kind === "extends") return part;
    const { assertion } = part;
    const { test, subject, text } = assertion;
    return {
      kind: "assertion",
      assertion: { ...assertion, test: fill(test), subject: fill(subject), text: fillText(text) },
    };
  };
  const rules = from.rules.map((rule) => ({
    ...rule,
    context: fill(rule.context),
    subject: fill(rule.subject),
    parts: rule.parts.map(fillPart),
  }));
  return { ...given, lets: [...from.lets.map(fillLet), ...given.lets], rules };
}

const NAME = /\$([\p{L}_][\p{L}\p{N}\p{M}_.-]*)/gu;

/**
 * A name may end in a point that is none of it, and parameters are text: the longest name that is a parameter counts.
 * Parameters may name each other, once.
 */
function filled(text: string, parameters: ReadonlyMap<string, string>, take: (characters: number) => void): string {
  return text.replaceAll(NAME, (all, name: string) => {
    for (let length = name.length; length > 0; length--) {
      const shorter = name.slice(0, length);
      const value = parameters.get(shorter);
      const whole = length === name.length || /[.-]$/.test(name.slice(0, length + 1));
      if (value === undefined || !whole) continue;
      take(value.length);
      return value + name.slice(length);
    }
    return all;
  });
}
