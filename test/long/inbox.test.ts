// SIGKILL of the real process while clients drop files on it: the figures stand in docs/inbox.md.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inboxAtFsync, inboxUploads } from "../crash/kill-plans-inbox.ts";
import { killRun } from "../crash/kill.ts";
import { describeWithStrace } from "../crash/strace.ts";
import { bytes, inboxScene, listed, shelf } from "../peers/inbox-scene.ts";
import { NEW } from "../peers/inbox-client.ts";

it("loses and doubles no acknowledged drop over forty kills", async () => {
  const figures = await killRun(inboxUploads(6), { kills: 40, work: 1_500 });
  console.log(JSON.stringify(figures));
  expect(figures).toMatchObject({ lost: 0, twice: 0, broken: 0 });
});

describeWithStrace("at an fsync", () => {
  it.each(["signal=SIGKILL", "error=EIO"] as const)("%s: loses and doubles no acknowledged drop", async (what) => {
    const figures = await inboxAtFsync(
      what,
      Array.from({ length: 16 }, (_, at) => at + 1),
    );
    console.log(what, JSON.stringify(figures));
    expect(figures).toMatchObject({ lost: 0, twice: 0, broken: 0 });
  });
});

const { open, client, restart } = inboxScene();

it("holds, lists and hands over fifty thousand files", async () => {
  const count = 50_000;
  const first = await open({ held: true });
  await first.close();
  mkdirSync(shelf(first), { recursive: true });
  for (let at = 0; at < count; at++) {
    const id = at.toString(16).padStart(24, "0");
    const body = `satz ${at}\n`;
    const record = { name: `n${at}.csv`, state: "dropped", size: body.length, modified: 1, order: at + 1 };
    writeFileSync(join(shelf(first), id), body);
    writeFileSync(join(shelf(first), `${id}.json`), JSON.stringify(record));
  }
  global.gc?.();
  const before = process.memoryUsage().rss;
  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    await work();
    return Math.round(performance.now() - begun) / 1_000;
  };
  let peer = first;
  const opened = await seconds(
    async () => (peer = await restart(first, { held: true, users: { kasse: { maxFiles: count } } })),
  );
  const session = await client(peer);
  const shown = await seconds(async () => expect((await listed(session)).length).toBe(count));
  await expect(session.open(bytes("mehr.csv"), NEW)).rejects.toMatchObject({ status: 4 });
  const grown = Math.round((process.memoryUsage().rss - before) / (1 << 20));
  const taken = await seconds(async () => {
    await peer.hold(false);
    while (peer.taken.length < count) await new Promise((resolve) => void setTimeout(resolve, 200));
  });
  expect(new Set(peer.taken.map(({ body }) => body.toString())).size).toBe(count);
  console.log(JSON.stringify({ count, opened, shown, taken, grownMiB: grown }));
  expect(grown).toBeLessThan(300);
});
