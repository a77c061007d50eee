// The clients that people have, against the inbox: what each of them does to a file that it sends.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWithClient, lftp, paramiko, scp, sftp } from "../peers/inbox-clients.ts";
import { removeFolder, startInbox, type InboxPeer } from "../peers/inbox.ts";

const BODY = Buffer.from(Array.from({ length: 20_000 }, (_, at) => `zeile ${at};Müller\n`).join(""));

function scene(files: readonly string[] = ["*.csv"]): { peer(): InboxPeer; at(name: string): string } {
  let peer: InboxPeer;
  beforeAll(async () => {
    peer = await startInbox({ files });
    for (const name of ["a.csv", "b.csv", "c d.csv"]) writeFileSync(join(peer.folder, name), BODY);
  });
  beforeEach(async () => {
    await peer.hold(false);
    peer.taken.length = 0;
  });
  afterAll(async () => {
    await peer.close();
    removeFolder(peer);
  });
  return { peer: () => peer, at: (name) => join(peer.folder, name) };
}

describeWithClient("openssh", "OpenSSH's sftp", () => {
  const { peer, at } = scene();

  it("puts files, with times and modes, with fsync, and under another name", async () => {
    const { code, out } = await sftp(peer(), [
      `put ${at("a.csv")}`,
      `put -p ${at("b.csv")}`,
      `put -f "${at("c d.csv")}" /e.csv`,
      "df",
    ]);
    expect(out).not.toMatch(/error|denied|fail/iu);
    expect(code).toBe(0);
    await peer().until(3);
    expect(peer().names()).toEqual(["a.csv", "b.csv", "e.csv"]);
    for (const { body } of peer().taken) expect(body.equals(BODY)).toBe(true);
  });

  it("sees, reads back and removes what was not taken yet", async () => {
    await peer().hold(true);
    const { code, out } = await sftp(peer(), [
      "pwd",
      `put ${at("a.csv")} x.csv`,
      `put ${at("b.csv")} y.csv`,
      "ls -l",
      `get x.csv ${at("back")}`,
      "rm x.csv",
      "ls",
    ]);
    expect(code, out).toBe(0);
    expect(out).toMatch(/-rw-------.*kasse.* x\.csv\n/u);
    expect(readFileSync(at("back")).equals(BODY)).toBe(true);
    await peer().hold(false);
    await peer().until(1);
    expect(peer().names()).toEqual(["y.csv"]);
  });

  it("renames from a temporary name", async () => {
    const { code, out } = await sftp(peer(), [`put ${at("a.csv")} a.csv.part`, "rename a.csv.part a.csv"]);
    expect(code, out).toBe(0);
    await peer().until(1);
    expect(peer().names()).toEqual(["a.csv"]);
  });

  it("is told no where there is nothing to be had", async () => {
    for (const command of [
      "mkdir x",
      "symlink a b",
      "ln a b",
      "rmdir /",
      `put ${at("a.csv")} a.txt`,
      "get nichts.csv",
      "cd x",
    ]) {
      expect((await sftp(peer(), [command])).code, command).not.toBe(0);
    }
    expect(peer().names()).toEqual([]);
  });
});

describeWithClient("openssh", "OpenSSH's scp", () => {
  const { peer, at } = scene();

  it("sends several files with their times", async () => {
    const { code, out } = await scp(peer(), ["-p", at("a.csv"), at("b.csv"), at("c d.csv"), "."]);
    expect(code, out).toBe(0);
    await peer().until(3);
    expect(peer().names()).toEqual(["a.csv", "b.csv", "c d.csv"]);
  });

  it("cannot use its old protocol, which is a command", async () => {
    expect((await scp(peer(), ["-O", at("a.csv"), "."])).code).not.toBe(0);
    expect(peer().names()).toEqual([]);
  });
});

describeWithClient("lftp", "lftp", () => {
  const { peer, at } = scene();

  it("puts a file", async () => {
    const { code, out } = await lftp(peer(), [`put ${at("a.csv")}`, `put -c ${at("b.csv")}`]);
    expect(code, out).toBe(0);
    await peer().until(2);
    expect(peer().taken.map(({ body }) => body.equals(BODY))).toEqual([true, true]);
  });

  it("puts it under a temporary name and renames it", async () => {
    const { code, out } = await lftp(peer(), ["set xfer:use-temp-file yes", `put ${at("a.csv")}`]);
    expect(code, out).toBe(0);
    await peer().until(1);
    expect(peer().names()).toEqual(["a.csv"]);
  });

  it("mirrors a folder with several connections", async () => {
    const folder = at("viele");
    mkdirSync(folder);
    const names = Array.from({ length: 40 }, (_, number) => `m${String(number).padStart(2, "0")}.csv`);
    for (const name of names) writeFileSync(join(folder, name), `${name};${"x".repeat(2_000)}\n`);
    const { code, out } = await lftp(peer(), [`mirror -R --parallel=4 ${folder} .`]);
    expect(code, out).toBe(0);
    await peer().until(40);
    expect(peer().names()).toEqual(names);
    for (const { name, body } of peer().taken) expect(body.toString()).toBe(`${name};${"x".repeat(2_000)}\n`);
  });
});

describeWithClient("paramiko", "paramiko", () => {
  const { peer, at } = scene();

  it("puts files and finds their size afterwards, taken or not", async () => {
    const { code, out } = await paramiko(peer(), [
      `for n in range(20): s.put("${at("a.csv")}", "p%02d.csv" % n)`,
      `print(s.stat("p00.csv").st_size)`,
      `s.utime("p00.csv", (1, 2)); s.chmod("p00.csv", 0o644)`,
    ]);
    expect(code, out).toBe(0);
    expect(out.trim()).toBe(String(BODY.length));
    await peer().until(20);
  });

  it("writes with write-behind, appends, and renames over", async () => {
    const { code, out } = await paramiko(peer(), [
      `f = s.open("w.csv.tmp", "wb"); f.set_pipelined(True)`,
      `for n in range(300): f.write(b"%05d\\n" % n)`,
      `f.close()`,
      `f = s.open("w.csv.tmp", "ab"); f.write(b"ende\\n"); f.close()`,
      `s.posix_rename("w.csv.tmp", "w.csv")`,
    ]);
    expect(code, out).toBe(0);
    await peer().until(1);
    expect(peer().taken[0]?.body.toString()).toMatch(/^00000\n[^]*00299\nende\n$/u);
  });

  it("hears in words why a name is refused", async () => {
    const { out } = await paramiko(peer(), [
      "try: s.open('a.txt', 'wb')",
      "except Exception as e: print(type(e).__name__, e)",
      "try: s.mkdir('x')",
      "except Exception as e: print(type(e).__name__, e)",
    ]);
    expect(out).toContain("only files called *.csv are taken here");
    expect(out).toContain("there are no folders here");
  });
});
