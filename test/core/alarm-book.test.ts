// The alarm book over a real journal: when alarms begin and end, who takes them over, and what a restart leaves of that.

import { afterEach, beforeEach, expect, it } from "vitest";
import { createAlarmBook, type AlarmBook } from "../../src/core/alarms/book.ts";
import { byUrgency, troublesOf, type Trouble, type TroubleFacts } from "../../src/core/alarms/troubles.ts";
import { watchAlarms } from "../../src/core/alarms/watch.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { bridgeView, lifecycleRow } from "./dashboard-views.ts";
import { testState, type TestState } from "./journal-state.ts";

const NOW = Date.parse("2027-11-22T06:00:00Z");
const MINUTE = 60_000;

let folder: TestState;
let state: OpenState;
let book: AlarmBook;
beforeEach(async () => {
  folder = testState();
  state = await folder.open();
  book = createAlarmBook(state);
});
afterEach(async () => await folder.remove());

const nothing: TroubleFacts = {
  bridges: [],
  rows: new Map(),
  lifecycle: { alarm: null },
  letters: [],
  runningOut: [],
  channels: [],
  time: NOW,
};
const server = { role: "target" as const, server: "neu.example:443", up: false, since: null, code: "TARGET_DOWN" };
const down = troublesOf({ ...nothing, bridges: [bridgeView({ servers: [server], openDead: 0 })] });
const overdue = troublesOf({
  ...nothing,
  bridges: [bridgeView({ bridge: "alt", held: 3, openDead: 0 })],
  rows: new Map([["alt", lifecycleRow({ bridge: "alt", overdue: true, state: "sunset", daysLeft: -2 })]]),
});

async function restart(): Promise<void> {
  await state.close();
  state = await folder.open();
  book = createAlarmBook(state);
}

it("enters what is wrong once, and takes it out when it is over", async () => {
  await book.sync([...down, ...overdue], NOW);
  await book.sync([...down, ...overdue], NOW + MINUTE);
  const [first, second] = await book.all();
  expect([first?.since, second?.since]).toEqual([NOW, NOW]);
  const { ended } = await book.sync(down, NOW + 2 * MINUTE);
  expect(ended.map(({ trouble }) => trouble)).toEqual(["alt/overdue"]);
  await restart();
  expect((await book.all()).map(({ trouble }) => trouble)).toEqual(["farben/server target neu.example:443"]);
});

it("is another alarm when it comes back, and nobody has taken that over", async () => {
  await book.sync(overdue, NOW);
  const [before] = await book.all();
  await book.takeOver(before?.key ?? "", "token:a", NOW + 1);
  await book.sync([], NOW + MINUTE);
  await expect(book.takeOver(before?.key ?? "", "token:a", NOW)).rejects.toMatchObject({ code: "ALARM_UNKNOWN" });
  await book.sync(overdue, NOW + 2 * MINUTE);
  const [after] = await book.all();
  expect(after?.key).not.toBe(before?.key);
  expect(after).toMatchObject({ since: NOW + 2 * MINUTE });
  expect(after?.taken).toBeUndefined();
});

it("remembers who took over across restarts, and the trail has it once for each", async () => {
  await book.sync(overdue, NOW);
  const [{ key } = { key: "" }] = await book.all();
  for (const by of ["token:a", "token:a", "token:b"]) await book.takeOver(key, by, NOW + MINUTE);
  await restart();
  expect((await book.all())[0]?.taken).toEqual({ by: "token:b", at: NOW + MINUTE });
  const trail = (await state.journal.auditEntries({})).filter(({ event }) => event === "alarm.taken-over");
  expect(trail.map(({ actor, bridge, facts }) => [actor, bridge, facts["kind"], facts["again"]])).toEqual([
    ["token:a", "alt", "overdue", false],
    ["token:b", "alt", "overdue", true],
  ]);
  expect((await state.journal.auditVerify()).broken).toBeUndefined();
});

it("after a start nothing is known of servers yet, so their alarms go on for ten minutes", async () => {
  await book.sync([...down, ...overdue], NOW);
  await book.takeOver((await book.all()).find(({ kind }) => kind === "server")?.key ?? "", "token:a", NOW);
  await restart();
  await book.sync([], NOW + MINUTE);
  expect((await book.all()).map(({ kind }) => kind)).toEqual(["server"]);
  await book.sync(down, NOW + 2 * MINUTE);
  expect((await book.all())[0]).toMatchObject({ since: NOW, taken: { by: "token:a" } });
  await book.sync([], NOW + 12 * MINUTE);
  expect(await book.all()).toEqual([]);
  // One that began since the start ends at once.
  await book.sync(down, NOW + 12 * MINUTE);
  await book.sync([], NOW + 13 * MINUTE);
  expect(await book.all()).toEqual([]);
});

it("is kept by a watch, whether anybody listens or not, and a look that fails is told", async () => {
  const operations = {
    bridges: async () => [bridgeView({ bridge: "alt", held: 3, openDead: 0 })],
    lifecycle: async () => ({
      rows: [lifecycleRow({ bridge: "alt", overdue: true, state: "sunset" })],
      alarm: null,
      now: new Date(NOW).toISOString(),
    }),
    dead: async () => [],
    alarms: async () => ({ alarms: [], channels: [], runningOut: [] }),
  };
  const stop = new AbortController();
  const errors: unknown[] = [];
  const onError = (cause: unknown): void => void errors.push(cause);
  const watching = watchAlarms({ operations, book, now: () => NOW, onError }, stop.signal);
  await expect.poll(async () => (await book.all()).map(({ trouble }) => trouble)).toEqual(["alt/overdue"]);
  stop.abort();
  await watching;
  const dead = (): Promise<never> => Promise.reject(new Error("the journal is away"));
  const again = new AbortController();
  const failing = watchAlarms({ operations: { ...operations, dead }, book, now: () => NOW, onError }, again.signal);
  await expect.poll(() => String(errors)).toContain("the journal is away");
  again.abort();
  await failing;
});

it("holds a bounded number", async () => {
  const many = Array.from({ length: 5_010 }, (_, at): Trouble => ({ ...(overdue[0] as Trouble), key: `b${at}/x` }));
  const kept: unknown[] = [];
  const journal = { entries: async () => new Map(), set: async (key: string) => void kept.push(key) };
  const small = createAlarmBook({ journal });
  await small.sync(many, NOW);
  expect([(await small.all()).length, kept.length]).toEqual([5_000, 5_000]);
});

it("what runs out in weeks waits behind what is broken now, and what is overdue behind nothing", () => {
  const day = 86_400_000;
  const all = [
    { name: "certificate in 28 days", left: 28 * day, weight: "warn" },
    { name: "held too", left: undefined, weight: "info" },
    { name: "target down", left: undefined, weight: "danger" },
    { name: "term in 41 hours", left: 41 * 3_600_000, weight: "danger" },
    { name: "erased in five days", left: 5 * day, weight: "warn" },
    { name: "overdue", left: -4 * day, weight: "danger" },
    { name: "certificate over", left: -1, weight: "danger" },
  ];
  expect(all.toSorted(byUrgency).map(({ name }) => name)).toEqual([
    "overdue",
    "certificate over",
    "term in 41 hours",
    "erased in five days",
    "target down",
    "held too",
    "certificate in 28 days",
  ]);
});
