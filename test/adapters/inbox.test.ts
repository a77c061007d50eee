// What becomes of files that are dropped: complete ones are taken, cut ones wait to be resumed, and nothing that was acknowledged is
// ever written over.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Flag } from "../../src/adapters/shared/ssh/wire.ts";
import type { Session } from "../../src/adapters/sftp/session.ts";
import { eventually, pause } from "../conformance/surroundings.ts";
import { removeFolder, startInbox, type InboxPeer, type InboxPeerOptions } from "../peers/inbox.ts";
import { connectTo, NEW, put, RESUME, writeFrom } from "../peers/inbox-client.ts";

const opened: InboxPeer[] = [];
const closing: (() => Promise<void>)[] = [];

async function open(given: InboxPeerOptions = {}): Promise<InboxPeer> {
  const peer = await startInbox({ files: ["*.csv"], ...given });
  opened.push(peer);
  return peer;
}

async function client(peer: InboxPeer, user = "kasse"): Promise<Session> {
  const { session, close } = await connectTo({ port: peer.port, hostKey: peer.hostKey, key: peer.key, user });
  closing.push(close);
  return session;
}

async function restart(peer: InboxPeer, given: InboxPeerOptions = {}): Promise<InboxPeer> {
  await peer.close();
  return await open({ ...given, folder: peer.folder });
}

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  const folders = new Set(opened.map(({ folder }) => folder));
  for (const peer of opened.splice(0)) await peer.close();
  for (const folder of folders) removeFolder({ folder });
});

const bytes = (text: string): Buffer => Buffer.from(text);
const shelf = (peer: InboxPeer, user = "kasse"): string => join(peer.folder, "inbox", "probe", user);
const lying = (peer: InboxPeer): readonly string[] => readdirSync(shelf(peer));
const BIG = Buffer.from(Array.from({ length: 60_000 }, (_, at) => `zeile ${at}\n`).join(""));

async function said(work: Promise<unknown>): Promise<string> {
  const cause = await work.then(
    () => undefined,
    (reason: unknown) => reason as { status?: number; said?: string },
  );
  return cause === undefined ? "ok" : `${cause.status} ${cause.said}`;
}

async function listed(session: Session, path = "."): Promise<string[]> {
  const handle = await session.openFolder(bytes(path));
  const names: string[] = [];
  for (let more = await session.readFolder(handle); more; more = await session.readFolder(handle))
    names.push(...more.map(({ name }) => name.toString("latin1")));
  await session.closeHandle(handle);
  return names.filter((name) => name !== "." && name !== "..").toSorted();
}

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
    const peer = await open({ timing: { remember: 300 } });
    const session = await client(peer);
    await put(session, "a.csv", bytes("inhalt"));
    await peer.until(1);
    expect((await session.lstat(bytes("a.csv"))).size).toBe(6);
    expect(await listed(session)).toEqual(["a.csv"]);
    expect(await listed(await client(peer))).toEqual([]);
    await eventually("it is forgotten", async () => (await said(session.lstat(bytes("a.csv")))) !== "ok", 3_000);
    expect(await listed(session)).toEqual([]);
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
    expect(peer.context.logged.some(({ event }) => event === "inbox.partial_removed")).toBe(true);
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

describe("names", () => {
  it("that are temporary are no drops until they are renamed, over another one or not", async () => {
    const peer = await open();
    const session = await client(peer);
    for (const name of ["a.csv.filepart", "b.csv.part", "c.tmp", ".~d.csv", ".in.e.csv."])
      await put(session, name, bytes(name));
    await pause(100);
    expect(peer.taken).toEqual([]);
    expect(peer.source.growing).toBe(5);
    expect(await said(session.rename(bytes("c.tmp"), bytes("b.csv.part")))).toMatch(/^4 a file of that name/u);
    await session.replace?.(bytes("c.tmp"), bytes("b.csv.part"));
    await session.rename(bytes("b.csv.part"), bytes("b.csv"));
    await session.replace?.(bytes("a.csv.filepart"), bytes("b.csv"));
    await peer.until(2);
    expect(peer.taken.map(({ name, body }) => `${name} ${body.toString()}`)).toEqual([
      "b.csv c.tmp",
      "b.csv a.csv.filepart",
    ]);
  });

  it("that are not taken here are refused when a file is opened or renamed, and say which are", async () => {
    const peer = await open({ files: ["*.csv", "x[0-9]"] });
    const session = await client(peer);
    const says = /^3 only files called \*\.csv or x\[0-9\] are taken here/u;
    for (const name of ["a.txt", "a.csv.gz", ".b.csv", "x"])
      expect(await said(session.open(bytes(name), NEW))).toMatch(says);
    await put(session, "a.tmp", bytes("x"));
    expect(await said(session.rename(bytes("a.tmp"), bytes("a.txt")))).toMatch(says);
    await put(session, "x7", bytes("x"));
    await peer.until(1);
  });

  it("are bytes: Latin-1 comes as it is, and is shown escaped", async () => {
    const peer = await open();
    const session = await client(peer);
    const latin = Buffer.from("größe.csv", "latin1");
    await peer.hold(true);
    await put(session, latin, bytes("latin"));
    await put(session, "größe.csv", bytes("utf8"));
    expect(await listed(session)).toEqual(
      [latin.toString("latin1"), Buffer.from("größe.csv").toString("latin1")].toSorted(),
    );
    await peer.hold(false);
    await peer.until(2);
    expect(peer.taken.map(({ name }) => name)).toEqual(["gr%f6%dfe.csv", "größe.csv"]);
  });

  it("never lead out of the user's folder, and no file is ever called as a client likes", async () => {
    const peer = await open({ files: ["*"] });
    mkdirSync(join(peer.folder, "draussen"));
    const session = await client(peer);
    for (const path of ["../x", "/../../x", "./../x", "//x", "/x/.", "x/../x"]) await put(session, path, bytes(path));
    for (const path of ["a/b", "../draussen/x", "/etc/passwd", "x/y/../z"])
      expect(await said(session.open(bytes(path), NEW)), path).toMatch(/^3 there are no folders here/u);
    for (const name of ["a\nb", "a\u0000b", "\u001b[31m", "\u007f", "l".repeat(256)])
      expect(await said(session.open(bytes(name), NEW)), name).toMatch(/^3 the name /u);
    for (const path of ["", ".", "/", "..", "/.."])
      expect(await said(session.open(bytes(path), NEW)), path).toMatch(/^4 this is a folder/u);
    await put(session, "a\\..\\..\\b", bytes("x"));
    await put(session, `${"l".repeat(251)}.csv`, bytes("x"));
    await peer.until(8);
    expect(new Set(peer.taken.map(({ name }) => name))).toEqual(
      new Set(["x", "a\\..\\..\\b", `${"l".repeat(251)}.csv`]),
    );
    expect(readdirSync(join(peer.folder, "draussen"))).toEqual([]);
    expect(existsSync("/x")).toBe(false);
    expect(readdirSync(join(peer.folder, "inbox")).toSorted()).toEqual(["host_key", "host_key.pub", "probe"]);
  });

  it("lie in the folder that the client is set to", async () => {
    const peer = await open({ users: { kasse: { folder: "/export/kasse" } } });
    const session = await client(peer);
    await put(session, "a.csv", bytes("a"));
    await put(session, "/export/kasse/b.csv", bytes("b"));
    await peer.until(2);
    expect(await listed(session, "/")).toEqual(["export"]);
    expect(await listed(session, "/export")).toEqual(["kasse"]);
    expect(await listed(session, "/export/kasse")).toEqual(["a.csv", "b.csv"]);
    expect(await said(session.open(bytes("/a.csv"), NEW))).toMatch(/^3 /u);
    expect(await said(session.makeFolder(bytes("/export")))).toMatch(/^4 the folder exists/u);
  });
});

describe("a user", () => {
  it("who may only write sees what this session wrote, and reads nothing", async () => {
    const peer = await open({ held: true, users: { kasse: { writeOnly: true } } });
    const [one, other] = [await client(peer), await client(peer)];
    await put(one, "a.csv", bytes("eins"));
    await put(other, "b.csv.tmp", bytes("zwei"));
    expect(await listed(one)).toEqual(["a.csv"]);
    expect(await listed(other)).toEqual(["b.csv.tmp"]);
    expect(await said(one.open(bytes("a.csv"), Flag.read))).toMatch(/^3 this user may only write/u);
    expect(await said(one.remove(bytes("a.csv")))).toMatch(/^3 /u);
    const both = await one.open(bytes("c.csv"), NEW | Flag.read);
    await one.write(both, 0, bytes("x"));
    expect(await said(one.read(both, 0, 1))).toMatch(/^3 /u);
    expect(await said(other.remove(bytes("b.csv.tmp")))).toBe("ok");
  });

  it("reads back, removes, and gets what is left of a drop that core has begun to take", async () => {
    const peer = await open({ held: true });
    const session = await client(peer);
    await put(session, "a.csv", BIG);
    const handle = await session.open(bytes("a.csv"), Flag.read);
    expect((await session.read(handle, 7, 100))?.equals(BIG.subarray(7, 107))).toBe(true);
    await peer.hold(false);
    await peer.until(1);
    expect((await session.read(handle, BIG.length - 5, 100))?.equals(BIG.subarray(-5))).toBe(true);
    expect(await session.read(handle, BIG.length, 100)).toBeUndefined();
    expect(await said(session.remove(bytes("a.csv")))).toMatch(/^2 the file was taken/u);
  });

  it("sees nothing of another one", async () => {
    const peer = await open({ held: true, users: { kasse: {}, amt: {} } });
    const [one, other] = [await client(peer), await client(peer, "amt")];
    await put(one, "a.csv", bytes("eins"));
    expect(await listed(other)).toEqual([]);
    expect(await said(other.lstat(bytes("a.csv")))).toMatch(/^2 /u);
    expect(await said(other.remove(bytes("a.csv")))).toMatch(/^2 /u);
    await put(other, "a.csv", bytes("zwei"));
    await peer.hold(false);
    await peer.until(2);
  });

  it("cannot rename or change what was dropped when it was closed", async () => {
    const peer = await open({ held: true });
    const session = await client(peer);
    await put(session, "a.csv", bytes("eins"));
    expect(await said(session.rename(bytes("a.csv"), bytes("b.csv")))).toMatch(
      /^3 the file was dropped when it was closed/u,
    );
    expect(await said(session.open(bytes("a.csv"), RESUME))).toMatch(/^4 the file was dropped already/u);
    await peer.hold(false);
    await peer.until(1);
    expect(await said(session.rename(bytes("a.csv"), bytes("b.csv")))).toMatch(
      /^2 the file was taken when it was closed/u,
    );
  });
});

describe("room", () => {
  it("is kept to: the quota, the largest file, the number of files; before anything is lost", async () => {
    const peer = await open({ held: true, users: { kasse: { quota: 100_000, maxFile: 60_000, maxFiles: 3 } } });
    const session = await client(peer);
    const tooBig = await session.open(bytes("g.csv"), NEW);
    await writeFrom(session, tooBig, BIG.subarray(0, 60_000));
    expect(await said(session.write(tooBig, 60_000, bytes("x")))).toMatch(/^4 the file is larger than 60000 bytes/u);
    expect(await said(session.closeHandle(tooBig))).toMatch(/^4 an earlier write failed: the file is larger/u);
    expect(lying(peer)).toEqual([]);

    await put(session, "a.csv", BIG.subarray(0, 60_000));
    const second = await session.open(bytes("b.csv"), NEW);
    expect(await said(writeFrom(session, second, BIG.subarray(0, 50_000)))).toMatch(
      /^4 the quota of 100000 bytes is used up/u,
    );
    expect(await said(session.closeHandle(second))).toMatch(/^4 /u);
    await put(session, "b.csv", BIG.subarray(0, 10_000));
    await put(session, "c.csv", BIG.subarray(0, 10_000));
    expect(await said(session.open(bytes("d.csv"), NEW))).toMatch(/^4 3 files wait here already/u);

    await peer.hold(false);
    await peer.until(3);
    await eventually(
      "there is room again",
      async () => (await said(put(session, "d.csv", BIG.subarray(0, 50_000)))) === "ok",
    );
    await peer.until(4);
  });

  it("is shared out before it is used: uploads side by side do not go beyond it", async () => {
    const peer = await open({ held: true, users: { kasse: { quota: 400_000 } } });
    const sessions = await Promise.all(Array.from({ length: 8 }, () => client(peer)));
    const ends = await Promise.all(
      sessions.map((session, at) => said(put(session, `${at}.csv`, BIG.subarray(0, 100_000)))),
    );
    expect(ends.filter((end) => end === "ok").length).toBeLessThanOrEqual(4);
    const stored = lying(peer).filter((name) => !name.endsWith(".json"));
    expect(stored.reduce((sum, name) => sum + statSync(join(shelf(peer), name)).size, 0)).toBeLessThanOrEqual(400_000);
    await Promise.all(sessions.map((session, at) => session.remove(bytes(`${at}.csv`)).catch(() => undefined)));
    await put(sessions[0] as Session, "z.csv", BIG.subarray(0, 400_000));
  });

  it("is refused where the disk is low, and the bytes of what failed are given back", async () => {
    const peer = await open({ timing: { lowDisk: Number.MAX_SAFE_INTEGER } });
    const session = await client(peer);
    expect(await said(session.open(bytes("a.csv"), NEW))).toMatch(/^4 the disk of the receiver is full/u);
    expect(lying(peer)).toEqual([]);
  });
});

describe("many", () => {
  it("names are listed in pieces and taken each once", async () => {
    const peer = await open({ held: true });
    const session = await client(peer);
    const names = Array.from({ length: 300 }, (_, at) => `n${String(at).padStart(5, "0")}.csv`);
    for (let at = 0; at < names.length; at += 25)
      await Promise.all(names.slice(at, at + 25).map((name) => put(session, name, bytes(name))));
    expect(await listed(session)).toEqual(names);
    const next = await restart(peer);
    await next.until(names.length);
    expect(next.names()).toEqual(names);
  });
});
