// Schematron files → rule set. What stands in them and is not known is refused, never skipped; elements of other
// namespaces than Schematron's and XSLT's say nothing about rules (ISO/IEC 19757-3, 5.2).

import type { SchemaSource } from "../xsd-files.ts";
import { invalid, unsupported } from "./faults.ts";
import { openRuleFiles } from "./files.ts";
import {
  SCHEMATRON,
  XSLT,
  type Diagnostic,
  type Foreign,
  type Let,
  type Pattern,
  type Phase,
  type RuleSet,
} from "./model.ts";
import { attribute, needed, partsOf, prefixesAt, readLet, refuseAttribute, type Part, type Reading } from "./parts.ts";
import { readRule, readText } from "./read-rule.ts";

/** Throws SCHEMATRON_INVALID, SCHEMATRON_UNSUPPORTED and what opening files throws. */
export function readRuleSet(source: SchemaSource): RuleSet {
  const files = openRuleFiles(source);
  const reading: Reading = { files, namespaces: new Map(), depth: 0, elements: 0 };
  const { entry } = files;
  const { top } = entry;
  if (top.namespace !== SCHEMATRON || top.local !== "schema") {
    const old = top.namespace === "http://www.ascc.net/xml/schematron" ? " (Schematron 1.5 is not supported)" : "";
    throw invalid(`the root is ${top.qname}, not schema of ISO Schematron${old}`, entry.place(top));
  }
  const made = {
    lets: [] as Let[],
    phases: [] as Phase[],
    patterns: [] as Pattern[],
    diagnostics: new Map<string, Diagnostic>(),
    functions: [] as Foreign[],
    keys: [] as Foreign[],
  };
  for (const part of partsOf({ node: top, file: entry }, reading)) readTop(part, made, reading);
  return {
    file: entry.id,
    binding: { name: attribute(top, "queryBinding"), place: entry.place(top) },
    defaultPhase: attribute(top, "defaultPhase"),
    ...made,
  };
}

type Made = {
  readonly lets: Let[];
  readonly phases: Phase[];
  readonly patterns: Pattern[];
  readonly diagnostics: Map<string, Diagnostic>;
  readonly functions: Foreign[];
  readonly keys: Foreign[];
};

/** Without meaning for what is valid. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(["title", "p", "properties"]);

function readTop(part: Part, made: Made, reading: Reading): void {
  const { node, file } = part;
  if (node.namespace === XSLT) {
    readForeign(part, made, reading);
    return;
  }
  switch (node.local) {
    case "ns":
      reading.namespaces.set(needed(part, "prefix"), needed(part, "uri"));
      return;
    case "let":
      made.lets.push(readLet(part, reading));
      return;
    case "phase":
      made.phases.push(readPhase(part, reading));
      return;
    case "pattern":
      made.patterns.push(readPattern(part, reading));
      return;
    case "diagnostics":
      for (const one of partsOf(part, reading)) readDiagnostic(one, made, reading);
      return;
  }
  if (!SAYS_NOTHING.has(node.local)) throw unsupported(`${node.qname} is not supported`, file.place(node));
}

function readForeign({ node, file }: Part, made: Made, reading: Reading): void {
  const foreign: Foreign = { node, place: file.place, prefixes: (at) => prefixesAt(at, file, reading) };
  if (node.local === "function") made.functions.push(foreign);
  else if (node.local === "key") made.keys.push(foreign);
  // How a result would be written says nothing about rules.
  else if (node.local !== "output") {
    throw unsupported(
      `xsl:${node.local} is not supported; of XSLT there are xsl:function and xsl:key`,
      file.place(node),
    );
  }
}

function readDiagnostic(part: Part, made: Made, reading: Reading): void {
  if (part.node.local !== "diagnostic")
    throw unsupported(`${part.node.qname} is not supported`, part.file.place(part.node));
  const id = needed(part, "id");
  made.diagnostics.set(id, { id, text: readText(part, reading) });
}

function readPhase(part: Part, reading: Reading): Phase {
  const active: Phase["active"][number][] = [];
  const lets: Let[] = [];
  for (const inside of partsOf(part, reading)) {
    const place = inside.file.place(inside.node);
    if (inside.node.local === "active") active.push({ pattern: needed(inside, "pattern"), place });
    else if (inside.node.local === "let") lets.push(readLet(inside, reading));
    else if (inside.node.local !== "p") throw unsupported(`${inside.node.qname} in a phase is not supported`, place);
  }
  for (const name of ["from", "when"]) refuseAttribute(part, name);
  return { id: needed(part, "id"), active, lets };
}

function readPattern(part: Part, reading: Reading): Pattern {
  const { node, file } = part;
  refuseAttribute(part, "documents");
  const lets: Let[] = [];
  const rules: Pattern["rules"][number][] = [];
  const parameters = new Map<string, string>();
  for (const inside of partsOf(part, reading)) {
    const { local } = inside.node;
    if (local === "rule") rules.push(readRule(inside, reading));
    else if (local === "let") lets.push(readLet(inside, reading));
    else if (local === "param") parameters.set(needed(inside, "name"), needed(inside, "value"));
    else if (local !== "title" && local !== "p") {
      throw unsupported(`${inside.node.qname} in a pattern is not supported`, inside.file.place(inside.node));
    }
  }
  return {
    id: attribute(node, "id"),
    abstract: attribute(node, "abstract") === "true",
    isA: attribute(node, "is-a"),
    parameters,
    lets,
    rules,
    place: file.place(node),
  };
}
