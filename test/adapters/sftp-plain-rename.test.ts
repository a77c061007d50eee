// An SFTP server without posix-rename@openssh.com: renaming never replaces there, so what replaces removes first. ProFTPD with the
// extension switched off.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sftpServers } from "../../src/adapters/sftp/servers.ts";
import { createPool, type Pool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteReceipts } from "../../src/adapters/shared/remote/receipts.ts";
import { createRemoteSource, type RemoteSourceOptions } from "../../src/adapters/shared/remote/source.ts";
import { createRemoteTarget } from "../../src/adapters/shared/remote/target.ts";
import { BridgeError } from "../../src/core/errors.ts";
import type { Source } from "../../src/core/contract.ts";
import { contextIn, messageOf, parcelOf, patternOf } from "../conformance/surroundings.ts";
import { readAll, takerOf, wholeText, type SourcePlace } from "../conformance/taker.ts";
import { optionsFor } from "../peers/openssh.ts";
import { describeWithProftpdSftp, startProftpdSftp, type ProftpdSftp } from "../peers/proftpd-sftp.ts";

const never = new AbortController().signal;

describeWithProftpdSftp("an SFTP server without posix-rename", () => {
  let peer: ProftpdSftp;
  beforeAll(async () => {
    peer = await startProftpdSftp(["SFTPExtensions -posixRename -fsync"]);
  });
  afterAll(() => peer.close());

  const poolOf = (): Pool =>
    createPool(sftpServers({ ...optionsFor(peer), password: peer.password }), { most: 1, idle: 30_000 });
  function folderOf(name: string): string {
    mkdirSync(join(peer.root, name));
    return join(peer.root, name);
  }
  function sourceOf(path: string, appliance: string, more: Partial<RemoteSourceOptions> = {}): Source {
    const base = { path, files: undefined, marker: undefined, settle: 0, every: 10_000, sort: "name" } as const;
    const given = { ...base, after: "archive", archive: "archive", ...more } as const;
    const state = join(peer.root, `state-${appliance}`);
    mkdirSync(state, { recursive: true });
    return createRemoteSource(given, poolOf(), contextIn(state));
  }

  it("has none, and never renames over another file", async () => {
    const folder = folderOf("rename");
    const server = await sftpServers({ ...optionsFor(peer), password: peer.password }).connect(never);
    const at = (name: string): Buffer => Buffer.from(`/rename/${name}`);
    await server.write(at("alt"), Buffer.from("alt"), undefined, never);
    await server.write(at("neu"), Buffer.from("neu"), undefined, never);
    expect(await server.rename(at("neu"), at("alt"), never)).toBe("exists");
    expect(readFileSync(join(folder, "alt"), "utf8")).toBe("alt");
    await server.replace(at("neu"), at("alt"), never);
    expect(readFileSync(join(folder, "alt"), "utf8")).toBe("neu");
    expect(await server.rename(at("neu"), at("x"), never)).toBe("gone");
    await expect(server.replace(at("neu"), at("alt"), never)).rejects.toBeInstanceOf(BridgeError);
    await server.close();
  });

  it("takes and archives, delivers once, lets files grow, and writes a receipt over the former", async () => {
    const folder = folderOf("alles");
    for (const name of ["a.csv", "b.csv"]) writeFileSync(join(folder, name), name);
    const source = sourceOf("/alles", "a", { files: ["*.csv"] });
    const bodies: string[] = [];
    for await (const delivery of source.look(never)) {
      bodies.push((await readAll(delivery)).toString());
      await delivery.settle(delivery.name, never);
    }
    await source.close();
    expect(bodies).toEqual(["a.csv", "b.csv"]);
    expect(readdirSync(join(folder, "archive")).toSorted()).toEqual(["a.csv", "b.csv"]);

    const naming = { path: patternOf("/alles", "raw"), name: patternOf("{NAME}", "raw") };
    const target = createRemoteTarget(naming, poolOf(), "sftp");
    const parcel = parcelOf(1, "eins", { NAME: "eins.xml" });
    for (let turn = 0; turn < 2; turn++) expect(messageOf(await target.deliver(parcel, never))).toBe("");
    const growing = await target.append!(parcelOf(2, "", { NAME: "w.txt" }).scope, undefined, never);
    for (const line of ["a\n", "b\n"]) {
      await growing.write(Buffer.from(line));
      await growing.sync();
    }
    await growing.finish();
    await growing.close();
    await target.close();
    expect(readFileSync(join(folder, "w.txt"), "utf8")).toBe("a\nb\n");

    const receipts = createRemoteReceipts("/alles", poolOf());
    for (const text of ["eins", "zwei"]) await receipts.put("q.json", Buffer.from(text), never);
    await receipts.close();
    expect(readFileSync(join(folder, "q.json"), "utf8")).toBe("zwei");
    expect(readdirSync(folder).toSorted()).toEqual(["archive", "eins.xml", "q.json", "w.txt"]);
  });

  it("has each of 90 files once where three appliances claim them", async () => {
    const folder = folderOf("alle");
    for (let n = 0; n < 90; n++) writeFileSync(join(folder, `k${n}.csv`), wholeText(`k${n}`, 1));
    const places = ["a", "b", "c"].map(
      (name) =>
        ({ connect: () => Promise.resolve(sourceOf("/alle", name, { claim: true })) }) as unknown as SourcePlace,
    );
    const takers = await Promise.all(places.map((place) => takerOf(place)));
    await Promise.all(takers.map((taker) => taker.look()));
    for (const taker of takers) await taker.look();
    const names = takers.flatMap(({ taken }) => taken.map(({ name }) => name));
    expect(names).toHaveLength(90);
    expect(new Set(names).size).toBe(90);
    expect(readdirSync(join(folder, "archive"))).toHaveLength(90);
    expect(readdirSync(folder)).toEqual(["archive"]);
    for (const { source } of takers) await source.close();
  });
});
