// Order: what comes behind a dead letter waits (onDead: hold) or overtakes it (pass), within a drop, across drops and restarts.

import { once as event } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { laneOf } from "../../src/core/pipeline/lanes.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
});

interface Ordered extends World {
  readonly receiver: Receiver;
  /** Ids in the order in which they took effect. */
  ids(): readonly string[];
  mend(): void;
}

async function world(order: string): Promise<Ordered> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const made = createWorld();
  worlds.push(made);
  made.bridge(
    "reihe",
    `${head("reihe")}${RECEIVE}${CSV}map:
  codes: { art: codes/art.csv }
  json: { id: = ID, art: "= $code('art', ART)" }
deliver:
  inFlight: 8
  retry: { first: 20ms, most: 50ms, attempts: 3 }
  http: { url: "${receiver.origin}/eingang" }
${order}
${RECEIPTS}`,
    { "codes/art.csv": "ART;WERT\nA;eins\n" },
  );
  return {
    ...made,
    receiver,
    ids: () => [...receiver.accepted.values()].map((body) => (JSON.parse(String(body)) as { id: string }).id),
    mend: () => made.write("mappings/reihe/codes/art.csv", "ART;WERT\nA;eins\nB;zwei\n"),
  };
}

const KEY = { by: "key", key: { evaluate: (record: unknown) => (record as { K: string }).K } } as unknown;
const lane = (key: string): number => laneOf(KEY as LoadedBridge["order"], { K: key }, () => undefined as never);

describe("order: strict", () => {
  it("holds everything behind a dead letter, in this drop and the next, until it is replayed; nothing comes twice", async () => {
    const { put, once, steg, drops, receipts, ids, mend, receiver } = await world("order: strict");
    put("a.csv", "ID;ART\n1;A\n2;B\n3;A\n4;A\n");
    put("b.csv", "ID;ART\n5;A\n6;A\n");
    const held = await once();
    expect(held.code).toBe(3);
    expect(held.bridges).toMatchObject([{ drops: 2, records: 6, delivered: 1, dead: 1, pending: 4 }]);
    expect(held.stderr).toContain("ORDER_HELD");
    expect((await once()).bridges).toMatchObject([{ drops: 2, delivered: 1, dead: 1, pending: 4 }]);
    expect(ids()).toEqual(["1"]);
    expect(receiver.heard).toHaveLength(1);
    expect(receipts()).toEqual([]);
    mend();
    expect((await steg(["replay", "reihe", "--yes"])).code).toBe(0);
    expect((await once()).bridges).toMatchObject([{ delivered: 6, dead: 0, pending: 0 }]);
    expect(ids()).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(receiver.heard).toHaveLength(6);
    expect(await drops()).toMatchObject([
      { name: "a.csv", state: "done", delivered: 4, dead: 0, pending: 0 },
      { name: "b.csv", state: "done", delivered: 2 },
    ]);
    expect(receipts()).toMatchObject([{ saetze: { zugestellt: 4 } }, { saetze: { zugestellt: 2 } }]);
  });

  it("goes on by itself in a running appliance when the dead letter is dismissed", async () => {
    const { put, start, steg, dead, ids } = await world("order: strict");
    put("a.csv", "ID;ART\n1;A\n2;B\n3;A\n");
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    await expect.poll(ids, { timeout: 20_000 }).toEqual(["1"]);
    await expect.poll(async () => (await dead()).length, { timeout: 20_000, interval: 200 }).toBe(1);
    const [letter] = await dead();
    expect((await steg(["dismiss", letter?.id ?? "", "--reason", "gehört nicht dazu"])).code).toBe(0);
    await expect.poll(ids, { timeout: 20_000 }).toEqual(["1", "3"]);
    appliance.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  });

  it("lets successors overtake with onDead: pass", async () => {
    const { put, once, ids } = await world("order: strict\nonDead: pass");
    put("a.csv", "ID;ART\n1;A\n2;B\n3;A\n");
    put("b.csv", "ID;ART\n4;A\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 3, dead: 1, pending: 0 }]);
    expect(ids()).toEqual(["1", "3", "4"]);
  });

  it("keeps the order also where the target stumbles: a message that has to be tried again holds those behind it", async () => {
    const { put, once, ids, receiver } = await world("order: strict");
    let stumbles = 2;
    receiver.rule = (heard) =>
      (JSON.parse(String(heard.body)) as { id: string }).id === "2" && stumbles-- > 0 ? { status: 503 } : undefined;
    put("a.csv", "ID;ART\n1;A\n2;A\n3;A\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 3, dead: 0 }]);
    expect(ids()).toEqual(["1", "2", "3"]);
    expect(receiver.heard).toHaveLength(5);
  });
});

describe("order: by a key", () => {
  const ROWS = "ID;ART;K\n1;A;x\n2;B;x\n3;A;y\n4;A;x\n5;A;y\n6;A;z\n";

  it("holds the records of one key only; a refusal of the target holds like any other dead letter", async () => {
    expect(new Set(["x", "y", "z"].map(lane)).size).toBe(3);
    const { put, once, steg, ids, mend, dead, receiver } = await world("order: { by: = K }");
    put("a.csv", ROWS);
    put("b.csv", "ID;ART;K\n7;A;x\n8;A;y\n");
    expect((await once()).bridges).toMatchObject([{ records: 8, delivered: 5, dead: 1, pending: 2 }]);
    expect(ids().filter((id) => "147".includes(id))).toEqual(["1"]);
    expect(ids().filter((id) => "358".includes(id))).toEqual(["3", "5", "8"]);
    // The replay reaches the target now, which refuses: the lane stays shut, and no other one with it.
    mend();
    receiver.script.push({ status: 422, body: "so nicht" });
    expect((await steg(["replay", "reihe", "--yes"])).code).toBe(2);
    expect(await dead()).toMatchObject([{ record: 2, code: "DELIVERY_REFUSED" }]);
    put("c.csv", "ID;ART;K\n9;A;y\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 6, dead: 1, pending: 2 }]);
    expect(ids()).toContain("9");
    expect(ids()).not.toContain("4");
    expect((await steg(["replay", "reihe", "--yes"])).code).toBe(0);
    expect((await once()).bridges).toMatchObject([{ dead: 0, pending: 0 }]);
    expect(ids().filter((id) => "1247".includes(id))).toEqual(["1", "2", "4", "7"]);
    expect(new Set(ids()).size).toBe(9);
    expect(receiver.doubled).toEqual([]);
  });
});
