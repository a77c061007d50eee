// `map`: tables, values computed once, the borders of messages, and the template or formula that makes a message.

import type { Rec, Table, Value, Writer } from "../contract.ts";
import type { Position } from "../errors.ts";
import {
  recordTemplate,
  TEMPLATE_FORMATS,
  templateCompiler,
  compileFormulaAlone,
} from "../mapping/template/compile.ts";
import type { TemplateFormat } from "../mapping/template/compile.ts";
import { alwaysTrue } from "../mapping/template/compiling.ts";
import { literalSlip } from "../mapping/template/literal-slips.ts";
import { compileValues, sketchOf, writtenBy } from "../mapping/template/written.ts";
import { readTable } from "../mapping/tables.ts";
import type { TableSpec } from "../mapping/tables.ts";
import type { EncodePlan, MessageFormat } from "../mapping/encode.ts";
import type { CompiledFormula, JsonShape, OutputSchema, Template, TemplateEnvironment } from "../mapping/types.ts";
import { formulaOf, plain } from "../options/checked.ts";
import type { Checked, CheckedObject } from "../options/checked.ts";
import { RAW_FIELD } from "../pipeline/raw.ts";
import { finding, findingAt } from "./finding.ts";
import { checkContext, chosenAdapter, entryOf, fileOf, formulaEnvironment, NO_LETS, reportThrown } from "./loading.ts";
import type { CompileAt, Loading, Names } from "./loading.ts";
import type { AnyAdapter } from "./sections.ts";
import type { MapEntry, MapNode, Node } from "./tree.ts";
import type { Per, Way } from "./types.ts";

// ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Codes {
  readonly specs: readonly TableSpec[];
  readonly columns: ReadonlyMap<string, readonly string[] | undefined>;
  readonly tables: ReadonlyMap<string, Table>;
}

export function loadCodes(loading: Loading, codes: CheckedObject | undefined): Codes {
  const specs: TableSpec[] = [];
  for (const [name, checked] of codes?.entries ?? []) {
    if (checked.kind === "value") specs.push({ name, file: String(checked.value), key: undefined, at: checked.at });
    else if (checked.kind === "object") {
      const file = plain<string>(checked, "file");
      if (file !== undefined) specs.push({ name, file, key: plain<string>(checked, "key"), at: checked.at });
    }
  }
  const columns = new Map<string, readonly string[] | undefined>();
  const tables = new Map<string, Table>();
  for (const spec of specs) {
    try {
      const { table } = readTable(spec, fileOf(loading, spec.file));
      tables.set(spec.name, table);
      columns.set(spec.name, table.columns);
    } catch (cause) {
      columns.set(spec.name, undefined);
      reportThrown(loading.report, cause, spec.at);
    }
  }
  return { specs, columns, tables };
}

// ── let ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Names that the language binds itself. */
const BOUND = new Set([
  "n",
  "index",
  "group",
  "parent",
  "file",
  "bridge",
  "batch",
  "request",
  "reply",
  "status",
  "fault",
]);

/** In order: each sees those before it. A case's values come behind the inherited ones, or in place of one of that name. */
export function loadLets(
  loading: Loading,
  names: Names,
  nodes: readonly (Node | undefined)[],
): { readonly lets: Way["lets"]; readonly names: readonly string[] } {
  const entries: MapEntry[] = [];
  for (const node of nodes) {
    for (const entry of node?.kind === "map" ? node.entries : []) {
      const known = entries.findIndex(({ key }) => key === entry.key);
      if (known === -1) entries.push(entry);
      else entries[known] = entry;
    }
  }
  const lets: { name: string; formula: CompiledFormula }[] = [];
  const known: string[] = [];
  for (const entry of entries) {
    const compile = (): CompiledFormula | undefined => letFormula(loading, names, entry, known);
    const formula = loading.attachments ? loading.attachments.kept(entry.key, compile) : compile();
    // A broken one keeps its name, else everything that uses it would be reported as well.
    known.push(entry.key);
    if (formula) lets.push({ name: entry.key, formula });
  }
  return { lets, names: known };
}

function letFormula(
  loading: Loading,
  names: Names,
  entry: MapEntry,
  known: readonly string[],
): CompiledFormula | undefined {
  const { key, keyAt, value } = entry;
  if (BOUND.has(key)) {
    const message = `$${key} already means something in every formula`;
    loading.report(
      finding("WRONG_VALUE", keyAt, message, { hint: `another name, such as ${key}Text`, length: key.length }),
    );
    return undefined;
  }
  if (value.kind !== "scalar" || (value.type === "null" && !value.quoted)) {
    loading.report(
      findingAt("WRONG_TYPE", value, `map.let.${key} must be a formula or a text`, { hint: `${key}: = …` }),
    );
    return undefined;
  }
  if (value.text.startsWith("=")) {
    return loading.compileFormula(
      value,
      formulaEnvironment(loading, names, { lets: known, variables: [], attachments: "kept" }),
    );
  }
  const slip = literalSlip(value, { ...names, lets: known });
  if (slip) {
    loading.report(findingAt(slip.code, value, slip.message, { hint: slip.hint }));
    return undefined;
  }
  const text: Value = value.text.startsWith("'=") ? value.text.slice(1) : value.text;
  return { source: JSON.stringify(text), at: value.at, evaluate: () => text, names: [] };
}

// ── per ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const MOST_MESSAGE = 10 * 1024 * 1024;

export function perOf(checked: Checked | undefined): Per {
  if (checked?.kind === "value")
    return checked.value === "file" ? { by: "file", most: MOST_MESSAGE } : { by: "record" };
  if (checked?.kind !== "object") return { by: "record" };
  const most = plain<number>(checked, "most") ?? MOST_MESSAGE;
  const starts = formulaOf(checked, "from");
  const key = formulaOf(checked, "group");
  if (starts) return { by: "from", starts, most };
  if (key) return { by: "group", key, most };
  return plain<boolean>(checked, "file") === true ? { by: "file", most } : { by: "record" };
}

/** A condition on records that is a bare column: true for 'N' and '0' too. */
export function reportAlways(loading: Loading, names: Names, condition: CompiledFormula): void {
  const slip = alwaysTrue(condition, names.fields);
  if (!slip) return;
  const more = { hint: slip.hint, length: condition.source.length + 2 };
  loading.report(finding("WHEN_ALWAYS", condition.at, slip.message, more));
}

/** Formulas that are computed before the message is known see records only. */
export function compileOnRecord(loading: Loading, names: Names): CompileAt {
  return (node) => loading.compileFormula(node, formulaEnvironment(loading, names, NO_LETS));
}

// ── template ────────────────────────────────────────────────────────────────────────────────────────────────────

/** What makes the message, before it is compiled. */
export interface Writing {
  readonly format: MessageFormat;
  /** undefined = the record, or the bytes. */
  readonly node: Node | undefined;
  readonly kind: "template" | "formula" | "record" | "bytes" | "written";
  /** Of what an adapter writes. */
  readonly writer?: AnyAdapter | undefined;
  readonly at: Position;
}

/** `chosen`: the format of an adapter that the map names. */
export function writingOf(
  map: Node | undefined,
  decoded: boolean,
  at: Position,
  chosen?: ReturnType<typeof chosenAdapter>,
): Writing {
  // What is neither a formula nor a map was reported where the section was checked.
  if (map?.kind === "scalar" && map.text.startsWith("="))
    return { format: "json", node: map, kind: "formula", at: map.at };
  for (const format of TEMPLATE_FORMATS) {
    const entry = entryOf(map, format);
    if (entry) return { format, node: entry.value, kind: "template", at: entry.keyAt };
  }
  if (chosen) {
    const { adapter: writer, at: place } = chosen;
    return { format: "bytes", node: entryOf(map, writer.name)?.value, kind: "written", at: place, writer };
  }
  return decoded
    ? { format: "json", node: undefined, kind: "record", at }
    : { format: "bytes", node: undefined, kind: "bytes", at };
}

export function compileWriting(
  loading: Loading,
  names: Names,
  lets: readonly string[],
  writing: Writing,
  plan: EncodePlan,
  schemas: { readonly xml: OutputSchema | undefined; readonly json: JsonShape | undefined },
): Template | undefined {
  const environment = {
    ...templateEnvironment(loading, names, lets),
    schema: writing.format === "xml" ? schemas.xml : undefined,
    json: writing.format === "json" ? schemas.json : undefined,
  };
  switch (writing.kind) {
    case "record":
      return recordTemplate(writing.at, schemas.json);
    case "bytes":
      return bytesTemplate;
    case "formula":
      return writing.node && compileFormulaAlone(writing.node, environment);
    default:
      return writing.node && templateCompiler(writing.format as TemplateFormat, plan.lines)(writing.node, environment);
  }
}

function templateEnvironment(loading: Loading, names: Names, lets: readonly string[]): TemplateEnvironment {
  const place = formulaEnvironment(loading, names, { lets, variables: [], attachments: "value" });
  return { ...place, compileFormula: loading.compileFormula, schema: undefined };
}

/** What an adapter writes (`kind: "written"`). */
export async function compileWritten(
  loading: Loading,
  names: Names,
  lets: readonly string[],
  { writer: adapter, node, at }: Writing,
): Promise<Template | undefined> {
  const values = node && compileValues(node, templateEnvironment(loading, names, lets));
  if (!values || !adapter) return undefined;
  let writer: Writer;
  try {
    writer = (await adapter.build(sketchOf(node), checkContext(loading))) as Writer;
  } catch (cause) {
    reportThrown(loading.report, cause, at);
    return undefined;
  }
  return writtenBy(writer, values, node, (place, message, hint) =>
    loading.report(finding("TEMPLATE_UNWRITABLE", place, message, { hint })),
  );
}

/** Nothing decoded, nothing mapped: the drop's bytes, one character each. */
const bytesTemplate: Template = {
  contentType: "application/octet-stream",
  names: [],
  locate: () => undefined,
  render: (item) => {
    const bytes = (item as Rec)[RAW_FIELD];
    return typeof bytes === "string" ? bytes : undefined;
  },
};

// ── inheritance ─────────────────────────────────────────────────────────────────────────────────────────────────

/** What a case does not say is inherited; of keys that exclude each other the case's one replaces the other. */
export function inherit(base: Node | undefined, own: Node | undefined, exclusive: readonly string[]): Node | undefined {
  if (!own || !base) return own ?? base;
  if (own.kind !== "map" || base.kind !== "map") return own;
  const replaces = own.entries.some(({ key }) => exclusive.includes(key));
  const kept = base.entries.filter(
    ({ key }) => !own.entries.some((entry) => entry.key === key) && !(replaces && exclusive.includes(key)),
  );
  const merged: MapNode = { kind: "map", entries: [...kept, ...own.entries], at: own.at };
  return merged;
}

export function letNodes(base: Node | undefined, own: Node | undefined): readonly (Node | undefined)[] {
  return [entryOf(base, "let")?.value, entryOf(own, "let")?.value];
}
