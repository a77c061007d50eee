// Keys that may come only once: which of two drops has one, for how long, and what is left of it in the database.

import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Claim, OpenState } from "../../src/core/journal/types.ts";
import { copyOfJournal, DAY, filesWith, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

const AT = 1_795_000_000_000;

let test: TestState;
let state: OpenState;
let now = AT;
beforeEach(async () => {
  now = AT;
  test = testState();
  state = await test.open({ clock: () => now });
});
afterEach(() => test.remove());

const claim = (drop: string, keys: readonly string[], more: Partial<Claim> = {}): Promise<readonly number[]> => {
  const at = more.at ?? AT;
  const rest = { bridge: "bestellungen", at, until: at + 90 * DAY, hasPriority: false, dryRun: false };
  return state.journal.claim({ drop, keys, ...rest, ...more });
};

describe("a key that may come only once", () => {
  it("belongs to the drop that brought it first, however often it asks, and to no other", async () => {
    expect(await claim("a", ["R1", "R2"])).toEqual([]);
    expect(await claim("a", ["R1", "R2"])).toEqual([]);
    expect(await claim("b", ["R0", "R2", "R1"])).toEqual([1, 2]);
    // All or none: what was refused has entered nothing.
    expect(await claim("c", ["R0"])).toEqual([]);
    expect(await claim("d", ["R1"], { bridge: "rechnungen" })).toEqual([]);
  });

  it("is had by one of many that ask at the same time", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, drop) => claim(`drop ${drop}`, ["R1", "R2"])));
    expect(answers.filter((which) => which.length === 0)).toHaveLength(1);
  });

  it("is free again after its time, and forgotten at the next purge", async () => {
    await claim("a", ["R1"]);
    expect(await claim("b", ["R1"], { at: AT + 90 * DAY - 1 })).toEqual([0]);
    expect(await claim("c", ["R1"], { at: AT + 90 * DAY })).toEqual([]);
    expect(await claim("a", ["R1"], { at: AT + 91 * DAY })).toEqual([0]);
    now = AT + 200 * DAY;
    await state.journal.purge(now, () => ({ payload: DAY, dead: DAY, held: DAY }));
    const db = copyOfJournal(test.dir, join(test.dir, "copy.db"));
    expect(db.prepare("SELECT count(*) AS rows FROM once").get()).toEqual({ rows: 0 });
    db.close();
  });

  it("stays with its drop where a person has another one delivered, and where somebody only looks", async () => {
    expect(await claim("look", ["R1"], { dryRun: true })).toEqual([]);
    expect(await claim("a", ["R1"])).toEqual([]);
    expect(await claim("look", ["R1"], { dryRun: true })).toEqual([0]);
    expect(await claim("b", ["R1", "R2"], { hasPriority: true })).toEqual([]);
    expect(await claim("a", ["R1"])).toEqual([]);
    expect(await claim("a", ["R2"])).toEqual([0]);
  });

  it("survives a restart and stands nowhere in clear text", async () => {
    await claim("a", ["Absender und Referenz"]);
    await state.close();
    expect(filesWith(test.dir, Buffer.from("Absender und Referenz"))).toEqual([]);
    state = await test.open({ clock: () => now });
    expect(await claim("b", ["Absender und Referenz"])).toEqual([0]);
  });
});
