// Connections of node-rfc: each is a session of a user in SAP and runs one call at a time. A bounded number of them, opened when there
// is work, closed when nobody has used them for a while. One that broke is thrown away; node-rfc would log on again by itself after
// some failures, so such a one is closed at once.

import { turn } from "../shared/turn.ts";
import type { SdkClient } from "./sdk-types.ts";

export interface SdkPool {
  /** Rejects with the signal's reason, or with what opening a connection failed with (as `NotOpened`). */
  take(signal: AbortSignal): Promise<SdkClient>;
  /** `keep` false: it is closed. */
  give(client: SdkClient, keep: boolean): void;
  close(): Promise<void>;
}

/** Opening the connection failed: no function was called. */
export class NotOpened extends Error {
  readonly reason: unknown;
  constructor(reason: unknown) {
    super("no connection");
    this.reason = reason;
  }
}

const IDLE = 60_000;

export function createSdkPool(make: () => SdkClient, most: number, idle: number = IDLE): SdkPool {
  const free: { readonly client: SdkClient; readonly timer: NodeJS.Timeout }[] = [];
  const queue: (() => void)[] = [];
  let count = 0;
  let closed = false;

  function drop(client: SdkClient): void {
    count--;
    void end(client);
    queue.shift()?.();
  }

  async function open(): Promise<SdkClient> {
    count++;
    try {
      const client = make();
      await client.open();
      return client;
    } catch (cause) {
      count--;
      queue.shift()?.();
      throw new NotOpened(cause);
    }
  }

  return {
    async take(signal) {
      for (;;) {
        signal.throwIfAborted();
        if (closed) throw new Error("the adapter was closed");
        const kept = free.pop();
        if (kept) {
          clearTimeout(kept.timer);
          if (kept.client.alive) return kept.client;
          drop(kept.client);
          continue;
        }
        if (count < most) return await open();
        await turn(queue, signal);
        // Whoever gives up on being called passes the call on.
        if (signal.aborted) queue.shift()?.();
      }
    },
    give(client, keep) {
      if (!keep || closed || !client.alive) return drop(client);
      const timer = setTimeout(() => {
        const at = free.findIndex((each) => each.client === client);
        if (at < 0) return;
        free.splice(at, 1);
        drop(client);
      }, idle).unref();
      free.push({ client, timer });
      queue.shift()?.();
    },
    async close() {
      closed = true;
      for (const go of queue.splice(0)) go();
      const ending = free.splice(0).map(({ client, timer }) => {
        clearTimeout(timer);
        count--;
        return end(client);
      });
      await Promise.all(ending);
    },
  };
}

async function end(client: SdkClient): Promise<void> {
  try {
    await client.close();
  } catch {
    // It was closed already, or its line is dead.
  }
}
