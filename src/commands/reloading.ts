// A running appliance follows its bridge folders: what changed is let in, or refused with its last valid version running on, and the
// bridges concerned are exchanged while the others go on.

import { basename, dirname, resolve } from "node:path";
import type { LoadedBridge } from "../core/bridge/types.ts";
import type { Log } from "../core/contract.ts";
import { asBridgeError } from "../core/errors.ts";
import type { Journal } from "../core/journal/types.ts";
import { bridgeFiles, refusedByBuild, type Admission, type RefusedBridge } from "../core/operations/admission.ts";
import type { Appliance } from "../core/pipeline/appliance.ts";
import { secretFiles, secretsKey, signsOf, type Signs } from "../core/reload/signs.ts";
import { watchSigns } from "../core/reload/watch.ts";

export interface Following {
  readonly dir: string;
  readonly log: Log;
  readonly appliance: Appliance;
  readonly journal: Pick<Journal, "audit">;
  /** Loads all bridges anew and enters what is let in. */
  admit(): Promise<Admission>;
  /** What runs from now on, and what does not. */
  admitted(next: Admission, unbuilt: readonly RefusedBridge[]): Promise<void>;
  loaded(): readonly LoadedBridge[];
  refused(): Promise<readonly RefusedBridge[]>;
  /** A bridge is another one, or gone. */
  exchanged(names: readonly string[]): Promise<void>;
  readonly onError: (cause: unknown) => void;
}

/** How everything looks; to be asked before the first load. */
export async function lookAt(dir: string, loaded: readonly LoadedBridge[]): Promise<Signs> {
  return await signsOf(await bridgeFiles(dir), loaded);
}

/** Until the signal. */
export async function follow(following: Following, seen: Signs, signal: AbortSignal): Promise<void> {
  const { dir, onError } = following;
  // Also those that were let in and cannot be built: their secrets may come.
  let known = following.loaded();
  let named: readonly string[] = [];
  const look = async (): Promise<Signs> => {
    named = await bridgeFiles(dir);
    return await signsOf(named, known);
  };
  const folders = (): Iterable<string> => foldersOf(dir, named, known);
  const changed = async (folders: ReadonlySet<string>): Promise<void> => {
    known = await reload(following, folders);
  };
  await watchSigns({ folders, look, changed, onError }, seen, signal);
}

/** Of bridges, also of those that do not load, and of the secrets that they name. */
function* foldersOf(dir: string, files: readonly string[], known: readonly LoadedBridge[]): Generator<string> {
  yield resolve(dir);
  for (const file of files) yield resolve(dirname(file));
  for (const bridge of known) {
    for (const name of bridge.files.keys()) yield dirname(resolve(bridge.dir, name));
    for (const file of secretFiles(bridge)) yield dirname(file);
  }
}

/** Answers what was let in. */
async function reload(following: Following, folders: ReadonlySet<string>): Promise<readonly LoadedBridge[]> {
  const { appliance, log } = following;
  const before = new Map(following.loaded().map((bridge) => [bridge.name, bridge]));
  const known = new Map((await following.refused()).map((one) => [one.bridge, one.why]));
  const next = await following.admit();
  // First the dates, then who works by them.
  await following.admitted(next, []);
  const unbuilt: RefusedBridge[] = [];
  const running = new Map(next.bridges.map((bridge) => [bridge.name, bridge]));
  const put = async (bridge: LoadedBridge): Promise<string> => {
    const old = before.get(bridge.name);
    try {
      await appliance.put(bridge);
      log("info", "bridge.reloaded", { bridge: bridge.name, from: old?.version ?? "none", to: bridge.version });
    } catch (cause) {
      unbuilt.push(refusedByBuild(bridge, asBridgeError(cause), old !== undefined));
      if (old) running.set(bridge.name, old);
      else running.delete(bridge.name);
    }
    return bridge.name;
  };
  const others = next.bridges.filter((bridge) => isAnother(bridge, before.get(bridge.name), folders));
  const gone = [...before.keys()].filter((name) => !running.has(name));
  const names = await Promise.all([...others.map(put), ...gone.map((name) => remove(following, name))]);
  const bridges = next.bridges.flatMap(({ name }) => running.get(name) ?? []);
  await following.admitted({ ...next, bridges }, unbuilt);
  for (const one of [...next.refused, ...unbuilt]) {
    if (known.get(one.bridge) === one.why) continue;
    log("error", "bridge.refused", { bridge: one.bridge, code: one.code, why: one.why, replaced: one.replaced });
  }
  if (names.length > 0) await following.exchanged(names);
  return next.bridges;
}

/** Also of the same version: a secret that it names may be another one, or be there at last. */
function isAnother(bridge: LoadedBridge, before: LoadedBridge | undefined, changed: ReadonlySet<string>): boolean {
  return before?.version !== bridge.version || changed.has(secretsKey(basename(dirname(bridge.file))));
}

async function remove({ appliance, journal, log }: Following, name: string): Promise<string> {
  await appliance.remove(name);
  const about = { event: "bridge.removed", bridge: name, drop: undefined, actor: "system", facts: {} };
  await journal.audit({ at: Date.now(), ...about });
  log("warn", "bridge.removed", { bridge: name });
  return name;
}

/** Something that runs over a set of bridges: ended and begun anew where that set is another one. */
export function createAgain(
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): { begin(): Promise<void>; ended(): Promise<void> } {
  let turn = new AbortController();
  let task: Promise<void> = Promise.resolve();
  return {
    async begin() {
      turn.abort();
      await task.catch(() => undefined);
      turn = new AbortController();
      task = work(AbortSignal.any([signal, turn.signal]));
      await task;
    },
    ended: async () => await task.catch(() => undefined),
  };
}
