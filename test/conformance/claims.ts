// What holds of several appliances that take from one folder with `claim`, wherever it lies.

import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Delivery, Source } from "../../src/core/contract.ts";
import { pause } from "./surroundings.ts";
import { readAll, sha, takerOf, wholeText, type SourcePlace } from "./taker.ts";

const never = new AbortController().signal;

export interface ClaimPlace {
  /** The folder itself, as its writers see it. */
  readonly folder: string;
  /** A source as the appliance with a state of this name builds it; claims of others are left alone for 200 ms unless it says so. */
  appliance(name: string, options?: { readonly claimFor?: number }, known?: ReadonlySet<string>): Promise<Source>;
  archived(): string[];
}

export async function deliveries(source: Source): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for await (const delivery of source.look(never)) all.push(delivery);
  return all;
}

export function claimSuite(share: () => ClaimPlace): void {
  it("have each of 400 files once, and all of them together", async () => {
    const { folder, appliance, archived } = share();
    for (let n = 0; n < 400; n++) writeFileSync(join(folder, `k${n}.csv`), wholeText(`k${n}`, 1));
    const takers = await Promise.all(
      ["a", "b", "c"].map((name) =>
        takerOf({ connect: (known) => appliance(name, { claimFor: 60_000 }, known) } as SourcePlace),
      ),
    );
    await Promise.all(takers.map((taker) => taker.look()));
    await Promise.all(takers.map((taker) => taker.look()));
    const taken = takers.flatMap((taker) => taker.taken);
    expect(taken.length).toBe(400);
    expect(new Set(taken.map((each) => sha(each.body))).size).toBe(400);
    for (const taker of takers) expect(taker.taken.length).toBeGreaterThan(0);
    expect(archived().length).toBe(400);
    expect(readdirSync(folder)).toEqual(["archive"]);
  });

  it("leave a claimed file to its owner, and take it over where that is silent", async () => {
    const { folder, appliance, archived } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    const [dead] = (await deliveries(await appliance("a"))) as [Delivery];
    const other = await appliance("b");
    expect(await deliveries(other)).toEqual([]);
    await pause(250);
    const [taken] = (await deliveries(other)) as [Delivery];
    expect(taken.name).toBe("a.csv");
    // The one that was taken for dead comes back: it must not count as taken there.
    expect(await dead.verify(never)).toBe("changed");
    expect(sha(await readAll(taken))).toBe(sha(wholeText("a", 1)));
    expect(await taken.verify(never)).toBe("same");
    await taken.settle("d1", never);
    await dead.settle("d2", never);
    expect(archived()).toEqual(["a.csv"]);
  });

  it("go on at once with their own files after a restart", async () => {
    const { folder, appliance, archived } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    const [before] = (await deliveries(await appliance("a", { claimFor: 60_000 }))) as [Delivery];
    const [again] = (await deliveries(await appliance("a", { claimFor: 60_000 }))) as [Delivery];
    expect([again.name, again.hint]).toEqual(["a.csv", before.hint]);
    await again.settle("d1", never);
    expect(archived()).toEqual(["a.csv"]);
  });

  it("give back what somebody wrote into after it was claimed, and take it as it is then", async () => {
    const { folder, appliance } = share();
    writeFileSync(join(folder, "a.csv"), wholeText("a", 1));
    const source = await appliance("a");
    const [first] = (await deliveries(source)) as [Delivery];
    const [working] = readdirSync(folder) as [string];
    appendFileSync(join(folder, working), "more\n");
    expect(await first.verify(never)).toBe("changed");
    expect(await deliveries(source)).toEqual([]);
    expect(readdirSync(folder)).toEqual(["a.csv"]);
    const [whole] = (await deliveries(source)) as [Delivery];
    expect(sha(await readAll(whole))).toBe(sha(Buffer.concat([wholeText("a", 1), Buffer.from("more\n")])));
  });
}
