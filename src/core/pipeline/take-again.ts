// `replay --drop ID --as-new`: a person wants a whole drop delivered once more. Its bytes become a drop of their own, one occurrence
// higher than any before, so that every message gets a key that no target has seen.

import { BridgeError } from "../errors.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { DropRow, Journal, Spool } from "../journal/types.ts";
import { isFatal } from "./fatal.ts";

export interface TakeAgainDeps {
  readonly bridge: LoadedBridge;
  readonly codecVersion: string;
  readonly journal: Journal;
  readonly spool: Spool;
  readonly newDropId: () => string;
  readonly holds: () => boolean;
}

/** Throws PAYLOAD_PURGED where the bytes are gone, DROP_HELD and DROP_HANDED_OVER of what was never delivered from here, DROP_REFUSED where its sender was told that it is not taken over; answers the new drop. */
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
  // Twice the same bytes: one of them might be delivered, and the other one handed over.
  if (drop.state === "held") throw new BridgeError("DROP_HELD", `drop ${drop.id} is held and was never delivered`);
  if (drop.state === "handed-over") {
    throw new BridgeError("DROP_HANDED_OVER", `drop ${drop.id} was handed over to the successor`);
  }
  if (drop.state === "refused") {
    throw new BridgeError("DROP_REFUSED", `drop ${drop.id} was refused after the sunset of its bridge`);
  }
  const id = deps.newDropId();
  const written = await spool.write(id, bridge.name, spool.read(drop.id, signal), signal);
  try {
    const result = await journal.take(
      {
        id,
        bridge: bridge.name,
        name: drop.name,
        hint: "",
        size: written.size,
        sha256: written.sha256,
        occurrence: drop.occurrence + 1,
        received: Date.now(),
        bridgeVersion: bridge.version,
        codecVersion: deps.codecVersion,
        // A person takes it, and nobody waits to be told.
        ended: deps.holds() ? "held" : undefined,
        inline: written.inline !== undefined,
        again: { of: drop.id, actor },
      },
      written.inline,
    );
    return result.drop;
  } catch (cause) {
    if (!isFatal(cause)) await spool.discard(id);
    throw cause;
  }
}
