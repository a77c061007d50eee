// The loader of bridge files with everything it needs to know of this machine: policy, folders, adapters.

import { readFileSync } from "node:fs";
import type { Finding } from "../core/bridge/tree.ts";
import { loadBridge } from "../core/bridge/load.ts";
import type { LoadDeps, LoadResult } from "../core/bridge/load.ts";
import type { LoadedBridge } from "../core/bridge/types.ts";
import { BridgeError } from "../core/errors.ts";
import { unpackVersion } from "../core/lifecycle/ledger-kept.ts";
import { builtInPolicy, readPolicy } from "../core/lifecycle/policy.ts";
import type { Policy } from "../core/lifecycle/policy.ts";
import { bridgeFiles } from "../core/operations/admission.ts";
import type { Load, LoadChoice } from "../core/operations/admission.ts";
import { nearest } from "../core/options/nearest.ts";
import type { Settings } from "../core/settings.ts";
import { defaultCatalogDir } from "../core/validation/catalog.ts";
import type { Program } from "./command.ts";

export interface Loader {
  readonly policy: Policy;
  /** With the figures, and with the schemas compiled: what `steg check` does. */
  check(file: string): Promise<LoadResult>;
  readonly load: Load;
}

export interface PinnedVersion {
  /** The bridge's. */
  readonly name: string;
  readonly version: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export async function createLoader(settings: Settings, program: Program): Promise<Loader> {
  const policy = readPolicyFile(settings);
  const known = await program.adapters();
  const deps: LoadDeps = {
    adapters: known.adapters,
    policy,
    now: Date.now(),
    dataDir: settings.data,
    catalogDir: defaultCatalogDir(settings.dir),
    env: program.env,
    encoderOf: (encoding) => known.encoderNamed(encoding),
  };
  return {
    policy,
    check: async (file) => await loadBridge(file, deps),
    load: async (file, choice: LoadChoice = {}) =>
      await loadBridge(file, { ...deps, ...choice, now: Date.now(), checkSchemas: false }),
  };
}

/** A policy that cannot be read stops everything: another one in its place would loosen it silently. */
function readPolicyFile(settings: Settings): Policy {
  if (settings.policy === undefined) return builtInPolicy();
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(settings.policy);
  } catch (cause) {
    throw new BridgeError(
      "FILE_UNREADABLE",
      `the policy ${settings.policy} (from ${settings.origin("policy")}) cannot be read`,
      { cause },
    );
  }
  let first: Finding | undefined;
  const policy = readPolicy(settings.policy, bytes, (finding) => (first ??= finding));
  if (policy !== undefined) return policy;
  throw new BridgeError("POLICY_INVALID", first?.message ?? "the policy is not valid", {
    position: first,
    hint: first?.hint || undefined,
  });
}

/**
 * A version of a bridge that drops are pinned to, from its files, unpacked under the folder. VERSION_MISSING where it does not load, or is
 * another bridge.
 */
export async function loadPinned(
  load: Load,
  folder: string,
  { name, version, files }: PinnedVersion,
  choice: LoadChoice = {},
): Promise<LoadedBridge> {
  const { bridge, findings } = await load(await unpackVersion(folder, version, files), { ...choice, pinned: true });
  if (bridge?.name === name) return bridge;
  const code = findings.find(({ severity }) => severity === "error")?.code ?? "INTERNAL";
  const text = `the version of bridge ${name} that drops are pinned to no longer loads: ${code}`;
  throw new BridgeError("VERSION_MISSING", text);
}

function folderOf(file: string): string {
  return file.split(/[/\\]/).at(-2) ?? "";
}

/** The bridge of that name, by its folder first; BRIDGE_INVALID where it does not load. */
export async function loadNamed(settings: Settings, program: Program, name: string): Promise<LoadedBridge> {
  const { load } = await createLoader(settings, program);
  const files = await bridgeFiles(settings.dirAsGiven);
  const candidates = [
    ...files.filter((file) => folderOf(file) === name),
    ...files.filter((file) => folderOf(file) !== name),
  ];
  for (const file of candidates) {
    const { bridge, findings } = await load(file);
    if (bridge?.name === name) return bridge;
    const error = findings.find(({ severity }) => severity === "error");
    if (folderOf(file) === name && bridge === undefined && error !== undefined) {
      throw new BridgeError("BRIDGE_INVALID", `${error.code} ${error.message}`, {
        position: error,
        hint: `steg check ${file} shows everything.`,
      });
    }
  }
  const names = files.map(folderOf);
  const near = nearest(name, names);
  throw new BridgeError("BRIDGE_UNKNOWN", `there is no bridge ${name} in ${settings.dirAsGiven}`, {
    hint: near === undefined ? `There are: ${names.join(", ") || "none"}` : `Did you mean ${near}?`,
  });
}
