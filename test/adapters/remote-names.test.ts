// Names in Latin-1 on a server: patterns with umlauts match them, formulas and people see them as text, targets and receipts write
// them, folders and markers are found by them. Against every kind of server there is.

import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ftpServers } from "../../src/adapters/ftp/server.ts";
import { sftpServers } from "../../src/adapters/sftp/servers.ts";
import { joinPath } from "../../src/adapters/shared/atomic.ts";
import { nameCodeOf } from "../../src/adapters/shared/remote/name-code.ts";
import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteReceipts } from "../../src/adapters/shared/remote/receipts.ts";
import type { FileServers } from "../../src/adapters/shared/remote/server.ts";
import { createRemoteSource, type RemoteSourceOptions } from "../../src/adapters/shared/remote/source.ts";
import { createRemoteTarget } from "../../src/adapters/shared/remote/target.ts";
import type { Source } from "../../src/core/contract.ts";
import { contextIn, messageOf, parcelOf, patternOf } from "../conformance/surroundings.ts";
import { readAll } from "../conformance/taker.ts";
import { makeAuthority } from "../peers/certificates.ts";
import { localServers } from "../peers/local-file-server.ts";
import { describeWithOpenssh, optionsFor, startOpenssh, type Openssh } from "../peers/openssh.ts";
import type { FtpPeer } from "../peers/ftp-peer.ts";
import { accessTo } from "./ftp-access.ts";
import { describeWithFtp } from "./ftp-peers.ts";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "steg-names-"));
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server, its folder here, and the same folder as its user sees it. */
interface Ground {
  readonly servers: FileServers;
  readonly here: string;
  readonly there: string;
}

const latin = (text: string): Buffer => Buffer.from(text, "latin1");

function namesAreText(ground: () => Ground): void {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
    for (const each of readdirSync(ground().here, "buffer"))
      rmSync(joinPath(ground().here, each), { recursive: true, force: true });
  });
  const poolOf = (): ReturnType<typeof createPool> => createPool(ground().servers, { most: 2, idle: 30_000 });

  function at(...path: string[]): Buffer {
    return path.reduce<Buffer>((up, part) => joinPath(up, latin(part)), Buffer.from(ground().here));
  }
  function makeFolder(...path: string[]): void {
    mkdirSync(at(...path));
    const { uid, gid } = statSync(ground().here);
    chownSync(at(...path), uid, gid);
  }
  function sourceOf(more: Partial<RemoteSourceOptions>): Source {
    const path = `${ground().there}/Verf\u00fcgungen`;
    const base = { path, files: undefined, marker: undefined, settle: 0, every: 10_000, after: "archive" } as const;
    const given = { ...base, archive: "erledigt \u00fcbernommen", sort: "name", ...more } as const;
    const source = createRemoteSource({ nameEncoding: "iso-8859-1", ...given }, poolOf(), contextIn(folder));
    open.push(source);
    return source;
  }

  it("takes what a pattern with umlauts fits, with its marker, and archives it under its own bytes", async () => {
    makeFolder("Verf\u00fcgungen");
    for (const name of ["Gr\u00f6\u00dfe.csv", "Grosse.csv", "M\u00e4rz \u00a7 5.csv"]) {
      writeFileSync(at("Verf\u00fcgungen", name), name);
      writeFileSync(at("Verf\u00fcgungen", `${name}.\u00fcbergeben`), "");
    }
    // Composed of two characters in the bridge file: an editor on macOS may write it so.
    const source = sourceOf({ files: ["Gro\u0308\u00dfe*", "M\u00e4rz*"], marker: "{name}.\u00fcbergeben" });
    const taken: string[] = [];
    for await (const delivery of source.look(never)) {
      taken.push(`${delivery.name}: ${(await readAll(delivery)).toString("utf8")}`);
      expect(await delivery.verify(never)).toBe("same");
      await delivery.settle(`d${taken.length}`, never);
    }
    expect(taken).toEqual([
      "Gr\u00f6\u00dfe.csv: Gr\u00f6\u00dfe.csv",
      "M\u00e4rz \u00a7 5.csv: M\u00e4rz \u00a7 5.csv",
    ]);
    const left = readdirSync(at("Verf\u00fcgungen"), "buffer").map((each) => each.toString("latin1"));
    expect(left.toSorted()).toEqual(["Grosse.csv", "Grosse.csv.\u00fcbergeben", "erledigt \u00fcbernommen"]);
    const archived = readdirSync(at("Verf\u00fcgungen", "erledigt \u00fcbernommen"), "buffer");
    expect(archived.map((each) => each.toString("latin1")).toSorted()).toEqual([
      "Gr\u00f6\u00dfe.csv",
      "M\u00e4rz \u00a7 5.csv",
    ]);
  });

  it("writes messages, growing files and receipts in Latin-1, and refuses what it does not have", async () => {
    makeFolder("Eing\u00e4nge");
    const path = `${ground().there}/Eing\u00e4nge/{ORT}`;
    const naming = {
      path: patternOf(path, "raw"),
      name: patternOf("{NAME}", "raw"),
      nameEncoding: "iso-8859-1",
    } as const;
    const target = createRemoteTarget(naming, poolOf(), "probe");
    open.push(target);
    const send = (n: number, record: { NAME: string; ORT: string }): ReturnType<typeof target.deliver> =>
      target.deliver(parcelOf(n, `body ${n}`, record), never);
    expect(messageOf(await send(1, { NAME: "Stra\u00dfe.xml", ORT: "K\u00f6ln" }))).toBe("");
    const refused = { end: "refused", code: "TARGET_ADDRESS" };
    const euro = await send(2, { NAME: "5 \u20ac.xml", ORT: "K\u00f6ln" });
    expect(euro).toMatchObject(refused);
    expect(messageOf(euro)).toContain("iso-8859-1");
    expect(await send(3, { NAME: "a.xml", ORT: "\u0141\u00f3d\u017a" })).toMatchObject(refused);
    const { scope } = parcelOf(4, "", { NAME: "gr\u00f6\u00dfer.csv", ORT: "K\u00f6ln" });
    const file = await target.append!(scope, undefined, never);
    await file.write(Buffer.from("eins\n"));
    await file.finish();
    await file.close();
    const found = readdirSync(at("Eing\u00e4nge", "K\u00f6ln"), "buffer").map((each) => each.toString("latin1"));
    expect(found.toSorted()).toEqual(["Stra\u00dfe.xml", "gr\u00f6\u00dfer.csv"]);

    makeFolder("Qu\u00edttung");
    const receipts = createRemoteReceipts(`${ground().there}/Qu\u00edttung`, poolOf(), "iso-8859-1");
    open.push(receipts);
    // Whatever a drop is called, its receipt comes; and two drops have two.
    for (const name of ["\u00c4.json", "\u20ac.json", "\u2211.json", "\u20ac.json"])
      await receipts.put(name, Buffer.from(name), never);
    const written = readdirSync(at("Qu\u00edttung"), "buffer").map((each) => each.toString("latin1"));
    expect(written).toContain("\u00c4.json");
    expect(written).toHaveLength(3);
  });
}

describe("names in Latin-1 on any server of files", () => {
  const here = join(folder, "local");
  mkdirSync(here);
  namesAreText(() => ({ servers: localServers(here), here, there: "" }));
});

describeWithOpenssh("names in Latin-1 on OpenSSH", () => {
  let peer: Openssh;
  beforeAll(async () => {
    peer = await startOpenssh();
  });
  afterAll(() => peer.close());
  namesAreText(() => ({ servers: sftpServers(optionsFor(peer)), here: peer.root, there: peer.root }));
});

describeWithFtp("names in Latin-1 on FTP with TLS", (start, name) => {
  let peer: FtpPeer;
  let ca: Buffer;
  beforeAll(async () => {
    const place = join(folder, name);
    mkdirSync(place);
    const authority = makeAuthority(join(place, "ca"));
    ({ ca } = authority);
    peer = await start(place, { tls: authority.issue(name) });
  });
  afterAll(() => peer.close());
  namesAreText(() => {
    const access = accessTo(peer, { tls: "explicit", ca, utf8: false });
    return { servers: ftpServers(access), here: peer.root, there: peer.path };
  });
});

describe("the characters of names", () => {
  it.each(["windows-1252", "iso-8859-1", "iso-8859-15", "cp850", "cp437"] as const)(
    "are the same both ways in %s",
    (encoding) => {
      const code = nameCodeOf(encoding);
      const names = Array.from({ length: 255 }, (_each, n) => Buffer.from([0x61, n + 1]));
      for (const name of names) expect(code.shown(name)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/u);
      const meant = names.filter((name) => !code.text(name).includes("\ufffd"));
      expect(meant.length).toBeGreaterThan(220);
      for (const name of meant) expect(code.bytes(code.text(name))).toEqual(name);
    },
  );

  it("show bytes that are none as their number", () => {
    expect(nameCodeOf("iso-8859-1").shown(Buffer.from("a\x80\x07", "latin1"))).toBe("a%80%07");
    expect(nameCodeOf("cp850").shown(Buffer.from([0x81, 0x2e, 0x63]))).toBe("\u00fc.c");
    expect(nameCodeOf("utf-8").shown(Buffer.from("M\xe4rz", "latin1"))).toBe("M%e4rz");
  });
});
