// Which servers a bridge speaks to, and how each is: known from the last call to it, never asked for its own sake.

import type { Appender, Target } from "../contract.ts";
import { asBridgeError, type Code } from "../errors.ts";
import type { Runtime } from "./runtime.ts";

export interface ServerHealth {
  readonly role: "source" | "target" | "receipts";
  /** host:port or origin; without user, path and query. */
  readonly server: string;
  readonly up: boolean;
  /** Milliseconds since the epoch at which it became so; undefined where it always was since the start. */
  readonly since: number | undefined;
  /** Why it is down. */
  readonly code: Code | undefined;
}

export interface ServerBook {
  /** The last call to this server succeeded, or failed for this cause. Without a server (a folder of this machine) nothing is noted. */
  note(role: ServerHealth["role"], server: string | undefined, cause?: unknown): void;
  /** What the call answers or rejects with; how it ended is noted, unless we ended it ourselves. */
  watch<T>(role: ServerHealth["role"], server: string | undefined, signal: AbortSignal, call: Promise<T>): Promise<T>;
  /** The same target; how writing its growing files ends is noted, since no circuit hears of it. */
  hearing(target: Target): Target;
  list(): readonly ServerHealth[];
}

/** Sources, receipts and targets with growing files name one server each; whoever adds them names a handful. */
export function createServerBook(now: () => number = Date.now): ServerBook {
  const known = new Map<string, ServerHealth>();

  function note(role: ServerHealth["role"], server: string | undefined, cause?: unknown): void {
    if (server === undefined) return;
    const key = `${role} ${server}`;
    const before = known.get(key);
    const up = cause === undefined;
    const code = up ? undefined : asBridgeError(cause).code;
    const since = before === undefined ? (up ? undefined : now()) : before.up === up ? before.since : now();
    known.set(key, { role, server, up, since, code });
  }

  const watch: ServerBook["watch"] = async (role, server, signal, call) => {
    let result;
    try {
      result = await call;
    } catch (cause) {
      if (!signal.aborted) note(role, server, cause);
      throw cause;
    }
    note(role, server);
    return result;
  };

  function hearing(target: Target): Target {
    const append = target.append?.bind(target);
    if (append === undefined || target.server === undefined) return target;
    return {
      ...target,
      async append(name, token, signal): Promise<Appender> {
        const noted = <T>(call: Promise<T>): Promise<T> => watch("target", target.server, signal, call);
        const file = await noted(append(name, token, signal));
        return {
          write: (body) => noted(file.write(body)),
          sync: () => noted(file.sync()),
          finish: () => noted(file.finish()),
          close: () => file.close(),
        };
      },
    };
  }

  return { note, watch, hearing, list: () => [...known.values()] };
}

/** Of several that speak to one server in one role: it is down if one of them finds it so. */
export function worstOf(books: readonly Pick<ServerBook, "list">[]): readonly ServerHealth[] {
  const found = new Map<string, ServerHealth>();
  for (const health of books.flatMap((book) => book.list())) {
    const key = `${health.role} ${health.server}`;
    if (!health.up || !found.has(key)) found.set(key, health);
  }
  return [...found.values()];
}

/** Targets that take parcels are judged by their circuits, one per address that messages have gone to. */
export function targetServers(runtimes: Iterable<Pick<Runtime, "couriers" | "servers">>): readonly ServerHealth[] {
  const found = new Map<string, ServerHealth>();
  // Several ways can lead to one server: it is down if one of them finds it so.
  const add = (health: ServerHealth): void => {
    if (!health.up || !found.has(health.server)) found.set(health.server, health);
  };
  for (const { couriers, servers } of runtimes) {
    for (const health of servers.list()) add(health);
    for (const courier of couriers.values()) {
      const { target } = courier;
      if (target.locality === "local") continue;
      for (const [address, { state, since }] of courier.circuits()) {
        const up = state === "closed";
        const code = up ? undefined : "TARGET_UNREACHABLE";
        add({ role: "target", server: target.server ?? address, up, since, code });
      }
    }
  }
  return [...found.values()];
}
