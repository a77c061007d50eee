// One expression over one document, as texts that tests can compare: `xs:integer:3 node:b`.

import { XS } from "../../src/core/validation/xpath/ast.ts";
import { compileExpression, type Statics } from "../../src/core/validation/xpath/compile.ts";
import { parseXPath } from "../../src/core/validation/xpath/parse.ts";
import { readTree } from "../../src/core/validation/xpath/read-tree.ts";
import { Run } from "../../src/core/validation/xpath/run.ts";
import type { XNode } from "../../src/core/validation/xpath/tree.ts";
import { isNode, stringOf, typeNameOf } from "../../src/core/validation/xpath/values.ts";

export const PREFIXES: Readonly<Record<string, string>> = {
  xs: XS,
  t: "urn:example:t",
  fn: "http://www.w3.org/2005/xpath-functions",
};

function statics(compat: boolean): Statics {
  return {
    compat,
    global: () => undefined,
    function: () => undefined,
    hasKey: () => false,
    lookUp: (): readonly XNode[] => [],
  };
}

export interface Evaluated {
  /** Types and texts. */
  readonly items: string;
  readonly truth: boolean | string;
  readonly steps: number;
}

export function evaluate(expression: string, xml: string, compat = false, budget = 1_000_000): Evaluated {
  const ast = parseXPath(expression, (prefix) => PREFIXES[prefix]);
  const compiled = compileExpression(ast, { statics: statics(compat), frame: { size: 0 }, locals: undefined });
  const tree = readTree(xml);
  const run = new Run(tree, 0, budget);
  const items = run.start(tree.document, [], () => compiled.items(run));
  const shown = items.map((item) =>
    isNode(item) ? `node:${item.qname || stringOf(item)}` : `${typeNameOf(item)}:${stringOf(item)}`,
  );
  const truth = attempt(() => run.start(tree.document, [], () => compiled.truth(run)));
  return { items: shown.join(" "), truth, steps: run.spent() };
}

/** The result, or the code of the fault. */
export function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (cause) {
    return (cause as { readonly code?: string }).code ?? String(cause);
  }
}
