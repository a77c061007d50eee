// receive.ftp, deliver.ftp and answer.ftp: the suites of all sources and targets against real servers, with TLS and sessions that
// must be resumed.

import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { appendFile, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ftpServers } from "../../src/adapters/ftp/server.ts";
import { joinPath } from "../../src/adapters/shared/atomic.ts";
import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteReceipts } from "../../src/adapters/shared/remote/receipts.ts";
import { createRemoteSource } from "../../src/adapters/shared/remote/source.ts";
import { buildFtpTarget, type FtpTargetSpec } from "../conformance/ftp-builds.ts";
import { runEnclosureConformance } from "../conformance/enclosures.ts";
import { runSourceConformance } from "../conformance/source.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { runGrowingConformance, runTargetConformance, type GrowingPlace } from "../conformance/target.ts";
import { takerOf, wholeText, type Name, type PlaceOptions, type SourcePlace } from "../conformance/taker.ts";
import { makeAuthority } from "../peers/certificates.ts";
import type { FtpPeer } from "../peers/ftp-peer.ts";
import { accessTo } from "./ftp-access.ts";
import { describeWithFtp } from "./ftp-peers.ts";

const never = new AbortController().signal;

// Side by side: what these tests do most is wait, for files that must stand still and for servers that let nobody in too fast.
describe.concurrent("both servers", () => {
  describeWithFtp("ftp with TLS", (start, name) => {
    let folder: string;
    let peer: FtpPeer;
    let ca: Buffer;
    let count = 0;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "steg-ftp-suite-"));
      chmodSync(folder, 0o711);
      const authority = makeAuthority(join(folder, "ca"));
      ({ ca } = authority);
      peer = await start(folder, { tls: authority.issue(name) });
    });
    afterAll(async () => {
      await peer.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** A folder of its own for each place: here, and as the server's user sees it. */
    function freshFolder(): { here: string; there: string } {
      const own = `p${++count}`;
      const here = join(peer.root, own);
      mkdirSync(here);
      const { uid, gid } = statSync(peer.root);
      chownSync(here, uid, gid);
      return { here, there: `${peer.path}/${own}` };
    }
    const poolOf = (): ReturnType<typeof createPool> =>
      createPool(ftpServers(accessTo(peer, { tls: "explicit", ca })), { most: 4, idle: 30_000 });
    async function filesIn(path: string): Promise<string[]> {
      const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
      return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    }

    function openSource(options: PlaceOptions): Promise<SourcePlace> {
      const { here, there } = freshFolder();
      const at = (file: Name): Buffer => joinPath(here, file);
      const base = { path: there, files: undefined, marker: undefined, every: 10_000 } as const;
      const given = { ...base, after: "archive", archive: "archive", sort: "name", ...options } as const;
      const context = contextIn(folder);
      return Promise.resolve({
        connect: (known) =>
          Promise.resolve(createRemoteSource(given, poolOf(), { ...context, known: (hint) => known.has(hint) })),
        write: (file, body) => writeFile(at(file), body),
        append: (file, body) => appendFile(at(file), body),
        rename: (from, to) => rename(at(from), at(to)),
        names: () => filesIn(here),
        archived: () => filesIn(join(here, "archive")),
        link: (file) => symlink("../../ziel", at(file)),
        breakRemoval() {
          chmodSync(here, 0o555);
          return Promise.resolve(() => {
            chmodSync(here, 0o755);
            return Promise.resolve();
          });
        },
        close: () => rm(here, { recursive: true, force: true }),
      });
    }

    function openTarget(): Promise<GrowingPlace> {
      const { here, there } = freshFolder();
      const { port, user, password } = peer;
      const spec: FtpTargetSpec = { port, user, password, path: there, ca: ca.toString() };
      const argument = JSON.stringify(spec);
      const filesOf = async (hidden: boolean): Promise<string[]> =>
        (await readdir(here)).filter((file) => file.startsWith(".") === hidden);
      const published = async (): Promise<ReadonlyMap<string, Buffer>> => {
        const files = new Map<string, Buffer>();
        for (const file of await filesOf(false)) files.set(file, await readFile(join(here, file)));
        return files;
      };
      return Promise.resolve({
        connect: () => buildFtpTarget(argument),
        arrived: published,
        published,
        remains: () => filesOf(true),
        nameOf: (parcel) => parcel.scope.root["NAME"] as string,
        occupy: (parcel, body) => writeFile(join(here, parcel.scope.root["NAME"] as string), body),
        consume: (file) => rm(join(here, file)),
        child: {
          module: pathToFileURL(join(import.meta.dirname, "../conformance/ftp-builds.ts")).href,
          export: "buildFtpTarget",
          argument,
        },
        close: () => rm(here, { recursive: true, force: true }),
      });
    }

    // Times are told in whole seconds.
    const numbers = { settle: 1_100, crowd: 100, races: 40 };
    runSourceConformance({ name, ...numbers, rawNames: true, lineBreaks: false, open: openSource });
    runTargetConformance({ name, rounds: 3, crowd: 120, open: openTarget });
    runGrowingConformance(name, openTarget);
    runEnclosureConformance({ name, rounds: 2, open: openTarget });

    it("takes the others where a name holds a line break, which no command can carry", async () => {
      const place = await openSource({ settle: 0, files: ["*.csv"] });
      const evil = ["zeile\nzwei.csv", "a\r\nDELE gut.csv", "b\ntype=file;size=1;modify=20200101000000; passwd.csv"];
      for (const file of evil) await place.write(file, wholeText("x", 1));
      await place.write("gut.csv", wholeText("gut", 1));
      const taker = await takerOf(place);
      await taker.look();
      await taker.look();
      await taker.source.close();
      expect(taker.taken.map((each) => each.name)).toEqual(["gut.csv"]);
      expect((await place.names()).toSorted()).toEqual(evil.toSorted());
      await place.close();
    });

    it("writes receipts, and the same receipt again over the former", async () => {
      const { here, there } = freshFolder();
      const receipts = createRemoteReceipts(there, poolOf());
      await receipts.put("a.json", Buffer.from("eins"), never);
      await receipts.put("a.json", Buffer.from("zwei"), never);
      await receipts.close();
      expect(readdirSync(here)).toEqual(["a.json"]);
      expect(readFileSync(join(here, "a.json"), "utf8")).toBe("zwei");
    });
  });
});
