// What strangers, and users who want more than to drop files, try on the inbox; and that it goes on serving the others.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterEach, describe, expect, it } from "vitest";
import { byte, packetOf, text, Type, uint32, uint64 } from "../../src/adapters/shared/ssh/wire.ts";
import { eventually, pause } from "../conformance/surroundings.ts";
import { describeWithClient, run, sshOptions } from "../peers/inbox-clients.ts";
import { makeKey, removeFolder, startInbox, type InboxPeer, type InboxPeerOptions } from "../peers/inbox.ts";
import { connectTo, NEW, put } from "../peers/inbox-client.ts";

const opened: InboxPeer[] = [];
const closing: (() => unknown)[] = [];

async function open(given: InboxPeerOptions = {}): Promise<InboxPeer> {
  const peer = await startInbox({ files: ["*.csv"], ...given });
  opened.push(peer);
  return peer;
}

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  for (const peer of opened.splice(0)) {
    await peer.close();
    removeFolder(peer);
  }
});

const bytes = (text_: string): Buffer => Buffer.from(text_);

/** Somebody else drops a file, and it is taken: the inbox serves on. */
async function expectServing(peer: InboxPeer): Promise<void> {
  const before = peer.taken.length;
  const { session, close } = await connectTo(peer);
  await put(session, `ok${before}.csv`, bytes("x"));
  await close();
  await peer.until(before + 1);
}

/** ssh2's client, for what ours never asks for. */
interface RawClient extends NodeJS.EventEmitter {
  connect(config: object): void;
  end(): void;
  destroy(): void;
  exec(command: string, options: object, done: (cause?: Error) => void): void;
  shell(done: (cause?: Error) => void): void;
  subsys(name: string, done: (cause: Error | undefined, channel: RawChannel) => void): void;
  forwardOut(a: string, b: number, c: string, d: number, done: (cause?: Error) => void): void;
  forwardIn(a: string, b: number, done: (cause?: Error) => void): void;
  openssh_forwardOutStreamLocal(path: string, done: (cause?: Error) => void): void;
}
interface RawChannel extends NodeJS.ReadWriteStream {
  readonly outgoing: { window: number };
}

async function raw(peer: InboxPeer, more: object = {}): Promise<RawClient> {
  const client = new ssh2.Client() as unknown as RawClient;
  client.on("error", () => undefined);
  closing.push(() => client.destroy());
  await new Promise<void>((resolve, reject) => {
    client.once("ready", () => resolve());
    client.once("close", () => reject(new Error("closed")));
    const privateKey = readFileSync(peer.key);
    client.connect({ host: "127.0.0.1", port: peer.port, username: "kasse", privateKey, ...more });
  });
  return client;
}

function asked(ask: (done: (cause?: Error) => void) => void): Promise<string> {
  return new Promise((resolve) => ask((cause) => resolve(cause?.message ?? "granted")));
}

function sftpChannel(client: RawClient): Promise<RawChannel> {
  return new Promise((resolve, reject) => {
    client.subsys("sftp", (cause, channel) => {
      if (cause) return reject(cause);
      channel.on("error", () => undefined);
      resolve(channel);
    });
  });
}

const closed = (emitter: NodeJS.EventEmitter): Promise<void> =>
  new Promise((resolve) => void emitter.once("close", () => resolve()));

describe("a user who is in", () => {
  it("has no shell, no command, no other subsystem, no forwarding, no agent and no X11", async () => {
    const peer = await open();
    const client = await raw(peer, { strictVendor: false });
    const refused =
      /Unable to exec|Unable to request|Unable to start|open failed|Unable to bind|Channel open failure/iu;
    expect(await asked((done) => client.exec("id", {}, done))).toMatch(refused);
    expect(await asked((done) => client.exec("scp -t .", { pty: true }, done))).not.toBe("granted");
    expect(await asked((done) => client.exec("id", { x11: true }, done))).not.toBe("granted");
    expect(await asked((done) => client.shell(done))).not.toBe("granted");
    expect(await asked((done) => client.subsys("shell", done))).not.toBe("granted");
    expect(await asked((done) => client.forwardOut("127.0.0.1", 1, "127.0.0.1", peer.port, done))).toMatch(refused);
    expect(await asked((done) => client.forwardIn("127.0.0.1", 0, done))).not.toBe("granted");
    expect(await asked((done) => client.openssh_forwardOutStreamLocal("/run/x", done))).toMatch(refused);
    await expectServing(peer);
  });

  it("has as many sessions, connections and handles as there are, and no more", async () => {
    const peer = await open({ users: { kasse: { connections: 3 } } });
    const client = await raw(peer);
    const ends = await Promise.all(
      Array.from({ length: 15 }, () =>
        sftpChannel(client).then(
          () => "granted",
          () => "no",
        ),
      ),
    );
    expect(ends.filter((end) => end === "granted")).toHaveLength(10);

    const { session, close } = await connectTo(peer);
    const folders = await Promise.allSettled(Array.from({ length: 1_000 }, () => session.openFolder(bytes("/"))));
    expect(folders.filter(({ status }) => status === "fulfilled")).toHaveLength(64);
    await close();

    const others = await Promise.allSettled(Array.from({ length: 5 }, () => connectTo(peer)));
    const let_ = others.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(let_.length).toBeLessThanOrEqual(2);
    for (const each of let_) await each.close();
    client.destroy();
    await eventually(
      "there is room again",
      async () =>
        await expectServing(peer).then(
          () => true,
          () => false,
        ),
    );
  });

  it("who speaks no SFTP loses the session, and nobody else notices", async () => {
    const peer = await open();
    const hello = packetOf(Type.init, [uint32(3)]);
    const nonsense: Buffer[] = [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 5]),
      Buffer.from([0, 0, 0, 0]),
      packetOf(Type.open, [uint32(1)]),
      packetOf(Type.init, [uint32(2)]),
      Buffer.concat([hello, Buffer.from([0, 0, 0, 5, Type.stat, 0, 0, 0, 1])]),
      Buffer.concat([hello, packetOf(Type.remove, [uint32(1), uint32(0xffff_ffff)])]),
      Buffer.concat([hello, packetOf(Type.close, [uint32(1), Buffer.alloc(300)])]),
      Buffer.concat([
        hello,
        packetOf(Type.setstat, [uint32(1), text("a.csv"), uint32(0x8000_0000), uint32(0xffff_ffff)]),
      ]),
      Buffer.concat([hello, Buffer.from([0, 4, 4, 1])]),
    ];
    const client = await raw(peer);
    for (const [at, each] of nonsense.entries()) {
      const channel = await sftpChannel(client);
      const end = closed(channel);
      channel.on("data", () => undefined);
      channel.write(each);
      await Promise.race([end, pause(2_000).then(() => expect(at).toBe("closed"))]);
    }
    // What is only not known is answered.
    const channel = await sftpChannel(client);
    const answers: Buffer[] = [];
    channel.on("data", (piece: Buffer) => answers.push(piece));
    channel.write(
      Buffer.concat([hello, packetOf(99, [uint32(7), byte(1)]), packetOf(Type.extended, [uint32(8), text("x@y")])]),
    );
    await eventually("both are answered", () => Buffer.concat(answers).includes("this extension is not known here"));
    expect(Buffer.concat(answers).includes("this request is not known here")).toBe(true);
    await expectServing(peer);
  });

  it("who asks for much and reads nothing, or sends beyond the window, does not get our memory", async () => {
    const peer = await open({ held: true, users: { kasse: { quota: 1 << 30 } } });
    const setup = await connectTo(peer);
    await put(setup.session, "a.csv", Buffer.alloc(4 << 20));
    await setup.close();
    const socket = connect({ host: "127.0.0.1", port: peer.port });
    const client = await raw(peer, { sock: socket });
    const channel = await sftpChannel(client);
    channel.on("data", () => undefined);
    const handle = await new Promise<Buffer>((resolve) => {
      const pieces: Buffer[] = [];
      channel.on("data", (piece: Buffer) => {
        pieces.push(piece);
        const all = Buffer.concat(pieces);
        const at = all.indexOf(Buffer.from([0, 0, 0, 13, Type.handle]));
        if (at >= 0 && all.length >= at + 17) resolve(all.subarray(at + 13, at + 17));
      });
      channel.write(packetOf(Type.init, [uint32(3)]));
      channel.write(packetOf(Type.open, [uint32(1), text("a.csv"), uint32(1), uint32(0)]));
    });
    const gone = closed(socket);
    socket.pause();
    global.gc?.();
    const before = process.memoryUsage().rss;
    // 2 GB asked for, none read.
    for (let id = 2; id < 8_000; id++)
      channel.write(packetOf(Type.read, [uint32(id), handle, uint64(0), uint32(1 << 18)]));
    await pause(300);
    channel.outgoing.window = 0x7fff_ffff;
    const flood = Buffer.alloc(30_000);
    for (let each = 0; each < 800; each++) channel.write(packetOf(Type.write, [uint32(1), handle, uint64(0), flood]));
    const ended = (): number => peer.context.logged.filter(({ event }) => event === "inbox.session").length;
    await eventually("the inbox hung up", () => ended() === 2);
    socket.resume();
    await gone;
    // The client's own half of the flood, 24 MB, is in this process, too.
    expect(process.memoryUsage().rss - before).toBeLessThan(250 << 20);
    await expectServing({ ...peer, until: () => Promise.resolve() });
  });

  it("who is silent is shown out, and one who is slow is not", async () => {
    const peer = await open({ idle: 1_000 });
    const silent = await raw(peer);
    const gone = closed(silent);
    const { session, close } = await connectTo(peer);
    const handle = await session.open(bytes("langsam.csv"), NEW);
    for (let at = 0; at < 8; at++) {
      await session.write(handle, at, bytes("x"));
      await pause(300);
    }
    await session.closeHandle(handle);
    await close();
    await gone;
    await peer.until(1);
    expect(peer.taken[0]?.body.toString()).toBe("xxxxxxxx");
    expect(peer.context.logged.some(({ event }) => event === "inbox.idle")).toBe(true);
  });
});

describe("a stranger", () => {
  const hash = execFileSync("openssl", ["passwd", "-6", "-stdin"], { input: "Herbst2026\n", encoding: "utf8" }).trim();
  const users = {
    kasse: {},
    amt: { publicKeys: undefined, passwordHash: hash },
    post: { publicKeys: undefined, password: "Winter" },
  } as const;

  async function timed(peer: InboxPeer, more: object): Promise<number> {
    const begun = performance.now();
    await expect(connectTo({ ...peer, ...more })).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
    return performance.now() - begun;
  }

  it("is let in with the right key or password only", async () => {
    const peer = await open({ users });
    for (const right of [{}, { user: "amt", password: "Herbst2026" }, { user: "post", password: "Winter" }])
      await (await connectTo({ ...peer, ...right })).close();
    for (const wrong of [
      { key: peer.strangerKey },
      { user: "amt" },
      { user: "niemand" },
      { user: "kasse", password: "" },
      { user: "amt", password: hash },
      { user: "amt", password: "Winter" },
      { user: "post", password: "winter" },
      { user: "post", password: "x".repeat(10_000) },
      { user: "__proto__", password: "x" },
    ])
      await timed(peer, wrong);
    expect(peer.context.logged.filter(({ event }) => event === "inbox.login")).toHaveLength(3);
  });

  it("learns nothing from how long a no takes, nor from what is offered", async () => {
    const delay = 250;
    const peer = await open({ users, timing: { listener: { attempts: { delay, most: 1_000, window: 1 } } } });
    // The shorter of two: what a busy machine adds says nothing about the server.
    const least = async (wrong: { readonly user: string; readonly password: string }): Promise<number> =>
      Math.min(await timed(peer, wrong), await timed(peer, wrong));
    const figures = {
      "unknown user": await least({ user: "niemand", password: "x" }),
      "wrong password, hash": await least({ user: "amt", password: "x" }),
      "wrong password, plain": await least({ user: "post", password: "x" }),
      "user with a key": await least({ user: "kasse", password: "x" }),
    };
    const times = Object.values(figures);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(delay);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(delay);
    const offered = await Promise.all(
      ["kasse", "amt", "niemand"].map(
        (username) =>
          new Promise((resolve) => {
            const client = new ssh2.Client() as unknown as RawClient;
            client.on("error", () => undefined);
            const authHandler = (
              left: readonly string[] | null,
              _partial: unknown,
              next: (method: unknown) => void,
            ): void => {
              if (left === null) return next("none");
              resolve(left.join());
              client.destroy();
            };
            client.connect({ host: "127.0.0.1", port: peer.port, username, authHandler });
          }),
      ),
    );
    expect(offered).toEqual(["publickey,password", "publickey,password", "publickey,password"]);
  });

  it("who guesses waits longer and longer, and is not listened to for a while; what was typed is in no log", async () => {
    const attempts = { delay: 10, most: 6, window: 1_500 };
    const peer = await open({ users, timing: { listener: { attempts } } });
    for (let guess = 0; guess < attempts.most; guess++) {
      await connectTo({ ...peer, user: guess % 2 ? "Passwort1" : "post", password: `Geheim${guess}` }).catch(
        () => undefined,
      );
    }
    await expect(connectTo(peer)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    const logged = JSON.stringify(peer.context.logged);
    expect(logged).toContain("inbox.blocked");
    expect(logged).not.toMatch(/Geheim|Passwort1/u);
    await pause(attempts.window);
    await expectServing(peer);
  });

  it("has a time for logging in, and strangers are few at a time", async () => {
    const limits = { loginTime: 400, strangersOfOne: 5, strangers: 5 };
    const peer = await open({ timing: { listener: limits } });
    const inside = await connectTo(peer);
    const sockets: Socket[] = Array.from({ length: 12 }, () => connect({ host: "127.0.0.1", port: peer.port }));
    let left = sockets.length;
    for (const socket of sockets) {
      socket.on("error", () => undefined).on("close", () => left--);
      socket.resume();
      // A hello that never ends, byte by byte.
      const timer = setInterval(() => socket.writable && socket.write("S"), 50);
      socket.on("close", () => clearInterval(timer));
    }
    await eventually("those that are too many are closed", () => left === 5, 300);
    await put(inside.session, "a.csv", bytes("x"));
    await eventually("the others are, too", () => left === 0, 3_000);
    await inside.close();
    await expectServing(peer);
  });
});

describeWithClient("openssh", "OpenSSH's client", () => {
  it("gets no shell, no command and no forwarding, and sees the key of the log", async () => {
    const peer = await open();
    const ssh = (...args: string[]) => run("ssh", [...sshOptions(peer), "-p", String(peer.port), ...args]);
    for (const args of [
      ["kasse@127.0.0.1"],
      ["kasse@127.0.0.1", "id"],
      ["-tt", "kasse@127.0.0.1"],
      ["-A", "-X", "kasse@127.0.0.1", "id"],
    ]) {
      const { code, out } = await ssh(...args);
      expect(code).not.toBe(0);
      expect(out).not.toContain("uid=");
    }
    const { code } = await ssh("-o", "ExitOnForwardFailure=yes", "-N", "-R", "0:127.0.0.1:1", "kasse@127.0.0.1");
    expect(code).not.toBe(0);
    const shown = execFileSync("ssh-keygen", ["-lf", join(peer.folder, "inbox", "host_key.pub")], { encoding: "utf8" });
    expect(shown.split(" ")[1]).toBe(peer.hostKey);
    expect(peer.context.logged.find(({ event }) => event === "inbox.listening")?.fields["hostKey"]).toBe(peer.hostKey);
  });

  it("logs in with keys of every kind that is safe, and with RSA not by SHA-1", async () => {
    const peer = await open();
    const kinds = [
      ["-t", "ecdsa", "-b", "256"],
      ["-t", "ecdsa", "-b", "521"],
      ["-t", "rsa", "-b", "2048"],
    ];
    const keys = kinds.map((kind, at) => makeKey(join(peer.folder, `kind${at}`), kind));
    const users = Object.fromEntries(keys.map((_, at) => [`u${at}`, { publicKeys: [`kind${at}.pub`] }]));
    const other = await open({ users, folder: peer.folder, listen: "localhost:0" });
    for (const [at, key] of keys.entries()) {
      const args = [...sshOptions(other, key), "-P", String(other.port), "-b", "-", `u${at}@127.0.0.1`];
      const { code, out } = await run("sftp", args, "pwd\n");
      expect(code, out).toBe(0);
    }
    const old = ["-o", "PubkeyAcceptedAlgorithms=ssh-rsa"];
    const rsa = [...sshOptions(other, keys[2]), ...old, "-P", String(other.port), "-b", "-", "u2@127.0.0.1"];
    expect((await run("sftp", rsa, "pwd\n")).code).not.toBe(0);
  });
});
