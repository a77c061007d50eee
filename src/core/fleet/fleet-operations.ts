// The operations of a fleet over what it has gathered.

import { BridgeError } from "../errors.ts";
import type { FleetBook } from "./book.ts";
import type { ApplianceStanding, Gatherer } from "./gather.ts";
import type { ApplianceView, FleetOperations } from "./operations.ts";

export function createFleetOperations(gatherer: Gatherer, book: FleetBook): FleetOperations {
  return {
    fleetAppliances: async () => await Promise.resolve(gatherer.standings().map((one) => viewOf(one, book))),
    async fleetHeads({ name }) {
      if (!gatherer.standings().some(({ entry }) => entry.name === name))
        throw new BridgeError("APPLIANCE_UNKNOWN", `there is no appliance ${name.slice(0, 64)}`);
      await book.flush();
      return await book.heads(name);
    },
    fleetAcknowledge: async (what) => await gatherer.acknowledge(what),
  };
}

function viewOf(
  { entry, unknown, seen, snapshot, broken, failure }: ApplianceStanding,
  book: FleetBook,
): ApplianceView {
  const head = book.kept(entry.name)?.trail?.head;
  return {
    appliance: entry.name,
    title: entry.title,
    known: !unknown,
    seen: seen === undefined ? null : new Date(seen).toISOString(),
    version: snapshot?.version ?? null,
    policy: snapshot?.policy ?? null,
    bridges: snapshot?.bridges.length ?? 0,
    head: head === undefined ? null : { seq: head.seq, hash: head.hash },
    broken: broken?.kind ?? null,
    failure: failure?.code ?? null,
  };
}
