// FTP as a server of files, against real servers: what each call does, in the clear and with both kinds of TLS.

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ftpServers } from "../../src/adapters/ftp/server.ts";
import type { FtpAccess } from "../../src/adapters/ftp/access.ts";
import type { FileServer, RemoteEntry } from "../../src/adapters/shared/remote/server.ts";
import { makeAuthority, type Authority } from "../peers/certificates.ts";
import type { FtpPeer } from "../peers/ftp-peer.ts";
import { proftpdMissing, startProftpd } from "../peers/proftpd.ts";
import { accessTo } from "./ftp-access.ts";
import { describeWithFtp } from "./ftp-peers.ts";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "steg-ftp-"));
// The servers' own users pass through.
chmodSync(folder, 0o711);
let authority: Authority;
beforeAll(() => {
  authority = makeAuthority(join(folder, "ca"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(Buffer.from(piece));
  return Buffer.concat(parts);
}
async function listed(server: FileServer, path: Buffer): Promise<RemoteEntry[]> {
  const entries: RemoteEntry[] = [];
  for await (const piece of server.list(path, never)) entries.push(...piece);
  return entries.toSorted((one, other) => one.name.compare(other.name));
}

describeWithFtp("ftp", (start, name) => {
  describe.each(["none", "explicit", "implicit"] as const)("tls: %s", (tls) => {
    let peer: FtpPeer;
    const open: FileServer[] = [];
    let usual: FileServer | undefined;
    beforeAll(async () => {
      const at = join(folder, `${name}-${tls}`);
      mkdirSync(at);
      const pair = { tls: authority.issue(`${name}-${tls}`), implicit: tls === "implicit" };
      peer = await start(at, tls === "none" ? {} : pair);
    });
    afterAll(async () => {
      await usual?.close();
      await peer.close();
    });
    afterEach(async () => {
      for (const server of open.splice(0)) await server.close();
      for (const each of readdirSync(peer.root, "buffer"))
        rmSync(Buffer.concat([Buffer.from(`${peer.root}/`), each]), { recursive: true });
    });

    /** Without wishes of its own the connection that the test before left: ProFTPD lets nobody in twice at once. */
    async function connect(more?: Partial<FtpAccess>): Promise<FileServer> {
      if (!more) {
        usual = usual?.alive ? usual : await ftpServers(accessTo(peer, { tls, ca: authority.ca })).connect(never);
        return usual;
      }
      const server = await ftpServers(accessTo(peer, { tls, ca: authority.ca, ...more })).connect(never);
      open.push(server);
      return server;
    }
    const at = (path: string | Buffer): Buffer => Buffer.concat([Buffer.from(`${peer.path}/`), Buffer.from(path)]);

    it("writes, lists, looks, reads from an offset, moves and removes", async () => {
      const server = await connect();
      const body = Buffer.from(Array.from({ length: 300_000 }, (_each, n) => n % 251));
      await server.write(at("a.bin"), body, undefined, never);
      expect(readFileSync(join(peer.root, "a.bin")).equals(body)).toBe(true);
      utimesSync(join(peer.root, "a.bin"), 1_700_000_001, 1_700_000_001);
      const entry = { name: Buffer.from("a.bin"), kind: "file", size: 300_000, modified: 1_700_000_001_000 };
      expect(await listed(server, Buffer.from(peer.path))).toEqual([entry]);
      expect(await server.look(at("a.bin"), never)).toEqual(entry);
      expect((await all(server.read(at("a.bin"), 0, never))).equals(body)).toBe(true);
      expect((await all(server.read(at("a.bin"), 299_990, never))).equals(body.subarray(299_990))).toBe(true);
      expect(await server.rename(at("a.bin"), at("b.bin"), never)).toBe("done");
      expect(await server.rename(at("a.bin"), at("c.bin"), never)).toBe("gone");
      await server.remove(at("b.bin"), never);
      await server.remove(at("b.bin"), never);
      expect(await server.look(at("b.bin"), never)).toBeUndefined();
      expect(readdirSync(peer.root)).toEqual([]);
    });

    it("never renames over another file, and replaces where that is asked for", async () => {
      const server = await connect();
      await server.write(at("alt"), Buffer.from("alt"), undefined, never);
      await server.write(at("neu"), Buffer.from("neu"), undefined, never);
      expect(await server.rename(at("neu"), at("alt"), never)).toBe("exists");
      expect(readFileSync(join(peer.root, "alt"), "utf8")).toBe("alt");
      await server.replace(at("neu"), at("alt"), never);
      expect(readFileSync(join(peer.root, "alt"), "utf8")).toBe("neu");
      expect(readdirSync(peer.root)).toEqual(["alt"]);
    });

    it("follows no link that was planted under the name of a file that is made anew", async () => {
      const server = await connect();
      await server.write(at("fremd"), Buffer.from("fremd"), undefined, never);
      symlinkSync("fremd", join(peer.root, "w.part"));
      await server.write(at("w.part"), Buffer.from("eigen"), undefined, never);
      expect(lstatSync(join(peer.root, "w.part")).isFile()).toBe(true);
      expect(readFileSync(join(peer.root, "w.part"), "utf8")).toBe("eigen");
      expect(readFileSync(join(peer.root, "fremd"), "utf8")).toBe("fremd");
    });

    it("writes at an offset and leaves nothing behind it, whatever lies there", async () => {
      const server = await connect();
      const steps = [
        ["0123456789", undefined, "0123456789"],
        ["abc", 10, "0123456789abc"],
        ["XYZ", 10, "0123456789XYZ"],
        ["lang genug", 8, "01234567lang genug"],
        ["!", 4, "0123!"],
        ["neu", 0, "neu"],
      ] as const;
      for (const [text, offset, result] of steps) {
        await server.write(at("w.csv"), Buffer.from(text), offset, never);
        expect(readFileSync(join(peer.root, "w.csv"), "utf8")).toBe(result);
      }
      expect(readdirSync(peer.root)).toEqual(["w.csv"]);
      await expect(server.write(at("w.csv"), Buffer.from("x"), 100, never)).rejects.toMatchObject({
        code: "SERVER_REFUSED",
      });
    });

    it("carries names as the bytes they are", async () => {
      const server = await connect();
      const names = [
        Buffer.from("Gr\xf6\xdfe \xa0 M\xe4rz.csv", "latin1"),
        Buffer.from("Größe à.csv"),
        Buffer.from("  vorn und hinten  .x"),
        Buffer.from("-la *[a]{b}?.csv"),
        Buffer.from("y\xff\xffz", "latin1"),
        Buffer.from('a"b\\c -> d.csv'),
        Buffer.from("hinten "),
        Buffer.from(".punkt"),
      ].toSorted((one, other) => one.compare(other));
      for (const each of names) await server.write(at(each), each, undefined, never);
      expect(readdirSync(peer.root, "buffer").toSorted((one, other) => one.compare(other))).toEqual(names);
      expect((await listed(server, Buffer.from(peer.path))).map((entry) => entry.name)).toEqual(names);
      for (const each of names) {
        expect(await server.look(at(each), never)).toMatchObject({ name: each, kind: "file", size: each.length });
        expect(await all(server.read(at(each), 0, never))).toEqual(each);
        await server.remove(at(each), never);
      }
      expect(readdirSync(peer.root)).toEqual([]);
    });

    it("refuses names with line breaks and NUL before they are sent", async () => {
      const server = await connect();
      writeFileSync(join(peer.root, "opfer"), "x");
      chmodSync(peer.root, 0o777);
      for (const evil of ["a\r\nDELE opfer", "a\nDELE opfer", "a\rb", "a\0b"]) {
        const path = at(evil);
        const attempts = [
          server.look(path, never),
          server.write(path, Buffer.from("x"), undefined, never),
          server.remove(path, never),
          server.rename(at("opfer"), path, never),
          server.replace(path, at("b"), never),
          server.makeFolder(path, never),
          all(server.read(path, 0, never)),
          listed(server, path),
        ];
        // One after the other would hide nothing: none of them reaches the connection.
        for (const each of attempts) await expect(each).rejects.toMatchObject({ code: "SERVER_REFUSED" });
      }
      expect(readdirSync(peer.root)).toEqual(["opfer"]);
      expect(server.alive).toBe(true);
    });

    it("tells folders, links and nothing apart, and makes folders", async () => {
      const server = await connect();
      await server.makeFolder(at("archiv"), never);
      await server.makeFolder(at("archiv"), never);
      expect(lstatSync(join(peer.root, "archiv")).isDirectory()).toBe(true);
      // Inside of what the user sees, outside of the folder.
      writeFileSync(join(peer.root, "..", "ziel"), "geheim");
      symlinkSync("../ziel", join(peer.root, "link"));
      const kinds = (await listed(server, Buffer.from(peer.path))).map((entry) => [String(entry.name), entry.kind]);
      expect(kinds).toEqual([
        ["archiv", "folder"],
        ["link", "link"],
      ]);
      expect(await server.look(at("archiv"), never)).toMatchObject({ kind: "folder" });
      symlinkSync("..", join(peer.root, "hinaus"));
      expect(await server.look(at("hinaus"), never)).toMatchObject({ kind: "link" });
      expect(await server.look(at("nichts"), never)).toBeUndefined();
      expect(await server.look(at("nirgends/nichts"), never)).toBeUndefined();
      await expect(server.makeFolder(at("nirgends/unten"), never)).rejects.toMatchObject({ code: "SERVER_REFUSED" });
      await expect(listed(server, at("nirgends"))).rejects.toMatchObject({ code: "SERVER_REFUSED" });
      await expect(all(server.read(at("nichts"), 0, never))).rejects.toMatchObject({ code: "SERVER_REFUSED" });
      expect(server.alive).toBe(true);
      expect(await server.look(at("archiv"), never)).toMatchObject({ kind: "folder" });
    });

    it("goes on after a reader that stops early, and ends soon after the signal", async () => {
      writeFileSync(join(peer.root, "gross"), Buffer.alloc(30_000_000, 7));
      const server = await connect();
      let got = 0;
      for await (const piece of server.read(at("gross"), 0, never)) {
        got += piece.length;
        if (got > 1_000_000) break;
      }
      expect(server.alive).toBe(true);
      expect(await server.look(at("gross"), never)).toMatchObject({ size: 30_000_000 });
      const stop = new AbortController();
      const begun = performance.now();
      const reading = (async () => {
        for await (const piece of server.read(at("gross"), 0, stop.signal)) {
          got += piece.length;
          stop.abort(new Error("genug"));
        }
      })();
      await expect(reading).rejects.toThrow("genug");
      expect(performance.now() - begun).toBeLessThan(2_000);
    });

    it("finds relative paths from where the login leads", async () => {
      const server = await connect();
      await server.write(at("a"), Buffer.from("a"), undefined, never);
      await listed(server, Buffer.from(peer.path));
      expect(await server.look(Buffer.from(`${peer.path.slice(1)}/a`), never)).toMatchObject({ size: 1 });
    });

    const many = tls === "explicit" ? 3_000 : 300;
    it(`lists ${many} files with times to the second`, async () => {
      for (let n = 0; n < many; n++) {
        const path = join(peer.root, `f${String(n).padStart(4, "0")}`);
        writeFileSync(path, "");
        utimesSync(path, 1_700_000_000 + n, 1_700_000_000 + n);
      }
      const server = await connect();
      const entries = await listed(server, Buffer.from(peer.path));
      expect(entries.length).toBe(many);
      expect(entries.every((entry, n) => entry.modified === (1_700_000_000 + n) * 1_000)).toBe(true);
    });
  });
});

describe.skipIf(proftpdMissing !== undefined)("ftp: a server that lets nobody write over files", () => {
  it("makes files anew, replaces them and lets them grow all the same", async () => {
    const at = join(folder, "no-overwrite");
    mkdirSync(at);
    const peer = await startProftpd(at, { overwrite: false });
    const server = await ftpServers(accessTo(peer)).connect(never);
    const path = (name: string): Buffer => Buffer.from(`${peer.path}/${name}`);
    try {
      for (const text of ["eins", "zwei"]) await server.write(path("a"), Buffer.from(text), undefined, never);
      await server.write(path("b"), Buffer.from("drei"), undefined, never);
      expect(await server.rename(path("b"), path("a"), never)).toBe("exists");
      expect(readFileSync(join(peer.root, "a"), "utf8")).toBe("zwei");
      await server.replace(path("b"), path("a"), never);
      expect(readFileSync(join(peer.root, "a"), "utf8")).toBe("drei");
      expect(readdirSync(peer.root)).toEqual(["a"]);
      await server.write(path("a"), Buffer.from("vier"), 4, never);
      expect(readFileSync(join(peer.root, "a"), "utf8")).toBe("dreivier");
      expect(server.alive).toBe(true);
    } finally {
      await server.close();
      await peer.close();
    }
  });
});
