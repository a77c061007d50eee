// How often a caller may call, and who was seen.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createRates } from "../../src/core/calls/rate.ts";
import { createSeenCallers } from "../../src/core/calls/seen-callers.ts";
import { openState } from "../../src/core/journal/open.ts";

const folder = mkdtempSync(join(tmpdir(), "steg-seen-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the rate of a caller", () => {
  it("lets a minute's worth through at once, then goes on at the rate", () => {
    let at = 0;
    const rates = createRates(() => at);
    const take = (name = "a", bridge = "b"): number => rates.take(bridge, name, 60);
    for (let n = 0; n < 60; n++) expect(take()).toBe(0);
    expect(take()).toBe(1);
    at += 999;
    expect(take()).toBe(1);
    at += 1;
    expect(take()).toBe(0);
    expect(take()).toBe(1);
    expect(take("other")).toBe(0);
    expect(take("a", "other")).toBe(0);
    at += 3_600_000;
    for (let n = 0; n < 60; n++) expect(take()).toBe(0);
    expect(take()).toBe(1);
    for (let n = 0; n < 2; n++) rates.take("slow", "a", 2);
    expect(rates.take("slow", "a", 2)).toBe(30);
  });

  it("remembers a bounded number of callers, those who called last", () => {
    const rates = createRates(() => 0, 100);
    expect(rates.take("b", "first", 1)).toBe(0);
    for (let n = 0; n < 99; n++) rates.take("b", `c${n}`, 1);
    expect(rates.take("b", "first", 1)).toBe(60);
    for (let n = 0; n < 99; n++) rates.take("b", `d${n}`, 1);
    expect(rates.take("b", "first", 1)).toBe(60);
    for (let n = 0; n < 100; n++) rates.take("b", `e${n}`, 1);
    expect(rates.size).toBe(100);
    expect(rates.take("b", "first", 1)).toBe(0);
  });
});

describe("callers that were seen", () => {
  it("stand in the journal in groups, with counts by day for 30 days, and survive a restart", async () => {
    const dir = join(folder, "state");
    let state = await openState({ dir, log: () => undefined });
    let at = Date.UTC(2026, 9, 1, 23, 59, 59);
    let writes = 0;
    const journal = () => ({
      entries: state.journal.entries.bind(state.journal),
      set: async (key: string, value: unknown) => {
        writes++;
        await state.journal.set(key, value);
      },
    });
    let seen = createSeenCallers({ journal: journal(), now: () => at, every: 60_000 });
    const portal = { name: "portal", by: "jwt" as const };
    for (let n = 0; n < 1_000; n++) seen.note(portal, "ewo");
    at += 2_000;
    seen.note(portal, "ewo");
    seen.note({ name: "portal", by: "token" }, "kfz");
    expect(writes).toBe(0);
    await seen.close();
    expect(writes).toBe(2);
    await state.close();

    state = await openState({ dir, log: () => undefined });
    seen = createSeenCallers({ journal: journal(), now: () => at, every: 60_000 });
    seen.note(portal, "kfz");
    const [jwt, other, ...none] = await seen.list({});
    expect(none).toEqual([]);
    expect(jwt).toEqual({
      id: "jwt:portal",
      name: "portal",
      by: "jwt",
      first: "2026-10-01T23:59:59.000Z",
      last: "2026-10-02T00:00:01.000Z",
      calls: 1_002,
      bridges: [
        {
          bridge: "ewo",
          first: "2026-10-01T23:59:59.000Z",
          last: "2026-10-02T00:00:01.000Z",
          calls: 1_001,
          days: [
            { date: "2026-10-01", calls: 1_000 },
            { date: "2026-10-02", calls: 1 },
          ],
        },
        expect.objectContaining({ bridge: "kfz", calls: 1 }),
      ],
    });
    expect(other?.id).toBe("token:portal");
    expect((await seen.list({ after: "jwt:portal" })).map(({ id }) => id)).toEqual(["token:portal"]);
    expect((await seen.list({ bridge: "ewo" })).map(({ id, calls }) => [id, calls])).toEqual([["jwt:portal", 1_001]]);
    expect(await seen.list({ limit: 1 })).toHaveLength(1);

    // Days that are gone are not counted any more, but when it was first seen is known for ever.
    at += 29 * 86_400_000;
    seen.note(portal, "ewo");
    const [later] = await seen.list({ bridge: "ewo" });
    expect(later?.bridges[0]?.days.map(({ date }) => date)).toEqual(["2026-10-02", "2026-10-31"]);
    expect(later).toMatchObject({ first: "2026-10-01T23:59:59.000Z", calls: 1_002 });
    await seen.close();
    await state.close();
  });

  it("are bounded; whoever was seen longest ago is forgotten, in the journal too", async () => {
    const kept = new Map<string, unknown>();
    const journal = {
      entries: async <T>() => new Map(kept) as ReadonlyMap<string, T>,
      set: async (key: string, value: unknown) => void (value === undefined ? kept.delete(key) : kept.set(key, value)),
    };
    let at = 0;
    const seen = createSeenCallers({ journal, now: () => at, every: 60_000, most: 3 });
    for (const name of ["a", "b", "c", "d", "__proto__"]) {
      at += 1_000;
      seen.note({ name, by: "jwt" }, "__proto__");
      await seen.flush();
    }
    expect((await seen.list({})).map(({ name, calls }) => [name, calls])).toEqual([
      ["__proto__", 1],
      ["c", 1],
      ["d", 1],
    ]);
    expect(kept.size).toBe(3);
  });

  it("however many partners a file invents, push nobody out but partners", async () => {
    const kept = new Map<string, unknown>();
    const journal = {
      entries: async <T>() => new Map(kept) as ReadonlyMap<string, T>,
      set: async (key: string, value: unknown) => void (value === undefined ? kept.delete(key) : kept.set(key, value)),
    };
    const seen = createSeenCallers({ journal, now: () => 0, every: 60_000, most: 10 });
    for (const name of ["a", "b", "c", "d", "e", "f"]) seen.note({ name, by: "sftp" }, "x");
    await seen.flush();
    for (let at = 0; at < 100; at++) {
      seen.noteSent(`p${at}`, "x", at, 1);
      if (at % 4 === 3) await seen.flush();
    }
    const names = (await seen.list({})).map(({ name }) => name);
    expect(names).toEqual(["p96", "p97", "p98", "p99", "a", "b", "c", "d", "e", "f"]);
    // Also where all of them come before anything is written down.
    for (let at = 0; at < 1_000; at++) seen.noteSent(`q${at}`, "x", 1_000, 1);
    expect((await seen.list({})).filter(({ by }) => by === "sftp")).toHaveLength(6);
    expect(kept.size).toBe(10);
  });

  it("counts what a partner sent when it was received, and what it is known to have sent not again", async () => {
    const journal = { entries: async () => new Map<string, never>(), set: async () => undefined };
    const seen = createSeenCallers({ journal, now: () => Date.UTC(2026, 10, 3), every: 60_000 });
    seen.noteSent("gut:14", "x", Date.UTC(2026, 10, 2), 3);
    seen.noteSent("gut:14", "x", Date.UTC(2026, 10, 1), 0);
    const [found] = await seen.list({});
    expect(found).toMatchObject({ id: "partner:gut:14", by: "partner", calls: 3 });
    expect([found?.first, found?.last]).toEqual(["2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"]);
    expect(found?.bridges[0]?.days).toEqual([{ date: "2026-11-02", calls: 3 }]);
  });

  it("do not stop anything where the journal fails", async () => {
    const events: string[] = [];
    const failing = { entries: async () => new Map<string, never>(), set: () => Promise.reject(new Error("disk")) };
    const seen = createSeenCallers({
      journal: failing,
      log: (_level, event) => void events.push(event),
      every: 60_000,
    });
    seen.note({ name: "a", by: "token" }, "b");
    await seen.close();
    expect(events).toEqual(["callers.unwritten"]);
  });
});
