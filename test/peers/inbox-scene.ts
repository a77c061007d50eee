// Inboxes and sessions of one test file, closed after each test; and what its tests ask of them.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Session } from "../../src/adapters/sftp/session.ts";
import { removeFolder, startInbox, type InboxPeer, type InboxPeerOptions } from "./inbox.ts";
import { connectTo } from "./inbox-client.ts";

export interface InboxScene {
  open(given?: InboxPeerOptions): Promise<InboxPeer>;
  client(peer: InboxPeer, user?: string): Promise<Session>;
  /** As a new process on the same state. */
  restart(peer: InboxPeer, given?: InboxPeerOptions): Promise<InboxPeer>;
}

export function inboxScene(): InboxScene {
  const opened: InboxPeer[] = [];
  const closing: (() => Promise<void>)[] = [];

  async function open(given: InboxPeerOptions = {}): Promise<InboxPeer> {
    const peer = await startInbox({ files: ["*.csv"], ...given });
    opened.push(peer);
    return peer;
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    const folders = new Set(opened.map(({ folder }) => folder));
    for (const peer of opened.splice(0)) await peer.close();
    for (const folder of folders) removeFolder({ folder });
  });

  return {
    open,
    async client(peer, user = "kasse") {
      const { session, close } = await connectTo({ port: peer.port, hostKey: peer.hostKey, key: peer.key, user });
      closing.push(close);
      return session;
    },
    async restart(peer, given = {}) {
      await peer.close();
      return await open({ ...given, folder: peer.folder });
    },
  };
}

export const bytes = (text: string): Buffer => Buffer.from(text);
export const shelf = (peer: InboxPeer, user = "kasse"): string => join(peer.folder, "inbox", "probe", user);
export const lying = (peer: InboxPeer): readonly string[] => readdirSync(shelf(peer));
export const BIG = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `zeile ${at}\n`).join(""));

/** `ok`, or the status and the words of a no. */
export async function said(work: Promise<unknown>): Promise<string> {
  const cause = await work.then(
    () => undefined,
    (reason: unknown) => reason as { status?: number; said?: string },
  );
  return cause === undefined ? "ok" : `${cause.status} ${cause.said}`;
}

export async function listed(session: Session, path = "."): Promise<string[]> {
  const handle = await session.openFolder(bytes(path));
  const names: string[] = [];
  for (let more = await session.readFolder(handle); more; more = await session.readFolder(handle))
    names.push(...more.map(({ name }) => name.toString("latin1")));
  await session.closeHandle(handle);
  return names.filter((name) => name !== "." && name !== "..").toSorted();
}
