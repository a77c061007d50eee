// A formula outside any bridge file: the language of bridge files first, with $date, $decimal and the rest; what only
// bridge files refuse ($eval, $random) is JSONata's own.

import type { Finding, ScalarNode } from "../core/bridge/tree.ts";
import type { Rec, Scope, Value } from "../core/contract.ts";
import { BridgeError } from "../core/errors.ts";
import { compileExpression, compileFormula } from "../core/mapping/formula/compile.ts";

const FILE = "formula";

export function evaluateFormula(source: string, record: unknown): unknown {
  const findings: Finding[] = [];
  const formula = compileFormula(nodeOf(source), {
    lets: [],
    tables: new Map(),
    variables: [],
    fields: undefined,
    optional: [],
    itemIsRecord: false,
    report: (finding) => findings.push(finding),
  });
  if (formula !== undefined) return formula.evaluate(record as Value, scopeOf(record));
  try {
    return compileExpression(source).evaluate(record);
  } catch {
    const first = findings.find(({ severity }) => severity === "error") ?? findings[0];
    throw new BridgeError("FORMULA_SYNTAX", first?.message ?? "the formula cannot be read", {
      position: first ?? { file: FILE, line: 1, column: 1 },
      hint: first?.hint || undefined,
    });
  }
}

function nodeOf(source: string): ScalarNode {
  const at = (offset: number) => {
    const before = source.slice(0, Math.max(0, offset - 1)).split("\n");
    return { file: FILE, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  };
  return { kind: "scalar", text: `=${source}`, type: "text", quoted: true, at: at(0), locate: at };
}

function scopeOf(record: unknown): Scope {
  const received = Date.now();
  const root = record as Rec;
  return {
    root,
    parent: root,
    n: 1,
    index: 1,
    group: [root],
    file: { name: "", stem: "", size: 0, sha256: "", received: new Date(received).toISOString() },
    bridge: "",
    batch: undefined,
    received,
    dropIdentity: "",
    timezone: "Europe/Berlin",
    tables: new Map(),
    lets: [],
  };
}
