// Bridge file → LoadedBridge: checked, formulas and templates compiled, adapters chosen. All findings at once; a bridge comes
// out only where none of them is an error. Reads the bridge's folder and the catalogue of schemas, nothing else.

import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { lifecycleShape, readLifecycle } from "../lifecycle/block.ts";
import { wallTime } from "../lifecycle/dates.ts";
import { placesOfBoth, withApproved } from "../lifecycle/extensions.ts";
import type { Extension } from "../lifecycle/extensions.ts";
import { legalTerm } from "../lifecycle/legal-term.ts";
import { checkPolicy } from "../lifecycle/policy-check.ts";
import type { Policy } from "../lifecycle/policy.ts";
import { compileFormula } from "../mapping/formula/compile.ts";
import { loadTables } from "../mapping/tables.ts";
import { unknownKey } from "../options/check.ts";
import { formulaOf, part, plain } from "../options/checked.ts";
import type { Checked, CheckedObject, GrantedException } from "../options/checked.ts";
import { nearest } from "../options/nearest.ts";
import { object } from "../options/shape.ts";
import { parseDate } from "../options/units.ts";
import { createTally, reportUnused } from "./attachment-tally.ts";
import { checkTerms } from "./check-terms.ts";
import { readExpectation } from "./expecting.ts";
import { finding, found, sortFindings } from "./finding.ts";
import { readFolder } from "./folder.ts";
import type { BridgeFolder } from "./folder.ts";
import { knownKeys } from "./known-keys.ts";
import {
  checkSection,
  counting,
  entryOf,
  fileOf,
  formulaEnvironment,
  NO_LETS,
  rememberingCompiler,
} from "./loading.ts";
import type { Loading, Names } from "./loading.ts";
import { withoutAttach } from "./map-attach.ts";
import { placesOf } from "./places.ts";
import { readYaml } from "./read-yaml.ts";
import { loadDecode } from "./section-decode.ts";
import type { Decoding } from "./section-decode.ts";
import { identityOf as targetIdentity, loadReceive } from "./section-deliver.ts";
import { loadProbe } from "./section-probe.ts";
import { loadAnswers } from "./section-receipts.ts";
import { loadShadow } from "./section-shadow.ts";
import { loadCodes, perOf, reportAlways } from "./section-map.ts";
import { loadAttach, refuseBatches } from "./section-attach.ts";
import { schemaReader } from "./section-validate.ts";
import { codesShape, engineShapes, generalShapes, mapShape, sectionShapes } from "./sections.ts";
import type { AnyAdapter } from "./sections.ts";
import type { Finding, MapNode, Node, Report } from "./tree.ts";
import type { Bound, BoundAnswer, Lifecycle, LoadedBridge } from "./types.ts";
import { unavailableKey } from "./unavailable.ts";
import { loadWays } from "./ways.ts";
import { callCodec } from "../calls/call-record.ts";
import { acceptedCalls, faceOf, loadFace } from "./section-face.ts";

export interface LoadDeps {
  readonly adapters: readonly AnyAdapter[];
  readonly policy: Policy;
  /** Milliseconds: exceptions end, approvals have a date. */
  readonly now: number;
  /** Absolute; what data paths are relative to. */
  readonly dataDir: string;
  /** Absolute; undefined = no catalogue of schemas. */
  readonly catalogDir: string | undefined;
  /** Where `${env:…}` looks. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text → bytes by the name of an encoding; undefined or an error where it is not known. */
  encoderOf(encoding: string): ((text: string) => Uint8Array) | undefined;
  /** Whether this lifecycle was accepted before: then the policy only warns (tightening it never stops a bridge). */
  accepted?(bridge: string, lifecycle: Lifecycle): boolean;
  /** Extensions that two persons approved outside the file. */
  approved?(bridge: string): readonly Extension[];
  /** A version that drops are pinned to: it was accepted, and neither policy nor passed dates refuse it. */
  readonly pinned?: boolean;
  /** False spares compiling XML Schemas at load where they are opened right afterwards. Default true. */
  readonly checkSchemas?: boolean;
}

export interface LoadStats {
  readonly formulas: number;
  readonly schemas: number;
}

export interface LoadResult {
  readonly bridge?: LoadedBridge;
  /** Sorted by place, no duplicates. */
  readonly findings: readonly Finding[];
  readonly stats: LoadStats;
}

/** `file` as people gave it; it stands in every finding. Throws only where Steg itself is at fault. */
export async function loadBridge(file: string, deps: LoadDeps): Promise<LoadResult> {
  const findings: Finding[] = [];
  const { report, errors } = counting((each) => void findings.push(besideBridge(each, file)));
  const none = { stats: { formulas: 0, schemas: 0 } };
  const opened = openFile(file, report);
  if (!opened || errors() > 0) return { ...none, findings };
  const root = readYaml(file, opened.bytes, report);
  if (root && root.kind !== "map") {
    report(finding("WRONG_TYPE", root.at, `a bridge file is a map of keys, found ${found(root)}`, { hint: "steg: 1" }));
  }
  if (root?.kind !== "map") return { ...none, findings: sortFindings(findings) };
  const { loading, general } = prepare(file, root, opened.folder, deps, report);
  const bridge = await loadSections(loading, root, general, deps);
  const stats = { formulas: loading.used.formulas.size, schemas: loading.used.schemas.size };
  const sorted = sortFindings(findings);
  return { findings: sorted, stats, ...(bridge && errors() === 0 && { bridge }) };
}

/** Tables and schemas are named relative to the bridge's folder; editors want paths that start where the bridge file's does. */
function besideBridge(each: Finding, file: string): Finding {
  if (each.file === file || isAbsolute(each.file) || each.file.includes(":")) return each;
  return { ...each, file: join(dirname(file), each.file) };
}

function openFile(
  file: string,
  report: Loading["report"],
): { readonly bytes: Uint8Array; readonly folder: BridgeFolder } | undefined {
  const path = resolve(file);
  try {
    return { bytes: readFileSync(path), folder: readFolder(dirname(path), file, report) };
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : `the file cannot be read (${typeof code === "string" ? code : "unknown"})`;
    report(finding("FILE_NOT_FOUND", { file, line: 1, column: 1 }, why));
    return undefined;
  }
}

// ── the file as a whole ─────────────────────────────────────────────────────────────────────────────────────────

function prepare(
  file: string,
  root: MapNode,
  folder: BridgeFolder,
  deps: LoadDeps,
  report: Loading["report"],
): { readonly loading: Loading; readonly general: CheckedObject } {
  const sections = sectionShapes(deps.adapters);
  const used: Loading["used"] = { names: [], formulas: new Set(), schemas: new Set() };
  const start: Loading = {
    file,
    folder,
    name: "",
    timezone: "Europe/Berlin",
    today: "",
    dataDir: deps.dataDir,
    catalogDir: deps.catalogDir,
    adapters: deps.adapters,
    env: deps.env,
    report,
    keys: knownKeys(sections, root),
    encoderOf: (encoding) => deps.encoderOf(encoding),
    compileFormula: rememberingCompiler(compileFormula, used),
    used,
    exceptions: [],
    attachments: entryOf(entryOf(root, "receive")?.value, "attach") && createTally(),
    fresh: deps.pinned !== true,
  };
  reportUnknownSections(start, root, Object.keys(sections));
  const general = checkPart(start, root, object(generalShapes), Object.keys(generalShapes));
  const timezone = zoneOf(start, root, plain<string>(general, "timezone") ?? start.timezone);
  const name = plain<string>(general, "bridge") ?? "";
  const today = wallTime(deps.now, timezone).date;
  return { loading: { ...start, timezone, name, today }, general };
}

function reportUnknownSections(loading: Loading, root: MapNode, known: readonly string[]): void {
  for (const entry of root.entries) {
    if (known.includes(entry.key)) continue;
    unknownKey(entry, known, root, "", {
      report: loading.report,
      elsewhere: (key, place) => loading.keys.elsewhere(key, place),
      unavailable: (path) => unavailableKey(path, []),
    });
  }
}

/** The keys of one shape among all the top-level ones. */
function checkPart(
  loading: Loading,
  root: MapNode,
  shape: ReturnType<typeof object>,
  keys: readonly string[],
  compile?: Parameters<typeof checkSection>[4],
): CheckedObject {
  const entries = root.entries.filter(({ key }) => keys.includes(key));
  const checked = checkSection(loading, { ...root, entries }, shape, "", compile);
  return checked?.kind === "object" ? checked : { kind: "object", entries: new Map<string, Checked>(), at: root.at };
}

function zoneOf(loading: Loading, root: MapNode, zone: string): string {
  try {
    wallTime(0, zone);
    return zone;
  } catch {
    const near = nearest(zone, Intl.supportedValuesOf("timeZone"));
    const at = entryOf(root, "timezone")?.value.at ?? root.at;
    const message = `${zone} is no time zone of the IANA database`;
    loading.report(
      finding("WRONG_VALUE", at, message, { hint: `timezone: ${near ?? "Europe/Berlin"}`, length: zone.length }),
    );
    return "Europe/Berlin";
  }
}

// ── the sections in the order of the data ───────────────────────────────────────────────────────────────────────

async function loadSections(
  loading: Loading,
  root: MapNode,
  general: CheckedObject,
  deps: LoadDeps,
): Promise<LoadedBridge | undefined> {
  const { report } = loading;
  const at = (key: string): Node | undefined => entryOf(root, key)?.value;
  const lifecycle = loadLifecycle(loading, root, deps);
  const probe = loadProbe(loading, root);
  const receiveNode = at("receive");
  const face = receiveNode && (await loadFace(loading, receiveNode, at("cases")));
  const isCalled = faceOf(loading, at("receive")) !== undefined;
  const receive = isCalled ? undefined : loadReceive(loading, at("receive"));
  if (!at("receive")) {
    report(
      finding("MISSING_KEY", root.at, "the bridge file needs receive (where the legacy side is taken from)", {
        hint: 'receive: { folder: { path: drops, files: "*.csv" } }',
      }),
    );
  }
  const decoding = isCalled ? decodingOfCalls(loading, root) : await loadDecode(loading, at("decode"));
  const map = at("map");
  const codesNode = entryOf(map, "codes")?.value;
  const codesChecked = codesNode && checkSection(loading, codesNode, codesShape, "map.codes");
  const codes = loadCodes(loading, codesChecked?.kind === "object" ? codesChecked : undefined);
  const names: Names = {
    tables: codes.columns,
    tableRows: codes.tables,
    fields: decoding.fields,
    optional: decoding.optional,
    textFields: decoding.textFields,
    ...(isCalled && { variables: ["request"] }),
  };
  const onRecord: Parameters<typeof checkSection>[4] = (node) =>
    loading.compileFormula(node, formulaEnvironment(loading, names, NO_LETS));
  const mapChecked =
    map && !(map.kind === "scalar" && map.text.startsWith("="))
      ? checkSection(loading, withoutAttach(map), mapShape(loading.adapters), "map", onRecord)
      : undefined;
  const attach = isCalled ? undefined : loadAttach(loading, at("receive"), receive?.drops, names);
  const per = perOf(mapChecked?.kind === "object" ? mapChecked.entries.get("per") : undefined);
  if (per.by === "from") reportAlways(loading, names, per.starts);
  const schemas = schemaReader(loading, deps.checkSchemas !== false && loading.fresh);
  const operations = face?.section.operations ?? [];
  const ways = await loadWays(loading, { root, decoding, names, codes, schemas, isCalled, operations });
  const shadow = loadShadow(loading, root, ways, onRecord, (protocol, own) => targetIdentity(protocol, own, []));
  if (loading.fresh) checkTerms(loading, root, ways);
  if (loading.fresh && !isCalled) reportUnused(loading, root, ways);
  refuseBatches(loading, root, isCalled);
  const answers = isCalled
    ? []
    : await loadAnswers(loading, at("answer"), { receive: at("receive"), decode: at("decode"), decoding, names });
  const engine = checkPart(loading, root, object(engineShapes), Object.keys(engineShapes), onRecord);
  if (loading.fresh) warnOfTests(loading, root, decoding);
  const from = receive ?? (face && { ...face, source: acceptedCalls(face.section.face.at) });
  if (!lifecycle || !from || ways.length === 0) return undefined;
  return {
    ...identityOf(loading, general),
    lifecycle,
    ...(probe && { probe }),
    ...(shadow && { shadow }),
    source: from.source,
    ...(face && { face: face.section }),
    sourceIdentity: from.identity,
    claims: [...from.claims, ...(attach?.claims ?? [])],
    codec: decoding.bound,
    optional: decoding.optional,
    names: loading.used.names,
    per,
    ways,
    ...(attach && { attach }),
    ...(loading.attachments?.content && { attachContent: true }),
    loadTables: () => loadTables(codes.specs, (name) => fileOf(loading, name)),
    ...engineOf(engine, deps.policy, loading.report),
    answers,
    ...(refusesAfterEnd(from.source, answers) && { refuses: true }),
    ...(answers.some(({ as }) => typeof as !== "string" && as.arrivals === true) && { arrivals: true }),
    exceptions: loading.exceptions satisfies readonly GrantedException[],
  };
}

/** Who is told keeps what he has: then nothing is held for him. */
function refusesAfterEnd(source: Bound<"source">, answers: readonly BoundAnswer[]): boolean {
  return source.refuses === true && answers.some(({ as }) => typeof as !== "string" && as.refuses === true);
}

/** A face gives a structure; what its body may hold, its own description says. */
function decodingOfCalls(loading: Loading, root: MapNode): Decoding {
  for (const { key, keyAt } of ["decode", "encode", "order", "onDead"].flatMap((one) => entryOf(root, one) ?? [])) {
    const message = `${key} is for drops; this bridge is called, and a call is one message by itself`;
    loading.report(finding("WRONG_VALUE", keyAt, message, { hint: "leave it out", length: key.length }));
  }
  const { at } = root;
  const bound = { name: "call", at, build: () => Promise.resolve(callCodec) };
  return { bound, mirror: undefined, fields: undefined, optional: [], textFields: false };
}

/** A bridge without tests, tests that cannot run, and fields that no input of a test has. */
function warnOfTests(loading: Loading, root: MapNode, { seen, optional }: Decoding): void {
  const { tests, brokenTests } = loading.folder;
  const at = entryOf(root, "bridge")?.keyAt ?? root.at;
  const severity = "warning";
  for (const { name, inputs } of brokenTests) {
    const message = `tests/${name} needs one input file beside what is expected, there are ${inputs}`;
    loading.report(finding("NO_TEST", at, message, { severity, hint: "one folder per input" }));
  }
  if (tests.length + brokenTests.length === 0) {
    const hint = "put an input file into tests/<case>/, then: steg test --update";
    loading.report(finding("NO_TEST", at, "this bridge has no test", { severity, hint }));
  }
  if (!seen) return;
  const told = new Set<string>(optional);
  for (const { name, at: place } of loading.used.names) {
    if (seen.includes(name) || told.has(name)) continue;
    told.add(name);
    const near = nearest(name, seen);
    const hint = near === undefined ? "decode.optional names fields that may lack" : `Did you mean ${near}?`;
    const message = `no record of the tests has ${name}`;
    loading.report(finding("FIELD_UNSEEN", place, message, { severity, hint, length: name.length }));
  }
}

function identityOf(
  loading: Loading,
  general: CheckedObject,
): Pick<LoadedBridge, "name" | "title" | "file" | "dir" | "version" | "files" | "timezone"> {
  const { name, file, folder, timezone } = loading;
  return {
    name,
    title: plain<string>(general, "title") ?? name,
    file,
    dir: folder.dir,
    version: folder.version,
    files: folder.files,
    timezone,
  };
}

function engineOf(
  engine: CheckedObject,
  { land }: Policy,
  report: Report,
): Pick<LoadedBridge, "order" | "onDead" | "onDoubt" | "expect" | "deadline" | "retention" | "spoolMost"> {
  const order = orderOf(engine.entries.get("order"));
  const retention = part(engine, "retention");
  const deadline = plain<string>(engine, "deadline");
  const DAY = 86_400_000;
  return {
    order,
    onDead: plain<"hold" | "pass">(engine, "onDead") ?? (order.by === "none" ? "pass" : "hold"),
    onDoubt: plain<"resend" | "ask">(engine, "onDoubt") ?? "resend",
    expect: readExpectation(engine, land, report),
    deadline: deadline === undefined ? undefined : legalTerm(deadline, land),
    retention: {
      payload: plain<number>(retention, "payload") ?? 7 * DAY,
      dead: plain<number>(retention, "dead") ?? 30 * DAY,
      held: plain<number>(retention, "held") ?? 90 * DAY,
    },
    spoolMost: plain<number>(part(engine, "spool"), "most") ?? 10 * 1024 ** 3,
  };
}

function orderOf(checked: Checked | undefined): LoadedBridge["order"] {
  if (checked?.kind === "value") return checked.value === "strict" ? { by: "drop" } : { by: "none" };
  const key = checked?.kind === "object" ? formulaOf(checked, "by") : undefined;
  return key ? { by: "key", key } : { by: "none" };
}

// ── lifecycle ───────────────────────────────────────────────────────────────────────────────────────────────────

function loadLifecycle(loading: Loading, root: MapNode, deps: LoadDeps): Lifecycle | undefined {
  const entry = entryOf(root, "lifecycle");
  if (!entry) {
    const message = "the bridge file needs lifecycle: why it may exist, who answers for it, when it ends";
    loading.report(
      finding("MISSING_KEY", root.at, message, {
        hint: "lifecycle: { legacy, owner, reason, personalData, successor, plan, started, deprecated, sunset }",
      }),
    );
    return undefined;
  }
  // What is missing is placed at the section's name.
  const node: Node = { ...entry.value, at: entry.value.kind === "map" ? entry.keyAt : entry.value.at };
  const checked = checkSection(loading, node, lifecycleShape, "lifecycle");
  if (checked?.kind !== "object") return undefined;
  const places = placesOf(node);
  const approved = deps.approved?.(loading.name) ?? [];
  const lifecycle = readLifecycle(checked, places, loading.today, loading.report, approved);
  // Dates that are missing or no dates were reported; the policy has nothing to measure there.
  const dated = [lifecycle.started, lifecycle.deprecated, lifecycle.sunset].every(
    (date) => parseDate(date) !== undefined,
  );
  if (!loading.fresh || !dated || lifecycle.sunset.startsWith("9999")) return lifecycle;
  const accepted = deps.accepted?.(loading.name, lifecycle) === true;
  const both = withApproved(lifecycle, approved);
  checkPolicy(both, deps.policy, placesOfBoth(both, lifecycle, places), (each) =>
    loading.report(accepted ? { ...each, severity: "warning" } : each),
  );
  return lifecycle;
}
