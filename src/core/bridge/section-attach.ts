// `receive.attach`: files that come beside the records. Their source is the drops' one with another folder, or one of its own;
// which of them belong to a record, their names say.

import type { Rec, Scope, Value } from "../contract.ts";
import { asBridgeError, BridgeError, CODES } from "../errors.ts";
import type { Position } from "../errors.ts";
import type { CompiledFormula } from "../mapping/types.ts";
import { plain } from "../options/checked.ts";
import type { Checked, CheckedObject } from "../options/checked.ts";
import { compileGlobPieces, globFault, globsMeet } from "../options/glob.ts";
import type { GlobPiece } from "../options/glob.ts";
import type { AnyShape } from "../options/shape.ts";
import { claimsOf, type PlacedClaim } from "./check-adapter.ts";
import { finding } from "./finding.ts";
import { boundAdapter, checkSection, chosenAdapter, entryOf, formulaEnvironment, NO_LETS } from "./loading.ts";
import type { Loading, Names } from "./loading.ts";
import { identityOf, warnOfSettle } from "./section-deliver.ts";
import { attachShape, ATTACH_OPTIONS, takesFiles } from "./attach-shape.ts";
import type { AnyAdapter } from "./sections.ts";
import type { MapEntry, MapNode, Node } from "./tree.ts";
import type { Attach } from "./types.ts";

/** The source of the drops, as it was checked. */
export interface DropSource {
  readonly adapter: AnyAdapter;
  readonly options: CheckedObject;
  /** Protocol, host, folder: where the drops lie. */
  readonly identity: string;
  readonly claims: readonly PlacedClaim[];
}

/** undefined = there is none, or there were findings. */
export function loadAttach(
  loading: Loading,
  receive: Node | undefined,
  drops: DropSource | undefined,
  names: Names,
): Attach | undefined {
  const entry = entryOf(receive, "attach");
  if (!entry) return undefined;
  const checked = checkSection(loading, entry.value, attachShape(loading.adapters), "receive.attach", (node) =>
    loading.compileFormula(node, formulaEnvironment(loading, names, NO_LETS)),
  );
  if (checked?.kind !== "object" || entry.value.kind !== "map") return undefined;
  const files = checked.entries.get("files");
  const pattern = files?.kind === "pattern" ? patternOf(loading, files) : undefined;
  const source = sourceOf(loading, entry, checked, drops, pattern?.atSource);
  if (!pattern || !source || files?.kind !== "pattern") return undefined;
  return {
    ...source,
    at: entry.keyAt,
    files: files.source,
    least: plain<number>(checked, "least") ?? 1,
    wait: plain<number>(checked, "wait") ?? 3_600_000,
    wants: pattern.wants,
  };
}

// ── the pattern ─────────────────────────────────────────────────────────────────────────────────────────────────

interface FilePattern {
  /** What the source looks for: any value may stand in the braces. */
  readonly atSource: string;
  wants: Attach["wants"];
}

function patternOf(loading: Loading, files: Extract<Checked, { kind: "pattern" }>): FilePattern | undefined {
  const refuse = (message: string, hint: string): undefined => {
    const { at, source } = files;
    loading.report(finding("WRONG_VALUE", at, `receive.attach.files ${message}`, { hint, length: source.length + 2 }));
  };
  if (files.parts.some(({ type }) => type === "env" || type === "file"))
    return refuse("takes no value from outside", "write the names out");
  if (!files.parts.some(({ type }) => type === "formula"))
    return refuse("holds no formula: every file would belong to every record", '"{NUMMER}_*.pdf"');
  const parts = files.parts.map((part) =>
    part.type === "formula" ? part.formula : part.type === "text" ? part.text : "",
  );
  try {
    compileGlobPieces(parts.map((part) => ({ text: typeof part === "string" ? part : "x", literal: false })));
  } catch (cause) {
    return refuse(`cannot be read: ${asBridgeError(cause).message.replace(/^.* cannot be read: /su, "")}`, "");
  }
  const atSource = parts
    .map((part) => (typeof part === "string" ? part : "*"))
    .join("")
    .replaceAll(/\*{2,}/g, "*");
  const fault = globFault(atSource);
  if (fault !== undefined) return refuse(fault, '"{NUMMER}_*.pdf"');
  return { atSource, wants: (record, scope) => wantedOf(parts, record, scope) };
}

/** Values mean themselves: a `*` in one of them is no pattern. */
function wantedOf(
  parts: readonly (string | CompiledFormula)[],
  record: Rec,
  scope: Scope,
): ReturnType<Attach["wants"]> {
  const pieces = parts.map((part): GlobPiece =>
    typeof part === "string"
      ? { text: part, literal: false }
      : { text: valueOf(part, part.evaluate(record, scope)), literal: true },
  );
  const shown = pieces.map(({ text }) => text).join("");
  return { ...compileGlobPieces(pieces), shown };
}

function valueOf(formula: CompiledFormula, value: Value): string {
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof text === "string" && text.trim() !== "") return text;
  // Nothing in its place would fit the files of other records.
  const what = value === undefined || typeof text === "string" ? "gives nothing" : "gives no text";
  throw new BridgeError("PATTERN_VALUE", `receive.attach.files: {${formula.source.trim()}} ${what}`, {
    stage: "map",
    position: formula.at,
    detail: JSON.stringify(value),
  });
}

// ── the source ──────────────────────────────────────────────────────────────────────────────────────────────────

function sourceOf(
  loading: Loading,
  entry: MapEntry,
  checked: CheckedObject,
  drops: DropSource | undefined,
  files: string | undefined,
): Beside | undefined {
  const node = entry.value as MapNode;
  const own = chosenAdapter(loading, node, "source");
  const path = entryOf(node, "path");
  const wrong = (at: MapEntry, message: string, hint: string): undefined => {
    loading.report(finding("WRONG_VALUE", at.keyAt, message, { hint, length: at.key.length }));
  };
  if (own && path)
    return wrong(path, "receive.attach has path and a source of its own; the folder stands in one of them", "keep one");
  if (!own && !path) {
    const hint = "path: /pdf for a folder at the same source, or folder: { path: pdf } for another source";
    const message = "receive.attach says nowhere where the files lie";
    loading.report(finding("MISSING_KEY", entry.keyAt, message, { hint, length: entry.key.length }));
    return undefined;
  }
  if (!path) {
    const beside = ATTACH_OPTIONS.map((name) => entryOf(node, name)).find((each) => each !== undefined);
    if (beside)
      return wrong(
        beside,
        `${beside.key} stands with the source: receive.attach.${own?.adapter.name}`,
        "move it there",
      );
    const options = own && checked.entries.get(own.adapter.name);
    if (!own || options?.kind !== "object" || files === undefined) return undefined;
    warnOfSettle(loading, node, own.adapter.name, options, own.adapter.options as AnyShape);
    return bind(loading, { adapter: own.adapter, key: own.adapter.name, at: own.at, options }, files, drops);
  }
  // What is wrong with the source of the drops was reported there.
  if (!drops) return undefined;
  if (!takesFiles(drops.adapter, "path"))
    return wrong(
      path,
      `${drops.adapter.name} has no folders; attach needs a source of its own`,
      "folder: { path: pdf }",
    );
  const entries = new Map(drops.options.entries);
  for (const name of ["path", ...ATTACH_OPTIONS]) {
    const value = checked.entries.get(name);
    if (value) entries.set(name, value);
  }
  // Whoever says how long these files have to stand still has no markers for them.
  const settle = entryOf(node, "settle");
  if (settle && !entryOf(node, "marker")) entries.delete("marker");
  const options: CheckedObject = { ...drops.options, entries };
  if (settle) {
    const here: MapNode = { ...node, entries: [{ ...settle, key: drops.adapter.name, value: node }] };
    warnOfSettle(loading, here, drops.adapter.name, options, drops.adapter.options as AnyShape);
  }
  if (files === undefined) return undefined;
  return bind(loading, { adapter: drops.adapter, key: path.key, at: path.keyAt, options }, files, drops);
}

interface Beside extends Pick<Attach, "source" | "claims"> {}

interface Chosen {
  readonly adapter: AnyAdapter;
  readonly options: CheckedObject;
  /** What says so, and where it stands. */
  readonly key: string;
  readonly at: Position;
}

/** A source of their own takes nothing that is the drops', and nobody lets the same user in twice. */
function bind(
  loading: Loading,
  { adapter, key, at, options }: Chosen,
  files: string,
  drops: DropSource | undefined,
): Beside | undefined {
  const claims = claimsOf(adapter, at, options);
  const twice = claims.find(({ name }) => drops?.claims.some((claim) => claim.name === name));
  if (twice) {
    const message = `${twice.name} belongs to the source of the drops already`;
    loading.report(finding("CLAIMED_TWICE", twice.at, message, { hint: CODES.CLAIMED_TWICE.hint }));
    return undefined;
  }
  const isThere = drops?.adapter === adapter && drops.identity === identityOf(adapter.name, options, claims);
  if (isThere && globsMeet(patternsOf(drops.options), [files])) {
    const message = "drops and attachments lie in the same folder, and some names could be either's";
    const hint = 'receive: files: "*.csv" and attach: files: "{NUMMER}_*.pdf", or two folders';
    loading.report(finding("WRONG_VALUE", at, message, { hint, length: key.length }));
    return undefined;
  }
  const list: Checked = { kind: "list", items: [{ kind: "value", value: files, at }], at };
  const entries = new Map([...options.entries, ["files", list] as const]);
  return { source: boundAdapter<"source">(loading, adapter, at, { ...options, entries }), claims };
}

function patternsOf(options: CheckedObject): readonly string[] {
  const files = options.entries.get("files");
  if (files?.kind !== "list") return ["*"];
  return files.items.flatMap((item) => (item.kind === "value" ? [String(item.value)] : []));
}

// ── what does not go together ───────────────────────────────────────────────────────────────────────────────────

/** A file belongs to one message; in a batch, or in a file that grows, nobody could tell to which. So does the answer to a call. */
export function refuseBatches(loading: Loading, root: MapNode, isCalled: boolean): void {
  const cases = entryOf(root, "cases")?.value;
  const all = [root, ...(cases?.kind === "list" ? cases.items : [])];
  const key = entryOf(entryOf(root, "receive")?.value, "attach")
    ? "receive.attach"
    : all.some((each) => entryOf(entryOf(each, "map")?.value, "attach"))
      ? "map.attach"
      : undefined;
  if (!isCalled && key === undefined) return;
  for (const each of all) {
    const batch = entryOf(entryOf(each, "deliver")?.value, "batch");
    if (!batch) continue;
    const message = isCalled
      ? "a call has one message, and its answer is for it alone: there is nothing to put into a batch"
      : `deliver.batch and ${key} exclude each other: files go with one message, not with several`;
    const hint = isCalled ? "leave out batch" : "leave out batch: each message is a delivery of its own then";
    loading.report(finding("WRONG_VALUE", batch.keyAt, message, { hint, length: batch.key.length }));
  }
}
