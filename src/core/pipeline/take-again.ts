// `replay --drop ID --as-new`: a person wants a whole drop delivered once more. Its bytes become a drop of their own, one occurrence
// higher, so that every message gets a key that no target has seen.

import { BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";

export interface TakeAgainDeps {
  readonly bridge: LoadedBridge;
  readonly codecVersion: string;
  readonly journal: Journal;
  readonly spool: Spool;
  readonly newDropId: () => string;
  readonly holds: () => boolean;
}

const SAME_MOST = 10_000;

/** Throws PAYLOAD_PURGED where the bytes are gone; answers the new drop. */
export async function takeAgain(
  deps: TakeAgainDeps,
  drop: DropRow,
  actor: string,
  signal: AbortSignal,
): Promise<DropRow> {
  const { bridge, journal, spool } = deps;
  if (drop.payload === "purged") {
    throw new BridgeError("PAYLOAD_PURGED", `the payload of drop ${drop.id} is gone`);
  }
  const same = await journal.drops({ bridge: bridge.name, sha256: drop.sha256, limit: SAME_MOST });
  const id = deps.newDropId();
  const written = await spool.write(id, bridge.name, spool.read(drop.id, signal), signal);
  const result = await journal.take(
    {
      id,
      bridge: bridge.name,
      name: drop.name,
      hint: "",
      size: written.size,
      sha256: written.sha256,
      occurrence: Math.max(...same.map(({ occurrence }) => occurrence), drop.occurrence) + 1,
      received: Date.now(),
      bridgeVersion: bridge.version,
      codecVersion: deps.codecVersion,
      held: deps.holds(),
      inline: written.inline !== undefined,
    },
    written.inline,
  );
  await journal.audit({
    at: Date.now(),
    event: "drop.taken-as-new",
    bridge: bridge.name,
    drop: id,
    actor,
    facts: { earlier: drop.id, occurrence: result.drop.occurrence },
  });
  // It came from the spool: there is nothing to remove at any source.
  await journal.settled(id);
  return result.drop;
}
