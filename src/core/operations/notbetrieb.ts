// Opening a bridge after its sunset, as an operation: reads the ledger, asks the rules, writes both the ledger and the trail in one
// transaction. The state then follows by itself, for faces, sources and held drops.

import type { LoadedBridge } from "../bridge/types.ts";
import { BridgeError } from "../errors.ts";
import { isoIn } from "../lifecycle/dates.ts";
import { enterNotbetrieb, readLedger } from "../lifecycle/ledger.ts";
import type { LedgerEntry } from "../lifecycle/ledger.ts";
import { confirmNotbetrieb, endNotbetrieb, openNotbetrieb } from "../lifecycle/notbetrieb.ts";
import type { NotbetriebBook } from "../lifecycle/notbetrieb.ts";
import { standingNow } from "../lifecycle/state-watch.ts";
import type { Standing } from "../lifecycle/state.ts";
import type { InTurn } from "../turns.ts";
import { bridgeNamed } from "./bridge-views.ts";
import type { LocalDeps } from "./local.ts";
import type { NotbetriebView, Operations } from "./operations.ts";

type Asked<K extends keyof Operations> = Parameters<Operations[K]>[0];

export interface Notbetrieb {
  open(request: Asked<"notbetrieb">): Promise<NotbetriebView>;
  confirm(request: Asked<"notbetriebConfirm">): Promise<NotbetriebView>;
  end(request: Asked<"notbetriebEnd">): Promise<NotbetriebView>;
}

interface Seen {
  readonly bridge: LoadedBridge;
  readonly entry: LedgerEntry;
  readonly standing: Standing;
  /** By the clock that states are computed with. */
  readonly now: number;
}

interface Deps extends Pick<LocalDeps, "journal" | "bridges" | "watch" | "policy" | "log"> {
  /** Shared with whatever else writes the ledger. */
  readonly inTurn: InTurn;
}

export function createNotbetrieb(deps: Deps): Notbetrieb {
  /** One after the other: two who open a bridge at the same time open it once. */
  async function change(
    { bridge, actor }: { readonly bridge: string; readonly actor: string },
    event: string,
    decide: (seen: Seen) => NotbetriebBook | Promise<NotbetriebBook>,
  ): Promise<NotbetriebView> {
    return await deps.inTurn(async () => {
      const seen = await see(deps, bridge);
      const book = await decide(seen);
      await enterNotbetrieb(deps.journal, seen.entry, book, { at: seen.now, event, actor });
      const watch = await deps.watch();
      await watch.refresh();
      // The trail tells of the new state at once, and not only at the next tick.
      await watch.tick();
      const view = viewOf(seen, book);
      const { stage, reason, until, uses } = view;
      deps.log?.("warn", event, { bridge, stage, reason, until, uses });
      return view;
    });
  }

  return {
    open: async (request) =>
      await change(request, "notbetrieb.begun", async ({ entry, standing, now }) =>
        openNotbetrieb(entry.notbetrieb, standing, request, (await deps.policy()).notbetrieb, now),
      ),
    confirm: async (request) =>
      await change(request, "notbetrieb.confirmed", ({ entry, standing }) =>
        confirmNotbetrieb(entry.notbetrieb, standing, request),
      ),
    end: async (request) =>
      await change(request, "notbetrieb.ended", ({ entry, standing, now }) =>
        endNotbetrieb(entry.notbetrieb, standing, now),
      ),
  };
}

async function see(
  { journal, bridges, watch }: Pick<LocalDeps, "journal" | "bridges" | "watch">,
  name: string,
): Promise<Seen> {
  const bridge = bridgeNamed(await bridges(), name);
  const ledger = await readLedger(journal);
  const entry = ledger.get(name);
  if (entry === undefined) {
    throw new BridgeError(
      "NOTBETRIEB_REFUSED",
      "this bridge has never run on this state, so nothing is known of its end",
      {
        hint: "Start it once with steg up, or name the running one's folder with --state.",
      },
    );
  }
  const now = (await watch()).now();
  return { bridge, entry, standing: standingNow(bridge, ledger, now), now };
}

function viewOf({ bridge: { name, timezone } }: Seen, { uses, last }: NotbetriebBook): NotbetriebView {
  const { stage, reason, ticket } = last;
  return {
    bridge: name,
    stage,
    from: isoIn(last.from, timezone),
    until: isoIn(last.until, timezone),
    reason,
    ticket,
    uses,
  };
}
