// `validate`: schemas as validators for the engine, and as models for templates and static checks. Each kind of schema has an engine of
// its own, loaded where a bridge names one.

import type { XsdModel } from "../validation/model/output-schema.ts";
import type { FormulaLookups } from "../validation/formula-results.ts";
import type { JsonShape, Validator } from "../mapping/types.ts";
import { openJsonSchema } from "../validation/json-schema.ts";
import type { Position } from "../errors.ts";
import { items, part, plain } from "../options/checked.ts";
import type { CheckedObject } from "../options/checked.ts";
import { nearest } from "../options/nearest.ts";
import type { Level, Levels } from "../validation/schematron/levels.ts";
import type { OpenedRules, RulesChoice } from "../validation/schematron/open.ts";
import { finding } from "./finding.ts";
import { checkSection, entryOf, reportThrown } from "./loading.ts";
import type { Loading } from "./loading.ts";
import type { SchemaSource } from "../validation/xsd-files.ts";
import { validateShape } from "./sections.ts";
import type { Codes, Writing } from "./section-map.ts";
import type { Node } from "./tree.ts";

export interface Schemas {
  readonly xml: XsdModel | undefined;
  readonly json: JsonShape | undefined;
  readonly validators: readonly (() => Promise<Validator>)[];
}

const NO_SCHEMAS: Schemas = { xml: undefined, json: undefined, validators: [] };

/** Opens schemas once per bridge; cases that name the same one share it. */
export interface SchemaReader {
  xsd(name: string): Promise<{ readonly model: XsdModel; readonly open: () => Promise<Validator> }>;
  json(name: string): { readonly shape: JsonShape; readonly open: () => Promise<Validator> };
  /** Compiled: what a rule set cannot do here must show when the bridge is loaded. */
  rules(name: string, phase: string | undefined, levels: Levels): Promise<OpenedRules>;
}

export function schemaReader(loading: Loading, checkSchemas: boolean): SchemaReader {
  const xsds = new Map<string, ReturnType<SchemaReader["xsd"]>>();
  const jsons = new Map<string, ReturnType<SchemaReader["json"]>>();
  const ruleSets = new Map<string, Promise<OpenedRules>>();
  const sourceOf = (schema: string): SchemaSource => ({
    schema,
    bridgeDir: loading.folder.dir,
    catalogDir: loading.catalogDir,
  });
  const read = async (name: string): ReturnType<SchemaReader["xsd"]> => {
    const source = sourceOf(name);
    const { openSchemaModel } = await import("../validation/model/output-schema.ts");
    const { openXsd } = await import("../validation/xsd.ts");
    const model = openSchemaModel(source);
    const open = (): Promise<Validator> => openXsd(source);
    // libxml2 is stricter than the model; what it refuses must show at check, not at the first message.
    if (checkSchemas) (await open()).dispose();
    return { model, open };
  };
  return {
    xsd(name) {
      loading.used.schemas.add(name);
      const known = xsds.get(name) ?? read(name);
      xsds.set(name, known);
      return known;
    },
    json(name) {
      loading.used.schemas.add(name);
      const known = jsons.get(name);
      if (known) return known;
      const { shape, validator } = openJsonSchema(sourceOf(name));
      // Its memory is the collector's: there is nothing to dispose, so all who open it share it.
      const made = { shape, open: () => Promise.resolve(validator) };
      jsons.set(name, made);
      return made;
    },
    rules(name, phase, levels) {
      loading.used.schemas.add(name);
      const id = JSON.stringify([name, phase, [...levels]]);
      const made = ruleSets.get(id) ?? openRuleSet({ source: sourceOf(name), phase, levels });
      ruleSets.set(id, made);
      return made;
    },
  };
}

async function openRuleSet(choice: RulesChoice): Promise<OpenedRules> {
  return (await import("../validation/schematron/open.ts")).openRules(choice);
}

export async function loadValidate(
  loading: Loading,
  reader: SchemaReader,
  node: Node | undefined,
  writing: Writing,
): Promise<Schemas> {
  if (!node) return NO_SCHEMAS;
  const checked = checkSection(loading, node, validateShape, "validate");
  if (checked?.kind !== "object") return NO_SCHEMAS;
  const validators: (() => Promise<Validator>)[] = [];
  let xml: XsdModel | undefined;
  let json: JsonShape | undefined;
  for (const item of items(checked, "xsd")) {
    if (item.kind !== "value" || !fits(loading, item.at, "xsd", "xml", writing)) continue;
    try {
      const { model, open } = await reader.xsd(String(item.value));
      xml ??= model;
      validators.push(open);
    } catch (cause) {
      reportThrown(loading.report, cause, item.at);
    }
  }
  const rules = await loadRules(loading, reader, checked, writing);
  if (rules.length > 0) validators.push(await sharedOpener(rules));
  const name = plain<string>(checked, "jsonSchema");
  const at = checked.entries.get("jsonSchema")?.at;
  if (name !== undefined && at && fits(loading, at, "jsonSchema", "json", writing)) {
    try {
      const file = reader.json(name);
      json = file.shape;
      validators.push(file.open);
    } catch (cause) {
      reportThrown(loading.report, cause, at);
    }
  }
  return { xml, json, validators };
}

/** All rule sets look at one tree of the message, so they are one validator. */
async function sharedOpener(rules: readonly OpenedRules[]): Promise<() => Promise<Validator>> {
  const { ruleValidator } = await import("../validation/schematron/open.ts");
  const validator = ruleValidator(rules);
  return () => Promise.resolve(validator);
}

async function loadRules(
  loading: Loading,
  reader: SchemaReader,
  checked: CheckedObject,
  writing: Writing,
): Promise<readonly OpenedRules[]> {
  const opened: OpenedRules[] = [];
  for (const item of items(checked, "schematron")) {
    if (!fits(loading, item.at, "schematron", "xml", writing)) continue;
    const choice = item.kind === "object" ? item : undefined;
    const name = choice ? plain<string>(choice, "rules") : item.kind === "value" ? String(item.value) : undefined;
    if (name === undefined) continue;
    try {
      const levels = levelsIn(choice);
      const rules = await reader.rules(
        name,
        plain<string>(choice, "phase"),
        new Map(levels.map(([id, level]) => [id, level])),
      );
      for (const [id, , at] of levels) reportUnknownRule(loading, rules, name, id, at);
      opened.push(rules);
    } catch (cause) {
      reportThrown(loading.report, cause, item.at);
    }
  }
  return opened;
}

function levelsIn(choice: CheckedObject | undefined): readonly (readonly [string, Level, Position])[] {
  const entries = [...(part(choice, "levels")?.entries ?? [])];
  return entries.flatMap(([id, each]) => (each.kind === "value" ? [[id, each.value as Level, each.at] as const] : []));
}

/** A level for a rule that is not there would seem to do something. */
function reportUnknownRule(loading: Loading, rules: OpenedRules, name: string, id: string, at: Position): void {
  if (rules.ids.has(id)) return;
  const near = nearest(id, [...rules.ids]);
  const hint = near === undefined ? "leave it out" : `Did you mean ${near}?`;
  loading.report(finding("WRONG_VALUE", at, `${name} has no rule ${id}`, { hint }));
}

function fits(
  loading: Loading,
  at: Parameters<typeof finding>[1],
  key: string,
  format: string,
  writing: Writing,
): boolean {
  if (writing.format === format) return true;
  const message = `validate.${key} looks at ${format.toUpperCase()}, but this map makes ${writing.format}`;
  const hint = `leave it out, or give the case that makes ${writing.format} its own validate: {}`;
  loading.report(finding("WRONG_VALUE", at, message, { hint }));
  return false;
}

/** What the template can never make right: missing, unknown, wrong constants, code tables that do not fit. */
export async function checkAgainstSchema(
  loading: Loading,
  schemas: Schemas,
  writing: Writing,
  codes: Codes,
  lets: readonly (Node | undefined)[],
): Promise<void> {
  if (!writing.node) return;
  const lookups: FormulaLookups = {
    tableValues: (name, column) => columnValues(codes, name, column),
    letText: (name) => letText(lets, name),
  };
  try {
    if (writing.format === "json" && schemas.json) {
      const { checkJsonTemplate } = await import("../validation/json-schema-check.ts");
      for (const each of checkJsonTemplate(writing.node, schemas.json, lookups)) loading.report(each);
    } else if (writing.format === "xml" && schemas.xml) {
      const { checkTemplateAgainstSchema } = await import("../validation/check-template.ts");
      for (const each of checkTemplateAgainstSchema(writing.node, schemas.xml, lookups)) loading.report(each);
    }
  } catch (cause) {
    reportThrown(loading.report, cause, writing.at);
  }
}

function columnValues({ tables }: Codes, name: string, named: string | undefined): readonly string[] | undefined {
  const table = tables.get(name);
  const column = named ?? table?.columns[1];
  if (!table || column === undefined) return undefined;
  return [...table.rows.values()].flatMap((row) => {
    const value = Object.hasOwn(row, column) ? row[column] : undefined;
    return typeof value === "string" ? [value] : [];
  });
}

/** A case's name stands in place of the inherited one. */
function letText(lets: readonly (Node | undefined)[], name: string): string | undefined {
  const values = lets.flatMap((node) => entryOf(node, name)?.value ?? []);
  const last = values.at(-1);
  return last?.kind === "scalar" ? last.text : undefined;
}
