// `receive.rest`, `receive.soap`, `receive.rfc`: a bridge that is called. Core takes its own keys out of the face's options
// (face-shapes.ts) and leaves it the rest.

import type { Position } from "../errors.ts";
import { acceptedSource } from "../calls/accepted.ts";
import { MOST_KEPT } from "../calls/later-answers.ts";
import { bindOptions } from "../options/bind.ts";
import { part, plain, texts } from "../options/checked.ts";
import type { Checked, CheckedObject } from "../options/checked.ts";
import { object } from "../options/shape.ts";
import { nearest } from "../options/nearest.ts";
import { claimsOf } from "./check-adapter.ts";
import type { PlacedClaim } from "./check-adapter.ts";
import { FACE_DEFAULTS, faceShapes } from "./face-shapes.ts";
import { finding } from "./finding.ts";
import { boundAdapter, checkSection, chosenAdapter, entryOf, formulaEnvironment, NO_LETS } from "./loading.ts";
import type { CompileAt, Loading, Names } from "./loading.ts";
import { operationsOf } from "./operations.ts";
import { loadDeliver } from "./section-deliver.ts";
import { callbackShape, receiveShape } from "./sections.ts";
import type { AnyAdapter } from "./sections.ts";
import type { MapNode, Node } from "./tree.ts";
import type { Bound, Deliver, FaceSection } from "./types.ts";

export interface LoadedFace {
  readonly section: FaceSection;
  /** For the ratchet: what stays the same when somebody renames the bridge. */
  readonly identity: string;
  readonly claims: readonly PlacedClaim[];
}

export function faceOf(loading: Loading, receive: Node | undefined): ReturnType<typeof chosenAdapter> {
  return receive?.kind === "map" ? chosenAdapter(loading, receive, "face") : undefined;
}

/** undefined = no face, or there were findings. */
export async function loadFace(
  loading: Loading,
  receive: Node,
  cases: Node | undefined,
): Promise<LoadedFace | undefined> {
  const chosen = faceOf(loading, receive);
  if (!chosen || receive.kind !== "map") return undefined;
  const { adapter, at } = chosen;
  refuseBeside(loading, receive, adapter.name);
  const checked = checkSection(
    loading,
    withoutCallback(receive, adapter.name),
    receiveShape(loading.adapters),
    "receive",
  );
  const options = checked?.kind === "object" ? checked.entries.get(adapter.name) : undefined;
  if (options?.kind !== "object") return undefined;
  const own = ownOptions(options);
  const calls = callsOf(cases);
  const bound = boundAdapter<"face">(loading, adapter, at, own);
  const limits = part(options, "limits");
  const headers = part(options, "headers");
  const callers = texts(options, "callers");
  const isAsync = plain<boolean>(options, "async") ?? false;
  if (isAsync) checkAsync(loading, receive, adapter, limits);
  const callback = await loadCallback(loading, receive, adapter, isAsync);
  const callOptions = loadCallOptions(loading, adapter, cases);
  const operations = await operationsOf(loading, adapter, at, own, { calls, callOptions }, (name) =>
    placeOfCall(cases, name),
  );
  if (operations.length > 0)
    refuseUnknownCalls(
      loading,
      cases,
      operations.map(({ name }) => name),
    );
  return {
    identity: `${adapter.name}:${loading.name}`,
    claims: claimsOf(adapter, at, own),
    section: {
      face: bound,
      callers: options.entries.has("callers") ? callers : undefined,
      deadline: plain<number>(options, "deadline") ?? FACE_DEFAULTS.deadline,
      async: isAsync,
      later: adapter.later === true,
      ...(callback && { callback }),
      limits: {
        body: plain<number>(limits, "body") ?? FACE_DEFAULTS.body,
        reply: plain<number>(limits, "reply") ?? FACE_DEFAULTS.reply,
        rate: plain<number>(limits, "rate"),
        inFlight: plain<number>(limits, "inFlight") ?? FACE_DEFAULTS.inFlight,
      },
      headersIn: lowerCase(texts(headers, "in")),
      headersOut: lowerCase(texts(headers, "out")),
      origins: texts(options, "origins"),
      calls,
      operations,
      callOptions,
    },
  };
}

const lowerCase = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());

/** What does not go together with answering later. */
function checkAsync(
  loading: Loading,
  receive: MapNode,
  { name, later }: AnyAdapter,
  limits: CheckedObject | undefined,
): void {
  const own = entryOf(receive, name)?.value;
  const at = entryOf(own, "async")?.keyAt ?? receive.at;
  if (later !== true) {
    const message = `receive.${name} answers while its caller waits; async is for receive.rest`;
    loading.report(finding("WRONG_VALUE", at, message, { hint: "leave out async", length: 5 }));
  }
  if ((plain<number>(limits, "reply") ?? 0) > MOST_KEPT) {
    const reply = entryOf(entryOf(own, "limits")?.value, "reply")?.keyAt ?? at;
    const message = `with async an answer is kept until it is fetched, and holds at most ${MOST_KEPT >> 20} MiB`;
    loading.report(finding("WRONG_VALUE", reply, message, { hint: `reply: ${MOST_KEPT >> 20}MiB`, length: 5 }));
  }
}

/** What is checked by itself: attach has been refused, and formulas of the callback see the call. */
function withoutCallback(receive: MapNode, face: string): MapNode {
  const entries = receive.entries.flatMap((entry) => {
    const { key, value } = entry;
    if (key === "attach") return [];
    if (key !== face || value.kind !== "map") return entry;
    return { ...entry, value: { ...value, entries: value.entries.filter((own) => own.key !== "callback") } };
  });
  return { ...receive, entries };
}

/** What a formula of `callback` sees: the call, nothing of the answer. */
const NAMES: Names = {
  tables: new Map(),
  tableRows: new Map(),
  fields: undefined,
  optional: [],
  textFields: false,
  variables: ["request"],
};

async function loadCallback(
  loading: Loading,
  receive: MapNode,
  { name, later }: AnyAdapter,
  isAsync: boolean,
): Promise<Deliver | undefined> {
  const entry = entryOf(entryOf(receive, name)?.value, "callback");
  if (!entry) return undefined;
  const path = `receive.${name}.callback`;
  if (!isAsync || later !== true) {
    const message = `${path} sends answers that come later; without async the caller has waited for its answer`;
    loading.report(finding("WRONG_VALUE", entry.keyAt, message, { hint: "async: true beside it", length: 8 }));
  }
  const compile: CompileAt = (formula) => loading.compileFormula(formula, formulaEnvironment(loading, NAMES, NO_LETS));
  const checked = checkSection(loading, entry.value, callbackShape(loading.adapters), path, compile);
  if (!checked || !entryOf(entry.value, "http")) return undefined;
  return await loadDeliver(loading, entry.value, path, compile);
}

/** Files that come beside records have no place beside a call. */
function refuseBeside(loading: Loading, receive: MapNode, face: string): void {
  const attach = entryOf(receive, "attach");
  if (!attach) return;
  const message = `receive.attach joins files to records of drops; receive.${face} takes calls`;
  loading.report(finding("WRONG_VALUE", attach.keyAt, message, { hint: "leave it out", length: 6 }));
}

function ownOptions(options: CheckedObject): CheckedObject {
  const entries = [...options.entries].filter(([key]) => !Object.hasOwn(faceShapes, key));
  return { ...options, entries: new Map<string, Checked>(entries) };
}

// ── cases ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a case names, as far as it is a text. */
export function callOf(item: Node): { readonly name: string; readonly at: Position } | undefined {
  const value = entryOf(item, "call")?.value;
  return value?.kind === "scalar" ? { name: value.text.trim(), at: value.at } : undefined;
}

/** Where a call is named first. */
function placeOfCall(cases: Node | undefined, name: string): Position | undefined {
  const items = cases?.kind === "list" ? cases.items : [];
  return items.map(callOf).find((call) => call?.name === name)?.at;
}

function callsOf(cases: Node | undefined): readonly string[] {
  const items = cases?.kind === "list" ? cases.items : [];
  return [...new Set(items.flatMap((item) => callOf(item)?.name ?? []))];
}

/** `query`, `request`, `reply` of a case, checked as the face says. */
function loadCallOptions(loading: Loading, adapter: AnyAdapter, cases: Node | undefined): FaceSection["callOptions"] {
  const options = new Map<string, Readonly<Record<string, unknown>>>();
  const shapes = adapter.perCall ?? {};
  for (const [index, item] of (cases?.kind === "list" ? cases.items : []).entries()) {
    const call = callOf(item);
    if (item.kind !== "map" || !call) continue;
    const entries = item.entries.filter(({ key }) => Object.hasOwn(shapes, key));
    if (entries.length === 0) continue;
    const checked = checkSection(loading, { ...item, entries }, object(shapes), `cases[${index + 1}]`);
    if (checked) options.set(call.name, bindOptions(checked) as Readonly<Record<string, unknown>>);
  }
  return options;
}

/** Reports calls of cases that the face does not have. `known` = what it offers. */
function refuseUnknownCalls(loading: Loading, cases: Node | undefined, known: readonly string[]): void {
  for (const item of cases?.kind === "list" ? cases.items : []) {
    const call = callOf(item);
    if (!call || known.includes(call.name)) continue;
    const near = nearest(call.name, known);
    const hint = near === undefined ? `There are: ${known.slice(0, 12).join(", ")}` : `Did you mean ${near}?`;
    const message = `nothing that can be called is named ${call.name}`;
    loading.report(finding("CALL_UNKNOWN", call.at, message, { hint, length: call.name.length }));
  }
}

/** The bridge's own source in place of a folder: calls that were accepted. */
export function acceptedCalls(at: Position): Bound<"source"> {
  return { name: "calls", at, build: async () => acceptedSource() };
}
