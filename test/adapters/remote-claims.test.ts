// Several appliances on one folder of a server (claim: true): each file is one's, also where one of them dies.

import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createPool } from "../../src/adapters/shared/remote/pool.ts";
import { createRemoteSource, type RemoteSourceOptions } from "../../src/adapters/shared/remote/source.ts";
import type { Delivery, Source } from "../../src/core/contract.ts";
import { claimSuite, deliveries } from "../conformance/claims.ts";
import { contextIn } from "../conformance/surroundings.ts";
import { readAll, sha, wholeText } from "../conformance/taker.ts";
import { localServers, type LocalServers } from "../peers/local-file-server.ts";

const never = new AbortController().signal;
const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

interface Shared {
  readonly folder: string;
  readonly servers: LocalServers;
  /** A source as the appliance with a state of this name builds it. */
  appliance(name: string, options?: Partial<RemoteSourceOptions>, known?: ReadonlySet<string>): Source;
  archived(): string[];
}

function stateOf(root: string, name: string): string {
  const state = join(root, "states", name);
  mkdirSync(state, { recursive: true });
  return state;
}

function share(): Shared {
  const root = mkdtempSync(join(tmpdir(), "steg-claims-"));
  made.push(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, "export");
  mkdirSync(folder);
  const servers = localServers(root);
  return {
    folder,
    servers,
    appliance(name, options = {}, known = new Set()) {
      const base = { path: "/export", files: undefined, marker: undefined, settle: 0, every: 10_000 } as const;
      const more = { after: "archive", archive: "archive", sort: "name", claim: true, claimFor: 200 } as const;
      const pool = createPool(servers, { most: 2, idle: 30_000 });
      const source = createRemoteSource({ ...base, ...more, ...options }, pool, contextIn(stateOf(root, name), known));
      made.push(() => source.close());
      return source;
    },
    archived: () => readdirSync(join(folder, "archive")),
  };
}

describe("several appliances on one folder", () => {
  claimSuite(() => {
    const { folder, appliance, archived } = share();
    return { folder, appliance: (...given) => Promise.resolve(appliance(...given)), archived };
  });

  it("finish a removal that failed, after a restart too, and take what is known no second time", async () => {
    const { folder, servers, appliance, archived } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    const [first] = (await deliveries(appliance("a"))) as [Delivery];
    servers.faults.refuse = (call, path) => call === "replace" && path.includes(".steg-taken-");
    await expect(first.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED" });
    servers.faults.refuse = () => false;
    const later = appliance("a", {}, new Set([first.hint]));
    expect(await deliveries(later)).toEqual([]);
    await later.settleAgain(first.name, first.hint, "d1", never);
    expect(archived()).toEqual(["a.csv"]);
    expect(readdirSync(folder)).toEqual(["archive"]);
  });

  it("give back a newer file that the claim caught, and take it later", async () => {
    const { folder, servers, appliance } = share();
    const source = appliance("a");
    writeFileSync(join(folder, "a.csv"), wholeText("alt", 1));
    utimesSync(join(folder, "a.csv"), 1_790_000_000, 1_790_000_000);
    let caught = 0;
    servers.faults.refuse = (call, path) => {
      // Between the listing and the renaming.
      if (call === "replace" && path.includes(".steg-work-") && caught++ === 0)
        writeFileSync(join(folder, "a.csv"), wholeText("neu", 3));
      return false;
    };
    expect(await deliveries(source)).toEqual([]);
    expect(readdirSync(folder)).toEqual(["a.csv"]);
    const [newer] = (await deliveries(source)) as [Delivery];
    expect(sha(await readAll(newer))).toBe(sha(wholeText("neu", 3)));
  });

  it("own the file although the answer to the claim was lost", async () => {
    const { folder, servers, appliance } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    const source = appliance("a");
    let lost = 0;
    servers.faults.loseAnswer = (call) => call === "replace" && lost++ === 0;
    await deliveries(source).catch(() => undefined);
    const found = await deliveries(source);
    expect(found.map((each) => each.name)).toEqual(["a.csv"]);
    expect(lost).toBeGreaterThan(0);
  });

  it("leave alone what would lose its name", async () => {
    const { folder, appliance } = share();
    const name = `${"l".repeat(240)}.csv`;
    writeFileSync(join(folder, name), wholeText("a", 1));
    expect(await deliveries(appliance("a"))).toEqual([]);
    expect(readdirSync(folder)).toEqual([name]);
  });
});

describe("an appliance that does not claim", () => {
  it("notices that another one takes from its folder, and takes nothing more", async () => {
    const { folder, appliance } = share();
    const [one, other] = [appliance("a", { claim: false }), appliance("b", { claim: false })] as const;
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    const [[first], [second]] = (await Promise.all([deliveries(one), deliveries(other)])) as [[Delivery], [Delivery]];
    await first.settle("d1", never);
    await second.settle("d2", never);
    await expect(deliveries(other)).rejects.toMatchObject({ code: "SOURCE_SHARED" });
    expect(await deliveries(one)).toEqual([]);
  });

  it("takes no offence where somebody clears the folder, and none at its own removals", async () => {
    const { folder, appliance, archived, servers } = share();
    const source = appliance("a", { claim: false });
    for (const name of ["a.csv", "b.csv"]) writeFileSync(join(folder, name), wholeText(name, 1));
    const [a, b] = (await deliveries(source)) as [Delivery, Delivery];
    rmSync(join(folder, "a.csv"));
    await a.settle("d1", never);
    let lost = 0;
    servers.faults.loseAnswer = (call) => call === "rename" && lost++ === 0;
    await b.settle("d2", never).catch(() => undefined);
    await b.settle("d2", never);
    await source.settleAgain(b.name, b.hint, "d2", never);
    expect(lost).toBeGreaterThan(0);
    expect(archived()).toEqual(["b.csv"]);
    expect(await deliveries(source)).toEqual([]);
  });
});
