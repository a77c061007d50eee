// Lines that break while people's clients send, clients that go on where they were, and nonsense on the line.

import { spawn } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Type } from "../../src/adapters/shared/ssh/wire.ts";
import { eventually, pause } from "../conformance/surroundings.ts";
import { describeWithClient, lftp, paramiko, sftp, sshOptions } from "../peers/inbox-clients.ts";
import { connectTo, NEW, put, writeFrom } from "../peers/inbox-client.ts";
import type { InboxPeer } from "../peers/inbox.ts";
import { bytes, inboxScene, lying, said } from "../peers/inbox-scene.ts";
import { mountSmallDisk, describeWithSmallDisk } from "../crash/small-disk.ts";
import { startTcpProxy } from "../peers/tcp-proxy.ts";

const { open, client } = inboxScene();
const LONG = Buffer.from(Array.from({ length: 400_000 }, (_, at) => `zeile ${at}\n`).join(""));

/** OpenSSH's client is killed in the middle of sending; answers how much came. */
async function killInTheMiddle(peer: InboxPeer, file: string): Promise<number> {
  const args = [...sshOptions(peer), "-l", "20000", "-P", String(peer.port), "-b", "-", "kasse@127.0.0.1"];
  const child = spawn("sftp", args, { stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(`put ${file} a.csv\n`);
  await eventually("something came", () =>
    lying(peer).some((name) => statSync(join(peer.folder, "inbox/probe/kasse", name)).size > 500_000),
  );
  child.kill("SIGKILL");
  const looking = await client(peer);
  await eventually("the inbox noticed", () => lying(peer).some((name) => name.endsWith(".json")));
  const { size = 0 } = await looking.lstat(bytes("a.csv"));
  expect(size).toBeGreaterThan(0);
  expect(size).toBeLessThan(LONG.length);
  expect(peer.taken).toEqual([]);
  return size;
}

describeWithClient("openssh", "OpenSSH's sftp", () => {
  it("that was killed goes on where it was, with reput", async () => {
    const peer = await open();
    const file = join(peer.folder, "lang.csv");
    writeFileSync(file, LONG);
    await killInTheMiddle(peer, file);
    const { code, out } = await sftp(peer, [`reput ${file} a.csv`]);
    expect(code, out).toBe(0);
    await peer.until(1);
    expect(peer.taken[0]?.body.equals(LONG)).toBe(true);
  });

  it("changes its keys all the time without losing a byte", async () => {
    const peer = await open();
    const file = join(peer.folder, "lang.csv");
    writeFileSync(file, LONG);
    const args = [...sshOptions(peer), "-o", "RekeyLimit=300K", "-P", String(peer.port), "-b", "-", "kasse@127.0.0.1"];
    const child = spawn("sftp", args, { stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.end(`put ${file} a.csv\n`);
    const code = await new Promise((resolve) => void child.on("close", resolve));
    expect(code).toBe(0);
    await peer.until(1);
    expect(peer.taken[0]?.body.equals(LONG)).toBe(true);
  });
});

describeWithClient("lftp", "lftp", () => {
  it("goes on where another client was, with put -c", async () => {
    const peer = await open();
    const file = join(peer.folder, "lang.csv");
    writeFileSync(file, LONG);
    await killInTheMiddle(peer, file);
    const { code, out } = await lftp(peer, [`put -c ${file} -o a.csv`]);
    expect(code, out).toBe(0);
    await peer.until(1);
    expect(peer.taken[0]?.body.equals(LONG)).toBe(true);
  });
});

describeWithClient("paramiko", "what WinSCP does", () => {
  it("is a file under .filepart that is renamed, with its time before and after", async () => {
    const peer = await open();
    const { code, out } = await paramiko(peer, [
      "def there(name):",
      "  try: s.stat(name); return True",
      "  except IOError: return False",
      "print(there('a.csv'))",
      "f = s.open('a.csv.filepart', 'w'); f.set_pipelined(True); f.write(b'x' * 100000)",
      "f.utime((1700000000, 1700000000)); f.close()",
      "print(there('a.csv'), s.stat('a.csv.filepart').st_size, int(s.stat('a.csv.filepart').st_mtime))",
      "s.rename('a.csv.filepart', 'a.csv')",
      "s.utime('a.csv', (1700000000, 1700000000))",
      "s.chmod('a.csv', 0o644)",
      "print(s.stat('a.csv').st_size, s.listdir('.'))",
    ]);
    expect(code, out).toBe(0);
    expect(out.trim().split("\n")).toEqual(["False", "False 100000 1700000000", "100000 ['a.csv']"]);
    await peer.until(1);
    expect(peer.taken[0]?.body.length).toBe(100_000);
  });
});

describe("a line", () => {
  it.each(["reset", "end", "silence"] as const)(
    "that ends by %s while a file is sent leaves it to be resumed",
    async (how) => {
      const peer = await open({ timing: { listener: { keepalive: 200 } } });
      const proxy = await startTcpProxy(peer.port);
      const { session, close } = await connectTo({ ...peer, port: proxy.port });
      const handle = await session.open(bytes("a.csv"), NEW);
      await writeFrom(session, handle, LONG.subarray(0, 200_000));
      proxy.cut(how);
      const begun = performance.now();
      await eventually("the inbox noticed", () => lying(peer).some((name) => name.endsWith(".json")), 5_000);
      expect(performance.now() - begun).toBeLessThan(2_000);
      const next = await client(peer);
      expect((await next.lstat(bytes("a.csv"))).size).toBe(200_000);
      expect(peer.taken).toEqual([]);
      await close();
      await proxy.close();
    },
  );

  it("on which anything at all is said brings nobody down", async () => {
    const peer = await open();
    const faults: unknown[] = [];
    const note = (cause: unknown): void => void faults.push(cause);
    process.on("unhandledRejection", note);
    const { default: ssh2 } = await import("ssh2");
    const types = fc.constantFrom(...Object.values(Type), 0, 99, 255);
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .constantFrom(
          "a.csv",
          "b.tmp",
          "/",
          "..",
          "posix-rename@openssh.com",
          "statvfs@openssh.com",
          "fsync@openssh.com",
        )
        .map((text) => {
          const whole = Buffer.alloc(4 + text.length);
          whole.writeUInt32BE(text.length);
          whole.write(text, 4);
          return new Uint8Array(whole);
        }),
      fc.constantFrom(0, 1, 2, 26, 0x7fff_ffff, 0xffff_ffff).map((value) => {
        const four = Buffer.alloc(4);
        four.writeUInt32BE(value);
        return new Uint8Array(four);
      }),
    );
    const packet = fc.tuple(types, fc.array(piece, { maxLength: 6 })).map(([type, pieces]) => {
      const body = Buffer.concat([Buffer.from([type, 0, 0, 0, 7]), ...pieces]);
      const head = Buffer.alloc(4);
      head.writeUInt32BE(body.length);
      return Buffer.concat([head, body]);
    });
    const privateKey = (await import("node:fs")).readFileSync(peer.key, "utf8");
    const raw = new ssh2.Client() as unknown as NodeJS.EventEmitter & {
      connect(config: object): void;
      subsys(name: string, done: (cause: Error | undefined, channel: NodeJS.ReadWriteStream) => void): void;
      destroy(): void;
    };
    raw.on("error", () => undefined);
    await new Promise<void>((resolve) => {
      raw.once("ready", () => resolve());
      raw.connect({ host: "127.0.0.1", port: peer.port, username: "kasse", privateKey });
    });
    const hello = Buffer.from([0, 0, 0, 5, Type.init, 0, 0, 0, 3]);
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { minLength: 1, maxLength: 20 }), async (packets) => {
        const channel = await new Promise<NodeJS.ReadWriteStream>((resolve, reject) => {
          raw.subsys("sftp", (cause, made) => (cause ? reject(cause) : resolve(made)));
        });
        const closed = new Promise((resolve) => void channel.once("close", resolve));
        channel.on("error", () => undefined);
        channel.on("data", () => undefined);
        channel.write(Buffer.concat([hello, ...packets]));
        channel.end();
        await closed;
      }),
      { numRuns: 40 },
    );
    raw.destroy();
    const before = peer.taken.length;
    await put(await client(peer), "ok.csv", bytes("x"));
    await peer.until(before + 1);
    await pause(20);
    process.off("unhandledRejection", note);
    expect(faults).toEqual([]);
    expect(peer.context.logged.filter(({ level }) => level === "error")).toEqual([]);
  });
});

describeWithSmallDisk("a disk that fills up", () => {
  it("is said to the client, nothing acknowledged is lost, and with room it goes on", async () => {
    const disk = mountSmallDisk(16);
    try {
      const peer = await open({ folder: disk.dir, held: true });
      const session = await client(peer);
      await put(session, "a.csv", LONG.subarray(0, 100_000));
      disk.fill(1 << 20);
      expect(await said(put(session, "b.csv", LONG))).toMatch(
        /^4 (?:the disk of the receiver is full|an earlier write failed)/u,
      );
      disk.fill(0);
      const handle = await session.open(bytes("c.csv"), NEW).catch(() => undefined);
      const end = handle
        ? await said(writeFrom(session, handle, LONG.subarray(0, 50_000)).then(() => session.closeHandle(handle)))
        : "4";
      expect(end).toMatch(/^4/u);
      const left = lying(peer).length;
      disk.makeRoom();
      const again = (): Promise<string> => said(put(session, "d.csv", LONG.subarray(0, 50_000)));
      await eventually("there is room again", async () => (await again()) === "ok");
      // The one that waits, with its record: nothing is left of what failed.
      expect(left).toBe(2);
      await peer.hold(false);
      await peer.until(2);
      expect(peer.taken.map(({ name, body }) => [name, body.length])).toEqual([
        ["a.csv", 100_000],
        ["d.csv", 50_000],
      ]);
      await peer.close();
    } finally {
      disk.remove();
    }
  });
});
