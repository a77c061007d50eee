// What tests of templates share: YAML as the loader reads it, formulas as the compiler compiles them, a scope for one record.

import { readYaml } from "../../src/core/bridge/read-yaml.ts";
import type { Finding, Node } from "../../src/core/bridge/tree.ts";
import type { Rec, Scope, Table } from "../../src/core/contract.ts";
import type { LineOptions, TemplateFormat } from "../../src/core/mapping/template/compile.ts";
import { compileFormulaAlone, templateCompiler } from "../../src/core/mapping/template/compile.ts";
import type { Template, TemplateEnvironment } from "../../src/core/mapping/types.ts";
import { compileFormula } from "../../src/core/mapping/formula/compile.ts";

export const LINES: LineOptions = {
  csv: { delimiter: ";", quote: '"', quoting: "needed", comment: undefined, lineEnd: "\r\n" },
  lineEnd: "\r\n",
};

export interface Given extends Partial<Pick<TemplateEnvironment, "fields" | "schema" | "json" | "lets" | "tables">> {
  readonly lines?: LineOptions;
}

export interface Compiled {
  readonly template: Template | undefined;
  readonly findings: readonly Finding[];
}

export function yaml(text: string): Node {
  const findings: Finding[] = [];
  const node = readYaml("bridge.yaml", new TextEncoder().encode(text), (finding) => findings.push(finding));
  if (!node || findings.some(({ severity }) => severity === "error")) {
    throw new Error(`bad YAML in the test: ${JSON.stringify(findings, undefined, 2)}`);
  }
  return node;
}

export function compile(format: TemplateFormat | "formula", text: string, given: Given = {}): Compiled {
  const findings: Finding[] = [];
  const environment: TemplateEnvironment = {
    lets: given.lets ?? [],
    tables: given.tables ?? new Map(),
    variables: [],
    fields: given.fields,
    optional: [],
    itemIsRecord: true,
    report: (finding) => findings.push(finding),
    compileFormula,
    schema: given.schema,
    json: given.json,
  };
  const compiler = format === "formula" ? compileFormulaAlone : templateCompiler(format, given.lines ?? LINES);
  return { template: compiler(yaml(text), environment), findings };
}

/** A template that must compile without any finding. */
export function template(format: TemplateFormat | "formula", text: string, given: Given = {}): Template {
  const { template: made, findings } = compile(format, text, given);
  if (!made || findings.length > 0)
    throw new Error(`the template did not compile: ${JSON.stringify(findings, undefined, 2)}`);
  return made;
}

/** `CODE line:column message | hint` of each finding. */
export function findings(format: TemplateFormat, text: string, given: Given = {}): string[] {
  return compile(format, text, given).findings.map(
    ({ code, line, column, message, hint }) => `${code} ${line}:${column} ${message}${hint === "" ? "" : ` | ${hint}`}`,
  );
}

export function scopeOf(root: Rec, tables: ReadonlyMap<string, Table> = new Map()): Scope {
  return {
    root,
    parent: root,
    n: 1,
    index: 3,
    group: [root],
    file: { name: "a.csv", stem: "a", size: 1, sha256: "00", received: "2027-01-01T00:00:00Z" },
    bridge: "test",
    batch: undefined,
    received: 0,
    dropIdentity: "test",
    timezone: "Europe/Berlin",
    tables,
    lets: [],
  };
}

export function render(made: Template, record: Rec): string | undefined {
  return made.render(record, scopeOf(record));
}

/** The document without its declaration. */
export function xml(text: string, record: Rec, given: Given = {}): string | undefined {
  return render(template("xml", text, given), record)?.replace(/^<\?xml [^>]*\?>\n/, "");
}

export function json(text: string, record: Rec, given: Given = {}): string | undefined {
  return render(template("json", text, given), record);
}

/** The code and message of what rendering throws. */
export function failure(made: Template, record: Rec): string {
  try {
    render(made, record);
  } catch (cause) {
    const { code, message } = cause as { code: string; message: string };
    return `${code} ${message}`;
  }
  return "nothing was thrown";
}
