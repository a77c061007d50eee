// The file server of sftp against OpenSSH: every call, names of any bytes, large folders, cuts.

import { createHash, randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sftpServers } from "../../src/adapters/sftp/servers.ts";
import type { FileServer, RemoteEntry } from "../../src/adapters/shared/remote/server.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { describeWithOpenssh, optionsFor, startOpenssh, type Openssh } from "../peers/openssh.ts";
import { startTcpProxy, type Cut, type TcpProxy } from "../peers/tcp-proxy.ts";

const never = new AbortController().signal;

async function all(server: FileServer, folder: Buffer): Promise<RemoteEntry[]> {
  const entries: RemoteEntry[] = [];
  for await (const some of server.list(folder, never)) entries.push(...some);
  return entries;
}

async function bytesFrom(server: FileServer, path: Buffer, from = 0): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of server.read(path, from, never)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (cause) {
    return cause instanceof BridgeError ? cause.code : `no BridgeError: ${String(cause)}`;
  }
}

describeWithOpenssh("the file server of sftp on OpenSSH", () => {
  let peer: Openssh;
  let server: FileServer;
  let folder: string;
  let turn = 0;
  const at = (name: string | Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${folder}/`), Buffer.isBuffer(name) ? name : Buffer.from(name)]);

  beforeAll(async () => {
    peer = await startOpenssh();
    server = await sftpServers(optionsFor(peer)).connect(never);
  });
  afterAll(async () => {
    await server.close();
    await peer.close();
  });
  beforeEach(() => {
    folder = join(peer.root, `t${++turn}`);
    mkdirSync(folder);
  });

  it("lists files, folders, links and the rest as what they are", async () => {
    writeFileSync(at("a.csv"), "12345");
    mkdirSync(at("sub"));
    symlinkSync("/etc/passwd", at("link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const entries = await all(server, Buffer.from(folder));
    const kinds = entries.map(({ name, kind }) => `${name.toString()} ${kind}`).toSorted();
    expect(kinds).toEqual(["a.csv file", "link link", "pipe special", "sub folder"]);
    const file = entries.find(({ kind }) => kind === "file");
    expect(file?.size).toBe(5);
    expect(file?.modified).toBe(Math.floor(statSync(at("a.csv")).mtimeMs / 1_000) * 1_000);
  });

  it("lists 20,000 files, each once", async () => {
    for (let n = 0; n < 20_000; n++) writeFileSync(join(folder, `f${n}`), "");
    const entries = await all(server, Buffer.from(folder));
    expect(entries).toHaveLength(20_000);
    expect(new Set(entries.map(({ name }) => name.toString())).size).toBe(20_000);
  });

  it("does everything with names that are no UTF-8", async () => {
    const name = Buffer.from("m\xfcnchen \xdf\x80\xff\n.csv", "latin1");
    const other = Buffer.from("gr\xf6\xdfer.csv", "latin1");
    await server.write(at(name), Buffer.from("eins"), undefined, never);
    expect(readdirSync(Buffer.from(folder), { encoding: "buffer" })).toEqual([name]);
    expect((await all(server, Buffer.from(folder))).map((each) => each.name)).toEqual([name]);
    expect((await server.look(at(name), never))?.name).toEqual(name);
    expect((await bytesFrom(server, at(name))).toString()).toBe("eins");
    expect(await server.rename(at(name), at(other), never)).toBe("done");
    await server.write(at(name), Buffer.from("zwei"), undefined, never);
    await server.replace(at(name), at(other), never);
    expect((await bytesFrom(server, at(other))).toString()).toBe("zwei");
    await server.remove(at(other), never);
    expect(readdirSync(folder)).toEqual([]);
    await server.makeFolder(at(name), never);
    expect((await server.look(at(name), never))?.kind).toBe("folder");
  });

  it.each([0, 1, 255 * 1_024 - 1, 255 * 1_024, 255 * 1_024 + 1, 2 * 255 * 1_024, 9_000_001])(
    "writes and reads %i bytes, from the start and from the middle",
    async (length) => {
      const body = randomBytes(length);
      await server.write(at("b"), body, undefined, never);
      expect(sha(readFileSync(at("b")))).toBe(sha(body));
      expect(sha(await bytesFrom(server, at("b")))).toBe(sha(body));
      const middle = length >> 1;
      expect(sha(await bytesFrom(server, at("b"), middle))).toBe(sha(body.subarray(middle)));
      expect(await bytesFrom(server, at("b"), length + 10)).toHaveLength(0);
    },
  );

  it("follows no link that was planted under the name of a file that it writes", async () => {
    writeFileSync(at("foreign"), "theirs");
    symlinkSync(at("foreign").toString(), at("f"));
    expect(await codeOf(server.write(at("f"), Buffer.from("ours"), 6, never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.write(at("f"), Buffer.from("ours"), 0, never))).toBe("SERVER_REFUSED");
    await server.write(at("f"), Buffer.from("ours"), undefined, never);
    expect(lstatSync(at("f")).isFile()).toBe(true);
    expect(readFileSync(at("f"), "utf8")).toBe("ours");
    expect(readFileSync(at("foreign"), "utf8")).toBe("theirs");
    symlinkSync(at("nowhere").toString(), at("g"));
    await server.write(at("g"), Buffer.from("ours"), undefined, never);
    expect(readdirSync(folder).toSorted()).toEqual(["f", "foreign", "g"]);
    mkdirSync(at("h"));
    expect(await codeOf(server.write(at("h"), Buffer.from("ours"), undefined, never))).toBe("SERVER_REFUSED");
  });

  it("makes a file anew, and writes on where it is told, cutting what is behind", async () => {
    await server.write(at("f"), Buffer.from("long content"), undefined, never);
    await server.write(at("f"), Buffer.from("short"), undefined, never);
    expect(readFileSync(at("f"), "utf8")).toBe("short");
    await server.write(at("f"), Buffer.from("ly"), 5, never);
    expect(readFileSync(at("f"), "utf8")).toBe("shortly");
    await server.write(at("f"), Buffer.from("p"), 2, never);
    expect(readFileSync(at("f"), "utf8")).toBe("shp");
    await server.write(at("f"), Buffer.alloc(0), 1, never);
    expect(readFileSync(at("f"), "utf8")).toBe("s");
    // A hole would be filled with zeros that nobody wrote.
    expect(await codeOf(server.write(at("f"), Buffer.from("x"), 9, never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.write(at("none"), Buffer.from("x"), 0, never))).toBe("SERVER_REFUSED");
    expect(existsSync(at("none"))).toBe(false);
  });

  it("renames never over another file, replaces always", async () => {
    writeFileSync(at("one"), "1");
    writeFileSync(at("two"), "2");
    expect(await server.rename(at("one"), at("two"), never)).toBe("exists");
    expect(readFileSync(at("two"), "utf8")).toBe("2");
    expect(await server.rename(at("three"), at("four"), never)).toBe("gone");
    expect(await codeOf(server.rename(at("one"), at("no/where"), never))).toBe("SERVER_REFUSED");
    await server.replace(at("one"), at("two"), never);
    expect(readFileSync(at("two"), "utf8")).toBe("1");
    expect(existsSync(at("one"))).toBe(false);
    expect(await codeOf(server.replace(at("one"), at("two"), never))).toBe("SERVER_REFUSED");
    expect(readFileSync(at("two"), "utf8")).toBe("1");
  });

  it("lets one of many who rename the same file win", async () => {
    const others = await Promise.all(Array.from({ length: 3 }, () => sftpServers(optionsFor(peer)).connect(never)));
    const racers = [server, ...others];
    for (let n = 0; n < 50; n++) {
      writeFileSync(at("drop"), String(n));
      const ends = await Promise.all(
        racers.map((each, who) => each.rename(at("drop"), at(`claim-${n}-${who}`), never)),
      );
      expect(ends.toSorted()).toEqual(["done", "gone", "gone", "gone"]);
      expect(readdirSync(folder).filter((name) => name.startsWith(`claim-${n}-`))).toHaveLength(1);
    }
    await Promise.all(others.map((each) => each.close()));
  });

  it("takes what is done already as done", async () => {
    expect(await server.look(at("none"), never)).toBeUndefined();
    expect(await server.look(at("none/below"), never)).toBeUndefined();
    await server.remove(at("none"), never);
    await server.makeFolder(at("sub"), never);
    await server.makeFolder(at("sub"), never);
    writeFileSync(at("file"), "");
    expect(await codeOf(server.makeFolder(at("file"), never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.makeFolder(at("no/where"), never))).toBe("SERVER_REFUSED");
    expect(await codeOf(all(server, at("none")))).toBe("SERVER_REFUSED");
    expect(await codeOf(bytesFrom(server, at("none")))).toBe("SERVER_REFUSED");
  });

  it("says no path and no word of the server in a message", async () => {
    const failure = await server.remove(at("sub/none"), never).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(failure).toBeUndefined();
    mkdirSync(at("secret-folder"));
    const no = (await server.remove(at("secret-folder"), never).catch((cause: unknown) => cause)) as BridgeError;
    expect(no.code).toBe("SERVER_REFUSED");
    expect(no.message).not.toContain("secret-folder");
    expect(no.detail).toContain("secret-folder");
  });

  it("ends a call soon after its signal, and goes on with the next", async () => {
    writeFileSync(at("big"), randomBytes(30_000_000));
    for (let n = 0; n < 20; n++) {
      const stop = new AbortController();
      const reason = new Error("enough");
      let got = 0;
      const reading = (async () => {
        for await (const piece of server.read(at("big"), 0, stop.signal)) {
          got += piece.length;
          if (got > n * 300_000) stop.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
    }
    const early = AbortSignal.abort(new Error("before"));
    await expect(server.look(at("big"), early)).rejects.toThrow("before");
    // Handles of the calls that were ended are not left open at the server.
    expect(server.alive).toBe(true);
    expect((await server.look(at("big"), never))?.size).toBe(30_000_000);
  });

  it("ends a call that takes longer than its time", async () => {
    writeFileSync(at("big"), randomBytes(5_000_000));
    const hurried = await sftpServers({ ...optionsFor(peer), totalTimeout: 300 }).connect(never);
    const slow = (async () => {
      for await (const _piece of hurried.read(at("big"), 0, never))
        await new Promise((resolve) => setTimeout(resolve, 50));
    })();
    await expect(slow).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await hurried.close();
  });

  it("serves many calls side by side on one connection", async () => {
    const bodies = Array.from({ length: 40 }, (_, n) => randomBytes(n * 40_000));
    await Promise.all(bodies.map((body, n) => server.write(at(`f${n}`), body, undefined, never)));
    const read = await Promise.all(bodies.map((_, n) => bytesFrom(server, at(`f${n}`))));
    expect(read.map(sha)).toEqual(bodies.map(sha));
  });
});

describeWithOpenssh("the file server of sftp in a chroot", () => {
  let peer: Openssh;
  let server: FileServer;
  beforeAll(async () => {
    peer = await startOpenssh({ chroot: true });
    mkdirSync(join(peer.root, "in"));
    server = await sftpServers(optionsFor(peer)).connect(never);
  });
  afterAll(async () => {
    await server.close();
    await peer.close();
  });

  it("sees the folder as its root", async () => {
    await server.write(Buffer.from("/in/a"), Buffer.from("1"), undefined, never);
    expect(readFileSync(join(peer.root, "in/a"), "utf8")).toBe("1");
    expect((await all(server, Buffer.from("/"))).map(({ name }) => name.toString())).toEqual(["in"]);
    expect(await server.look(Buffer.from("/etc/passwd"), never)).toBeUndefined();
    // A link to outside leads to nothing there.
    symlinkSync("/etc/passwd", join(peer.root, "in/link"));
    expect((await server.look(Buffer.from("/in/link"), never))?.kind).toBe("link");
    expect(await codeOf(bytesFrom(server, Buffer.from("/in/link")))).toBe("SERVER_REFUSED");
  });
});

describeWithOpenssh("the file server of sftp where the server says no", () => {
  let peer: Openssh;
  let server: FileServer;
  beforeAll(async () => {
    // Root may do everything, so what is refused is refused by the server itself.
    peer = await startOpenssh({ config: ["ForceCommand internal-sftp -R"] });
    writeFileSync(join(peer.root, "a"), "1");
    chmodSync(join(peer.root, "a"), 0o644);
    server = await sftpServers(optionsFor(peer)).connect(never);
  });
  afterAll(async () => {
    await server.close();
    await peer.close();
  });

  it("says SERVER_REFUSED for each call that would change something, and reads on", async () => {
    const at = (name: string): Buffer => Buffer.from(join(peer.root, name));
    expect(await codeOf(server.write(at("b"), Buffer.from("1"), undefined, never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.write(at("a"), Buffer.from("1"), 1, never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.rename(at("a"), at("b"), never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.replace(at("a"), at("b"), never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.remove(at("a"), never))).toBe("SERVER_REFUSED");
    expect(await codeOf(server.makeFolder(at("sub"), never))).toBe("SERVER_REFUSED");
    expect((await bytesFrom(server, at("a"))).toString()).toBe("1");
    expect(server.alive).toBe(true);
    expect(readdirSync(peer.root)).toEqual(["a"]);
  });
});

describeWithOpenssh("the file server of sftp where keys are exchanged again and again", () => {
  it("reads and writes on", async () => {
    const peer = await startOpenssh({ config: ["RekeyLimit 2M"] });
    const server = await sftpServers(optionsFor(peer)).connect(never);
    const body = randomBytes(30_000_000);
    const path = Buffer.from(join(peer.root, "big"));
    const [read] = await Promise.all([
      server.write(path, body, undefined, never).then(() => bytesFrom(server, path)),
      (async () => {
        for (let n = 0; n < 200; n++) await server.look(Buffer.from(peer.root), never);
      })(),
    ]);
    expect(sha(read)).toBe(sha(body));
    await server.close();
    await peer.close();
  });
});

describeWithOpenssh("the file server of sftp on a line that is cut", () => {
  let peer: Openssh;
  let path: Buffer;
  const body = randomBytes(20_000_000);
  beforeAll(async () => {
    peer = await startOpenssh();
    path = Buffer.from(join(peer.root, "big"));
    writeFileSync(path, body);
  });
  afterAll(() => peer.close());

  /** A line of its own for each test: they run side by side, because most of what they do is wait. */
  async function throughProxy(work: (proxy: TcpProxy) => Promise<void>): Promise<void> {
    const proxy = await startTcpProxy(peer.port);
    try {
      await work(proxy);
    } finally {
      await proxy.close();
    }
  }

  async function readUntilCut(
    proxy: TcpProxy,
    how: Cut,
    after: number,
  ): Promise<{ code: string; took: number; got: Buffer }> {
    const server = await sftpServers(optionsFor(peer, proxy.port)).connect(never);
    const pieces: Buffer[] = [];
    let got = 0;
    let cutAt = 0;
    const code = await codeOf(
      (async () => {
        for await (const piece of server.read(path, 0, never)) {
          pieces.push(Buffer.from(piece));
          got += piece.length;
          if (cutAt === 0 && got >= after) {
            cutAt = performance.now();
            proxy.cut(how);
          }
        }
      })(),
    );
    const took = performance.now() - cutAt;
    expect(server.alive).toBe(false);
    await server.close();
    return { code, took, got: Buffer.concat(pieces) };
  }

  describe.concurrent("on a line of its own", () => {
    const ways = (["reset", "end", "silence"] as const).flatMap((how) =>
      [1, 2_000_000, 7_000_000].map((after) => ({ how, after })),
    );
    it.each(ways)("notices a cut by $how after $after bytes within 5 s, and has got nothing wrong", ({ how, after }) =>
      throughProxy(async (proxy) => {
        const { code, took, got } = await readUntilCut(proxy, how, after);
        expect(code).toBe("SERVER_UNREACHABLE");
        expect(took).toBeLessThan(5_000);
        expect(got.length).toBeLessThan(body.length);
        expect(got.equals(body.subarray(0, got.length))).toBe(true);
      }),
    );

    it.each(["reset", "end", "silence"] as const)("notices a cut by %s within 5 s while it writes", (how) =>
      throughProxy(async (proxy) => {
        const server = await sftpServers(optionsFor(peer, proxy.port)).connect(never);
        const writing = codeOf(
          server.write(Buffer.from(join(peer.root, `up-${how}`)), Buffer.alloc(80_000_000), undefined, never),
        );
        await new Promise((resolve) => setTimeout(resolve, 150));
        proxy.cut(how);
        const began = performance.now();
        expect(await writing).toBe("SERVER_UNREACHABLE");
        expect(performance.now() - began).toBeLessThan(5_000);
        await server.close();
      }),
    );

    it("notices silence within 5 s when nothing is asked", () =>
      throughProxy(async (proxy) => {
        const server = await sftpServers(optionsFor(peer, proxy.port)).connect(never);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        expect(server.alive).toBe(true);
        proxy.cut("silence");
        await new Promise((resolve) => setTimeout(resolve, 4_900));
        expect(server.alive).toBe(false);
        const began = performance.now();
        await server.close();
        expect(performance.now() - began).toBeLessThan(1_200);
      }));

    it("notices a server that does not answer pings by the time that a request waits", () =>
      throughProxy(async (proxy) => {
        const options = { ...optionsFor(peer, proxy.port), keepalive: false, timeout: 1_000 };
        const server = await sftpServers(options).connect(never);
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        expect((await server.look(path, never))?.size).toBe(body.length);
        proxy.cut("silence");
        const began = performance.now();
        expect(await codeOf(server.look(path, never))).toBe("SERVER_UNREACHABLE");
        expect(performance.now() - began).toBeLessThan(2_500);
        expect(server.alive).toBe(false);
        await server.close();
      }));

    it("keeps a connection on which nothing is asked", () =>
      throughProxy(async (proxy) => {
        const server = await sftpServers(optionsFor(peer, proxy.port)).connect(never);
        await new Promise((resolve) => setTimeout(resolve, 6_000));
        expect((await server.look(path, never))?.size).toBe(body.length);
        await server.close();
      }));
  });

  it("fails with SERVER_UNREACHABLE when the server is killed, and connects again when it is back", async () => {
    const servers = sftpServers(optionsFor(peer));
    const server = await servers.connect(never);
    await peer.kill();
    expect(await codeOf(server.look(path, never))).toBe("SERVER_UNREACHABLE");
    expect(await codeOf(servers.connect(never))).toBe("SERVER_UNREACHABLE");
    await peer.start();
    const again = await servers.connect(never);
    expect((await again.look(path, never))?.size).toBe(body.length);
    await again.close();
    await server.close();
  });
});

describe("a server that is not there", () => {
  it("is said to be unreachable", async () => {
    const options = {
      ...optionsFor({ user: "u", key: "", hostKey: "SHA256:x" } as Openssh, 1),
      privateKey: undefined,
      password: "p",
    };
    expect(await codeOf(sftpServers(options).connect(never))).toBe("SERVER_UNREACHABLE");
  });
});
