// Connections to one server of files: made when there is work, shared as far as the protocol lets calls run side by side, closed
// when nobody has used them for a while. A dead one is replaced by the next call; whether that is worth trying again is the caller's.

import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "../../../core/errors.ts";
import { orAborted } from "../or-aborted.ts";
import { turn } from "../turn.ts";
import type { FileServer, FileServers } from "./server.ts";

export interface Pool {
  readonly address: string;
  /**
   * Runs the work on a connection of its own share; rejects with the signal's reason, or with the failure of connecting. Servers
   * and firewalls drop connections that were idle, and that shows only at the next call: work that fails so on a connection which had
   * been kept is run again on another, so it must be one that may run twice.
   */
  use<T>(work: (server: FileServer) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** The same for what is read piece by piece: the connection's share is kept until the reader ends. */
  stream<T>(work: (server: FileServer) => AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T>;
  close(): Promise<void>;
}

export interface PoolOptions {
  /** Connections at the most. */
  readonly most: number;
  /** Milliseconds that an unused connection is kept. */
  readonly idle: number;
}

interface Member {
  readonly server: Promise<FileServer>;
  made: FileServer | undefined;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

export function createPool(servers: FileServers, { most, idle }: PoolOptions): Pool {
  const members = new Set<Member>();
  const queue: (() => void)[] = [];
  const ending = new AbortController();

  async function forget(member: Member): Promise<void> {
    clearTimeout(member.idle);
    if (!members.delete(member)) return;
    queue.shift()?.();
    await member.made?.close();
  }

  function connect(): Member {
    const member: Member = { server: servers.connect(ending.signal), made: undefined, users: 0, idle: undefined };
    members.add(member);
    member.server.then(
      (server) => {
        member.made = server;
        // Nobody waited for it any longer.
        if (ending.signal.aborted || !members.has(member)) void server.close();
        else for (let free = server.parallel - member.users; free > 0; free--) queue.shift()?.();
      },
      () => void forget(member),
    );
    return member;
  }

  /** One with room, or a new one, or undefined: all are taken. */
  function pick(): Member | undefined {
    for (const member of members) {
      if (member.made && !member.made.alive) void forget(member);
      else if (member.made && member.users < member.made.parallel) return member;
    }
    return members.size < most ? connect() : undefined;
  }

  async function acquire(signal: AbortSignal): Promise<Member> {
    for (;;) {
      signal.throwIfAborted();
      ending.signal.throwIfAborted();
      const member = pick();
      if (member) {
        member.users++;
        clearTimeout(member.idle);
        return member;
      }
      await turn(queue, signal);
      // Whoever gives up on being called passes the call on.
      if (signal.aborted) queue.shift()?.();
    }
  }

  function release(member: Member): void {
    member.users--;
    if (member.made && !member.made.alive) void forget(member);
    else if (member.users === 0 && members.has(member)) {
      member.idle = setTimeout(() => void forget(member), idle).unref();
    }
    queue.shift()?.();
  }

  /** Where one line died, the others may have, and those that nobody uses would not say so. */
  function doubtOthers(cause: unknown): void {
    if (!isCut(cause)) return;
    for (const member of members) if (member.users === 0 && member.made) void forget(member);
  }

  return {
    address: servers.address,
    async use(work, signal) {
      for (let left = most; ; left--) {
        const member = await acquire(signal);
        const wasKept = member.made !== undefined;
        try {
          return await work(await orAborted(member.server, signal));
        } catch (cause) {
          doubtOthers(cause);
          if (left === 0 || !wasKept || signal.aborted || !isCut(cause)) throw cause;
        } finally {
          release(member);
        }
      }
    },
    async *stream(work, signal) {
      const member = await acquire(signal);
      try {
        yield* work(await orAborted(member.server, signal));
      } catch (cause) {
        doubtOthers(cause);
        throw cause;
      } finally {
        release(member);
      }
    },
    async close() {
      ending.abort(new Error("the adapter was closed"));
      const closing = Array.from(members, forget);
      for (const go of queue.splice(0)) go();
      await Promise.race([Promise.all(closing), sleep(1_000, undefined, { ref: false })]);
    },
  };
}

/** The connection's failure, not the server's no. */
export function isCut(cause: unknown): boolean {
  return cause instanceof BridgeError && cause.code === "SERVER_UNREACHABLE";
}
