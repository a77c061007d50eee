// Certificates that servers showed when a bridge connected to them: theirs to renew, and connections fail all the same when nobody does.
// Only the server's address and the certificate's end are kept.

import type { LoadedBridge } from "../bridge/types.ts";
import type { Log } from "../contract.ts";
import type { Journal } from "../journal/types.ts";
import { isoIn } from "../lifecycle/dates.ts";
import type { RunningOut } from "./types.ts";

export interface ShownCertificates {
  /** At once, in memory; `end` in milliseconds since 1970. Written down where it says something new, and once a day. */
  note(bridge: Pick<LoadedBridge, "name" | "version">, server: string, end: number): void;
  /** What the bridge, as it is now, was shown last by each of its servers. */
  of(bridge: Pick<LoadedBridge, "name" | "version" | "timezone">): Promise<readonly RunningOut[]>;
  /** Resolves when everything noted is written down. */
  flush(): Promise<void>;
}

interface Shown {
  readonly end: number;
  readonly seen: number;
  /** Of the bridge's folder: servers of an earlier one may be none of its any more. */
  readonly version: string;
}

const PREFIX = "certificates/";
const DAY = 86_400_000;
/** Of one bridge, where records choose among servers; those seen longest ago are forgotten. */
const MOST_SERVERS = 200;
/** Days after which a server that was not connected to is none of the bridge's any more. */
const FORGOTTEN = 90 * DAY;

export interface ShownDeps {
  readonly journal: Pick<Journal, "entries" | "set">;
  readonly log?: Log | undefined;
  readonly now: () => number;
}

export function createShownCertificates({ journal, log, now }: ShownDeps): ShownCertificates {
  /** By bridge, then by server. */
  const noted = new Map<string, Map<string, Shown>>();
  let known: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();

  function load(): Promise<void> {
    known ??= journal.entries<Readonly<Record<string, Shown>>>(PREFIX).then((entries) => {
      for (const [key, kept] of entries) {
        const bridge = key.slice(PREFIX.length);
        // What was noted meanwhile is newer.
        noted.set(bridge, new Map([...Object.entries(kept), ...(noted.get(bridge) ?? [])]));
      }
    });
    known.catch(() => (known = undefined));
    return known;
  }

  async function write(bridge: string): Promise<void> {
    try {
      await load();
      const servers = noted.get(bridge) ?? new Map<string, Shown>();
      const newest = [...servers].toSorted(([, a], [, b]) => b.seen - a.seen);
      for (const [server] of newest.slice(MOST_SERVERS)) servers.delete(server);
      await journal.set(PREFIX + bridge, Object.fromEntries(servers));
    } catch (cause) {
      // The next handshake notes it again; the journal itself says what is wrong with it.
      log?.("warn", "certificates.unwritten", { bridge, why: cause instanceof Error ? cause.name : "failed" });
    }
  }

  return {
    note({ name, version }, server, end) {
      const servers = noted.get(name) ?? new Map<string, Shown>();
      noted.set(name, servers);
      const before = servers.get(server);
      const time = now();
      if (before?.end === end && before.version === version && time - before.seen < DAY) return;
      servers.set(server, { end, seen: time, version });
      writing = writing.then(async () => await write(name));
    },
    async of({ name, version, timezone }) {
      await load();
      return [...(noted.get(name) ?? [])].flatMap(([what, shown]): RunningOut[] =>
        shown.version === version && now() - shown.seen < FORGOTTEN
          ? [{ bridge: name, of: "certificate", what, until: isoIn(shown.end, timezone) }]
          : [],
      );
    },
    flush: () => writing,
  };
}
