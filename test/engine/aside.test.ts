// One dead town does not stop the others: records of one drop that choose their server, one of which is away.

import { once as event } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

let world: World;
let alive: Receiver;
const closing: Receiver[] = [];
let away: number;

beforeEach(async () => {
  world = createWorld();
  alive = await startReceiver();
  closing.push(alive);
  away = await freePort();
});
afterEach(async () => {
  world.remove();
  for (const each of closing.splice(0)) await each.close();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await event(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function comesBack(): Promise<Receiver> {
  const back = await startReceiver({ port: away });
  closing.push(back);
  return back;
}

/** Every record whose number `isFor` says goes to the server that is away. */
function drop(name: string, from: number, count: number, isFor: (id: number) => boolean): void {
  const rows = Array.from({ length: count }, (_each, at) => from + at);
  world.put(name, `ID;PORT\n${rows.map((id) => `${id};${isFor(id) ? away : alive.port}`).join("\n")}\n`);
}

const DELIVER = `  inFlight: 4
  retry: { first: 50ms, most: 200ms }
`;
const byRecord = (more = ""): string => `${head("staedte")}${RECEIVE}${CSV}map:
  json: { id: "= $number(ID)" }
deliver:
${DELIVER}  http: { url: "http://127.0.0.1:{PORT}/eingang", hosts: ["127.0.0.1"] }
${more}${RECEIPTS}`;

const idsAt = ({ accepted }: Receiver): number[] =>
  [...accepted.values()].map((body) => (JSON.parse(String(body)) as { id: number }).id).toSorted((a, b) => a - b);
const all = (count: number): number[] => Array.from({ length: count }, (_each, at) => at + 1);

describe("a target that is away beside others", () => {
  it.each([
    ["every fifth", (id: number) => id % 5 === 0],
    ["the first half, one after the other,", (id: number) => id <= 1_000],
  ])("%s record waits for it, all others are served; later each comes once", async (_which, isFor) => {
    world.bridge("staedte", byRecord());
    drop("a.csv", 1, 2_000, isFor);
    const theirs = all(2_000).filter((id) => !isFor(id));
    const first = await world.once("1s");
    expect(first.code).toBe(3);
    expect(first.bridges).toMatchObject([
      { records: 2_000, delivered: theirs.length, dead: 0, pending: 2_000 - theirs.length },
    ]);
    expect(idsAt(alive)).toEqual(theirs);
    const back = await comesBack();
    expect((await world.once()).code).toBe(0);
    expect(idsAt(back)).toEqual(all(2_000).filter(isFor));
    expect([...alive.doubled, ...back.doubled]).toEqual([]);
    expect(world.receipts()).toMatchObject([{ stand: "erledigt", saetze: { gesamt: 2_000, zugestellt: 2_000 } }]);
  });

  it("in a running appliance: many drops that have something for it stop no other drop", async () => {
    world.bridge("staedte", byRecord());
    for (let at = 0; at < 8; at++) drop(`${at}.csv`, 1 + at * 100, 100, (id) => id % 10 === 0);
    const appliance = world.start(["up"]);
    const ended = event(appliance, "close");
    const theirs = all(800).filter((id) => id % 10 !== 0);
    await expect.poll(() => idsAt(alive), { timeout: 20_000 }).toEqual(theirs);
    drop("spaeter.csv", 801, 100, () => false);
    await expect.poll(() => idsAt(alive).length, { timeout: 20_000 }).toBe(theirs.length + 100);
    const back = await comesBack();
    await expect.poll(() => idsAt(back).length, { timeout: 20_000 }).toBe(80);
    await expect
      .poll(async () => (await world.drops()).every(({ state }) => state === "done"), { timeout: 20_000 })
      .toBe(true);
    appliance.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
    expect([...alive.doubled, ...back.doubled]).toEqual([]);
    expect(idsAt(back)).toEqual(all(800).filter((id) => id % 10 === 0));
  });

  it("is the way of a case: the other cases go on", async () => {
    world.bridge(
      "staedte",
      `${head("staedte")}${RECEIVE}${CSV}map:
  json: { id: "= $number(ID)" }
cases:
  - when: "= PORT = '${away}'"
    deliver: { http: { url: "http://127.0.0.1:${away}/eingang" } }
  - deliver: { http: { url: "${alive.origin}/eingang" } }
deliver:
${DELIVER}${RECEIPTS}`,
    );
    drop("a.csv", 1, 300, (id) => id % 2 === 0);
    expect((await world.once("1s")).bridges).toMatchObject([{ delivered: 150, pending: 150 }]);
    const back = await comesBack();
    expect((await world.once()).bridges).toMatchObject([{ delivered: 300, pending: 0 }]);
    expect([...idsAt(alive), ...idsAt(back)].toSorted((a, b) => a - b)).toEqual(all(300));
  });

  it("holds its place where order counts", async () => {
    world.bridge("staedte", byRecord("order: strict\n"));
    drop("a.csv", 1, 20, (id) => id === 5);
    expect((await world.once("1s")).bridges).toMatchObject([{ delivered: 4, pending: 16 }]);
    expect(idsAt(alive)).toEqual([1, 2, 3, 4]);
  });
});
