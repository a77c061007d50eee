// Ways: what happens to a message, one per case, or one for all. What a case does not say is inherited.

import type { Operation } from "../contract.ts";
import { makeEncode, planEncode } from "../mapping/encode.ts";
import type { EncodeOptions, EncodePlan } from "../mapping/encode.ts";
import { encodeOptions } from "../mapping/encode.ts";
import { recordTemplate } from "../mapping/template/compile.ts";
import type { CompiledFormula } from "../mapping/types.ts";
import { bindOptions } from "../options/bind.ts";
import { formulaOf, plain } from "../options/checked.ts";
import { formula, node as anyNode, object, text } from "../options/shape.ts";
import type { Position } from "../errors.ts";
import { finding } from "./finding.ts";
import { checkSection, chosenAdapter, entryOf, formulaEnvironment, outsideOf, reportThrown } from "./loading.ts";
import type { CompileAt, Loading, Names } from "./loading.ts";
import type { Decoding } from "./section-decode.ts";
import { loadMapAttach, checkFilesTarget, withoutAttach } from "./map-attach.ts";
import { inputFields, inputShape } from "./operations.ts";
import { loadDeliver, REPLY_VARIABLES } from "./section-deliver.ts";
import {
  compileOnRecord,
  compileWriting,
  compileWritten,
  inherit,
  letNodes,
  loadLets,
  reportAlways,
  writingOf,
} from "./section-map.ts";
import type { Codes } from "./section-map.ts";
import { checkAgainstSchema, loadValidate } from "./section-validate.ts";
import type { SchemaReader } from "./section-validate.ts";
import { loadCallAnswer } from "./section-answer.ts";
import { splitWays } from "./section-split.ts";
import { callOf } from "./section-face.ts";
import { caseMapShape, perCallShapes, templateNames } from "./sections.ts";
import type { MapNode, Node } from "./tree.ts";
import type { Deliver, Way } from "./types.ts";

/** The sections of the bridge file that ways are made of. */
export interface WaySections {
  readonly root: MapNode;
  readonly decoding: Decoding;
  readonly names: Names;
  readonly codes: Codes;
  readonly schemas: SchemaReader;
  /** The bridge is called. */
  readonly isCalled: boolean;
  /** What can be called, where a face says so. */
  readonly operations: readonly Operation[];
}

interface Parts {
  readonly map: Node | undefined;
  readonly validate: Node | undefined;
  readonly encode: Node | undefined;
  readonly deliver: Node | undefined;
  /** Of bridges that are called. */
  readonly answer: Node | undefined;
  readonly lets: readonly (Node | undefined)[];
  /** For what is missing. */
  readonly at: Position;
}

/** Fewer than the file has where there were findings. */
export async function loadWays(loading: Loading, sections: WaySections): Promise<readonly Way[]> {
  return splitWays(await loadWritten(loading, sections));
}

/** As the file has them. */
async function loadWritten(loading: Loading, sections: WaySections): Promise<readonly Way[]> {
  const { root } = sections;
  const base: Parts = {
    map: entryOf(root, "map")?.value,
    validate: entryOf(root, "validate")?.value,
    encode: entryOf(root, "encode")?.value,
    deliver: entryOf(root, "deliver")?.value,
    answer: sections.isCalled ? entryOf(root, "answer")?.value : undefined,
    lets: letNodes(entryOf(root, "map")?.value, undefined),
    at: entryOf(root, "map")?.keyAt ?? root.at,
  };
  const cases = entryOf(root, "cases");
  if (!cases) {
    if (!base.deliver)
      reportNoTarget(loading, root.at, "the bridge file needs deliver (where the standard side takes it)");
    const [only, ...others] = sections.operations;
    const seen = seenBy(sections, others.length === 0 ? only?.name : undefined);
    const way = await loadWay(loading, seen, base, 0, undefined, base.deliver !== undefined);
    return way ? [way] : [];
  }
  // What all cases replace is still checked, if it is written; without a map there may be nothing that fits the other sections.
  const isWhole = (base.map || casesInheritMap(cases.value)) && !completesDeliver(base.deliver, cases.value);
  const whole = isWhole ? await loadWay(loading, sections, base, 0, undefined, false) : undefined;
  return loadCases(loading, sections, base, cases.value, whole);
}

function reportNoTarget(loading: Loading, at: Position, message: string): void {
  const targets = loading.adapters.filter(({ role }) => role === "target").map(({ name }) => name);
  loading.report(finding("MISSING_KEY", at, message, { hint: `deliver: { ${targets[0] ?? "http"}: { … } }` }));
}

function casesInheritMap(cases: Node): boolean {
  return cases.kind === "list" && cases.items.some((item) => !entryOf(item, "map") && !entryOf(item, "skip"));
}

/** Cases that name the target of the top level again add options to it, which may not do without them. */
function completesDeliver(base: Node | undefined, cases: Node): boolean {
  if (base?.kind !== "map" || cases.kind !== "list") return false;
  const targets = base.entries.filter(({ key }) => !Object.hasOwn(BESIDE_TARGETS, key)).map(({ key }) => key);
  return cases.items.some((item) => targets.some((key) => entryOf(entryOf(item, "deliver")?.value, key)));
}

// ── cases ───────────────────────────────────────────────────────────────────────────────────────────────────────

const CASE_KEYS = {
  call: text("the call that this case is for", { most: 500 }),
  when: formula("true = this case"),
  skip: text("why records of this case are not sent", { most: 500 }),
  map: anyNode("as map"),
  validate: anyNode("as validate"),
  encode: anyNode("as encode"),
  deliver: anyNode("as deliver"),
  answer: anyNode("as answer"),
};

async function loadCases(
  loading: Loading,
  sections: WaySections,
  base: Parts,
  node: Node,
  whole: Way | undefined,
): Promise<readonly Way[]> {
  if (node.kind !== "list" || node.items.length === 0) {
    const hint = "cases: [{ when: = STATUS = 'X', skip: storniert }, { deliver: { … } }]";
    loading.report(finding("WRONG_TYPE", node.at, "cases must be a list of at least one case", { hint }));
    return [];
  }
  if (node.items.length > 1_000) {
    loading.report(finding("TOO_MANY", node.at, `cases has ${node.items.length} entries, at most 1000 are allowed`));
    return [];
  }
  const ways: Way[] = [];
  const perCall = perCallShapes(loading.adapters);
  const caseShape = object({
    ...CASE_KEYS,
    ...Object.fromEntries(Object.keys(perCall).map((key) => [key, anyNode("")])),
  });
  /** Where a case without a condition stands, by call; "" = for all. */
  const always = new Map<string, Position>();
  for (const [index, item] of node.items.entries()) {
    const number = index + 1;
    const call = callOf(item);
    const earlier = always.get("") ?? (call && always.get(call.name));
    if (earlier) {
      const what = call ? "call" : "record";
      const message = `case ${number} is never reached: the one on line ${earlier.line} has no when and takes every ${what}`;
      loading.report(finding("CASE_UNREACHABLE", item.at, message, { hint: "move the case without when to the end" }));
    }
    refuseCallKeys(loading, item, sections.isCalled, Object.keys(perCall));
    const checked = checkSection(
      loading,
      item,
      caseShape,
      `cases[${number}]`,
      compileOnRecord(loading, sections.names),
    );
    if (checked?.kind !== "object" || item.kind !== "map") continue;
    const when = formulaOf(checked, "when");
    if (when) reportAlways(loading, sections.names, when);
    // A misspelt `when` was reported; what it hides is not a mistake of its own.
    const complete = item.entries.every(({ key }) => Object.hasOwn(CASE_KEYS, key) || Object.hasOwn(perCall, key));
    const covers = call?.name ?? "";
    if (!entryOf(item, "when") && complete && !always.has(covers)) always.set(covers, item.at);
    const skip = plain<string>(checked, "skip");
    const way = entryOf(item, "skip")
      ? skippingWay(loading, item, number, when, skip ?? "", whole)
      : await loadCase(loading, seenBy(sections, call?.name), base, item, { number, when }, whole);
    if (way) ways.push(call ? { ...way, call: call.name } : way);
  }
  const delivering = ways.find(({ skip }) => skip === undefined);
  // A skipping way never delivers; its type wants a target all the same.
  return delivering
    ? ways.map((way) => (way.skip === undefined ? way : { ...way, deliver: delivering.deliver }))
    : ways;
}

/** The formulas of a case see the fields of its call. */
function seenBy(sections: WaySections, call: string | undefined): WaySections {
  const fields = inputFields(sections.operations.find(({ name }) => name === call));
  return fields ? { ...sections, names: { ...sections.names, fields } } : sections;
}

/** `call`, `answer` and what calls have of their own mean nothing to records of a drop. */
function refuseCallKeys(loading: Loading, item: Node, isCalled: boolean, perCall: readonly string[]): void {
  for (const { key, keyAt } of item.kind === "map" ? item.entries : []) {
    const isOfCall = perCall.includes(key);
    if (key !== "call" && key !== "answer" && !isOfCall) continue;
    if (isCalled && (!isOfCall || callOf(item))) continue;
    const message = isCalled
      ? `${key} belongs to a call, and this case names none`
      : `${key} belongs to a bridge that is called`;
    const hint = isCalled ? `call: GET /einwohner/{id}` : "receive: { rest: { … } }";
    loading.report(finding("CALL_UNNAMED", keyAt, message, { hint, length: key.length }));
  }
}

function skippingWay(
  loading: Loading,
  item: MapNode,
  number: number,
  when: CompiledFormula | undefined,
  skip: string,
  whole: Way | undefined,
): Way | undefined {
  for (const { key, keyAt } of item.entries) {
    if (!["map", "validate", "encode", "deliver"].includes(key)) continue;
    const message = `case ${number} skips its records, so its ${key} does nothing`;
    loading.report(finding("WRONG_VALUE", keyAt, message, { hint: `leave out ${key} or skip`, length: key.length }));
  }
  const template = recordTemplate(item.at);
  const plan = planEncode(undefined, { format: "json", decode: undefined, encoderOf: loading.encoderOf });
  const deliver = whole?.deliver ?? NOWHERE;
  return { number, when, skip, lets: [], template, encode: makeEncode(plan, undefined), validators: [], deliver };
}

async function loadCase(
  loading: Loading,
  sections: WaySections,
  base: Parts,
  item: MapNode,
  { number, when }: { readonly number: number; readonly when: CompiledFormula | undefined },
  whole: Way | undefined,
): Promise<Way | undefined> {
  const own = (key: string): Node | undefined => entryOf(item, key)?.value;
  const map = own("map");
  if (map?.kind === "map")
    checkSection(loading, withoutAttach(map), caseMapShape(loading.adapters), `cases[${number}].map`);
  const targets = loading.adapters.filter(({ role }) => role === "target").map(({ name }) => name);
  const deliver = inherit(base.deliver, completed(base.deliver, own("deliver"), targets), targets);
  const parts: Parts = {
    map: inherit(base.map, map, templateNames(loading.adapters)),
    validate: own("validate") ?? base.validate,
    encode: own("encode") ?? base.encode,
    deliver,
    answer: inherit(base.answer, sections.isCalled ? own("answer") : undefined, ["json", "xml"]),
    lets: letNodes(base.map, map),
    at: item.at,
  };
  const target = deliver?.kind !== "map" || deliver.entries.some(({ key }) => targets.includes(key));
  const broken =
    deliver?.kind === "map" &&
    deliver.entries.some(({ key }) => !Object.hasOwn(BESIDE_TARGETS, key) && !targets.includes(key));
  if (!deliver || (!target && !broken)) {
    reportNoTarget(loading, item.at, `case ${number} has no target: deliver stands neither in it nor at the top level`);
    return undefined;
  }
  const inherits = !map && !own("validate") && !own("encode") && !own("answer");
  // 300 cases with one template: it is compiled once.
  if (inherits && whole) {
    const place = { lets: whole.lets.map(({ name }) => name), variables: [] };
    const to = own("deliver")
      ? await loadDeliver(loading, deliver, "deliver", compileDeliver(loading, sections.names, place.lets))
      : whole.deliver;
    if (to && own("deliver")) checkFiles(loading, base.map, to, deliver);
    return to && { ...whole, number, when, deliver: to };
  }
  return loadWay(loading, sections, parts, number, when, true);
}

/** `deliver: { soap: { operation: X } }` in a case adds to the `deliver.soap` of the top level. */
function completed(base: Node | undefined, own: Node | undefined, targets: readonly string[]): Node | undefined {
  if (own?.kind !== "map") return own;
  const entries = own.entries.map((entry) => {
    const general = targets.includes(entry.key) ? entryOf(base, entry.key)?.value : undefined;
    return general ? { ...entry, value: inherit(general, entry.value, []) ?? entry.value } : entry;
  });
  return { ...own, entries };
}

const BESIDE_TARGETS: Readonly<Record<string, true>> = {
  batch: true,
  inFlight: true,
  retry: true,
  outcomes: true,
  split: true,
};

// ── one way ─────────────────────────────────────────────────────────────────────────────────────────────────────

async function loadWay(
  loading: Loading,
  { decoding, names, codes, schemas: reader, isCalled }: WaySections,
  parts: Parts,
  number: number,
  when: CompiledFormula | undefined,
  needsTarget: boolean,
): Promise<Way | undefined> {
  const { lets, names: letNames } = loadLets(loading, names, parts.lets);
  const decoded = decoding.bound !== undefined || decoding.fields === undefined;
  const writing = writingOf(parts.map, decoded, parts.at, writerOf(loading, parts.map));
  const deliver = parts.deliver
    ? await loadDeliver(loading, parts.deliver, "deliver", compileDeliver(loading, names, letNames))
    : undefined;
  const own = await loadValidate(loading, reader, parts.validate, writing);
  // Without a schema of its own the message has to be what the service's description says.
  const schemas = {
    ...own,
    json: own.json ?? (writing.format === "json" ? inputShape(deliver?.operation) : undefined),
  };
  const plan = encodePlan(loading, parts.encode, writing.format, decoding);
  const template =
    writing.kind === "written"
      ? await compileWritten(loading, names, letNames, writing)
      : plan && compileWriting(loading, names, letNames, writing, plan, schemas);
  const attach = loadMapAttach(loading, names, letNames, parts.map);
  await checkAgainstSchema(loading, schemas, writing, codes, parts.lets);
  let encode: Way["encode"] | undefined;
  try {
    encode = plan && template && makeEncode(plan, template.columns, writing.kind === "written" ? template : undefined);
  } catch (cause) {
    reportThrown(loading.report, cause, parts.encode?.at ?? parts.at);
  }
  const answer = isCalled ? loadCallAnswer(loading, names, letNames, parts.answer, "answer") : undefined;
  if (needsTarget && parts.deliver?.kind === "map" && !deliver) reportTargetless(loading, parts.deliver);
  if (deliver && parts.deliver) checkFiles(loading, parts.map, deliver, parts.deliver);
  if (!template || !encode || (needsTarget && !deliver)) return undefined;
  return {
    number,
    when,
    skip: undefined,
    lets,
    template,
    ...(!parts.map && { isPlain: true }),
    ...(attach && { attach }),
    encode,
    validators: schemas.validators,
    deliver: deliver ?? NOWHERE,
    ...(answer && { answer }),
  };
}

/** Files that go with a message go to both targets of a split. */
function checkFiles(loading: Loading, map: Node | undefined, deliver: Deliver, node: Node): void {
  checkFilesTarget(loading, map, deliver, node);
  const to = entryOf(entryOf(node, "split")?.value, "to")?.value;
  if (deliver.split && to) checkFilesTarget(loading, map, { ...deliver, target: deliver.split.target }, to);
}

function writerOf(loading: Loading, map: Node | undefined): ReturnType<typeof chosenAdapter> {
  return map?.kind === "map" ? chosenAdapter(loading, map, "writer") : undefined;
}

/** `deliver: { retry: … }` alone; an unknown or misspelt target was reported already. */
function reportTargetless(loading: Loading, deliver: MapNode): void {
  if (deliver.entries.every(({ key }) => Object.hasOwn(BESIDE_TARGETS, key))) {
    reportNoTarget(loading, deliver.at, "deliver names no target");
  }
}

/** Stands in for a target that another case brings; nothing is ever sent there. */
const NOWHERE: Deliver = {
  target: {
    name: "none",
    at: { file: "", line: 1, column: 1 },
    build: () => Promise.reject(new Error("this way delivers nothing")),
  },
  batch: undefined,
  inFlight: 1,
  retry: { first: 1_000, most: 300_000, attempts: 8 },
  outcomes: [],
};

function compileDeliver(loading: Loading, names: Names, lets: readonly string[]): CompileAt {
  return (node, path) => {
    const variables = path.startsWith("deliver.outcomes") ? REPLY_VARIABLES : [];
    const attachments = "value";
    // Which way a message goes is known before it is mapped.
    const seen = path === "deliver.split.by" ? [] : lets;
    return loading.compileFormula(node, formulaEnvironment(loading, names, { lets: seen, variables, attachments }));
  };
}

function encodePlan(
  loading: Loading,
  node: Node | undefined,
  format: EncodePlan["format"],
  decoding: Decoding,
): EncodePlan | undefined {
  const checked = node && checkSection(loading, node, encodeOptions, "encode");
  if (node && !checked) return undefined;
  try {
    const options = checked && (bindOptions(checked, outsideOf(loading)) as EncodeOptions);
    const { encoderOf } = loading;
    return planEncode(options, { format, decode: decoding.mirror, encoderOf });
  } catch (cause) {
    reportThrown(loading.report, cause, node?.at ?? { file: loading.file, line: 1, column: 1 });
    return undefined;
  }
}
