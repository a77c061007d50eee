// Sources over a server of files, whatever its protocol: the suite of all sources, then what only happens with servers.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { appendFile, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { joinPath } from "../../src/adapters/shared/atomic.ts";
import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteSource, type RemoteSourceOptions } from "../../src/adapters/shared/remote/source.ts";
import type { Delivery, Source } from "../../src/core/contract.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { runSourceConformance } from "../conformance/source.ts";
import { readAll, sha, takerOf, wholeText, type Name, type SourcePlace } from "../conformance/taker.ts";
import { localServers, type LocalOptions, type LocalServers } from "../peers/local-file-server.ts";

const never = new AbortController().signal;
const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

interface Place extends SourcePlace {
  readonly folder: string;
  readonly servers: LocalServers;
  readonly logged: ReturnType<typeof contextIn>["logged"];
}

function openPlace(options: Partial<RemoteSourceOptions> = {}, local: LocalOptions = {}): Place {
  const root = mkdtempSync(join(tmpdir(), "steg-remote-"));
  const folder = join(root, "export");
  mkdirSync(folder);
  const servers = localServers(root, local);
  const context = contextIn(root);
  const base = { path: "/export", files: undefined, marker: undefined, settle: 0, every: 10_000 } as const;
  const given = { ...base, after: "archive", archive: "archive", sort: "name", ...options } as const;
  const at = (name: Name): Buffer => joinPath(folder, name);
  const files = async (path: string): Promise<string[]> =>
    (await readdir(path, { withFileTypes: true }).catch(() => []))
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name);
  const place: Place = {
    folder,
    servers,
    logged: context.logged,
    connect: (known) => {
      const pool = createPool(servers, { most: 2, idle: 30_000 });
      return Promise.resolve(createRemoteSource(given, pool, { ...context, known: (hint) => known.has(hint) }));
    },
    write: (name, body) => writeFile(at(name), body),
    append: (name, body) => appendFile(at(name), body),
    rename: (from, to) => rename(at(from), at(to)),
    names: () => files(folder),
    archived: () => files(join(folder, "archive")),
    link: (name) => symlink("/etc/passwd", at(name)),
    breakRemoval() {
      servers.faults.refuse = (call) => call === "replace" || call === "remove";
      return Promise.resolve(() => {
        servers.faults.refuse = () => false;
        return Promise.resolve();
      });
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
  return place;
}

// Side by side: most of what they do is wait.
describe.concurrent.each([
  { name: "a server that tells seconds", local: {} },
  { name: "a server with one call at a time", local: { parallel: 1 } },
])("$name", ({ name, local }) => {
  runSourceConformance({
    name,
    settle: 120,
    rawNames: true,
    crowd: 500,
    races: 60,
    open: ({ settle, files, marker, after, sort }) =>
      Promise.resolve(openPlace({ settle, files, marker, after: after ?? "archive", sort: sort ?? "name" }, local)),
  });
});

async function start(
  options: Partial<RemoteSourceOptions> = {},
  local: LocalOptions = {},
  undo: (() => Promise<void> | void)[] = made,
): Promise<{ place: Place; source: Source; known: Set<string> }> {
  const place = openPlace(options, local);
  const known = new Set<string>();
  const source = await place.connect(known);
  undo.push(() => place.close());
  undo.push(() => source.close());
  return { place, source, known };
}

async function deliveries(source: Source): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for await (const delivery of source.look(never)) all.push(delivery);
  return all;
}

describe.concurrent("a file on a server that is cut while it is read", () => {
  const body = wholeText("schnitt", 20_000);
  async function alone(work: (begun: Awaited<ReturnType<typeof start>>) => Promise<void>): Promise<void> {
    const undo: (() => Promise<void> | void)[] = [];
    try {
      await work(await start({}, {}, undo));
    } finally {
      for (const each of undo.toReversed()) await each();
    }
  }

  it("is read on where the cut was, however often, as long as each attempt brings something", () =>
    alone(async ({ place, source }) => {
      await place.write("a.csv", body);
      place.servers.faults.cuts.push(1, 70_000, 3, 200_000, 1, 1, 90_000);
      const [delivery] = await deliveries(source);
      expect(sha(await readAll(delivery as Delivery))).toBe(sha(body));
      expect(place.servers.faults.cuts).toEqual([]);
      expect(place.servers.made).toBe(8);
    }));

  it("is not taken when it changed between the cut and the going on", () =>
    alone(async ({ place, source }) => {
      await place.write("a.csv", body);
      place.servers.faults.cuts.push(100_000);
      const [delivery] = await deliveries(source);
      const read = (async () => {
        for await (const piece of (delivery as Delivery).open(never)) {
          expect(piece.length).toBeGreaterThan(0);
          await place.write("a.csv", Buffer.concat([body, body]));
        }
      })();
      await expect(read).rejects.toMatchObject({ code: "SOURCE_CHANGED", retry: true });
    }));

  it("gives up where attempts bring nothing, and says that the server is away", () =>
    alone(async ({ place, source }) => {
      await place.write("a.csv", body);
      const [delivery] = await deliveries(source);
      place.servers.faults.cutIdle();
      place.servers.faults.down = true;
      await expect(readAll(delivery as Delivery)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE", retry: true });
      place.servers.faults.down = false;
      expect(sha(await readAll(delivery as Delivery))).toBe(sha(body));
    }));

  it("ends at once when it is told to, also between two attempts", () =>
    alone(async ({ place, source }) => {
      await place.write("a.csv", body);
      const [delivery] = await deliveries(source);
      place.servers.faults.cutIdle();
      place.servers.faults.down = true;
      const stop = new AbortController();
      const read = readAll(delivery as Delivery, stop.signal);
      setTimeout(() => stop.abort(new Error("told to")), 50);
      const begun = performance.now();
      await expect(read).rejects.toThrow("told to");
      expect(performance.now() - begun).toBeLessThan(1_000);
    }));
});

describe("removing at a server", () => {
  it("takes the same name of equal size and second again once the first one is away", async () => {
    const { place } = await start();
    const taker = await takerOf(place);
    made.push(() => taker.source.close());
    for (let round = 1; round <= 5; round++) {
      await place.write("a.csv", wholeText(`r${round}`, 1));
      utimesSync(join(place.folder, "a.csv"), 1_790_000_000, 1_790_000_000);
      await taker.look();
      expect(taker.taken.length).toBe(round);
    }
    expect(new Set(taker.taken.map((each) => sha(each.body))).size).toBe(5);
    expect((await place.archived()).length).toBe(5);
  });

  it("lets a file of equal size and second that follows a taken one stand still anew", async () => {
    const { place, source } = await start({ settle: 300 });
    const write = async (text: string): Promise<void> => {
      await place.write("a.csv", Buffer.from(text));
      utimesSync(join(place.folder, "a.csv"), 1_790_000_000, 1_790_000_000);
    };
    await write("eins");
    expect(await deliveries(source)).toEqual([]);
    await new Promise((resolve) => void setTimeout(resolve, 350));
    const [first] = await deliveries(source);
    await (first as Delivery).settle("d1", never);
    await write("zwei");
    expect(await deliveries(source)).toEqual([]);
    expect(source.growing).toBe(1);
  });

  it("does not remove a file of equal size and second that came after the first one was removed", async () => {
    const { place, source } = await start({ after: "delete" });
    const write = async (text: string): Promise<void> => {
      await place.write("a.csv", Buffer.from(text));
      utimesSync(join(place.folder, "a.csv"), 1_790_000_000, 1_790_000_000);
    };
    await write("eins");
    const [first] = (await deliveries(source)) as [Delivery];
    // Removed, and the answer is lost: core asks again later.
    place.servers.faults.loseAnswer = (call) => call === "remove";
    await first.settle("d1", never).catch(() => undefined);
    expect(await place.names()).toEqual([]);
    place.servers.faults.loseAnswer = () => false;
    await write("zwei");
    await first.settle("d1", never);
    await source.settleAgain(first.name, first.hint, "d1", never);
    expect(await place.names()).toEqual(["a.csv"]);
  });

  it.each(["look", "replace", "rename", "remove", "makeFolder"])(
    "comes to its end when the answer to any %s is lost, and removes nothing else",
    async (lost) => {
      const { place, source } = await start({ after: lost === "remove" ? "delete" : "archive" });
      for (let after = 0; after < 5; after++) {
        await place.write("a.csv", wholeText(`x${after}`, 1));
        const [delivery] = (await deliveries(source)) as [Delivery];
        let calls = 0;
        place.servers.faults.loseAnswer = (call) => call === lost && calls++ === after;
        await delivery.settle(`d${after}`, never).catch(() => undefined);
        await place.write("b.csv", wholeText("neu", 1));
        await source.settleAgain(delivery.name, delivery.hint, `d${after}`, never);
        place.servers.faults.loseAnswer = () => false;
        expect(await place.names()).toEqual(["b.csv"]);
        await rm(join(place.folder, "b.csv"));
      }
      expect((await place.archived()).length).toBe(lost === "remove" ? 0 : 5);
    },
  );

  it("ends at the first look what an earlier process had claimed, and gives back what nobody read", async () => {
    const { place, source } = await start();
    await place.write("a.csv", wholeText("a", 1));
    await place.write("b.csv", wholeText("b", 1));
    const [a, b] = (await deliveries(source)) as [Delivery, Delivery];
    place.servers.faults.refuse = (call, path) => call === "rename" && path.includes("/archive/");
    await expect(a.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED" });
    await expect(b.settle("d2", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED" });
    place.servers.faults.refuse = () => false;
    const left = readdirSync(place.folder).filter((name) => name.startsWith(".steg-taken-"));
    const other = left.find((name) => name.endsWith("b.csv")) as string;
    writeFileSync(join(place.folder, other), "a newer one, caught by the claim");
    const later = await place.connect(new Set());
    made.push(() => later.close());
    expect((await deliveries(later)).map((each) => each.name)).toEqual([]);
    expect((await deliveries(later)).map((each) => each.name)).toEqual(["b.csv"]);
    expect(await place.archived()).toEqual(["a.csv"]);
  });

  it("says what the server said, without the name", async () => {
    const { place, source } = await start();
    await place.write("geheim.csv", wholeText("a", 1));
    place.servers.faults.refuse = (call) => call === "makeFolder";
    const [delivery] = (await deliveries(source)) as [Delivery];
    const failed = await delivery.settle("d1", never).then(
      () => undefined,
      (cause: unknown) => cause as Error,
    );
    expect(failed).toMatchObject({ code: "SOURCE_CLEANUP_FAILED", detail: "geheim.csv" });
    expect(failed?.message).toMatch(/SERVER_REFUSED/u);
    expect(failed?.message).not.toContain("geheim");
    expect(existsSync(join(place.folder, "geheim.csv"))).toBe(true);
  });
});

describe("a look at a server", () => {
  it("goes on after the server closed the idle connection", async () => {
    const { place, source } = await start();
    await place.write("a.csv", wholeText("a", 1));
    for (let round = 1; round <= 3; round++) {
      expect((await deliveries(source)).length).toBe(1);
      place.servers.faults.cutIdle();
    }
    expect(place.servers.made).toBe(3);
  });

  it("fails with the server's own words where it is away or says no, and works again afterwards", async () => {
    const { place, source } = await start();
    place.servers.faults.down = true;
    await expect(deliveries(source)).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    place.servers.faults.down = false;
    place.servers.faults.refuse = (call) => call === "list";
    await expect(deliveries(source)).rejects.toMatchObject({ code: "SERVER_REFUSED" });
    place.servers.faults.refuse = () => false;
    expect(await deliveries(source)).toEqual([]);
  });

  it("takes files of a server that tells no times", async () => {
    const { place } = await start({}, { timeless: true });
    const taker = await takerOf(place);
    made.push(() => taker.source.close());
    await place.write("a.csv", wholeText("a", 1));
    expect(await taker.look()).toBe(1);
    expect(await place.archived()).toEqual(["a.csv"]);
  });

  it("reports links once, and leaves folders and its own files alone", async () => {
    const { place, source } = await start();
    await place.link?.("fremd.csv");
    mkdirSync(join(place.folder, "unter.csv"));
    await place.write(".steg-fremd.part", wholeText("x", 1));
    for (let look = 0; look < 3; look++) expect(await deliveries(source)).toEqual([]);
    expect(place.logged.filter((each) => each.event === "source.special_file").length).toBe(1);
    expect(await place.names()).toEqual(expect.arrayContaining([".steg-fremd.part", "fremd.csv"]));
  });

  it("lists 5,000 files and hands them over in order", async () => {
    const { place, source } = await start({ files: ["*.csv"] });
    for (let number = 0; number < 5_000; number++) writeFileSync(join(place.folder, `k${number}.csv`), "x");
    const begun = performance.now();
    const names = (await deliveries(source)).map((each) => each.name);
    expect(names.length).toBe(5_000);
    expect(names.slice(0, 100)).toEqual(names.slice(0, 100).toSorted());
    expect(performance.now() - begun).toBeLessThan(30_000);
  }, 60_000);
});
