// Several appliances on one folder of this machine or of a mount (claim: true): each file is one's, also where one of them dies.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { folderSource } from "../../src/adapters/folder/source.ts";
import type { Delivery, Source } from "../../src/core/contract.ts";
import { claimSuite, deliveries } from "../conformance/claims.ts";
import { contextIn, pause, type TestContext } from "../conformance/surroundings.ts";
import { wholeText } from "../conformance/taker.ts";

const never = new AbortController().signal;
const made: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const undo of made.splice(0).toReversed()) await undo();
});

type Options = Parameters<typeof folderSource.build>[0];

interface Shared {
  readonly folder: string;
  /** A source as the appliance with a state of this name builds it. */
  appliance(name: string, options?: Partial<Options>, known?: ReadonlySet<string>): Promise<Source>;
  contextOf(name: string): TestContext;
  archived(): string[];
}

function share(): Shared {
  const root = mkdtempSync(join(tmpdir(), "steg-claims-"));
  made.push(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, "export");
  mkdirSync(folder);
  const contexts = new Map<string, TestContext>();
  return {
    folder,
    async appliance(name, options = {}, known = new Set()) {
      const base = { path: folder, files: ["*.csv"], marker: undefined, settle: 0, poll: true, every: 10_000 };
      const more = { after: "archive", archive: "archive", sort: "name", claim: true, claimFor: 200 } as const;
      const state = join(root, "states", name);
      mkdirSync(state, { recursive: true });
      const context = contextIn(state, known);
      contexts.set(name, context);
      const source = await folderSource.build({ ...base, ...more, ...options }, context);
      made.push(() => source.close());
      return source;
    },
    contextOf: (name) => contexts.get(name) as TestContext,
    archived: () => readdirSync(join(folder, "archive")),
  };
}

describe("several appliances on one folder", () => {
  claimSuite(share);

  it("finish a removal that failed, after a restart too, and take what is known no second time", async () => {
    const { folder, appliance, archived } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    const [first] = (await deliveries(await appliance("a"))) as [Delivery];
    writeFileSync(join(folder, "archive"), "in the way");
    await expect(first.settle("d1", never)).rejects.toMatchObject({ code: "SOURCE_CLEANUP_FAILED" });
    rmSync(join(folder, "archive"));
    const later = await appliance("a", {}, new Set([first.hint]));
    expect(await deliveries(later)).toEqual([]);
    await later.settleAgain(first.name, first.hint, "d1", never);
    expect(archived()).toEqual(["a.csv"]);
    expect(readdirSync(folder)).toEqual(["archive"]);
  });

  it("leave a removal that another one is at alone, and end it where nobody does", async () => {
    const { folder, appliance, archived } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    await deliveries(await appliance("a"));
    const [working] = readdirSync(folder) as [string];
    // As a crash leaves it between the claim of the removal and the archive: the drop's id in place of the appliance's.
    const claim = working.replace(/^\.steg-work-([0-9a-f]{8})-[0-9a-f]{8}\./u, ".steg-taken-$1-d1.");
    renameSync(join(folder, working), join(folder, claim));
    const other = await appliance("b");
    expect(await deliveries(other)).toEqual([]);
    expect(readdirSync(folder)).toEqual([claim]);
    await pause(250);
    expect(await deliveries(other)).toEqual([]);
    expect(archived()).toEqual(["a.csv"]);
  });

  it("leave alone what would lose its name", async () => {
    const { folder, appliance, contextOf } = share();
    const name = `${"l".repeat(240)}.csv`;
    writeFileSync(join(folder, name), wholeText("a", 1));
    expect(await deliveries(await appliance("a"))).toEqual([]);
    expect(readdirSync(folder)).toEqual([name]);
    expect(contextOf("a").logged.map(({ event }) => event)).toEqual(["source.name_too_long"]);
  });

  it("are told apart by their states, and an appliance without claim says what it leaves lying", async () => {
    const { folder, appliance, contextOf } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    await deliveries(await appliance("a"));
    await deliveries(await appliance("b"));
    const [a, b] = ["a", "b"].map((name) => readFileSync(join(contextOf(name).stateDir, "instance"), "utf8"));
    expect(a).toMatch(/^[0-9a-f]{8}\n$/u);
    expect(b).not.toBe(a);
    expect(await deliveries(await appliance("c", { claim: false }))).toEqual([]);
    expect(contextOf("c").logged).toMatchObject([{ event: "source.working_names_left", fields: { count: 1 } }]);
  });
});

describe("an appliance that does not claim", () => {
  it("notices that another one takes from its folder, and takes nothing more", async () => {
    for (const after of ["archive", "delete"] as const) {
      const { folder, appliance } = share();
      const [one, other] = [
        await appliance("a", { claim: false, after }),
        await appliance("b", { claim: false, after }),
      ] as const;
      writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
      const [[first], [second]] = (await Promise.all([deliveries(one), deliveries(other)])) as [[Delivery], [Delivery]];
      if (after === "delete") {
        // On its way out, under the claim of the first one.
        const working = await appliance("c");
        await deliveries(working);
      } else await first.settle("d1", never);
      await second.settle("d2", never);
      await expect(deliveries(other)).rejects.toMatchObject({ code: "SOURCE_SHARED" });
      expect(await deliveries(one)).toEqual([]);
    }
  });

  it("takes no offence where somebody clears the folder, and none at its own removals", async () => {
    const { folder, appliance, archived } = share();
    const source = await appliance("a", { claim: false });
    for (const name of ["a.csv", "b.csv"]) writeFileSync(join(folder, name), wholeText(name, 1));
    const [a, b] = (await deliveries(source)) as [Delivery, Delivery];
    rmSync(join(folder, "a.csv"));
    await a.settle("d1", never);
    await b.settle("d2", never);
    await b.settle("d2", never);
    await source.settleAgain(b.name, b.hint, "d2", never);
    expect(archived()).toEqual(["b.csv"]);
    expect(await deliveries(source)).toEqual([]);
  });
});
