// Clients that drop files while the appliance is killed: what was acknowledged arrives once, what was never complete does not.

import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { fingerprintOf } from "../../src/adapters/shared/ssh/fingerprint.ts";
import type { Session } from "../../src/adapters/sftp/session.ts";
import { connectTo, NEW, writeFrom } from "../peers/inbox-client.ts";
import { makeKey } from "../peers/inbox.ts";
import { freePort } from "../peers/openssh.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { expectSettledDrops } from "./ends.ts";
import type { KillPlan, Scene } from "./kill.ts";
import { inject } from "./strace.ts";
import { createWorld, type World } from "./world.ts";

const RECORDS = 3;

/** What a client knows of its file in the end. */
type Fate =
  /** It heard OK. */
  | "acknowledged"
  /** It asked, and heard nothing: both is right. */
  | "unknown"
  /** It never said that the file is complete. */
  | "incomplete";

interface Uploads {
  readonly fates: Map<string, Fate>;
  stop(): Promise<void>;
}

/** Several sizes, so that a kill meets one in the middle of being written. */
function bodyOf(id: string): Buffer {
  const filling = "x".repeat(Math.random() < 0.3 ? 400_000 : 50);
  const rows = Array.from({ length: RECORDS }, (_, row) => `${id}-${row};Name;1,50;${filling}\n`);
  return Buffer.from(`ID;NAME;BETRAG;REST\n${rows.join("")}`);
}

type Habit = "direct" | "renamed" | "replaced" | "broken" | "never renamed";

function habit(): Habit {
  const dice = Math.random();
  if (dice < 0.4) return "direct";
  if (dice < 0.65) return "renamed";
  if (dice < 0.8) return "replaced";
  return dice < 0.95 ? "broken" : "never renamed";
}

/** One file; sets its fate as far as it comes. */
async function upload(session: Session, id: string, how: Habit, fates: Map<string, Fate>): Promise<void> {
  const body = bodyOf(id);
  const final = Buffer.from(`${id}.csv`);
  const name = how === "direct" || how === "broken" ? final : Buffer.from(`${id}.csv.filepart`);
  fates.set(id, "incomplete");
  const handle = await session.open(name, NEW);
  if (how === "broken") {
    await writeFrom(session, handle, body.subarray(0, body.length - 10));
    session.fail(new Error("cut by the test"));
    return;
  }
  await writeFrom(session, handle, body);
  if (how === "direct") fates.set(id, "unknown");
  await session.closeHandle(handle);
  if (how === "never renamed") return;
  if (how !== "direct") {
    fates.set(id, "unknown");
    await (how === "renamed" ? session.rename(name, final) : session.replace?.(name, final));
  }
  fates.set(id, "acknowledged");
}

function startClients(world: World, port: number, key: string, count: number): Uploads {
  const fates = new Map<string, Fate>();
  let stopped = false;
  let last = 0;

  function hostKey(): string | undefined {
    const path = join(world.state, "inbox", "host_key.pub");
    if (!existsSync(path)) return undefined;
    const blob = readFileSync(path, "utf8").split(" ")[1];
    return blob === undefined ? undefined : fingerprintOf(Buffer.from(blob, "base64"));
  }

  async function client(): Promise<void> {
    while (!stopped) {
      const pinned = hostKey();
      try {
        if (pinned === undefined) throw new Error("not started yet");
        const { session, close } = await connectTo({ port, hostKey: pinned, key }, 3_000);
        try {
          while (!stopped && !session.failure) await upload(session, `f${++last}`, habit(), fates);
        } finally {
          await close();
        }
      } catch {
        await sleep(20);
      }
    }
  }
  const running = Array.from({ length: count }, client);
  return {
    fates,
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}

function expectFates(receiver: Receiver, fates: ReadonlyMap<string, Fate>): Readonly<Record<string, number>> {
  const arrived = new Map<string, number>();
  for (const body of receiver.accepted.values()) {
    const { id } = JSON.parse(body.toString()) as { id: string };
    arrived.set(id, (arrived.get(id) ?? 0) + 1);
  }
  const count = { acknowledged: 0, unknown: 0, incomplete: 0, arrivedUnheard: 0, lost: 0, twice: 0, broken: 0 };
  for (const [id, fate] of fates) {
    count[fate]++;
    const times = Array.from({ length: RECORDS }, (_, row) => arrived.get(`${id}-${row}`) ?? 0);
    const isThere = times.every((each) => each > 0);
    if (times.some((each) => each > 1)) count.twice++;
    if (fate === "acknowledged" && !isThere) count.lost++;
    if (fate === "unknown" && isThere) count.arrivedUnheard++;
    if (!isThere && times.some((each) => each > 0)) count.broken++;
    if (fate === "incomplete" && times.some((each) => each > 0)) count.broken++;
  }
  expect(count).toMatchObject({ lost: 0, twice: 0, broken: 0 });
  return count;
}

interface InboxWorld {
  readonly world: World;
  readonly receiver: Receiver;
  readonly port: number;
  /** Path of the private key of the one user, kasse. */
  readonly key: string;
}

async function createInboxWorld(): Promise<InboxWorld> {
  const receiver = await startReceiver();
  const port = await freePort();
  const users = "{ kasse: { publicKeys: [kasse.pub], maxFiles: 100000, connections: 100 } }";
  const world = createWorld({
    url: `${receiver.origin}/eingang`,
    receive: `  inbox: { sftp: { listen: "127.0.0.1:${port}", users: ${users} }, files: "*.csv" }`,
  });
  return { world, receiver, port, key: makeKey(join(world.dir, "mappings", "crash", "kasse")) };
}

/** After a clean run: every fate is kept, and what is left in the inbox is what was never complete. */
async function checkEnd(
  { world, receiver }: InboxWorld,
  { fates }: Uploads,
): Promise<Readonly<Record<string, number>>> {
  const count = expectFates(receiver, fates);
  await expectSettledDrops(world);
  const shelf = join(world.state, "inbox", "crash", "kasse");
  const left = readdirSync(shelf).filter((name) => name.endsWith(".json"));
  const states = left.map((name) => readFileSync(join(shelf, name), "utf8"));
  expect(states.filter((text) => text.includes('"dropped"'))).toEqual([]);
  return count;
}

export function inboxUploads(clients: number): KillPlan {
  return {
    name: `${clients} clients of the inbox`,
    async begin(): Promise<Scene> {
      const inbox = await createInboxWorld();
      const { world, receiver } = inbox;
      const uploads = startClients(world, inbox.port, inbox.key, clients);
      return {
        world,
        moved: () => receiver.heard.length,
        async end() {
          await uploads.stop();
          return await checkEnd(inbox, uploads);
        },
        async close() {
          await uploads.stop();
          await receiver.close();
        },
      };
    },
  };
}

/**
 * The process is stopped, or the disk says no, exactly at an fsync: at the n-th of a thread, for each of these numbers. What the client
 * heard decides what must arrive.
 */
export async function inboxAtFsync(
  what: "signal=SIGKILL" | "error=EIO",
  numbers: readonly number[],
): Promise<Readonly<Record<string, number>>> {
  const inbox = await createInboxWorld();
  const { world, receiver } = inbox;
  // Where the journal's own fsync fails the process ends by itself; else it goes on, and is stopped after this time.
  const most = what === "error=EIO" ? 4_000 : 20_000;
  const uploads = startClients(world, inbox.port, inbox.key, 3);
  try {
    for (const number of numbers) {
      const child = world.start(["up"], inject("fsync", what, number));
      child.stdout?.resume();
      child.stderr?.resume();
      const closed = once(child, "close");
      await Promise.race([closed, sleep(most)]);
      child.kill("SIGKILL");
      await closed;
    }
    await uploads.stop();
    const last = await world.once("60s");
    expect([0, 2], last.stderr).toContain(last.code);
    return { stops: numbers.length, ...(await checkEnd(inbox, uploads)) };
  } finally {
    await uploads.stop();
    await receiver.close();
    world.remove();
  }
}
