// Replay as people see it: first what changed since the drops were taken and what would come of it, then, on request, the sending.
// A changed mapping has to be confirmed (decision 0005); the trail says who did, and both versions.

import type { LoadedBridge } from "../bridge/types.ts";
import { BridgeError } from "../errors.ts";
import type { DeadLetter, Journal } from "../journal/types.ts";
import type { Appliance } from "../pipeline/appliance.ts";
import type { ReplayItem, ReplayRequest, ReplayResult } from "./operations.ts";

export const MOST_REPLAY = 100_000;

export interface ReplayDeps {
  readonly journal: Journal;
  bridges(): Promise<readonly LoadedBridge[]>;
  /** The engine; made when it is first needed. */
  appliance(): Promise<Appliance>;
  readonly signal: AbortSignal;
  now(): number;
}

export async function replayLetters(
  deps: ReplayDeps,
  request: ReplayRequest & { readonly alone?: boolean },
  onProgress?: (done: number) => void,
): Promise<ReplayResult> {
  if (request.ids.length > MOST_REPLAY)
    throw new BridgeError("REQUEST_INVALID", `at most ${MOST_REPLAY} dead letters can be replayed at once`);
  const letters = new Map<string, DeadLetter>();
  for (const id of request.ids) {
    const letter = await deps.journal.deadLetter(id);
    if (letter === undefined) throw new BridgeError("DEAD_LETTER_UNKNOWN", "there is no dead letter of that id");
    letters.set(id, letter);
  }
  const difference = await whatChanged(deps, [...letters.values()]);
  if (!request.dryRun) {
    if (difference.changed.length > 0 && request.alone === true)
      throw new BridgeError("APPROVAL_NEEDED", "a replay with a changed mapping is an act of two persons here", {
        hint: "Ask for it in the dashboard, on the page of the cause among the dead letters.",
      });
    if (difference.changed.length > 0 && request.confirmChanged !== true) {
      throw new BridgeError("CONFIRMATION_NEEDED", "the mapping changed since these records were taken");
    }
    await auditRequest(deps, request, difference.versions);
  }
  const items: ReplayItem[] = [];
  const appliance = await deps.appliance();
  const { actor, dryRun, confirmUnsure = false } = request;
  for await (const result of appliance.replay(
    { ids: [...letters.keys()], actor, dryRun, confirmUnsure },
    deps.signal,
  )) {
    const letter = letters.get(result.id);
    if (letter === undefined) continue;
    items.push({
      id: result.id,
      bridge: letter.bridge,
      outcome: result.outcome,
      before: { code: letter.code, message: letter.message },
      after: result.error === undefined ? null : { code: result.error.code, message: result.error.message },
    });
    onProgress?.(items.length);
  }
  return { items, ...difference };
}

async function auditRequest(
  deps: ReplayDeps,
  request: ReplayRequest,
  versions: ReplayResult["versions"],
): Promise<void> {
  for (const { bridge, before, now } of versions) {
    await deps.journal.audit({
      at: deps.now(),
      event: "replay.started",
      bridge,
      drop: undefined,
      actor: request.actor,
      facts: {
        letters: request.ids.length,
        before,
        now,
        mappingChanged: before !== now,
        confirmUnsure: request.confirmUnsure === true,
      },
    });
  }
}

async function whatChanged(
  deps: ReplayDeps,
  letters: readonly DeadLetter[],
): Promise<{ readonly changed: ReplayResult["changed"]; readonly versions: ReplayResult["versions"] }> {
  const loaded = new Map((await deps.bridges()).map((bridge) => [bridge.name, bridge]));
  const drops = new Map<string, string>();
  for (const letter of letters) {
    if (drops.has(letter.drop)) continue;
    drops.set(letter.drop, (await deps.journal.drop(letter.drop))?.bridgeVersion ?? "");
  }
  const changed = new Map<string, { bridge: string; file: string }>();
  const versions = new Map<string, { bridge: string; before: string; now: string }>();
  for (const letter of letters) {
    const then = drops.get(letter.drop) ?? "";
    const key = `${letter.bridge}\0${then}`;
    const bridge = loaded.get(letter.bridge);
    if (bridge === undefined)
      throw new BridgeError("BRIDGE_UNKNOWN", `bridge ${letter.bridge} is not among the bridges that run`);
    if (versions.has(key)) continue;
    versions.set(key, { bridge: letter.bridge, before: then, now: bridge.version });
    if (then === bridge.version) continue;
    for (const file of await changedFiles(deps.journal, then, bridge))
      changed.set(`${letter.bridge}\0${file}`, { bridge: letter.bridge, file });
  }
  return { changed: [...changed.values()], versions: [...versions.values()] };
}

async function changedFiles(journal: Journal, then: string, bridge: LoadedBridge): Promise<readonly string[]> {
  const before = await journal.version(then);
  // The old folder is gone with its last drop; that something changed is still known from its hash.
  if (before === undefined) return ["bridge.yaml"];
  const names = [...new Set([...before.keys(), ...bridge.files.keys()])].toSorted();
  const differ = names.filter((name) => {
    const [old, now] = [before.get(name), bridge.files.get(name)];
    return old === undefined || now === undefined || Buffer.compare(old, now) !== 0;
  });
  return differ.length > 0 ? differ : ["bridge.yaml"];
}
