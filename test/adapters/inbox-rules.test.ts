// What a user of the inbox may: names, reading back, room.

import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Flag } from "../../src/adapters/shared/ssh/wire.ts";
import type { Session } from "../../src/adapters/sftp/session.ts";
import { eventually, pause } from "../conformance/surroundings.ts";
import { NEW, put, RESUME, writeFrom } from "../peers/inbox-client.ts";
import { BIG, bytes, inboxScene, listed, lying, said, shelf } from "../peers/inbox-scene.ts";

const { open, client, restart } = inboxScene();

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
    const removal = (): Promise<string> => said(session.remove(bytes("a.csv")));
    await eventually("it is gone", async () => (await removal()).startsWith("2 the file was taken"));
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
    const renaming = (): Promise<string> => said(session.rename(bytes("a.csv"), bytes("b.csv")));
    await eventually("it is gone", async () =>
      (await renaming()).startsWith("2 the file was taken when it was closed"),
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
