// `map.attach` as the bridge file writes it: which files go with a message, and what they are called.

import type { AttachRule } from "../pipeline/attach-names.ts";
import { attaching } from "../pipeline/attach-names.ts";
import { bindOptions } from "../options/bind.ts";
import { formulaOf } from "../options/checked.ts";
import type { Checked } from "../options/checked.ts";
import { nameFault } from "../options/file-names.ts";
import type { AnyShape, Pattern } from "../options/shape.ts";
import { splitText } from "../options/text-parts.ts";
import { finding, findingAt } from "./finding.ts";
import { checkSection, chosenAdapter, entryOf, formulaEnvironment } from "./loading.ts";
import type { CompileAt, Loading, Names } from "./loading.ts";
import { mapAttachItem, MOST_ATTACH_RULES } from "./sections.ts";
import type { Node, ScalarNode } from "./tree.ts";
import type { Attaching, Deliver } from "./types.ts";

/** `map` without `attach`: its formulas see the files of a message, those of the other keys only records. */
export function withoutAttach(map: Node): Node {
  return map.kind === "map" ? { ...map, entries: map.entries.filter(({ key }) => key !== "attach") } : map;
}

/** undefined where the map has none, or after findings. */
export function loadMapAttach(
  loading: Loading,
  names: Names,
  lets: readonly string[],
  map: Node | undefined,
): Attaching | undefined {
  const node = entryOf(map, "attach")?.value;
  if (!node) return undefined;
  const compile: CompileAt = (formula, path) => {
    const attachments = path.endsWith(".name") ? "value" : "kept";
    return loading.compileFormula(formula, formulaEnvironment(loading, names, { lets, variables: [], attachments }));
  };
  const items = itemsOf(node);
  if (items.length > MOST_ATTACH_RULES) {
    const message = `map.attach has ${items.length} entries, at most ${MOST_ATTACH_RULES} are allowed`;
    loading.report(findingAt("TOO_MANY", node, message));
    return undefined;
  }
  const rules = items.flatMap((item, index): readonly AttachRule[] => {
    const path = node.kind === "list" ? `map.attach[${index + 1}]` : "map.attach";
    const name = entryOf(item, "name")?.value;
    if (name?.kind === "scalar") reportName(loading, name, path);
    const checked = checkSection(loading, item, mapAttachItem, path, compile);
    return checked ? (ruleOf(checked, path) ?? []) : [];
  });
  return rules.length === items.length ? attaching(rules) : undefined;
}

function itemsOf(node: Node): readonly Node[] {
  return node.kind === "list" ? node.items : [node];
}

function ruleOf(item: Checked, path: string): readonly AttachRule[] | undefined {
  if (item.kind === "formula") return [{ path, at: item.at, from: item.formula, name: undefined }];
  if (item.kind !== "object") return undefined;
  const from = formulaOf(item, "from");
  const name = item.entries.get("name");
  return from && [{ path, at: item.at, from, name: name && (bindOptions(name) as Pattern) }];
}

/** A harmless letter stands for what the formulas give: what is wrong with the name is then wrong with every one. */
function reportName(loading: Loading, name: ScalarNode, path: string): void {
  const { parts, faults } = splitText(name.text, true);
  if (faults.length > 0 || name.text.startsWith("=")) return;
  const fault = nameFault(parts.map((part) => (part.type === "text" ? part.text : "x")).join(""));
  if (fault === undefined) return;
  const message = `${path}.name is no name of a file: ${fault}`;
  loading.report(findingAt("WRONG_VALUE", name, message, { hint: "name: antrag.pdf" }));
}

// ── the target ──────────────────────────────────────────────────────────────────────────────────────────────────

/** What is wrong between map.attach and the target of a way, whatever the record says. */
export function checkFilesTarget(
  loading: Loading,
  map: Node | undefined,
  { target }: Pick<Deliver, "target">,
  deliver: Node,
): void {
  const attach = entryOf(map, "attach")?.value;
  if (!attach) return;
  if (target.noFiles !== undefined) {
    const message = `map.attach sends files with the message, but ${target.noFiles}`;
    loading.report(finding("OPTION_UNUSABLE", target.at, message, { hint: "", length: target.name.length }));
  }
  if (!isOneFolder(loading, deliver)) return;
  for (const item of itemsOf(attach)) {
    const name = entryOf(item, "name")?.value;
    if (name?.kind === "scalar" && !hasFormula(name)) warnOfCollision(loading, name);
  }
}

function hasFormula({ text }: ScalarNode): boolean {
  return splitText(text, true).parts.some(({ type }) => type === "formula");
}

/** Targets that write files put them beside the message: one folder and one name for all messages is one place for many files. */
function isOneFolder(loading: Loading, deliver: Node): boolean {
  const chosen = deliver.kind === "map" ? chosenAdapter(loading, deliver, "target") : undefined;
  const options = (chosen?.adapter.options as AnyShape | undefined)?.kind;
  if (!chosen || options?.type !== "object" || !isFileTarget(options.properties)) return false;
  const path = entryOf(entryOf(deliver, chosen.adapter.name)?.value, "path")?.value;
  return path?.kind === "scalar" && !hasFormula(path);
}

function isFileTarget(properties: Readonly<Record<string, AnyShape>>): boolean {
  const { path, name } = properties;
  return path?.kind.type === "pattern" && name?.kind.type === "pattern";
}

function warnOfCollision(loading: Loading, name: ScalarNode): void {
  const message = `every message would put its ${name.text} into the same folder; another file is never overwritten`;
  const hint = `a formula in the name or the folder: name: "{$file.stem}-{$index}-${name.text}"`;
  loading.report(findingAt("ATTACHMENT_COLLIDES", name, message, { severity: "warning", hint }));
}
