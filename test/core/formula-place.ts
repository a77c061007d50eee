// A place for formulas in tests: a YAML node, an environment that collects findings, a scope.

import type { Finding, ScalarNode } from "../../src/core/bridge/tree.ts";
import type { Rec, Scope, Table, Value } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { compileFormula } from "../../src/core/mapping/formula/compile.ts";
import type { CompiledFormula, FormulaEnvironment } from "../../src/core/mapping/types.ts";

export function nodeOf(source: string): ScalarNode {
  const at = { file: "bridge.yaml", line: 12, column: 7 };
  return {
    kind: "scalar",
    text: `= ${source}`,
    type: "text",
    quoted: false,
    at,
    locate: (offset) => ({ ...at, column: at.column + offset }),
  };
}

/** Column of the first character behind `= `. */
export const firstColumn = 9;

export const legalForms: Table = {
  name: "rechtsform",
  file: "codes/rechtsform.csv",
  keyColumn: "RF",
  columns: ["RF", "CODE", "TITEL"],
  rows: new Map<string, Rec>([
    ["GmbH", { RF: "GmbH", CODE: "351", TITEL: "Gesellschaft mbH" }],
    ["AG", { RF: "AG", CODE: "310" }],
    ["leer", { RF: "leer" }],
    ["constructor", { RF: "constructor", CODE: "999" }],
  ]),
};

export function environmentOf(more: Partial<FormulaEnvironment> = {}): FormulaEnvironment & { found: Finding[] } {
  const found: Finding[] = [];
  return {
    lets: [],
    tables: new Map([["rechtsform", legalForms.columns]]),
    variables: [],
    fields: undefined,
    optional: [],
    itemIsRecord: true,
    report: (finding) => found.push(finding),
    ...more,
    found,
  };
}

export function scopeOf(root: Rec, more: Partial<Scope> = {}): Scope {
  return {
    root,
    parent: root,
    n: 1,
    index: 17,
    group: [root],
    file: { name: "g_1.csv", stem: "g_1", size: 12, sha256: "ab", received: "2027-03-01T12:30:00Z" },
    bridge: "gewerbe",
    batch: undefined,
    received: Date.UTC(2027, 2, 1, 12, 30),
    dropIdentity: "6c1f:0",
    timezone: "Europe/Berlin",
    tables: new Map([["rechtsform", legalForms]]),
    lets: [],
    ...more,
  };
}

export function compiled(source: string, more: Partial<FormulaEnvironment> = {}): CompiledFormula {
  const environment = environmentOf(more);
  const formula = compileFormula(nodeOf(source), environment);
  if (formula === undefined) throw new Error(environment.found.map(({ code, message }) => `${code} ${message}`).join());
  return formula;
}

/** The value of a formula on a record. */
export function valueOf(source: string, record: Rec = {}, more: Partial<Scope> = {}): Value {
  return compiled(source).evaluate(record, scopeOf(record, more));
}

export function findings(source: string, more: Partial<FormulaEnvironment> = {}): readonly Finding[] {
  const environment = environmentOf(more);
  const formula = compileFormula(nodeOf(source), environment);
  if (environment.found.length > 0 && formula !== undefined) throw new Error("a formula with findings was compiled");
  return environment.found;
}

/** What a formula says of a record that it cannot map. */
export function failureOf(source: string, record: Rec = {}, more: Partial<Scope> = {}): BridgeError {
  try {
    valueOf(source, record, more);
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
  throw new Error(`${source} did not fail`);
}
