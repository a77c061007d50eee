// What becomes of files that are dropped: complete ones are taken, cut ones wait to be resumed, and nothing that was acknowledged is
// ever written over.

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Flag } from "../../src/adapters/shared/ssh/wire.ts";
import { eventually, pause } from "../conformance/surroundings.ts";
import type { InboxPeer } from "../peers/inbox.ts";
import { NEW, put, RESUME, writeFrom } from "../peers/inbox-client.ts";
import { BIG, bytes, inboxScene, listed, lying, said, shelf } from "../peers/inbox-scene.ts";

const { open, client, restart } = inboxScene();

describe("a file", () => {
  it("is a drop when it is closed, whole and once, and leaves nothing behind", async () => {
    const peer = await open();
    const session = await client(peer);
    await put(session, "a.csv", BIG);
    await put(session, "/leer.csv", Buffer.alloc(0));
    await peer.until(2);
    expect(peer.taken.map(({ name, body }) => [name, body.length])).toEqual([
      ["a.csv", BIG.length],
      ["leer.csv", 0],
    ]);
    expect(peer.taken[0]?.body.equals(BIG)).toBe(true);
    await eventually("all is removed", () => lying(peer).length === 0);
    await pause(100);
    expect(peer.taken.length).toBe(2);
  });

  it("lies on the disk with its record before the client hears that it is closed", async () => {
    const peer = await open({ held: true });
    const session = await client(peer);
    await put(session, "a.csv", bytes("inhalt"));
    const [id, record] = lying(peer).toSorted();
    expect(readFileSync(join(shelf(peer), id ?? ""), "utf8")).toBe("inhalt");
    expect(JSON.parse(readFileSync(join(shelf(peer), record ?? ""), "utf8"))).toMatchObject({
      name: "a.csv",
      state: "dropped",
      size: 6,
    });
    expect(statSync(join(shelf(peer), id ?? "")).mode & 0o777).toBe(0o600);
    expect(statSync(shelf(peer)).mode & 0o777).toBe(0o700);
  });

  it("that waited is taken by the next process, in the order in which it came", async () => {
    const peer = await open({ held: true });
    const session = await client(peer);
    for (const name of ["c.csv", "a.csv", "b.csv"]) await put(session, name, bytes(name));
    const next = await restart(peer);
    await next.until(3);
    expect(next.taken.map(({ name }) => name)).toEqual(["c.csv", "a.csv", "b.csv"]);
  });

  it("that waited is taken although its user is no user any more", async () => {
    const peer = await open({ held: true, users: { kasse: {}, amt: {} } });
    await put(await client(peer, "amt"), "a.csv", bytes("x"));
    const next = await restart(peer, { users: { kasse: {} } });
    await next.until(1);
    expect(next.names()).toEqual(["a.csv"]);
  });

  it("may be sent under the same name as often as one likes: each is one drop", async () => {
    const peer = await open({ held: true });
    const [one, other] = [await client(peer), await client(peer)];
    for (const text of ["1", "2", "3"]) await put(one, "a.csv", bytes(text));
    // Two sessions at the same time: nothing is mixed.
    const handles = [await one.open(bytes("a.csv"), NEW), await other.open(bytes("a.csv"), NEW)] as const;
    await one.write(handles[0], 0, bytes("eins"));
    await other.write(handles[1], 0, bytes("zwei!"));
    await other.closeHandle(handles[1]);
    await one.closeHandle(handles[0]);
    await peer.hold(false);
    await peer.until(5);
    expect(peer.taken.map(({ body }) => body.toString())).toEqual(["1", "2", "3", "zwei!", "eins"]);
  });

  it("is not taken while it is open, however long", async () => {
    const peer = await open();
    const session = await client(peer);
    const handle = await session.open(bytes("a.csv"), NEW);
    await session.write(handle, 0, bytes("halb"));
    await session.sync(handle);
    await pause(200);
    expect(peer.taken).toEqual([]);
    expect(peer.source.growing).toBe(1);
    expect((await session.lstat(bytes("a.csv"))).size).toBe(4);
    await session.closeHandle(handle);
    await peer.until(1);
    expect(peer.source.growing).toBe(0);
  });

  it("is still told of for a while after it was taken, and then no more", async () => {
    const peer = await open({ timing: { remember: 1_500 } });
    const session = await client(peer);
    await put(session, "a.csv", bytes("inhalt"));
    await peer.until(1);
    await eventually("it is removed", () => lying(peer).length === 0);
    expect((await session.lstat(bytes("a.csv"))).size).toBe(6);
    expect(await listed(session)).toEqual(["a.csv"]);
    expect(await listed(await client(peer))).toEqual([]);
    await eventually("it is forgotten", async () => (await said(session.lstat(bytes("a.csv")))) !== "ok", 10_000);
    expect(await listed(session)).toEqual([]);
  });

  it("that cannot be removed is not handed over again, and goes when it can", async () => {
    const peer = await open({ held: true });
    await put(await client(peer), "a.csv", bytes("x"));
    const never = new AbortController().signal;
    const found = [];
    for await (const delivery of peer.source.look(never)) found.push(delivery);
    const [delivery] = found;
    const record = join(shelf(peer), lying(peer).find((name) => name.endsWith(".json")) ?? "");
    const kept = readFileSync(record);
    rmSync(record);
    mkdirSync(record);
    await expect(delivery?.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED", retry: true });
    await expect(peer.source.settleAgain("", delivery?.hint ?? "", "d1", never)).rejects.toMatchObject({ retry: true });
    rmdirSync(record);
    writeFileSync(record, kept);
    const next = await restart(peer, { held: true, known: [delivery?.hint ?? ""] });
    for await (const again of next.source.look(never)) expect(again).toBeUndefined();
    for (let turn = 0; turn < 2; turn++) await next.source.settleAgain("", delivery?.hint ?? "", "d1", never);
    expect(lying(next)).toEqual([]);
  });

  it("comes with the time that its client gave it", async () => {
    const peer = await open();
    const session = await client(peer);
    await put(session, "a.csv.tmp", bytes("x"));
    await session.rename(bytes("a.csv.tmp"), bytes("a.csv"));
    await peer.until(1);
    expect(Math.abs(Number((await session.lstat(bytes("a.csv"))).times?.modified) * 1_000 - Date.now())).toBeLessThan(
      60_000,
    );
  });
});

describe("an upload that is cut off", () => {
  async function cutAfter(peer: InboxPeer, name: string, length: number): Promise<void> {
    const session = await client(peer);
    const handle = await session.open(bytes(name), NEW);
    await writeFrom(session, handle, BIG.subarray(0, length));
    session.fail(new Error("cut by the test"));
    await eventually("the inbox noticed", () => lying(peer).some((each) => each.endsWith(".json")));
  }

  it("is not taken, and is resumed where it was", async () => {
    const peer = await open();
    await cutAfter(peer, "a.csv", 300_000);
    const session = await client(peer);
    const { size } = await session.lstat(bytes("a.csv"));
    expect(size).toBe(300_000);
    const handle = await session.open(bytes("a.csv"), RESUME);
    await writeFrom(session, handle, BIG, size);
    expect(peer.taken).toEqual([]);
    await session.closeHandle(handle);
    await peer.until(1);
    expect(peer.taken[0]?.body.equals(BIG)).toBe(true);
  });

  it("is resumed after a restart, also by appending", async () => {
    const peer = await open();
    await cutAfter(peer, "a.csv", 300_000);
    const next = await restart(peer);
    const session = await client(next);
    const handle = await session.open(bytes("a.csv"), Flag.write | Flag.append);
    await session.write(handle, 0, BIG.subarray(300_000, 300_100));
    await session.closeHandle(handle);
    await next.until(1);
    expect(next.taken[0]?.body.equals(BIG.subarray(0, 300_100))).toBe(true);
  });

  it("is sent anew from the beginning, and nothing is left of the first attempt", async () => {
    const peer = await open();
    await cutAfter(peer, "a.csv", 300_000);
    await put(await client(peer), "a.csv", bytes("neu"));
    await peer.until(1);
    expect(peer.taken.map(({ body }) => body.toString())).toEqual(["neu"]);
    await eventually("all is removed", () => lying(peer).length === 0);
  });

  it("is not made complete by renaming it", async () => {
    const peer = await open();
    await cutAfter(peer, "a.csv.filepart", 1_000);
    const session = await client(peer);
    expect(await said(session.rename(bytes("a.csv.filepart"), bytes("a.csv")))).toMatch(
      /^4 the upload of this file was cut off/u,
    );
    expect(await said(session.rename(bytes("a.csv.filepart"), bytes("b.filepart")))).toBe("ok");
    const handle = await session.open(bytes("b.filepart"), RESUME);
    await session.write(handle, 1_000, BIG.subarray(1_000, 2_000));
    await session.closeHandle(handle);
    await session.rename(bytes("b.filepart"), bytes("a.csv"));
    await peer.until(1);
    expect(peer.taken[0]?.body.equals(BIG.subarray(0, 2_000))).toBe(true);
  });

  it("is no drop where the end of an older one would stand behind what was written", async () => {
    const peer = await open();
    await cutAfter(peer, "a.csv", 300_000);
    const session = await client(peer);
    const handle = await session.open(bytes("a.csv"), RESUME);
    await session.write(handle, 0, bytes("kurz"));
    expect(await said(session.closeHandle(handle))).toMatch(/^4 the end of an earlier upload stands behind/u);
    expect(await said(session.lstat(bytes("a.csv")))).toMatch(/^2 /u);
    expect(peer.taken).toEqual([]);
  });

  it("is removed when its time is over; so is what was never renamed", async () => {
    const peer = await open({ keepPartial: 300 });
    await cutAfter(peer, "a.csv", 1_000);
    await put(await client(peer), "b.csv.tmp", bytes("x"));
    await pause(400);
    await peer.hold(false);
    await eventually("both are removed", async () => {
      await peer.hold(false);
      return lying(peer).length === 0;
    });
    await eventually("it is said", () => peer.context.logged.some(({ event }) => event === "inbox.partial_removed"));
  });

  it("leaves nothing where the process ended in the middle of it", async () => {
    const peer = await open();
    const session = await client(peer);
    const handle = await session.open(bytes("a.csv"), NEW);
    await session.write(handle, 0, bytes("halb"));
    const [id = ""] = lying(peer);
    // As a process that is killed leaves it.
    const bytesThen = readFileSync(join(shelf(peer), id));
    await peer.close();
    for (const name of readdirSync(shelf(peer))) truncateSync(join(shelf(peer), name), 0);
    writeFileSync(join(shelf(peer), "0123456789abcdef01234567"), bytesThen);
    writeFileSync(join(shelf(peer), "0123456789abcdef01234568.json.new"), "{");
    writeFileSync(join(shelf(peer), "0123456789abcdef01234569.json"), "{}");
    const next = await open({ folder: peer.folder });
    expect(lying(next).filter((name) => name.startsWith("0123456789"))).toEqual([]);
    await pause(50);
    expect(next.taken).toEqual([]);
  });
});

describe("what was not all written", () => {
  it("is no drop where bytes lack in the middle or at the end", async () => {
    const peer = await open();
    const session = await client(peer);
    const hole = await session.open(bytes("a.csv"), NEW);
    await session.write(hole, 0, bytes("anfang"));
    await session.write(hole, 100, bytes("ende"));
    expect(await said(session.closeHandle(hole))).toMatch(/^4 the bytes from 6 on were never written/u);
    const longer = await session.open(bytes("b.csv"), NEW);
    await session.write(longer, 0, bytes("anfang"));
    await session.setSize(longer, 1_000);
    expect(await said(session.closeHandle(longer))).toMatch(/^4 the bytes from 6 on were never written/u);
    expect(lying(peer)).toEqual([]);
    expect(peer.taken).toEqual([]);
  });

  it("is one when the pieces come in any order, overlap, and are cut to length", async () => {
    const peer = await open();
    const session = await client(peer);
    const handle = await session.open(bytes("a.csv"), NEW);
    for (const [at, text] of [
      [8, "ijkl"],
      [0, "abcd"],
      [2, "cdefghij"],
      [12, "zuviel"],
    ] as const)
      await session.write(handle, at, bytes(text));
    await session.setSize(handle, 12);
    await session.closeHandle(handle);
    await peer.until(1);
    expect(peer.taken[0]?.body.toString()).toBe("abcdefghijkl");
  });
});
