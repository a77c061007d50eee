// Acts of two persons over a real journal: who may, what happens and to what, and what a restart finds.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { createActs, type Acts, type ActsDeps } from "../../src/core/operations/acts.ts";
import {
  copyOfJournal,
  content,
  filesWith,
  finishDrop,
  never,
  takeNew,
  testState,
  type TestState,
} from "./journal-state.ts";

const ASKER = "oidc:m.brandt/u-17";
const SECOND = { actor: "oidc:a.sommer/u-18", roles: ["approver"] } as const;
const HOUR = 3_600_000;

let place: TestState;
let state: OpenState;
let now: number;
let acts: Acts;
let sent: readonly string[];

const nobody = async (): Promise<never> => Promise.reject(new Error("nobody asks for an extension"));

function actsOver(opened: OpenState, over: Partial<ActsDeps> = {}): Acts {
  return createActs({
    journal: opened.journal,
    bridges: async () => [{ name: "gewerbe" }] as unknown as readonly LoadedBridge[],
    watch: async () => Promise.reject(new Error("nobody asks for states")),
    running: () => undefined,
    signal: never,
    now: () => now,
    policyBook: async () => undefined,
    extending: { check: nobody, today: nobody, enter: nobody },
    async replay({ ids }) {
      sent = ids;
      return ids.length;
    },
    ...over,
  });
}

beforeEach(async () => {
  place = testState();
  state = await place.open();
  now = Date.now() + HOUR;
  sent = [];
  acts = actsOver(state);
});
afterEach(async () => await place.remove());

const about = (kind: "dismiss" | "replay" | "erase-held" | "hand-over", more = {}) => ({
  kind,
  bridge: "gewerbe",
  reason: "INC-1: doppelt geliefert",
  actor: ASKER,
  ...more,
});
const events = async (): Promise<readonly string[]> =>
  (await state.journal.auditEntries({ limit: 200 }))
    .map(({ event }) => event)
    .filter((event) => event.startsWith("act."));

describe("who may", () => {
  beforeEach(async () => void (await takeNew(state, content("a"), { ended: "held" })));

  it.each(["token:betrieb", "local:root", "oidc:"])("%s is no person, and cannot ask", async (actor) => {
    await expect(acts.ask(about("erase-held", { actor }))).rejects.toMatchObject({ code: "APPROVAL_NEEDED" });
    expect(await acts.list()).toEqual([]);
  });

  it.each([
    ["the same person", { actor: ASKER, roles: ["approver"] }],
    ["the same person by another name", { actor: "oidc:anders/u-17", roles: ["approver", "operator"] }],
    ["somebody who is no approver", { actor: SECOND.actor, roles: ["operator", "clearing"] }],
    ["a token", { actor: "token:leitung", roles: ["approver"] }],
  ] as const)("%s cannot confirm", async (_who, { actor, roles }) => {
    const { id } = await acts.ask(about("erase-held"));
    await expect(acts.confirm({ id, actor, roles })).rejects.toMatchObject({ code: "APPROVAL_NEEDED" });
    expect((await acts.list())[0]).toMatchObject({ state: "open", confirmedBy: null });
    expect((await state.journal.sums())[0]).toMatchObject({ held: 1 });
  });

  it("nobody confirms what lapsed, was withdrawn, was done, or is not there", async () => {
    const lapsed = await acts.ask(about("erase-held"));
    now += 72 * HOUR;
    const withdrawn = await acts.ask(about("erase-held"));
    await acts.withdraw({ id: withdrawn.id, actor: ASKER });
    const done = await acts.ask(about("erase-held"));
    await acts.confirm({ id: done.id, ...SECOND });
    for (const id of [lapsed.id, withdrawn.id, done.id, "act-nichts"])
      await expect(acts.confirm({ id, ...SECOND })).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    expect((await acts.list()).map((act) => act.state).toSorted()).toEqual(["done", "over", "withdrawn"]);
  });
});

describe("what is asked for", () => {
  it("is something that can be done, once at a time, with a reason, of a bridge that is there", async () => {
    await expect(acts.ask(about("erase-held"))).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    await takeNew(state, content("a"), { ended: "held" });
    await expect(acts.ask(about("erase-held", { reason: " " }))).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    await expect(acts.ask(about("erase-held", { bridge: "niemand" }))).rejects.toMatchObject({
      code: "BRIDGE_UNKNOWN",
    });
    const both = await Promise.allSettled([acts.ask(about("erase-held")), acts.ask(about("erase-held"))]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});

describe("erasing what is held", () => {
  it("leaves nothing of it, neither on the disk nor to be delivered, and takes the same bytes as new", async () => {
    const canary = content("KANARIENVOGEL-4711", 90_000);
    const small = await takeNew(state, content("klein"), { ended: "held" });
    const large = await takeNew(state, canary, { ended: "held" });
    const open = await takeNew(state, content("offen"));
    const act = await acts.ask(about("erase-held"));
    expect(act).toMatchObject({ state: "open", count: 2 });
    now += HOUR;
    const later = await takeNew(state, content("spaeter"), { ended: "held", received: now });
    expect(await acts.confirm({ id: act.id, ...SECOND })).toMatchObject({
      state: "done",
      done: 2,
      confirmedBy: SECOND.actor,
    });
    for (const id of [small, large])
      expect(await state.journal.drop(id)).toMatchObject({ state: "erased", payload: "purged" });
    // What came after it was asked for was not meant.
    expect(await state.journal.drop(later)).toMatchObject({ state: "held" });
    expect(await state.journal.drop(open)).toMatchObject({ state: "open", payload: "kept" });
    expect((await state.journal.sums())[0]).toMatchObject({ held: 1 });
    expect(
      readdirSync(join(place.dir, "spool"), { recursive: true }).filter((name) => String(name).includes(large)),
    ).toEqual([]);
    expect(filesWith(place.dir, Buffer.from("gewerbe_1.csv"))).toEqual([]);
    expect(await takeNew(state, canary, { ended: "held" })).not.toBe(large);
    expect(await events()).toEqual(["act.asked", "act.confirmed", "act.done"]);
    const trail = await state.journal.auditEntries({ limit: 100 });
    expect(trail.filter(({ event }) => event === "drop.erased")).toMatchObject([{ actor: ASKER }, { actor: ASKER }]);
    expect((await state.journal.auditVerify()).broken).toBeUndefined();
    const copy = copyOfJournal(place.dir, join(place.dir, "copy.db"));
    expect(copy.prepare("SELECT count(*) AS keys FROM keys WHERE drop_id IN (?, ?)").get(small, large)).toEqual({
      keys: 0,
    });
    copy.close();
  });
});

describe("many dead letters at once", () => {
  beforeEach(async () => {
    const drop = await takeNew(state, content("a"));
    await finishDrop(
      state,
      drop,
      1_300,
      Array.from({ length: 1_203 }, (_, at) => at + 1),
    );
  });
  const open = async () => (await state.journal.sums())[0]?.openDead;

  it("are dismissed by two, those of one cause", async () => {
    await expect(acts.ask(about("dismiss", { stage: "deliver", code: "TARGET_REFUSED" }))).rejects.toMatchObject({
      code: "REQUEST_INVALID",
    });
    const { id, count } = await acts.ask(about("dismiss", { stage: "map", code: "FORMULA_FAILED" }));
    expect([count, await open()]).toEqual([1_203, 1_203]);
    await acts.confirm({ id, ...SECOND });
    await expect.poll(open).toBe(0);
    await expect.poll(async () => (await acts.list())[0]).toMatchObject({ state: "done", done: 1_203 });
    const [letter] = await state.journal.dead({ state: "dismissed", limit: 1 });
    expect(letter).toMatchObject({ closedBy: ASKER, closedReason: "INC-1: doppelt geliefert" });
  });

  it("are replayed with the changed mapping", async () => {
    const { id } = await acts.ask(about("replay", { stage: "map", code: "FORMULA_FAILED" }));
    await acts.confirm({ id, ...SECOND });
    await expect.poll(async () => (await acts.list())[0]).toMatchObject({ state: "done", done: 1_203 });
    expect(sent).toHaveLength(1_203);
  });

  it("go on after a restart where they stopped, and say why they stopped", async () => {
    const stopping = actsOver(state, {
      journal: { ...state.journal, dismiss: async () => Promise.reject(new Error("no room")) },
    });
    const { id } = await stopping.ask(about("dismiss"));
    expect(await stopping.confirm({ id, ...SECOND })).toMatchObject({
      state: "confirmed",
      trouble: "INTERNAL",
      done: null,
    });
    await acts.resume();
    expect((await acts.list())[0]).toMatchObject({ state: "done", done: 1_203, trouble: null });
    expect(await open()).toBe(0);
  });
});

describe("a hand-over", () => {
  it("is allowed for one bridge, for three days, once", async () => {
    await takeNew(state, content("a"), { ended: "held" });
    const { id } = await acts.ask(about("hand-over"));
    expect(await acts.handOverAllowed("gewerbe")).toBe(false);
    await acts.confirm({ id, ...SECOND });
    expect([await acts.handOverAllowed("gewerbe"), await acts.handOverAllowed("melde")]).toEqual([true, false]);
    await acts.handedOver("gewerbe", 1);
    expect(await acts.handOverAllowed("gewerbe")).toBe(false);
    const again = await acts.ask(about("hand-over"));
    await acts.confirm({ id: again.id, ...SECOND });
    now += 72 * HOUR;
    expect(await acts.handOverAllowed("gewerbe")).toBe(false);
  });
});
