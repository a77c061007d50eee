// `answer` of a bridge that takes drops: receipts, and answers in the drop's own format (CONTRL, APERAK, 997).

import type { Acknowledger, AdapterContext } from "../contract.ts";
import { bindOptions } from "../options/bind.ts";
import { plain } from "../options/checked.ts";
import type { CheckedObject } from "../options/checked.ts";
import type { AnyShape } from "../options/shape.ts";
import { finding } from "./finding.ts";
import { boundAdapter, checkContext, checkSection, chosenAdapter, entryOf, reportThrown } from "./loading.ts";
import type { Loading, Names } from "./loading.ts";
import { compileSaying, type CompiledSaying } from "./saying.ts";
import type { Decoding } from "./section-decode.ts";
import { answerShape, callAnswerShapes } from "./sections.ts";
import type { AnyAdapter } from "./sections.ts";
import type { MapEntry, Node } from "./tree.ts";
import type { Bound, BoundAnswer } from "./types.ts";

interface Surroundings {
  readonly receive: Node | undefined;
  readonly decode: Node | undefined;
  readonly decoding: Decoding;
  readonly names: Names;
}

export async function loadAnswers(
  loading: Loading,
  given: Node | undefined,
  surroundings: Surroundings,
): Promise<readonly BoundAnswer[]> {
  const { receive } = surroundings;
  if (!given) return [];
  const node = atTheSource(loading, given, receive);
  const checked = checkSection(loading, node, answerShape(loading.adapters), "answer");
  if (checked?.kind !== "object" || node.kind !== "map") return [];
  for (const { key, keyAt } of node.entries.filter(({ key }) => Object.hasOwn(callAnswerShapes, key))) {
    const message = `answer.${key} is for callers that wait; this bridge takes drops, and what they hear is a receipt`;
    const hint = "answer: { folder: { path: quittungen } }";
    loading.report(finding("WRONG_VALUE", keyAt, message, { hint, length: key.length }));
  }
  const receipts = node.entries.flatMap(({ key, keyAt }): BoundAnswer[] => {
    const adapter = loading.adapters.find((each) => each.role === "receipts" && each.name === key);
    const options = checked.entries.get(key);
    if (!adapter || options?.kind !== "object") return [];
    const format = plain<"json" | "csv">(options, "format") ?? "json";
    return [{ target: boundAdapter<"receipts">(loading, adapter, keyAt, options), as: format }];
  });
  const inFormat: BoundAnswer[] = [];
  for (const entry of node.entries) {
    const adapter = loading.adapters.find((each) => each.role === "acknowledger" && each.name === entry.key);
    const options = checked.entries.get(entry.key);
    if (!adapter || options?.kind !== "object") continue;
    const as = await acknowledgerOf(loading, adapter, entry, options, surroundings);
    const target = placeOf(loading, entry, receive) ?? receipts[0]?.target;
    if (as && target) inFormat.push({ target, as });
    // A path that cannot be used has been reported.
    if (target || entryOf(entry.value, "path")) continue;
    const { key, keyAt } = entry;
    const message = `answer.${key} needs path, or a place for receipts beside it`;
    const hint = `answer: { ${key}: { path: /quittung } }`;
    loading.report(finding("MISSING_KEY", keyAt, message, { hint, length: key.length }));
  }
  return [...receipts, ...inFormat];
}

/** What answers in the drop's own format, with the options that the drop is decoded with; undefined after findings. */
async function acknowledgerOf(
  loading: Loading,
  adapter: AnyAdapter,
  { key, keyAt, value }: MapEntry,
  options: CheckedObject,
  { decode, decoding: { mirror }, names }: Surroundings,
): Promise<Bound<"acknowledger"> | undefined> {
  if (!entryOf(decode, key)) {
    const message = `answer.${key} answers what decode.${key} reads, and this bridge does not decode so`;
    loading.report(finding("WRONG_VALUE", keyAt, message, { hint: `decode: { ${key}: {} }`, length: key.length }));
    return undefined;
  }
  const as = boundAdapter<"acknowledger">(loading, adapter, keyAt, options);
  const written = adapter.template?.split(".").reduce<Node | undefined>((at, name) => entryOf(at, name)?.value, value);
  const saying = written && compileSaying(loading, names, written);
  if (written && (!saying || !mirror)) return undefined;
  const more = { decoding: mirror?.options, saying };
  if (written && saying) await checkSaying(loading, adapter, options, { ...checkContext(loading), ...more }, saying);
  return { ...as, build: (context) => as.build({ ...context, ...more }) };
}

async function checkSaying(
  loading: Loading,
  adapter: AnyAdapter,
  options: CheckedObject,
  context: AdapterContext,
  saying: CompiledSaying,
): Promise<void> {
  try {
    const { problems = [] } = (await adapter.build(bindOptions(options), context)) as Acknowledger;
    for (const { path, message, hint } of problems)
      loading.report(finding("TEMPLATE_UNWRITABLE", saying.place(path) ?? saying.at, message, { hint }));
  } catch (cause) {
    reportThrown(loading.report, cause, saying.at);
  }
}

/** `path` of an answer: a folder where the source takes its files from. undefined = it says none, or after a finding. */
function placeOf(loading: Loading, { key, value }: MapEntry, receive: Node | undefined): Bound<"receipts"> | undefined {
  const path = entryOf(value, "path");
  const source = receive?.kind === "map" ? chosenAdapter(loading, receive, "source")?.adapter.name : undefined;
  if (!path || source === undefined) return undefined;
  const adapter = loading.adapters.find((each) => each.role === "receipts" && each.name === source);
  if (!adapter) {
    const message = `answer.${key}.path is a folder at the source, and ${source} has none that others write to`;
    const hint = `answer: { folder: { path: quittungen }, ${key}: {} }`;
    loading.report(finding("WRONG_VALUE", path.keyAt, message, { hint, length: 4 }));
    return undefined;
  }
  const there: MapEntry = { key: source, keyAt: path.keyAt, value: { kind: "map", entries: [path], at: path.keyAt } };
  const node = atTheSource(loading, { kind: "map", entries: [there], at: path.keyAt }, receive);
  const checked = checkSection(loading, node, answerShape(loading.adapters), "answer");
  const options = checked?.kind === "object" ? checked.entries.get(source) : undefined;
  return options && boundAdapter<"receipts">(loading, adapter, path.keyAt, options);
}

/**
 * Receipts that name no host go to the server that the files come from: what says how it is reached stands once in the bridge file, under
 * receive.
 */
function atTheSource(loading: Loading, node: Node, receive: Node | undefined): Node {
  if (node.kind !== "map") return node;
  const entries = node.entries.map((entry) => {
    const adapter = loading.adapters.find((each) => each.role === "receipts" && each.name === entry.key);
    const source = entryOf(receive, entry.key)?.value;
    const kind = (adapter?.options as AnyShape | undefined)?.kind;
    const { value } = entry;
    if (kind?.type !== "object" || !Object.hasOwn(kind.properties, "host")) return entry;
    if (source?.kind !== "map" || value.kind !== "map" || entryOf(value, "host")) return entry;
    const inherited = source.entries.filter(
      ({ key }) =>
        (Object.hasOwn(kind.properties, key) || key === "exception") && key !== "path" && !entryOf(value, key),
    );
    return { ...entry, value: { ...value, entries: [...inherited, ...value.entries] } };
  });
  return { ...node, entries };
}
