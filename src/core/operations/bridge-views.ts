// One line per bridge for lists and the admin API: what runs, what waits, what does not run and why.

import type { LoadedBridge } from "../bridge/types.ts";
import type { WorkerStatus } from "../pipeline/appliance.ts";
import { BridgeError } from "../errors.ts";
import { DEFAULT_ZONE } from "../lifecycle/dates.ts";
import type { ServerHealth } from "../pipeline/server-health.ts";
import { growsNote } from "../pipeline/term-note.ts";
import { nearest } from "../options/nearest.ts";
import { openTerms } from "../pipeline/term-store.ts";
import type { Journal } from "../journal/types.ts";
import type { LocalDeps } from "./local.ts";
import { expectedView } from "./expectations.ts";
import type { BridgeView, ExpectedView, ServerView } from "./operations.ts";

export async function bridgeViews(deps: LocalDeps, only: string | undefined): Promise<readonly BridgeView[]> {
  const bridges = await deps.bridges();
  const watch = await deps.watch();
  const now = watch.now();
  const sums = new Map((await deps.journal.sums()).map((sum) => [sum.bridge, sum]));
  const open = await openTerms(deps.journal);
  const paused = await deps.journal.entries<boolean>("paused/");
  const status = new Map((deps.running()?.status() ?? []).map((one) => [one.bridge, one]));
  const refused = new Map((await deps.refused()).map((one) => [one.bridge, one]));
  const loaded = new Map(bridges.map((bridge) => [bridge.name, bridge]));
  const known = [...new Set([...loaded.keys(), ...refused.keys()])].toSorted();
  if (only !== undefined && !known.includes(only)) throw unknownBridge(only, known);
  const names = only === undefined ? known : [only];
  const expected = new Map<string, ExpectedView | null>();
  for (const name of names) {
    const bridge = loaded.get(name);
    if (bridge?.expect) expected.set(name, await expectedView({ journal: deps.journal, watch }, bridge));
  }
  return names.map((name) => {
    const bridge = loaded.get(name);
    const sum = sums.get(name);
    return {
      bridge: name,
      title: bridge?.title ?? "",
      system: bridge?.lifecycle.legacy.system ?? "",
      tags: deps.tagsOf?.(name) ?? [],
      lifecycle: bridge === undefined ? "refused" : watch.standing(bridge, now).state,
      paused: paused.get(`paused/${name}`) === true || paused.get(name) === true,
      drops: sum?.drops ?? 0,
      records: sum?.records ?? 0,
      delivered: sum?.delivered ?? 0,
      skipped: sum?.skipped ?? 0,
      dead: sum?.dead ?? 0,
      pending: sum?.pending ?? 0,
      openDead: sum?.openDead ?? 0,
      oldestDead: sum?.oldestDead == null ? null : new Date(sum.oldestDead).toISOString(),
      held: sum?.held ?? 0,
      spoolBytes: sum?.spoolBytes ?? 0,
      attachments: attachmentsOf(sum, bridge?.attach !== undefined),
      servers: (status.get(name)?.servers ?? []).map(serverView),
      trouble: refused.get(name)?.why ?? troubleOf(status.get(name)),
      term: status.get(name)?.term?.says ?? growing(open.get(name), bridge?.timezone),
      expected: expected.get(name) ?? null,
    };
  });
}

type Sum = Awaited<ReturnType<Journal["sums"]>>[number];

/** Also of a bridge that has none any more, as long as some are kept. */
function attachmentsOf(sum: Sum | undefined, takes: boolean): BridgeView["attachments"] {
  const {
    attachmentsWaiting: waiting = 0,
    attachmentsJoined: joined = 0,
    attachmentsUnassigned: unassigned = 0,
  } = sum ?? {};
  return takes || waiting + joined + unassigned > 0 ? { waiting, joined, unassigned } : null;
}

function serverView({ role, server, up, since, code }: ServerHealth): ServerView {
  return { role, server, up, since: since === undefined ? null : new Date(since).toISOString(), code: code ?? null };
}

/** Enough for every name that is right; what is longer was never a name. */
const MOST_NAME = 64;
const MOST_LISTED = 12;

/** BRIDGE_UNKNOWN with the name that is near, or with those there are. */
export function unknownBridge(name: string, known: readonly string[]): BridgeError {
  const near = nearest(name, known);
  const more = known.length > MOST_LISTED ? ", …" : "";
  const list = known.length === 0 ? "There are none." : `There are: ${known.slice(0, MOST_LISTED).join(", ")}${more}`;
  return new BridgeError("BRIDGE_UNKNOWN", `there is no bridge ${name.slice(0, MOST_NAME)}`, {
    hint: near === undefined ? list : `Did you mean ${near}?`,
  });
}

/** The loaded bridge of that name, or BRIDGE_UNKNOWN. */
export function bridgeNamed(bridges: readonly LoadedBridge[], name: string): LoadedBridge {
  const bridge = bridges.find((one) => one.name === name);
  if (bridge) return bridge;
  throw unknownBridge(
    name,
    bridges.map((one) => one.name),
  );
}

/** Where no engine runs, the journal still knows which files are open. */
function growing(until: number | undefined, zone: string | undefined): string | null {
  return until === undefined ? null : growsNote(until, zone ?? DEFAULT_ZONE).says;
}

/** The nearest cause first: the source, then a target that is stuck, one whose circuit is open, what is owed. */
export function troubleOf(status: WorkerStatus | undefined): string | null {
  if (status === undefined) return null;
  if (status.sourceError !== undefined) return status.sourceError;
  const stuck = status.stuck[0];
  if (stuck !== undefined) return `stuck at ${stuck}`;
  const open = status.circuits.find((circuit) => circuit.state !== "closed");
  if (open !== undefined) return `waiting for ${open.address}: ${open.why}`;
  return status.owed ?? null;
}
