// The inbox of this process for tests, with somebody who plays core: looks, reads, settles, waits.

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LISTENER_LIMITS } from "../../src/adapters/inbox/listener.ts";
import type { InboxOptions, UserOptions } from "../../src/adapters/inbox/options.ts";
import { createInbox, type Inbox, type InboxTiming } from "../../src/adapters/inbox/source.ts";
import { contextIn, eventually, type TestContext } from "../conformance/surroundings.ts";

export interface TakenFile {
  readonly name: string;
  readonly body: Buffer;
}

export interface InboxPeer {
  readonly folder: string;
  readonly port: number;
  readonly hostKey: string;
  readonly context: TestContext;
  readonly source: Inbox;
  readonly taken: TakenFile[];
  /** Names of what was taken, sorted. */
  names(): readonly string[];
  until(count: number): Promise<void>;
  /** Nothing is taken from now on, or it is again. */
  hold(held: boolean): Promise<void>;
  /** Path of a private key that a user may log in with, and of one that nobody knows. */
  readonly key: string;
  readonly strangerKey: string;
  close(): Promise<void>;
}

export interface InboxPeerOptions {
  readonly users?: Readonly<Record<string, Partial<UserOptions>>>;
  readonly files?: readonly string[];
  readonly temporary?: readonly string[];
  readonly keepPartial?: number;
  readonly sort?: "name" | "time";
  readonly idle?: number;
  readonly timing?: Partial<Omit<InboxTiming, "listener">> & { readonly listener?: Partial<InboxTiming["listener"]> };
  /** An earlier one's folder: its state. */
  readonly folder?: string;
  readonly listen?: string;
  /** Hints of what was taken before. */
  readonly known?: readonly string[];
  /** Nobody takes at first. */
  readonly held?: boolean;
}

/** As the loader fills in what is not written. */
export function userOptions(given: Partial<UserOptions> = {}): UserOptions {
  return {
    publicKeys: ["user.pub"],
    password: undefined,
    passwordHash: undefined,
    writeOnly: false,
    quota: 1 << 30,
    maxFile: 500 << 20,
    maxFiles: 10_000,
    connections: 10,
    folder: "/",
    ...given,
  };
}

export function inboxOptionsOf(given: InboxPeerOptions): InboxOptions {
  const users = Object.entries(given.users ?? { kasse: {} }).map(([name, each]) => [name, userOptions(each)] as const);
  return {
    sftp: { listen: given.listen ?? "127.0.0.1:0", users: Object.fromEntries(users), idle: given.idle ?? 600_000 },
    files: given.files,
    temporary: given.temporary,
    keepPartial: given.keepPartial ?? 86_400_000,
    sort: given.sort ?? "time",
  };
}

/** Short waits for wrong logins, and as many of them as a test likes. */
export const FAST: InboxTiming = {
  listener: { ...LISTENER_LIMITS, attempts: { delay: 20, most: 10_000, window: 60_000 } },
  remember: 60_000,
  lowDisk: 0,
};

export function makeKey(path: string, kind: readonly string[] = ["-t", "ed25519"]): string {
  if (!existsSync(path)) execFileSync("ssh-keygen", ["-q", ...kind, "-N", "", "-C", "test", "-f", path]);
  chmodSync(path, 0o600);
  return path;
}

export async function startInbox(given: InboxPeerOptions = {}): Promise<InboxPeer> {
  const folder = given.folder ?? mkdtempSync(join(tmpdir(), "steg-inbox-"));
  const key = makeKey(join(folder, "user"));
  const strangerKey = makeKey(join(folder, "stranger"));
  const context = contextIn(folder, new Set(given.known));
  const timing: InboxTiming = {
    ...FAST,
    ...given.timing,
    listener: { ...FAST.listener, ...given.timing?.listener },
  };
  const source = await createInbox(inboxOptionsOf(given), context, timing);
  const taken: TakenFile[] = [];
  const stop = new AbortController();
  let held = given.held ?? false;
  let turn = new AbortController();

  async function takeAll(): Promise<void> {
    for await (const delivery of source.look(stop.signal)) {
      if (held) continue;
      const pieces: Buffer[] = [];
      for await (const piece of delivery.open(stop.signal)) pieces.push(Buffer.from(piece));
      if ((await delivery.verify(stop.signal)) !== "same") continue;
      taken.push({ name: delivery.name, body: Buffer.concat(pieces) });
      await delivery.settle(`drop${taken.length}`, stop.signal);
    }
  }
  const running = (async () => {
    while (!stop.signal.aborted) {
      await takeAll();
      turn = new AbortController();
      await source.wait(AbortSignal.any([stop.signal, turn.signal]));
    }
  })();
  running.catch(() => undefined);
  await Promise.race([running, eventually("the inbox listens", () => source.port !== undefined)]);

  return {
    folder,
    port: source.port ?? 0,
    hostKey: source.hostKey ?? "",
    context,
    source,
    taken,
    names: () => taken.map(({ name }) => name).toSorted(),
    until: (count) => eventually(`${count} files are taken (now ${taken.length})`, () => taken.length >= count),
    async hold(now) {
      held = now;
      turn.abort();
      await Promise.resolve();
    },
    key,
    strangerKey,
    async close() {
      stop.abort(new Error("over"));
      await running.catch(() => undefined);
      await source.close();
    },
  };
}

export function removeFolder(peer: Pick<InboxPeer, "folder">): void {
  rmSync(peer.folder, { recursive: true, force: true });
}
