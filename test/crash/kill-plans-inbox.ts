// Clients that drop files while the appliance is killed: what was acknowledged arrives once, what was never complete does not.

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

export function inboxUploads(clients: number): KillPlan {
  return {
    name: `${clients} clients of the inbox`,
    async begin(): Promise<Scene> {
      const receiver = await startReceiver();
      const port = await freePort();
      const listen = `127.0.0.1:${port}`;
      const users = "{ kasse: { publicKeys: [kasse.pub], maxFiles: 100000, connections: 100 } }";
      const world = createWorld({
        url: `${receiver.origin}/eingang`,
        receive: `  inbox: { sftp: { listen: "${listen}", users: ${users} }, files: "*.csv" }`,
      });
      const key = makeKey(join(world.dir, "mappings", "crash", "kasse"));
      const uploads = startClients(world, port, key, clients);
      return {
        world,
        moved: () => receiver.heard.length,
        async end() {
          await uploads.stop();
          const count = expectFates(receiver, uploads.fates);
          await expectSettledDrops(world);
          // What is left is what was never complete.
          const left = readdirSync(join(world.state, "inbox", "crash", "kasse")).filter((name) =>
            name.endsWith(".json"),
          );
          const states = left.map((name) => readFileSync(join(world.state, "inbox", "crash", "kasse", name), "utf8"));
          expect(states.filter((text) => text.includes('"dropped"'))).toEqual([]);
          return count;
        },
        async close() {
          await uploads.stop();
          await receiver.close();
        },
      };
    },
  };
}
