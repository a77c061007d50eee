// What the parts of loading share: the folder, the findings, the compilers, and how each section is checked.

import { readFileSync, statSync } from "node:fs";
import { posix, resolve } from "node:path";
import type { AdapterContext, Role, Table } from "../contract.ts";
import { asBridgeError, BridgeError, CODES } from "../errors.ts";
import type { Position } from "../errors.ts";
import type {
  AttachmentRole,
  CompiledFormula,
  CompileFormula,
  FormulaEnvironment,
  UsedName,
} from "../mapping/types.ts";
import { bindOptions } from "../options/bind.ts";
import type { Outside } from "../options/bind.ts";
import { checkOption } from "../options/check.ts";
import type { Checked, CheckEnvironment, GrantedException } from "../options/checked.ts";
import { nearest } from "../options/nearest.ts";
import type { AnyShape } from "../options/shape.ts";
import type { AttachmentTally } from "./attachment-tally.ts";
import { checkAdapter, placeOf } from "./check-adapter.ts";
import type { BridgeFolder } from "./folder.ts";
import { findingAt, finding } from "./finding.ts";
import type { KnownKeys } from "./known-keys.ts";
import type { AnyAdapter } from "./sections.ts";
import type { Finding, MapNode, Node, Report, ScalarNode } from "./tree.ts";
import type { Bound } from "./types.ts";
import { unavailableKey } from "./unavailable.ts";

export interface Loading {
  /** As given, for messages. */
  readonly file: string;
  readonly folder: BridgeFolder;
  readonly name: string;
  readonly timezone: string;
  readonly today: string;
  readonly dataDir: string;
  /** Absolute; undefined = no catalogue of schemas. */
  readonly catalogDir: string | undefined;
  readonly adapters: readonly AnyAdapter[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  readonly keys: KnownKeys;
  readonly encoderOf: (encoding: string) => ((text: string) => Uint8Array) | undefined;
  readonly compileFormula: CompileFormula;
  /** Everything compiled so far, for the closed names and for figures. */
  readonly used: { readonly names: UsedName[]; readonly formulas: Set<string>; readonly schemas: Set<string> };
  readonly exceptions: GrantedException[];
  /** What the bridge does with attachments; undefined without receive.attach. */
  readonly attachments: AttachmentTally | undefined;
  /** False for a version that was accepted earlier: what time brings does not refuse it. */
  readonly fresh: boolean;
}

/** What formulas of a bridge can see, filled as the sections are read. */
export interface Names {
  readonly tables: ReadonlyMap<string, readonly string[] | undefined>;
  readonly tableRows: ReadonlyMap<string, Table>;
  readonly fields: readonly string[] | undefined;
  readonly optional: readonly string[];
  readonly textFields: boolean;
  /** What formulas see wherever they stand, beside what their place gives: `$request`. */
  readonly variables?: readonly string[] | undefined;
}

export interface FormulaPlace {
  readonly lets: readonly string[];
  readonly variables: readonly string[];
  /** What becomes of attachments there; absent where there is no message yet. */
  readonly attachments?: AttachmentRole;
}

export const NO_LETS: FormulaPlace = { lets: [], variables: [] };

export function formulaEnvironment(loading: Loading, names: Names, place: FormulaPlace): FormulaEnvironment {
  return {
    lets: place.lets,
    tables: names.tables,
    variables: [...(names.variables ?? []), ...place.variables],
    fields: names.fields,
    optional: names.optional,
    itemIsRecord: true,
    textFields: names.textFields,
    ...(place.attachments && { attachments: loading.attachments?.place(place.attachments) ?? NO_ATTACHMENTS }),
    report: loading.report,
  };
}

const NO_ATTACHMENTS = "the bridge has no receive.attach";

/** Compiles and remembers what the formula reads from the record. */
export function rememberingCompiler(compile: CompileFormula, used: Loading["used"]): CompileFormula {
  return (node, environment) => {
    used.formulas.add(`${node.at.line}:${node.at.column}`);
    const formula = compile(node, environment);
    if (formula && environment.itemIsRecord) used.names.push(...formula.names);
    return formula;
  };
}

// ── checking a section ──────────────────────────────────────────────────────────────────────────────────────────

/** How formulas at a path are compiled; undefined = there is no record there. */
export type CompileAt = ((node: ScalarNode, path: string) => CompiledFormula | undefined) | undefined;

const WITH_OUTSIDE = new Set(["receive", "deliver", "answer", "probe", "shadow"]);

export function checkSection(
  loading: Loading,
  node: Node,
  shape: AnyShape,
  path: string,
  compile?: CompileAt,
): Checked | undefined {
  return checkOption(node, shape, path, sectionEnvironment(loading, shape, path, compile));
}

function sectionEnvironment(loading: Loading, shape: AnyShape, path: string, compile: CompileAt): CheckEnvironment {
  const { report } = loading;
  const section = path.replace(/^cases\[\d+\]\.?/, "").split(".")[0] ?? path;
  const choices = shape.kind.type === "oneKey" ? Object.keys(shape.kind.properties) : [];
  return {
    report,
    // An exception that held when a version was accepted does not stop the drops that are pinned to it.
    today: loading.fresh ? loading.today : "",
    outside: WITH_OUTSIDE.has(section),
    compile(formula, at) {
      if (compile) return compile(formula, at);
      report(
        findingAt("WRONG_TYPE", formula, `${at} is read before there is a record, so no formula may stand here`, {
          hint: "write the value out",
        }),
      );
      return undefined;
    },
    refuseFile: (name, catalog) => refuseBridgeFile(loading, name, catalog),
    elsewhere: (key, place) => loading.keys.elsewhere(key, place),
    unavailable: (key) => unavailableKey(key, choices),
    granted: (exception) => {
      if (!loading.exceptions.some((known) => known.option === exception.option)) loading.exceptions.push(exception);
    },
  };
}

/** Why a file named in the bridge file cannot be used. */
function refuseBridgeFile(loading: Loading, name: string, catalog: boolean): string | undefined {
  if (name.startsWith("catalog:")) {
    if (!catalog) return "catalog: names schemas only";
    // What the catalogue holds is looked up when the schema is read; the message there names what is installed.
    return loading.catalogDir === undefined
      ? "there is no catalogue of schemas; install one with steg schema add"
      : undefined;
  }
  if (name.trim() === "") return "the name is empty";
  if (name.startsWith("/") || /^[A-Za-z]:\\/.test(name))
    return `${name} is absolute; files of the bridge are relative to its folder`;
  const path = posix.normalize(name);
  if (path === ".." || path.startsWith("../")) return `${name} lies outside the bridge's folder`;
  if (loading.folder.files.has(path)) return undefined;
  const near = nearest(path, [...loading.folder.files.keys()]);
  return `there is no ${name} in the bridge's folder${near === undefined ? "" : `, but there is ${near}`}`;
}

/** Bytes of a file of the folder as it was read at load. Throws BridgeError FILE_NOT_FOUND. */
export function fileOf(loading: Loading, name: string): Uint8Array {
  const bytes = loading.folder.files.get(posix.normalize(name));
  if (bytes) return bytes;
  throw new BridgeError("FILE_NOT_FOUND", `there is no ${name} in the bridge's folder`);
}

// ── adapters ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The one key of a section that names an adapter. */
export function chosenAdapter(
  loading: Loading,
  node: MapNode,
  role: Role,
): { readonly adapter: AnyAdapter; readonly at: Position } | undefined {
  for (const { key, keyAt } of node.entries) {
    const adapter = loading.adapters.find((each) => each.role === role && each.name === key);
    if (adapter) return { adapter, at: keyAt };
  }
  return undefined;
}

/** An adapter with checked options; secrets are read when it is built. */
export function boundAdapter<R extends Role>(
  loading: Loading,
  adapter: AnyAdapter,
  at: Position,
  checked: Checked,
): Bound<R> {
  const outside = outsideOf(loading);
  checkAdapter(adapter, at, checked, loading.report);
  const noFiles = adapter.noFiles?.(bindOptions(checked));
  return {
    name: adapter.name,
    at,
    ...(noFiles !== undefined && { noFiles }),
    ...(adapter.refuses?.(bindOptions(checked)) === true && { refuses: true }),
    ...(adapter.arrivals?.(bindOptions(checked)) === true && { arrivals: true }),
    build: async (context: AdapterContext) => {
      const options = bindOptions(checked, outside);
      try {
        return await (adapter.build as (options: unknown, context: AdapterContext) => ReturnType<Bound<R>["build"]>)(
          options,
          context,
        );
      } catch (cause) {
        const option = asBridgeError(cause).facts?.["option"];
        throw placed(cause, (typeof option === "string" && placeOf(checked, option)?.at) || at);
      }
    },
  };
}

/** Errors of adapters know no place in the bridge file; the key that names the adapter is the nearest. */
function placed(cause: unknown, position: Position): BridgeError {
  const error = asBridgeError(cause);
  if (error.position) return error;
  const { stage, detail, hint } = error;
  return new BridgeError(error.code, error.message, { stage, detail, hint, position, cause });
}

const LARGEST_SECRET = 1024 * 1024;

export function outsideOf({ env, folder }: Pick<Loading, "env" | "folder">): Outside {
  return {
    variable: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    file(path) {
      const absolute = resolve(folder.dir, path);
      const { size } = statSync(absolute);
      if (size > LARGEST_SECRET) throw Object.assign(new Error("too large"), { code: "EFBIG" });
      return readFileSync(absolute, "utf8");
    },
  };
}

/** For codecs, which are built at check: no state, no logging, no secrets. */
export function checkContext(loading: Loading): AdapterContext {
  return {
    bridge: loading.name,
    bridgeDir: loading.folder.dir,
    dataDir: loading.dataDir,
    catalogDir: loading.catalogDir,
    stateDir: "",
    timezone: loading.timezone,
    calls: [],
    readBridgeFile: (path) => fileOf(loading, path),
    known: () => false,
    log: () => {},
  };
}

/** What code of other rooms throws at check, as a finding. */
export function reportThrown(report: Report, cause: unknown, at: Position): void {
  const error = asBridgeError(cause);
  // The table's hint for options says no more than the place does.
  const hint = error.hint === CODES.OPTION_UNUSABLE.hint ? "" : error.hint;
  report(finding(error.code, error.position ?? at, error.message, { hint }));
}

export function counting(report: Report): { readonly report: Report; readonly errors: () => number } {
  let errors = 0;
  return {
    report(each: Finding) {
      if (each.severity === "error") errors++;
      report(each);
    },
    errors: () => errors,
  };
}

export function entryOf(node: Node | undefined, key: string): MapNode["entries"][number] | undefined {
  return node?.kind === "map" ? node.entries.find((entry) => entry.key === key) : undefined;
}
