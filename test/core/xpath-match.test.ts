// Contexts of rules are proven upwards from a name; selecting from everywhere must find the same nodes.

import fc from "fast-check";
import { expect, it } from "vitest";
import type { Ast } from "../../src/core/validation/xpath/ast.ts";
import { compileExpression, type CompileScope } from "../../src/core/validation/xpath/compile.ts";
import { compileMatch } from "../../src/core/validation/xpath/match.ts";
import { parseXPath } from "../../src/core/validation/xpath/parse.ts";
import { readTree } from "../../src/core/validation/xpath/read-tree.ts";
import { Run } from "../../src/core/validation/xpath/run.ts";
import { isNode } from "../../src/core/validation/xpath/values.ts";

const scope: CompileScope = {
  statics: { compat: false, global: () => undefined, function: () => undefined, hasKey: () => false, lookUp: () => [] },
  frame: { size: 0 },
  locals: undefined,
};

const name = fc.constantFrom("a", "b", "c");
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      name,
      fc.option(fc.constantFrom("1", "2")),
      fc.array(fc.oneof({ maxDepth: 4 }, fc.constantFrom("x", "", "<!--c-->"), tie("element")), { maxLength: 4 }),
    )
    .map(([tag, n, inside]) => `<${tag}${n === null ? "" : ` n="${n}"`}>${inside.join("")}</${tag}>`),
}));

const predicate = fc.constantFrom(
  "",
  "",
  "",
  "[1]",
  "[2]",
  "[last()]",
  "[@n]",
  "[@n = 2]",
  "[b]",
  "[not(*)]",
  "[position() > 1]",
  "[count(*)]",
  "[ancestor::b]",
  "[@n][1]",
  "[. = 'x']",
  "[..//c]",
);
const step = fc
  .tuple(fc.constantFrom("a", "b", "c", "*", "node()", "text()", "*:b", "child::a", "comment()"), predicate)
  .map(([test, filter]) => test + filter);
const last = fc.oneof(
  step,
  fc
    .tuple(fc.constantFrom("@n", "@*", "attribute::n"), fc.constantFrom("", "[. = '2']"))
    .map(([test, filter]) => test + filter),
);
const path = fc
  .tuple(
    fc.constantFrom("", "", "/", "//"),
    fc.array(fc.tuple(step, fc.constantFrom("/", "//")), { maxLength: 3 }),
    last,
  )
  .map(([start, steps, end]) => start + steps.map(([one, link]) => one + link).join("") + end);
const pattern = fc.oneof(
  path,
  fc.tuple(path, path).map(([a, b]) => `${a} | ${b}`),
  fc.tuple(step, step, step).map(([a, b, c]) => `${a}/(${b} | ${c})`),
);

/** XSLT 3.0, 5.5.3: a node matches if some node above it, or itself, has it in what the expression selects there. */
function bySelection(ast: Ast, run: Run): readonly number[] {
  const compiled = compileExpression(ast, scope);
  const found = new Set<number>();
  for (const from of run.tree.nodes) {
    for (const item of run.start(from, [], () => compiled.items(run))) if (isNode(item)) found.add(item.order);
  }
  return [...found].sort((a, b) => a - b);
}

it("a pattern matches what it selects from everywhere", () => {
  fc.assert(
    fc.property(element, pattern, (xml, text) => {
      const ast = parseXPath(text, () => undefined);
      const run = new Run(readTree(xml), 0, 5_000_000);
      expect(compileMatch(ast, scope)(run).map(({ order }) => order)).toEqual(bySelection(ast, run));
    }),
    { numRuns: 2_000 },
  );
});
