// FTP: whom the client trusts, what it refuses, and what it never says in the clear.

import { createHash, X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FtpAccess } from "../../src/adapters/ftp/access.ts";
import { ftpServers } from "../../src/adapters/ftp/server.ts";
import type { FileServer } from "../../src/adapters/shared/remote/server.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { makeAuthority, type Authority, type Pair } from "../peers/certificates.ts";
import type { FtpPeer, FtpPeerOptions } from "../peers/ftp-peer.ts";
import { startMeddler } from "../peers/meddler.ts";
import { startRudeFtp, type RudeScript } from "../peers/rude-ftp.ts";
import { accessTo } from "./ftp-access.ts";
import { describeWithFtp, type StartFtp } from "./ftp-peers.ts";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "steg-ftps-"));
chmodSync(folder, 0o711);
let authority: Authority;
let other: Authority;
beforeAll(() => {
  authority = makeAuthority(join(folder, "ca"));
  other = makeAuthority(join(folder, "other"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const made: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

let count = 0;
async function serve(start: StartFtp, options: FtpPeerOptions = {}): Promise<FtpPeer> {
  const own = join(folder, `s${++count}`);
  mkdirSync(own);
  const peer = await start(own, options);
  made.push(() => peer.close());
  return peer;
}
async function connect(access: FtpAccess): Promise<FileServer> {
  const server = await ftpServers(access).connect(never);
  made.push(() => server.close());
  return server;
}
async function names(server: FileServer, path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entries of server.list(Buffer.from(path), never))
    for (const { name } of entries) found.push(name.toString("latin1"));
  return found.toSorted();
}
function fingerprint({ cert }: Pair): string {
  return createHash("sha256").update(new X509Certificate(cert).raw).digest("hex");
}

describeWithFtp("ftp security", (start) => {
  describe.each(["explicit", "implicit"] as const)("tls: %s", (tls) => {
    const implicit = tls === "implicit";

    it("refuses a certificate that expired, is for another name, or is of another authority", async () => {
      const cases = [
        [authority.issue("alt", { days: 0 }), authority.ca, /has expired/u],
        [authority.issue("fremd", { names: "DNS:anders.example" }), authority.ca, /for another name/u],
        [other.issue("anders"), authority.ca, /unknown authority|not accepted/u],
        [authority.issue("server"), undefined, /unknown authority/u],
      ] as const;
      const refusals = cases.map(async ([pair, ca, words]) => {
        const peer = await serve(start, { tls: pair, implicit });
        const attempt = ftpServers(accessTo(peer, { tls, ca })).connect(never);
        await expect(attempt).rejects.toMatchObject({ code: "CERTIFICATE_REFUSED", retry: false });
        await expect(attempt).rejects.toThrow(words);
      });
      await Promise.all(refusals);
    });

    it("takes the pinned certificate whoever signed it, and no other", async () => {
      const pair = other.issue("gepinnt", { names: "DNS:anders.example" });
      const peer = await serve(start, { tls: pair, implicit });
      const server = await connect(accessTo(peer, { tls, fingerprint: fingerprint(pair) }));
      await server.write(Buffer.from(`${peer.path}/a`), Buffer.from("a"), undefined, never);
      expect(await names(server, peer.path)).toEqual(["a"]);
      const wrong = ftpServers(accessTo(peer, { tls, fingerprint: "0".repeat(64) })).connect(never);
      await expect(wrong).rejects.toMatchObject({
        code: "CERTIFICATE_REFUSED",
        facts: { fingerprint: fingerprint(pair) },
      });
      // With an authority beside it both must hold.
      const both = ftpServers(accessTo(peer, { tls, fingerprint: fingerprint(pair), ca: authority.ca })).connect(never);
      await expect(both).rejects.toMatchObject({ code: "CERTIFICATE_REFUSED" });
    });

    it("says how long the server's certificate is good, where that matters", async () => {
      const pair = authority.issue("gut");
      const peer = await serve(start, { tls: pair, implicit });
      const shown: (readonly [string, number])[] = [];
      const showed = (...one: [string, number]): void => void shown.push(one);
      const server = await connect(accessTo(peer, { tls, ca: authority.ca, showed }));
      await server.write(Buffer.from(`${peer.path}/a`), Buffer.from("a"), undefined, never);
      const end = new X509Certificate(pair.cert).validToDate.getTime();
      expect(shown).toEqual([[`127.0.0.1:${peer.port}`, end]]);
      // A pinned certificate stands for its term, too.
      await connect(accessTo(peer, { tls, fingerprint: fingerprint(pair), showed }));
      await connect(accessTo(peer, { tls, checkCertificate: false, showed }));
      expect(shown).toHaveLength(1);
    });

    it("resumes the session on every data connection, as the server asks", async () => {
      const peer = await serve(start, { tls: authority.issue("wieder"), implicit, requireReuse: true });
      const server = await connect(accessTo(peer, { tls, ca: authority.ca }));
      for (let round = 0; round < 12; round++) {
        await server.write(Buffer.from(`${peer.path}/r${round}`), Buffer.alloc(1_000), undefined, never);
        expect((await names(server, peer.path)).length).toBe(round + 1);
      }
    });

    it("says that a login was refused, and nothing of the password", async () => {
      const peer = await serve(start, { tls: authority.issue("login"), implicit });
      const password = Buffer.from("KANARIENVOGEL");
      const failure = await ftpServers(accessTo(peer, { tls, ca: authority.ca, password }))
        .connect(never)
        .catch((cause: unknown) => cause);
      expect(failure).toMatchObject({ code: "LOGIN_REFUSED", retry: false });
      expect(JSON.stringify([failure, String(failure), (failure as { detail?: string }).detail])).not.toContain(
        "KANARIEN",
      );
    });
  });

  it("says nothing in the clear to a server that has no TLS", async () => {
    const peer = await serve(start);
    const attempt = ftpServers(accessTo(peer, { tls: "explicit" })).connect(never);
    await expect(attempt).rejects.toMatchObject({ code: "TLS_REFUSED", retry: false });
    const implicit = ftpServers(accessTo(peer, { tls: "implicit" })).connect(never);
    await expect(implicit).rejects.toMatchObject({ code: "TLS_REFUSED" });
  });

  it("says nothing secret where somebody in between denies that the server has TLS", async () => {
    const peer = await serve(start, { tls: authority.issue("geleugnet") });
    for (const answer of ["500 Unknown command", "230 Logged in", "234"]) {
      const meddler = await startMeddler(peer.port, { answer });
      made.push(() => meddler.close());
      const access = accessTo(
        { ...peer, port: meddler.port },
        { tls: "explicit", ca: authority.ca, connectTimeout: 1_500 },
      );
      await expect(ftpServers(access).connect(never)).rejects.toBeInstanceOf(BridgeError);
      const heard = meddler.heard().toString("latin1");
      expect(heard.startsWith("AUTH TLS\r\n")).toBe(true);
      expect(heard).not.toMatch(/USER|PASS/u);
      expect(heard).not.toContain(peer.password);
    }
  });

  it("takes no reply from before TLS for one of the server", async () => {
    const peer = await serve(start, { tls: authority.issue("untergeschoben") });
    const inject = '230 Logged in\r\n331 what else?\r\n257 "/untergeschoben" is here\r\n';
    const meddler = await startMeddler(peer.port, { inject });
    made.push(() => meddler.close());
    const server = await connect(accessTo({ ...peer, port: meddler.port }, { tls: "explicit", ca: authority.ca }));
    await server.write(Buffer.from(`${peer.path}/a`), Buffer.from("a"), undefined, never);
    expect(await names(server, peer.path)).toEqual(["a"]);
    expect(meddler.heard().toString("latin1")).not.toMatch(/USER|PASS/u);
  });

  it("is refused by a server that wants TLS and gets none", async () => {
    const peer = await serve(start, { tls: authority.issue("nur-tls") });
    const attempt = ftpServers(accessTo(peer, { tls: "none" })).connect(never);
    await expect(attempt).rejects.toMatchObject({ code: "LOGIN_REFUSED" });
  });

  it("goes to the host it is connected to, whatever PASV answers", async () => {
    const peer = await serve(start, { passiveAddress: "192.0.2.7" });
    const server = await connect(accessTo(peer, { passive: "pasv" }));
    await server.write(Buffer.from(`${peer.path}/nat`), Buffer.from("x"), undefined, never);
    expect(await names(server, peer.path)).toEqual(["nat"]);
  });

  it("keeps the control connection alive during a long transfer, and in step after it", async () => {
    const peer = await serve(start, { tls: authority.issue("lang") });
    writeFileSync(join(peer.root, "lang"), Buffer.alloc(30_000_000, 1));
    const server = await connect(accessTo(peer, { tls: "explicit", ca: authority.ca, keepAlive: 40 }));
    for (let round = 0; round < 3; round++) {
      let got = 0;
      for await (const piece of server.read(Buffer.from(`${peer.path}/lang`), 0, never)) {
        got += piece.length;
        if (got % 5 === 0) await new Promise((resolve) => void setTimeout(resolve, 2));
      }
      expect(got).toBe(30_000_000);
      expect(await server.look(Buffer.from(`${peer.path}/lang`), never)).toMatchObject({ size: 30_000_000 });
      expect(await server.look(Buffer.from(`${peer.path}/nichts`), never)).toBeUndefined();
    }
  });

  it.each(["SIGSTOP", "SIGKILL"] as const)(
    "notices within its time that the server went silent or died: %s",
    async (signal) => {
      const peer = await serve(start, { tls: authority.issue("schnitt") });
      writeFileSync(join(peer.root, "gross"), Buffer.alloc(50_000_000, 1));
      const server = await connect(accessTo(peer, { tls: "explicit", ca: authority.ca, stall: 1_500 }));
      let cutAt = 0;
      let cutSessions = 0;
      const reading = (async () => {
        for await (const piece of server.read(Buffer.from(`${peer.path}/gross`), 0, never)) {
          if (cutAt === 0 && piece.length > 0) {
            cutSessions = peer.signalSessions(signal);
            cutAt = performance.now();
          }
        }
      })();
      await expect(reading).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", retry: true });
      // Far below the 60 s that nothing at all would take; how much on a busy machine is no question of this test.
      expect(performance.now() - cutAt).toBeLessThan(10_000);
      expect(cutSessions).toBeGreaterThan(0);
      expect(server.alive).toBe(false);
    },
  );
});

async function rude(script: RudeScript, tls?: Parameters<typeof startRudeFtp>[1]): ReturnType<typeof startRudeFtp> {
  const server = await startRudeFtp(script, tls);
  made.push(() => server.close());
  return server;
}
const someone = { user: "steg", password: "geheim" };

describe("ftp: servers without manners", () => {
  it("never sends user or password where AUTH TLS is refused", async () => {
    for (const reply of ["500 no", "502 no", "534 policy", "431 later", "421 bye"]) {
      const server = await rude((word) => (word === "AUTH" ? reply : undefined));
      const attempt = ftpServers(accessTo({ ...someone, port: server.port }, { tls: "explicit" })).connect(never);
      await expect(attempt).rejects.toMatchObject({ code: "TLS_REFUSED" });
      expect(server.heard.filter((line) => line !== "QUIT")).toEqual(["AUTH TLS"]);
    }
  });

  it("sends no file where the server does not protect data connections", async () => {
    const server = await rude((word) => (word === "PROT" ? "534 no" : undefined), authority.issue("prot"));
    const access = accessTo({ ...someone, port: server.port }, { tls: "implicit", ca: authority.ca });
    await expect(ftpServers(access).connect(never)).rejects.toMatchObject({ code: "TLS_REFUSED" });
  });

  it("speaks no TLS before 1.2 unless the bridge says so", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const server = await rude(() => undefined, { ...authority.issue("altbau"), ...old });
    const access = accessTo({ ...someone, port: server.port }, { tls: "implicit", ca: authority.ca });
    await expect(ftpServers(access).connect(never)).rejects.toMatchObject({ code: "TLS_REFUSED" });
    const weak = await connect({ ...access, leastTls: "TLSv1.1" });
    expect(weak.alive).toBe(true);
  });

  it("ends a reply that has no end, and a login that takes too long", async () => {
    const flood = await rude((word) => (word === "PWD" ? `257-${"x".repeat(200_000)}` : undefined));
    const access = accessTo({ ...someone, port: flood.port });
    await expect(ftpServers(access).connect(never)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    const slow = await rude((word) => (word === "PASS" ? "" : undefined));
    const late = accessTo({ ...someone, port: slow.port }, { connectTimeout: 300 });
    await expect(ftpServers(late).connect(never)).rejects.toThrow(/within 300 ms/u);
  });

  it("ends a listing that is one endless line", async () => {
    const server = await rude((word) => (word === "LIST" ? { data: Buffer.alloc(10_000_000, "x") } : undefined));
    const client = await connect(accessTo({ ...someone, port: server.port }));
    await expect(names(client, "/")).rejects.toMatchObject({ code: "SERVER_REFUSED" });
  });

  it("reads the listings of DOS, and of a Unix that shows minutes only", async () => {
    const lines = [
      "total 3",
      "11-21-26  02:35PM               12345 Meldung 1.csv\r",
      "11-21-26  02:35PM       <DIR>          archiv\r",
      "-rw-r--r--   1 steg     amt           77 Nov 20 09:05 a b.csv",
      "-rw-r--r--   1 steg     amt           78 Nov 20  2019 alt.csv",
      "lrwxrwxrwx   1 0        0              9 Nov 20 09:05 link -> /etc/passwd",
      "-rw-r--r--   1 steg     amt            5 Nov 20 09:05 ../../etc/passwd",
      "drwxr-xr-x   2 steg     amt         4096 Nov 20 09:05 ..",
      "what is this",
    ];
    const server = await rude((word) => (word === "LIST" ? { data: lines.join("\n") } : undefined));
    const client = await connect(accessTo({ ...someone, port: server.port }));
    const found: unknown[] = [];
    for await (const entries of client.list(Buffer.from("/"), never))
      for (const { name, kind, size, modified } of entries) found.push([name.toString(), kind, size, modified]);
    const recent = (found[2] as [string, string, number, number])[3];
    expect(found).toEqual([
      ["Meldung 1.csv", "file", 12_345, Date.UTC(2026, 10, 21, 14, 35)],
      ["archiv", "folder", 0, undefined],
      ["a b.csv", "file", 77, recent],
      ["alt.csv", "file", 78, Date.UTC(2019, 10, 20)],
      ["link", "link", 0, undefined],
    ]);
    expect(new Date(recent).toISOString()).toMatch(/-11-20T09:05:00\.000Z$/u);
    // The same line gives the same time in a look, so that a file that stands still stands still.
    expect(await client.look(Buffer.from("/a b.csv"), never)).toMatchObject({ size: 77, modified: recent });
  });

  it("asks with PASV where EPSV is refused, and says so where neither works", async () => {
    const server = await rude((word) =>
      word === "EPSV" ? "500 what?" : word === "PASV" ? "227 (10,0,0,1,0,1)" : undefined,
    );
    const client = await connect(accessTo({ ...someone, port: server.port }, { stall: 1_000 }));
    await expect(names(client, "/")).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    expect(server.heard).toContain("PASV");
  });
});
