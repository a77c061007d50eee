// What runs, beside what lies on the disk: bridge folder, policy, settings. They differ where a change was refused, was not looked at yet,
// or counts only from the next start on.

import { existsSync, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { readFolder } from "../bridge/folder.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import { RESTORED_KEY, type RestoredEntry } from "../journal/backup/restored.ts";
import type { Journal } from "../journal/types.ts";
import { readPolicy } from "../lifecycle/policy.ts";
import type { RefusedBridge } from "../operations/admission.ts";
import { filesBelow, signOf, signOfAll } from "./signs.ts";

export interface DriftView {
  readonly bridge: string;
  /** Hashes of the folder; null = no version runs, or there is none on the disk. */
  readonly running: string | null;
  readonly disk: string | null;
  /** ISO 8601, the newest change in the folder; null = it is gone. */
  readonly changed: string | null;
  /** Why what lies there does not run: `file:line:column CODE text`; null = it does, or will be looked at within a minute. */
  readonly why: string | null;
  /** Hashes; `disk` is null where the file is not valid or gone. It counts from the next start on. */
  readonly policy: { readonly running: string; readonly disk: string | null };
  /** steg.yaml: when it was changed since the start (ISO 8601); null = it was not. */
  readonly settings: { readonly file: string; readonly changed: string | null };
  /** The state was restored from a backup, and when; null = never. */
  readonly restored: {
    readonly at: string;
    readonly backup: string;
    readonly payload: boolean;
    readonly head: number;
  } | null;
}

export interface DriftDeps {
  loaded(): readonly LoadedBridge[];
  refused(): Promise<readonly RefusedBridge[]>;
  readonly journal: Pick<Journal, "get">;
  /** `file`: undefined = the built-in one. */
  readonly policy: { readonly hash: string; readonly file: string | undefined };
  /** How the settings' file looked at the start. */
  readonly settings: { readonly file: string; readonly sign: string };
}

/** Looks at the disk each time it is asked; a folder that looks as before is not read again. */
export function createDrift(deps: DriftDeps): (bridge: string) => Promise<DriftView> {
  const versions = new Map<string, { readonly sign: string; readonly version: string }>();

  async function onDisk(file: string): Promise<Pick<DriftView, "disk" | "changed">> {
    const folder = dirname(file);
    if (!existsSync(file)) {
      versions.delete(folder);
      return { disk: null, changed: null };
    }
    const files = await filesBelow(folder);
    const sign = await signOfAll(files);
    const times = await Promise.all(files.map(async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0));
    const changed = new Date(Math.max(0, ...times)).toISOString();
    const known = versions.get(folder);
    if (known?.sign === sign) return { disk: known.version, changed };
    const { version } = readFolder(folder, file, () => undefined);
    versions.set(folder, { sign, version });
    return { disk: version, changed };
  }

  return async (name) => {
    const bridge = deps.loaded().find((one) => one.name === name);
    const refused = (await deps.refused()).find((one) => one.bridge === name);
    const isRunning = bridge !== undefined && (refused === undefined || refused.replaced);
    const file = refused?.file ?? bridge?.file;
    const disk = file === undefined ? { disk: null, changed: null } : await onDisk(file);
    return {
      bridge: name,
      running: isRunning ? bridge.version : null,
      ...disk,
      why: refused?.why ?? null,
      policy: { running: deps.policy.hash, disk: policyOnDisk(deps.policy) },
      settings: { file: deps.settings.file, changed: await changeOf(deps.settings) },
      restored: await restoredOf(deps.journal),
    };
  };
}

function policyOnDisk({ hash, file }: DriftDeps["policy"]): string | null {
  if (file === undefined) return hash;
  try {
    return readPolicy(file, readFileSync(file), () => undefined)?.hash ?? null;
  } catch {
    return null;
  }
}

async function changeOf({ file, sign }: DriftDeps["settings"]): Promise<string | null> {
  if ((await signOf(file)) === sign) return null;
  const found = await stat(file).catch(() => undefined);
  return new Date(found?.mtimeMs ?? Date.now()).toISOString();
}

async function restoredOf(journal: DriftDeps["journal"]): Promise<DriftView["restored"]> {
  const entry = await journal.get<RestoredEntry>(RESTORED_KEY);
  return entry === undefined ? null : { ...entry, at: new Date(entry.at).toISOString() };
}
