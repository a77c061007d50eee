// Which formulas need the bytes of attachments is told before they run. Here they run without the bytes: whatever was said to need none
// must get along without.

import { check, constant, constantFrom, letrec, oneof, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { createTally } from "../../src/core/bridge/attachment-tally.ts";
import type { Attachment, Scope, Value } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { compileFormula } from "../../src/core/mapping/formula/compile.ts";
import { environmentOf, nodeOf, scopeOf } from "./formula-place.ts";

const RUNS = 600;
const LONGEST = 300;

const attachments: readonly Attachment[] = ["7_A.pdf", "7_B.pdf", "8_notiz.txt"].map((name, at) => ({
  id: `id-${at}`,
  name,
  size: 10 * (at + 1),
  sha256: String(at).repeat(64),
  mediaType: name.endsWith("pdf") ? "application/pdf" : "text/plain",
}));
const record = { FELD: "name", WAHL: "J", ZAHL: 2, LISTE: [{ base64: "eigenes", name: "x" }, { name: "y" }] };

const fact = constantFrom("name", "size", "sha256", "mediaType");
const member = oneof({ weight: 4, arbitrary: fact }, { weight: 1, arbitrary: constant("base64") });

/** Expressions whose item is an attachment. */
const onItem = letrec<{ item: string }>((tie) => {
  const inner = tie("item");
  return {
    item: oneof(
      { depthSize: "small", withCrossShrink: true },
      member,
      constantFrom(
        "$",
        "*",
        "**",
        "$.name",
        "$.base64",
        "$.*",
        "`base64`",
        "$string()",
        "$spread()",
        "$keys()",
        "FELD",
      ),
      constantFrom(
        "$lookup($, 'name')",
        "$lookup($, 'base64')",
        "$lookup($, $$.FELD)",
        "$lookup('size')",
        "$string($)",
      ),
      constantFrom(
        "$each($, function($v, $k) { $k })",
        "$sift(function($v, $k) { $k = 'name' })",
        "$type($)",
        "$length(name)",
      ),
      tuple(inner, inner).map(([a, b]) => `(${a}) = (${b})`),
      tuple(inner, inner).map(([a, b]) => `{ 'a': ${a}, 'b': [${b}] }`),
      inner.map((a) => `($i := ${a}; $i)`),
      inner.map((a) => `$string(${a})`),
      inner.map((a) => `$exists(${a}) ? ${a} : 'nichts'`),
    ),
  };
}).item;

/** Expressions on the record that have to do with attachments. */
const onRecord = letrec<{ expr: string; files: string }>((tie) => {
  const expr = tie("expr");
  const files = tie("files");
  return {
    files: oneof(
      { depthSize: "small", withCrossShrink: true },
      constantFrom(
        "$attachment()",
        "$attachment('*.pdf')",
        "$attachment('*.doc')",
        "$attachment('7_A*')",
        "$alle",
        "$eine",
      ),
      files.map((f) => `$required(${f}, 'x')`),
      tuple(files, onItem).map(([f, i]) => `${f}[$boolean(${i})]`),
      files.map((f) => `${f}[0]`),
      tuple(files, member).map(([f, m]) => `${f}^(${m})`),
      tuple(files, files).map(([f, g]) => `$append(${f}, ${g})`),
      tuple(files, files).map(([f, g]) => `(WAHL = 'J' ? ${f} : ${g})`),
      files.map((f) => `$reverse(${f})`),
    ),
    expr: oneof(
      { depthSize: "small", withCrossShrink: true },
      files,
      tuple(files, member).map(([f, m]) => `${f}.${m}`),
      tuple(files, onItem).map(([f, i]) => `${f}.(${i})`),
      tuple(files, onItem).map(([f, i]) => `$map(${f}, function($a) { $a.(${i}) })`),
      tuple(files, member).map(([f, m]) => `${f}@$a.{ 'x': $a.${m} }`),
      tuple(files, fact).map(([f, m]) => `${f}{ ${m}: size }`),
      constantFrom(
        "$map(['*.pdf'], $attachment)",
        "'*.pdf' ~> $attachment",
        "LISTE.base64",
        "$f := $attachment",
        "$count($alle)",
      ),
      files.map((f) => `$count(${f})`),
      files.map((f) => `$exists(${f})`),
      files.map((f) => `$distinct(${f})`),
      files.map((f) => `$string(${f})`),
      tuple(files, fact).map(([f, m]) => `$sort(${f}, function($l, $r) { $l.${m} > $r.${m} }).${m}`),
      tuple(files, files).map(([f, g]) => `${f} = ${g}`),
      tuple(files, files).map(([f, g]) => `${f} in [${g}]`),
      tuple(expr, expr).map(([a, b]) => `[${a}, ${b}]`),
      expr.map((a) => `{ 'k': ${a} }`),
      expr.map((a) => `($x := ${a}; $x)`),
      tuple(expr, member).map(([a, m]) => `(${a}).${m}`),
      tuple(expr, expr).map(([a, b]) => `(${a}) ? ${b} : ${a}`),
      tuple(files, expr).map(([f, a]) => `$merge([${f}[0], { 'k': ${a} }])`),
    ),
  };
}).expr;

type Tally = ReturnType<typeof createTally>;
type Evaluate = (item: Value, scope: Scope) => Value;

/** undefined where it does not compile. */
function compiled(
  tally: Tally,
  source: string,
  place: { role?: "each" | "kept"; onItem?: boolean } = {},
): Evaluate | undefined {
  const { role = "value", onItem: isItem = false } = place;
  const environment = environmentOf({ lets: ["alle", "eine"], attachments: tally.place(role), itemIsRecord: !isItem });
  return compileFormula(nodeOf(source), environment)?.evaluate;
}

function begin(): { readonly tally: Tally; readonly scope: Scope } {
  const tally = createTally();
  const scope = scopeOf(record, { attachments });
  for (const [name, source] of [
    ["alle", "$attachment()"],
    ["eine", "$attachment('7_B*')"],
  ] as const) {
    const environment = environmentOf({ attachments: tally.place("kept") });
    const formula = tally.kept(name, () => compileFormula(nodeOf(source), environment));
    scope.lets.push(formula?.evaluate(record, scope));
  }
  return { tally, scope };
}

/** Whether it asked for bytes that are not there; any other failure is the formula's own. */
function lacksBytes(work: () => unknown): boolean {
  try {
    // What the formula gives is written out, as a template does.
    JSON.stringify(work());
    return false;
  } catch (cause) {
    const { message } = cause as Error;
    return message.includes("bytes of attachments") || (!(cause instanceof BridgeError) && message === "FORMULA_PLACE");
  }
}

it("of no formula on the record are forgotten", () => {
  let frugal = 0;
  let needy = 0;
  const result = check(
    property(onRecord, (source) => {
      const { tally, scope } = begin();
      const evaluate = source.length > LONGEST ? undefined : compiled(tally, source);
      if (!evaluate) return true;
      if (tally.content) needy++;
      else frugal++;
      return tally.content || !lacksBytes(() => evaluate(record, scope));
    }),
    { numRuns: RUNS },
  );
  expect(result.counterexample).toBeNull();
  // The property says something only where both happen often.
  expect(Math.min(frugal, needy)).toBeGreaterThan(RUNS / 20);
});

it("of no item of an =each are forgotten", () => {
  let frugal = 0;
  const result = check(
    property(onRecord, onItem, (list, item) => {
      if (list.length + item.length > LONGEST) return true;
      const { tally, scope } = begin();
      const each = compiled(tally, list, { role: "each" });
      const evaluate = compiled(tally, item, { onItem: true });
      if (!each || !evaluate || tally.content) return true;
      frugal++;
      let items: Value;
      if (lacksBytes(() => ((items = each(record, scope)), "walked over, not written"))) return false;
      const walked = items === undefined ? [] : Array.isArray(items) ? items : [items];
      return !lacksBytes(() => walked.map((one: Value) => evaluate(one, { ...scope, parent: record })));
    }),
    { numRuns: RUNS },
  );
  expect(result.counterexample).toBeNull();
  expect(frugal).toBeGreaterThan(RUNS / 20);
});
