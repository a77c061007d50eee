// A bridge as it is today, and in the versions that open drops are pinned to: each is built once, with the files it had.

import type { AdapterContext } from "../contract.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { CourierEvents } from "./courier.ts";
import type { Executor } from "../distributed/executor.ts";
import type { Shadow } from "../shadow/shadow.ts";
import { openRuntime, type Runtime } from "./runtime.ts";

export interface Runtimes {
  readonly today: Runtime;
  /** Throws VERSION_MISSING, or what building it throws. */
  of(version: string): Promise<Runtime>;
  /** Today's, and those that drops have needed so far. */
  opened(): readonly Runtime[];
  close(): Promise<void>;
}

export interface RuntimesDeps {
  readonly bridge: LoadedBridge;
  /** What adapters of this version see: its own layouts and certificates, not today's. */
  readonly contextOf: (bridge: LoadedBridge) => AdapterContext;
  readonly loadVersion: (bridge: string, version: string) => Promise<LoadedBridge>;
  readonly events: CourierEvents;
  /** Of today's version alone: what was approved once and is no longer, is not done for drops of that time. */
  readonly openShadow?: ((context: AdapterContext) => Promise<Shadow | undefined>) | undefined;
  readonly executor?: Executor | undefined;
}

export async function openRuntimes(deps: RuntimesDeps): Promise<Runtimes> {
  const { bridge, contextOf, loadVersion, events, openShadow, executor } = deps;
  const today = await openRuntime(bridge, contextOf(bridge), events, openShadow, executor);
  const older = new Map<string, Promise<Runtime>>();
  const ready: Runtime[] = [today];

  async function openOlder(version: string): Promise<Runtime> {
    const pinned = await loadVersion(bridge.name, version);
    const opened = await openRuntime(pinned, contextOf(pinned), events, undefined, executor);
    ready.push(opened);
    return opened;
  }

  return {
    today,
    of(version) {
      if (version === bridge.version) return Promise.resolve(today);
      let opened = older.get(version);
      if (!opened) {
        opened = openOlder(version);
        older.set(version, opened);
        // A version that cannot be had now may be there at the next try.
        opened.catch(() => older.delete(version));
      }
      return opened;
    },
    opened: () => ready,
    async close() {
      await Promise.allSettled(older.values());
      for (const runtime of ready.toReversed()) await runtime.close();
    },
  };
}
