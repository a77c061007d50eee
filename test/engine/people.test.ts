// People act while the appliance works: they pause, dismiss, replay, take again. Nothing of it may be lost on what is under way.

import { once as event } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { openState } from "../../src/core/journal/open.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function world(more = ""): Promise<World & { readonly receiver: Receiver }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const made = createWorld();
  worlds.push(made);
  made.bridge(
    "leute",
    `${head("leute")}${RECEIVE}${CSV}map:
  codes: { art: codes/art.csv }
  json: { id: = ID, art: "= $code('art', ART)" }
deliver:
  inFlight: 2
  retry: { first: 20ms, most: 50ms, attempts: 3 }
  http: { url: "${receiver.origin}/eingang" }
${more}${RECEIPTS}`,
    { "codes/art.csv": "ART;WERT\nA;eins\n" },
  );
  return { ...made, receiver };
}

const rows = (count: number, bad = 0): string =>
  `ID;ART\n${Array.from({ length: count }, (_, i) => `${i + 1};${i + 1 === bad ? "B" : "A"}`).join("\n")}\n`;
const DAY = 86_400_000;

describe("pause", () => {
  it("ends the delivering of a drop that is under way, and resume goes on with it: nothing lost, nothing twice", async () => {
    const { put, start, steg, receiver } = await world();
    receiver.rule = () => ({ delay: 20 });
    put("a.csv", rows(400));
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    await expect.poll(() => receiver.accepted.size, { timeout: 20_000 }).toBeGreaterThan(10);
    expect((await steg(["pause", "leute", "--ticket", "T-1"])).code).toBe(0);
    await sleep(300);
    const delivered = receiver.accepted.size;
    await sleep(500);
    expect(receiver.accepted.size).toBe(delivered);
    expect(delivered).toBeLessThan(400);
    receiver.rule = undefined;
    expect((await steg(["resume", "leute", "--ticket", "T-1"])).code).toBe(0);
    await expect.poll(() => receiver.accepted.size, { timeout: 20_000 }).toBe(400);
    appliance.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
    expect(receiver.doubled).toEqual([]);
  });
});

describe("dismiss", () => {
  it("of a dead letter whose drop is still under way lets the records behind it go without a restart", async () => {
    const { put, start, steg, dead, receiver } = await world(`order: { by: "= ID in ['1', '2', '3'] ? 'x' : ID" }\n`);
    // Another lane keeps the drop under way until the letter is dismissed.
    receiver.rule = (heard) => (String(heard.body).includes('"5"') ? { delay: 5_000 } : undefined);
    put("a.csv", rows(6, 2));
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    await expect.poll(async () => (await dead()).length, { timeout: 20_000, interval: 200 }).toBe(1);
    const [letter] = await dead();
    expect((await steg(["dismiss", letter?.id ?? "", "--reason", "gehört nicht dazu"])).code).toBe(0);
    await expect.poll(() => receiver.accepted.size, { timeout: 20_000 }).toBe(5);
    appliance.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  });
});

describe("replay", () => {
  it("whose receipt cannot be written leaves it to the appliance, which writes it anew", async () => {
    const { put, once, steg, write, receipts, path } = await world();
    put("a.csv", rows(3, 2));
    expect((await once()).bridges).toMatchObject([{ delivered: 2, dead: 1 }]);
    expect(receipts()).toMatchObject([{ saetze: { zugestellt: 2, klaerfaelle: 1 } }]);
    write("mappings/leute/codes/art.csv", "ART;WERT\nA;eins\nB;zwei\n");
    // Something else stands where the receipts go.
    rmSync(path("data", "quittungen"), { recursive: true });
    writeFileSync(path("data", "quittungen"), "");
    const replayed = await steg(["replay", "leute", "--yes"]);
    expect(replayed.code).toBe(0);
    expect(replayed.stderr).toContain("receipt.failed");
    rmSync(path("data", "quittungen"));
    await once();
    expect(receipts()).toMatchObject([{ datei: "a.csv", saetze: { zugestellt: 3, klaerfaelle: 0 } }]);
  });

  it("of a drop that was erased writes no receipt without a name, whatever else is replayed with it", async () => {
    const { put, once, steg, dead, write, receipts, state } = await world();
    put("a.csv", rows(3, 2));
    await once();
    const [erased] = await dead();
    const opened = await openState({ dir: state, log: () => undefined });
    await opened.journal.purge(Date.now() + 31 * DAY, () => ({ payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY }));
    await opened.close();
    put("b.csv", rows(4, 3));
    await once();
    const [open] = await dead();
    write("mappings/leute/codes/art.csv", "ART;WERT\nA;eins\nB;zwei\n");
    const end = await steg(["replay", erased?.id ?? "", open?.id ?? "", "--yes"]);
    expect(end.stdout).toContain("1 cannot be tried again, their payload is erased");
    expect(end.stdout).toContain("1 record delivered");
    expect(receipts()).toMatchObject([
      { datei: "a.csv", saetze: { klaerfaelle: 1 } },
      { datei: "b.csv", saetze: { klaerfaelle: 0 } },
    ]);
  });
});

describe("replay --as-new", () => {
  it("is taken as new also where the new drop before it was erased long ago", async () => {
    const { put, once, steg, drops, receiver, state } = await world();
    put("a.csv", rows(2, 2));
    await once();
    const [first] = await drops();
    const again = ["replay", "--drop", first?.id ?? "", "--as-new", "--yes"];
    expect((await steg(again)).code).toBe(0);
    await once();
    expect(receiver.accepted.size).toBe(2);
    // The letter of the second drop is closed, so its payload goes first; the first drop still has an open one.
    const second = (await drops()).at(-1)?.id ?? "";
    const opened = await openState({ dir: state, log: () => undefined });
    await opened.journal.dismiss([`dl-${second}-2`], "a.muster", "erledigt");
    await opened.journal.purge(Date.now() + 8 * DAY, () => ({ payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY }));
    expect(await opened.journal.drop(second)).toMatchObject({ payload: "purged" });
    await opened.close();
    expect((await steg(again)).code).toBe(0);
    await once();
    expect(receiver.accepted.size).toBe(3);
    const states = (await drops()).map(({ state: is }) => is);
    expect(states).toEqual(["done", "done", "done"]);
  });
});

describe("onDoubt: ask", () => {
  it("asks after a crash only about what can have been on its way", async () => {
    const { put, start, once, dead, receiver } = await world("onDoubt: ask\n");
    receiver.rule = () => (receiver.heard.length > 20 ? { instead: "hang" } : undefined);
    put("a.csv", rows(300));
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    await expect.poll(() => receiver.heard.length, { timeout: 20_000 }).toBeGreaterThan(21);
    appliance.kill("SIGKILL");
    await ended;
    receiver.rule = undefined;
    const { bridges } = await once();
    const unsure = await dead();
    expect(unsure.length).toBeGreaterThan(0);
    expect(unsure.length).toBeLessThanOrEqual(2);
    expect(unsure.every(({ code }) => code === "DELIVERY_UNSURE")).toBe(true);
    expect(bridges).toMatchObject([{ records: 300, dead: unsure.length, delivered: 300 - unsure.length, pending: 0 }]);
    expect(receiver.doubled).toEqual([]);
  });
});
