// receive.sftp, deliver.sftp and answer.sftp on OpenSSH: the suites of all sources and targets through the real adapters.

import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sftpReceipts, sftpSource, type SftpSourceOptions } from "../../src/adapters/sftp/index.ts";
import { joinPath } from "../../src/adapters/shared/atomic.ts";
import type { Delivery, Source } from "../../src/core/contract.ts";
import { buildSftpTarget, sftpServerOptions, type SftpArgument } from "../conformance/remote-builds.ts";
import { runSourceConformance } from "../conformance/source.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { readAll, sha, takerOf, wholeText, type Name, type SourcePlace } from "../conformance/taker.ts";
import { runEnclosureConformance } from "../conformance/enclosures.ts";
import { runGrowingConformance, runTargetConformance, type GrowingPlace } from "../conformance/target.ts";
import { describeWithOpenssh, startOpenssh, type Openssh } from "../peers/openssh.ts";

const never = new AbortController().signal;

interface Place extends SourcePlace {
  readonly folder: string;
  connect(known: ReadonlySet<string>, appliance?: string): Promise<Source>;
}

describeWithOpenssh("on OpenSSH", () => {
  let server: Openssh;
  let places = 0;
  beforeAll(async () => {
    server = await startOpenssh({ chroot: true });
  });
  afterAll(() => server.close());

  /** A folder of the server, as it and as we see it. */
  function freshFolder(): { readonly path: string; readonly folder: string } {
    const path = `/place-${++places}`;
    const folder = join(server.root, path);
    mkdirSync(folder);
    return { path, folder };
  }

  function openSource(options: Partial<SftpSourceOptions>): Place {
    const { path, folder } = freshFolder();
    const at = (name: Name): Buffer => joinPath(folder, name);
    const files = async (place: string): Promise<string[]> =>
      (await readdir(place, { withFileTypes: true }).catch(() => []))
        .filter((entry) => !entry.isDirectory())
        .map((entry) => entry.name);
    const base = { path, files: undefined, marker: undefined, settle: 0, every: 10_000 } as const;
    const given: SftpSourceOptions = {
      ...sftpServerOptions(server),
      ...base,
      after: "archive",
      archive: "archive",
      sort: "name",
      connections: 1,
      claim: false,
      claimFor: 3_600_000,
      ...options,
    };
    return {
      folder,
      connect(known, appliance = "a") {
        const state = `${folder}.${appliance}`;
        mkdirSync(state, { recursive: true });
        return sftpSource.build(given, contextIn(state, known));
      },
      write: (name, body) => writeFile(at(name), body),
      append: (name, body) => appendFile(at(name), body),
      rename: (from, to) => rename(at(from), at(to)),
      names: () => files(folder),
      archived: () => files(join(folder, "archive")),
      link: (name) => symlink("/etc/passwd", at(name)),
      async breakRemoval() {
        await rm(join(folder, "archive"), { recursive: true, force: true });
        await writeFile(join(folder, "archive"), "");
        return () => rm(join(folder, "archive"));
      },
      close: () => rm(folder, { recursive: true, force: true }),
    };
  }

  function openTarget(): Promise<GrowingPlace> {
    const { path, folder } = freshFolder();
    const { port, user, key, hostKey } = server;
    const argument = JSON.stringify({ port, user, key, hostKey, path } satisfies SftpArgument);
    const filesOf = async (hidden: boolean): Promise<string[]> =>
      (await readdir(folder)).filter((name) => name.startsWith(".") === hidden);
    const published = async (): Promise<ReadonlyMap<string, Buffer>> => {
      const files = new Map<string, Buffer>();
      for (const name of await filesOf(false)) files.set(name, await readFile(join(folder, name)));
      return files;
    };
    return Promise.resolve({
      connect: () => buildSftpTarget(argument),
      arrived: published,
      published,
      remains: () => filesOf(true),
      nameOf: (parcel) => parcel.scope.root["NAME"] as string,
      occupy: (parcel, body) => writeFile(join(folder, parcel.scope.root["NAME"] as string), body),
      consume: (name) => rm(join(folder, name)),
      child: {
        module: pathToFileURL(join(import.meta.dirname, "../conformance/remote-builds.ts")).href,
        export: "buildSftpTarget",
        argument,
      },
      close: () => rm(folder, { recursive: true, force: true }),
    });
  }

  // Side by side: most of what they do is wait.
  describe.concurrent("the suites", () => {
    runSourceConformance({
      name: "sftp",
      settle: 120,
      rawNames: true,
      crowd: 500,
      races: 60,
      open: ({ settle, files, marker, after, sort }) =>
        Promise.resolve(openSource({ settle, files, marker, after: after ?? "archive", sort: sort ?? "name" })),
    });
    runTargetConformance({ name: "sftp", rounds: 8, open: openTarget });
    runGrowingConformance("sftp", openTarget);
    runEnclosureConformance({ name: "sftp", rounds: 4, open: openTarget });
  });

  async function deliveries(source: Source): Promise<Delivery[]> {
    const all: Delivery[] = [];
    for await (const delivery of source.look(never)) all.push(delivery);
    return all;
  }

  describe("receive.sftp", () => {
    it("takes the same name of equal size and second again once the first one is away", async () => {
      const place = openSource({});
      const taker = await takerOf(place);
      for (let round = 1; round <= 3; round++) {
        await place.write("a.csv", wholeText(`r${round}`, 1));
        utimesSync(join(place.folder, "a.csv"), 1_790_000_000, 1_790_000_000);
        await taker.look();
        expect(taker.taken.length).toBe(round);
      }
      expect((await place.archived()).length).toBe(3);
      await taker.source.close();
      await place.close();
    });

    it("reads on where it was when the server is killed in the middle of a file", { timeout: 60_000 }, async () => {
      const place = openSource({});
      const source = await place.connect(new Set());
      const body = Buffer.alloc(60_000_000);
      for (let at = 0; at < body.length; at += 4) body.writeUInt32LE((at * 2_654_435_761) % 4_294_967_296, at);
      await place.write("gross.bin", body);
      const [delivery] = (await deliveries(source)) as [Delivery];
      const pieces: Buffer[] = [];
      let got = 0;
      let kills = 0;
      for await (const piece of delivery.open(never)) {
        pieces.push(Buffer.from(piece));
        got += piece.length;
        if (got > 15_000_000 * (kills + 1) && kills < 3) {
          kills++;
          await server.kill();
          await server.start();
        }
      }
      expect(kills).toBe(3);
      expect(sha(Buffer.concat(pieces))).toBe(sha(body));
      expect(await delivery.verify(never)).toBe("same");
      await delivery.settle("d1", never);
      expect(await place.archived()).toEqual(["gross.bin"]);
      await source.close();
      await place.close();
    });

    it("goes on by itself after the server was away", { timeout: 60_000 }, async () => {
      const place = openSource({});
      const source = await place.connect(new Set());
      await place.write("a.csv", wholeText("a", 1));
      const [delivery] = (await deliveries(source)) as [Delivery];
      await server.kill();
      await expect(deliveries(source)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", retry: true });
      await expect(delivery.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED", retry: true });
      await server.start();
      expect(sha(await readAll(delivery))).toBe(sha(wholeText("a", 1)));
      await source.settleAgain(delivery.name, delivery.hint, "d1", never);
      expect(await place.archived()).toEqual(["a.csv"]);
      await source.close();
      await place.close();
    });

    it("has each file once where three appliances take from one folder", { timeout: 60_000 }, async () => {
      const place = openSource({ claim: true });
      for (let n = 0; n < 300; n++) await place.write(`k${n}.csv`, wholeText(`k${n}`, 1));
      const takers = await Promise.all(
        ["a", "b", "c"].map((name) => takerOf({ ...place, connect: (known) => place.connect(known, name) })),
      );
      for (let look = 0; look < 2; look++) await Promise.all(takers.map((taker) => taker.look()));
      const bodies = takers.flatMap((taker) => taker.taken.map((each) => sha(each.body)));
      expect(bodies.length).toBe(300);
      expect(new Set(bodies).size).toBe(300);
      expect((await place.archived()).length).toBe(300);
      expect(await place.names()).toEqual([]);
      for (const taker of takers) await taker.source.close();
      await place.close();
    });

    it("takes from 4,000 files in order", { timeout: 120_000 }, async () => {
      const place = openSource({ files: ["*.csv"] });
      for (let number = 0; number < 4_000; number++) writeFileSync(join(place.folder, `k${number}.csv`), "x");
      symlinkSync("/etc/passwd", join(place.folder, "a.csv"));
      const source = await place.connect(new Set());
      const names = (await deliveries(source)).map((each) => each.name);
      expect(names.length).toBe(4_000);
      expect(names).toEqual(names.toSorted());
      await source.close();
      await place.close();
    });
  });

  it("answer.sftp writes receipts whole and replaces the former", async () => {
    const { path, folder } = freshFolder();
    const receipts = await sftpReceipts.build({ ...sftpServerOptions(server), path, format: "json" }, contextIn("/"));
    for (const body of ["eins", "zwei"]) await receipts.put("q.json", Buffer.from(body), never);
    expect(readFileSync(join(folder, "q.json"), "utf8")).toBe("zwei");
    expect(await readdir(folder)).toEqual(["q.json"]);
    await mkdir(join(folder, "r.json"));
    await expect(receipts.put("r.json", Buffer.from("drei"), never)).rejects.toMatchObject({ retry: true });
    expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
    await receipts.close();
    await rm(folder, { recursive: true, force: true });
  });
});
