// Which bridges run: those whose file is valid and whose dates the ledger accepts. Where a change is refused, the last
// valid version goes on running, also across restarts; a bridge that was never valid does not start, and the files of
// the legacy side stay untouched.

import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { clashesOf } from "../bridge/clashes.ts";
import type { Finding } from "../bridge/tree.ts";
import type { Lifecycle, LoadedBridge } from "../bridge/types.ts";
import { asBridgeError, BridgeError, formatPosition } from "../errors.ts";
import type { Journal } from "../journal/types.ts";
import { acceptedBy, approvedBy, checkRatchet, enterLedger, readLedger } from "../lifecycle/ledger.ts";
import type { Extension } from "../lifecycle/extensions.ts";
import type { Ledger } from "../lifecycle/ledger.ts";
import { keepValid, keptVersion } from "../lifecycle/ledger-kept.ts";
import type { Policy } from "../lifecycle/policy.ts";
import { enterShadow, enterSplit } from "./split-seen.ts";

export interface LoadResult {
  readonly bridge?: LoadedBridge;
  readonly findings: readonly Finding[];
}

export interface LoadChoice {
  /** A version that was let in before: neither the policy nor what time brings refuses it. */
  readonly pinned?: boolean;
  /** Whether this lifecycle was accepted before: then a tighter policy only warns. */
  readonly accepted?: (bridge: string, lifecycle: Lifecycle) => boolean;
  /** Extensions that two persons approved outside the file. */
  readonly approved?: (bridge: string) => readonly Extension[];
  /** What holds, where that is not the file as it was read. */
  readonly policy?: Policy;
}
export type Load = (file: string, choice?: LoadChoice) => Promise<LoadResult>;

export interface RefusedBridge {
  readonly bridge: string;
  readonly file: string;
  /** `file:line:column CODE message`, without values. */
  readonly why: string;
  readonly code: string;
  /** An earlier version runs in its place. */
  readonly replaced: boolean;
  /** `input`: the bridge file; `environment`: something it needs is not there, such as a secret. */
  readonly fault: "input" | "environment";
}

/** A bridge that was let in, and cannot be built. `runs`: an earlier version does. */
export function refusedByBuild(bridge: LoadedBridge, error: BridgeError, runs: boolean): RefusedBridge {
  const { name, file } = bridge;
  const place = formatPosition(error.position ?? { file, line: 1, column: 1 });
  const why = `${place} ${error.code} ${error.message}`;
  return { bridge: name, file, code: error.code, why, replaced: runs, fault: "environment" };
}

export interface Admission {
  readonly bridges: readonly LoadedBridge[];
  readonly refused: readonly RefusedBridge[];
}

/** Paths of all bridge files in a folder of bridges, by name. */
export async function bridgeFiles(dir: string): Promise<readonly string[]> {
  let entries;
  try {
    entries = await readdir(dir, { withFileTypes: true });
  } catch (cause) {
    throw new BridgeError("FILE_UNREADABLE", `${dir} cannot be read`, {
      cause,
      hint: "Name the folder of the bridges with --dir.",
    });
  }
  const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name);
  const files: string[] = [];
  for (const folder of folders.toSorted()) {
    if (await mayHoldBridge(join(dir, folder))) files.push(join(dir, folder, "bridge.yaml"));
  }
  return files;
}

/** A folder that may not be looked into counts: loading its file says so, while to leave it out would end a bridge in silence. */
async function mayHoldBridge(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).includes("bridge.yaml");
  } catch (cause) {
    return !["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "");
  }
}

/** Loads every bridge; with `enter`, what is accepted goes into the ledger. A command that only looks enters nothing. */
export async function admitBridges(
  files: readonly string[],
  load: Load,
  journal: Pick<Journal, "entries" | "set" | "audit">,
  stateDir: string,
  now: number,
  enter: boolean,
  /** What was refused at the last look: the trail says it once. */
  before: readonly RefusedBridge[] = [],
): Promise<Admission> {
  let ledger = await readLedger(journal);
  const known = { accepted: acceptedBy(ledger), approved: approvedBy(ledger) };
  const loaded: { file: string; result: LoadResult }[] = [];
  for (const file of files) loaded.push({ file, result: await loadSafely(load, file, known) });
  const all = unique(loaded.flatMap(({ result }) => result.bridge ?? []));
  const bridges: LoadedBridge[] = [];
  const refused: RefusedBridge[] = [];
  for (const { file, result } of loaded) {
    const problem = problemOf(file, result, ledger, all);
    const bridge = result.bridge;
    if (problem === undefined && bridge !== undefined) {
      bridges.push(bridge);
      if (!enter) continue;
      await enterLedger(journal, ledger, bridge, basename(dirname(file)), now);
      await enterSplit(journal, bridge, now);
      await enterShadow(journal, bridge, now);
      await keepValid(stateDir, bridge);
      ledger = await readLedger(journal);
      continue;
    }
    const name = bridge?.name ?? nameOf(file, ledger);
    const kept = await loadKept(load, stateDir, ledger, name);
    if (kept !== undefined) bridges.push(kept);
    const { code, why } = problem ?? { code: "INTERNAL", why: "not loaded" };
    refused.push({ bridge: name, file, code, why, replaced: kept !== undefined, fault: "input" });
    if (!enter || before.some((one) => one.file === file && one.why === why)) continue;
    const facts = { code, replaced: kept !== undefined };
    await journal.audit({ at: now, event: "bridge.refused", bridge: name, drop: undefined, actor: "system", facts });
  }
  return { bridges, refused };
}

async function loadSafely(load: Load, file: string, choice: LoadChoice): Promise<LoadResult> {
  try {
    return await load(file, choice);
  } catch (cause) {
    const error = asBridgeError(cause);
    const place = error.position ?? { file, line: 1, column: 1 };
    const finding: Finding = {
      ...place,
      severity: "error",
      code: error.code,
      message: error.message,
      hint: error.hint,
      length: 0,
    };
    return { findings: [finding] };
  }
}

function unique(bridges: readonly LoadedBridge[]): readonly LoadedBridge[] {
  return [...new Map(bridges.map((bridge) => [bridge.name, bridge])).values()];
}

function problemOf(
  file: string,
  result: LoadResult,
  ledger: Ledger,
  all: readonly LoadedBridge[],
): { readonly code: string; readonly why: string } | undefined {
  const finding = result.findings.find(({ severity }) => severity === "error");
  if (finding !== undefined) {
    return { code: finding.code, why: `${formatPosition(finding)} ${finding.code} ${finding.message}` };
  }
  const { bridge } = result;
  if (bridge === undefined) return { code: "INTERNAL", why: `${file}:1:1 INTERNAL the bridge did not load` };
  // Two files of one name would share drops and progress; the first by path is the one that runs.
  const first = all.find(({ name }) => name === bridge.name && name !== basename(dirname(file)));
  if (first !== undefined && first !== bridge) {
    return { code: "BRIDGE_UNKNOWN", why: `${file}:1:1 another bridge file is called ${bridge.name} too` };
  }
  const clash = clashesOf(all).get(bridge)?.[0];
  if (clash !== undefined) {
    return { code: clash.code, why: `${formatPosition(clash)} ${clash.code} ${clash.message}` };
  }
  const [moved] = checkRatchet(bridge, ledger, all);
  if (moved === undefined) return undefined;
  const place = moved.position === undefined ? file : formatPosition(moved.position);
  return { code: moved.code, why: `${place} ${moved.code} ${moved.message}` };
}

/** A file that does not parse no longer says its bridge's name; the ledger knows it by the folder. */
function nameOf(file: string, ledger: Ledger): string {
  const folder = basename(dirname(file));
  return [...ledger.values()].find((entry) => entry.folder === folder)?.bridge ?? folder;
}

async function loadKept(load: Load, stateDir: string, ledger: Ledger, name: string): Promise<LoadedBridge | undefined> {
  const entry = ledger.get(name);
  if (entry === undefined) return undefined;
  const file = await keptVersion(stateDir, name, entry.version);
  if (file === undefined) return undefined;
  const result = await loadSafely(load, file, { pinned: true, approved: approvedBy(ledger) });
  // The version is a hash over the folder: what somebody changed in the state is not the version that was accepted.
  return result.bridge?.version === entry.version ? result.bridge : undefined;
}
