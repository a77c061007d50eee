// Targets and receipts over a server of files, whatever its protocol: the suites of all targets, then what only happens with servers.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteReceipts } from "../../src/adapters/shared/remote/receipts.ts";
import { createRemoteTarget } from "../../src/adapters/shared/remote/target.ts";
import type { Target } from "../../src/core/contract.ts";
import { buildLocalRemoteTarget } from "../conformance/remote-builds.ts";
import { messageOf, parcelOf, patternOf, scopeOf } from "../conformance/surroundings.ts";
import { runEnclosureConformance } from "../conformance/enclosures.ts";
import { runGrowingConformance, runTargetConformance, type GrowingPlace } from "../conformance/target.ts";
import { localServers, type LocalServers } from "../peers/local-file-server.ts";

const never = new AbortController().signal;
const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

function freshRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "steg-remote-out-"));
  made.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "import"));
  return root;
}

function openPlace(): Promise<GrowingPlace> {
  const root = freshRoot();
  const out = join(root, "import");
  const filesOf = async (hidden: boolean): Promise<string[]> =>
    (await readdir(out)).filter((name) => name.startsWith(".") === hidden);
  const published = async (): Promise<ReadonlyMap<string, Buffer>> => {
    const files = new Map<string, Buffer>();
    for (const name of await filesOf(false)) files.set(name, await readFile(join(out, name)));
    return files;
  };
  return Promise.resolve({
    connect: () => buildLocalRemoteTarget(root),
    arrived: published,
    published,
    remains: () => filesOf(true),
    nameOf: (parcel) => parcel.scope.root["NAME"] as string,
    occupy: (parcel, body) => writeFile(join(out, parcel.scope.root["NAME"] as string), body),
    consume: (name) => rm(join(out, name)),
    child: {
      module: pathToFileURL(join(import.meta.dirname, "../conformance/remote-builds.ts")).href,
      export: "buildLocalRemoteTarget",
      argument: root,
    },
    close: () => Promise.resolve(),
  });
}

runTargetConformance({ name: "a server of files", rounds: 8, open: openPlace });
runGrowingConformance("a server of files", openPlace);
runEnclosureConformance({ name: "a server of files", rounds: 6, open: openPlace });

function start(path = "/import", name = "{NAME}"): { root: string; servers: LocalServers; target: Target } {
  const root = freshRoot();
  const servers = localServers(root);
  const pool = createPool(servers, { most: 2, idle: 30_000 });
  const target = createRemoteTarget({ path: patternOf(path, "raw"), name: patternOf(name, "raw") }, pool, "probe");
  made.push(() => target.close());
  return { root, servers, target };
}

describe("a delivery to a server", () => {
  it.each([
    "../x",
    "a/b",
    "/etc/x",
    "..",
    ".",
    "",
    ".versteckt",
    "a\nb",
    "a\u0000b",
    "..\\x",
    "x".repeat(300),
    "\ud800",
  ])("refuses the name %j without asking the server", async (name) => {
    const { servers, target } = start();
    const attempt = await target.deliver(parcelOf(1, "x", { NAME: name }), never);
    expect(attempt).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
    expect(servers.made).toBe(0);
  });

  it.each(["../..", "..", "/etc", "a/../../..", ".ssh", "a\nb", "", "x/"])("refuses the folder %j", async (place) => {
    for (const path of ["/import/{ORT}", "{ORT}"]) {
      const { target } = start(path, "n.xml");
      const attempt = await target.deliver(parcelOf(1, "x", { ORT: place }), never);
      expect(attempt).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
    }
  });

  it("makes the folders that values chose, and not the author's", async () => {
    const { root, target } = start("/import/{ORT}", "n.xml");
    expect((await target.deliver(parcelOf(1, "x", { ORT: "09162000" }), never)).end).toBe("delivered");
    expect(readFileSync(join(root, "import/09162000/n.xml"), "utf8")).toBe("x");
    const other = start("/fehlt", "n.xml");
    const attempt = await other.target.deliver(parcelOf(1, "x"), never);
    expect(attempt).toMatchObject({ end: "unreachable", unsure: false, code: "SERVER_REFUSED" });
    expect(readdirSync(other.root)).toEqual(["import"]);
  });

  it("does not follow a link that stands where a value leads", async () => {
    const { root, target } = start("/import/{ORT}", "n.xml");
    symlinkSync(tmpdir(), join(root, "import/weg"));
    const attempt = await target.deliver(parcelOf(1, "x", { ORT: "weg" }), never);
    expect(attempt).toMatchObject({ end: "refused", code: "TARGET_ADDRESS" });
  });

  it("knows its file where the answer to any call was lost", async () => {
    const { root, servers, target } = start();
    for (const lost of ["write", "rename", "look", "remove"]) {
      for (const name of [`${lost}-1.xml`, `${lost}-2.xml`]) {
        servers.faults.cutIdle();
        let calls = 0;
        servers.faults.loseAnswer = (call) => call === lost && calls++ === 0;
        await target.deliver(parcelOf(1, "x", { NAME: name }, name), never);
        expect((await target.deliver(parcelOf(1, "x", { NAME: name }, name), never)).end).toBe("delivered");
      }
    }
    expect(readdirSync(join(root, "import")).filter((name) => name.startsWith("."))).toEqual([]);
    expect(readdirSync(join(root, "import")).length).toBe(8);
  });

  it("says that it may have arrived where the answer to the last step was lost", async () => {
    const { servers, target } = start();
    servers.faults.loseAnswer = (call) => call === "rename";
    const attempt = await target.deliver(parcelOf(1, "x", { NAME: "a.xml" }), never);
    expect(attempt).toMatchObject({ end: "unreachable", unsure: true, code: "SERVER_UNREACHABLE" });
  });

  it("parts a place that refuses all from a name that is refused", async () => {
    const { servers, target } = start();
    servers.faults.refuse = (call) => call === "write";
    expect((await target.deliver(parcelOf(1, "x", { NAME: "a.xml" }), never)).end).toBe("unreachable");
    servers.faults.refuse = (call, path) => call === "rename" && path.includes("geheim");
    const attempt = await target.deliver(parcelOf(1, "x", { NAME: "geheim.xml" }), never);
    expect(attempt).toMatchObject({ end: "retry", code: "SERVER_REFUSED" });
    expect(messageOf(attempt)).not.toContain("geheim");
    expect((await target.deliver(parcelOf(2, "x", { NAME: "b.xml" }), never)).end).toBe("delivered");
  });

  it("needs no more connections than it may have", async () => {
    const { servers, target } = start();
    const all = Array.from({ length: 60 }, (_each, n) =>
      target.deliver(parcelOf(n, "x", { NAME: `n${n}.xml` }), never),
    );
    for (const each of await Promise.all(all)) expect(each.end).toBe("delivered");
    expect(servers.made).toBeLessThanOrEqual(2);
  });
});

describe("a growing file on a server", () => {
  const scope = scopeOf({ NAME: "sammlung.csv" }, 1, { dropIdentity: "drop-a" });

  it("has each line once where connections are cut and answers are lost in between", async () => {
    const { root, servers, target } = start();
    let token: string | undefined;
    const append = target.append as NonNullable<Target["append"]>;
    for (let line = 1; line <= 40; line++) {
      let calls = 0;
      servers.faults.loseAnswer = (call) => call === "write" && calls++ < line % 3;
      const file = await append(scope, token, never).catch(() => undefined);
      try {
        if (!file) throw new Error("not opened");
        await file.write(Buffer.from(`zeile ${line}\n`));
        token = await file.sync();
      } catch {
        line--;
        servers.faults.loseAnswer = () => false;
      }
      await file?.close();
    }
    servers.faults.loseAnswer = () => false;
    const file = await append(scope, token, never);
    let calls = 0;
    servers.faults.loseAnswer = (call) => call === "rename" && calls++ === 0;
    await file.finish().catch(() => file.finish());
    await file.close();
    const text = readFileSync(join(root, "import/sammlung.csv"), "utf8");
    expect(text).toBe(Array.from({ length: 40 }, (_each, at) => `zeile ${at + 1}\n`).join(""));
  });
});

describe("receipts on a server", () => {
  it("are whole, replace the former, and never leave the folder", async () => {
    const root = freshRoot();
    const servers = localServers(root);
    const receipts = createRemoteReceipts("/import", createPool(servers, { most: 1, idle: 1_000 }));
    made.push(() => receipts.close());
    for (const body of ["eins", "zwei"]) await receipts.put("q.json", Buffer.from(body), never);
    await receipts.put("../../weg.json", Buffer.from("drei"), never);
    const names = readdirSync(join(root, "import"));
    expect(names.length).toBe(2);
    expect(readFileSync(join(root, "import/q.json"), "utf8")).toBe("zwei");
    servers.faults.refuse = (call) => call === "replace";
    await expect(receipts.put("q.json", Buffer.from("vier"), never)).rejects.toMatchObject({ retry: true });
    expect(readFileSync(join(root, "import/q.json"), "utf8")).toBe("zwei");
    expect(readdirSync(join(root, "import")).length).toBe(2);
  });
});

describe("connections to a server", () => {
  it("are closed when nobody has used them for a while, and made again", async () => {
    const root = freshRoot();
    const servers = localServers(root);
    const pool = createPool(servers, { most: 3, idle: 50 });
    made.push(() => pool.close());
    writeFileSync(join(root, "a"), "x");
    const look = (): Promise<unknown> => pool.use((server) => server.look(Buffer.from("a"), never), never);
    await look();
    await look();
    expect([servers.made, servers.open]).toEqual([1, 1]);
    await new Promise((resolve) => void setTimeout(resolve, 120));
    expect(servers.open).toBe(0);
    await look();
    expect([servers.made, servers.open]).toEqual([2, 1]);
  });

  it("are not lost where callers give up while one is made, and none is open after the end", async () => {
    const root = freshRoot();
    const servers = localServers(root, { parallel: 1 });
    const pool = createPool(servers, { most: 1, idle: 1_000 });
    const stop = new AbortController();
    const work = Array.from({ length: 6 }, () =>
      pool
        .use((server) => server.look(Buffer.from("a"), never), stop.signal)
        .then(
          () => "done",
          () => "given up",
        ),
    );
    const later = pool.use((server) => server.look(Buffer.from("a"), never), never);
    stop.abort(new Error("told to"));
    expect(await Promise.all(work)).toEqual(Array.from({ length: 6 }, () => "given up"));
    await later;
    await pool.close();
    expect(servers.open).toBe(0);
    await expect(pool.use(() => Promise.resolve(), never)).rejects.toThrow("closed");
  });

  it("fail for all who wait where nobody listens", async () => {
    const servers = localServers(freshRoot(), { parallel: 1 });
    servers.faults.down = true;
    const pool = createPool(servers, { most: 1, idle: 1_000 });
    made.push(() => pool.close());
    const work = Array.from({ length: 5 }, () => pool.use(() => Promise.resolve("x"), never));
    for (const each of await Promise.allSettled(work)) expect(each.status).toBe("rejected");
  });
});
