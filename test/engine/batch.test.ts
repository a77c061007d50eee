// Batches: halved until the culprit is alone, numbered without gaps. And targets of which nobody knows whether they took it.

import { once as event } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { startReceiver, type Heard, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type DropLine, type World } from "./world.ts";

const worlds: World[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function world(deliver: string, more = ""): Promise<World & { readonly receiver: Receiver }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const made = createWorld();
  worlds.push(made);
  made.bridge(
    "stapel",
    `${head("stapel")}${RECEIVE}${CSV}map:
  json: { id: = ID }
deliver:
${deliver}
  http: { url: "${receiver.origin}/eingang" }
${RECEIPTS}${more}`,
  );
  return { ...made, receiver };
}

const idsOf = (heard: Pick<Heard, "body">): readonly string[] =>
  (JSON.parse(String(heard.body)) as readonly { id: string }[]).map(({ id }) => id);
const rows = (count: number, from = 1): string =>
  `ID;NAME\n${Array.from({ length: count }, (_, at) => `${at + from};n\n`).join("")}`;

describe("batches", () => {
  it("that are refused are halved until the culprits are alone; everything else arrives once", async () => {
    const { put, once, dead, receiver, receipts } = await world("  batch: { records: 8 }\n  inFlight: 1");
    receiver.rule = (heard) =>
      idsOf(heard).some((id) => id === "6" || id === "13") ? { status: 422, body: "nein" } : undefined;
    put("a.csv", rows(20));
    const run = await once();
    expect(run.code).toBe(2);
    expect(run.bridges).toMatchObject([{ records: 20, delivered: 18, dead: 2, pending: 0 }]);
    // 1-8 by 6, 9-16 by 13: each refused batch goes in two halves.
    const sizes = receiver.heard.map((heard) => idsOf(heard).length);
    expect(sizes.toSorted((x, y) => y - x)).toEqual([8, 8, 4, 4, 4, 4, 4, 2, 2, 2, 2, 1, 1, 1, 1]);
    const arrived = [...receiver.accepted.values()].flatMap((body) => idsOf({ body }));
    expect(arrived.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 20 }, (_, at) => String(at + 1)).filter((id) => id !== "6" && id !== "13"),
    );
    expect(await dead()).toMatchObject([
      { record: 6, code: "DELIVERY_REFUSED" },
      { record: 13, code: "DELIVERY_REFUSED" },
    ]);
    expect(receipts()[0]?.klaerfaelle.map(({ satz, grund }) => [satz, grund])).toEqual([
      [6, "Das Ziel hat die Nachricht abgelehnt."],
      [13, "Das Ziel hat die Nachricht abgelehnt."],
    ]);
    expect(new Set(receiver.heard.map(({ key }) => key)).size).toBe(receiver.heard.length);
  });

  it("have numbers that are durable and without gaps within a day, over drops, restarts, dead batches and replays", async () => {
    const made = createWorld();
    worlds.push(made);
    const bridge = (codes: string): void =>
      made.bridge(
        "stapel",
        `${head("stapel")}${RECEIVE}${CSV}map:
  codes: { art: codes/art.csv }
  csv: { ID: = ID, ART: "= $code('art', ART)" }
encode:
  csv: { header: false }
deliver:
  batch: { records: 2 }
  folder: { path: out, name: "{$batch.date}_{$batch.number}.csv" }
${RECEIPTS}`,
        { "codes/art.csv": codes },
      );
    bridge("ART;WERT\nA;1\n");
    made.put("a.csv", "ID;ART\n1;A\n2;A\n3;B\n4;B\n5;A\n");
    expect((await made.once()).bridges).toMatchObject([{ delivered: 3, dead: 2 }]);
    made.put("b.csv", "ID;ART\n6;A\n");
    expect((await made.once()).bridges).toMatchObject([{ delivered: 1 }]);
    bridge("ART;WERT\nA;1\nB;2\n");
    expect((await made.steg(["replay", "stapel"])).stdout).toContain("2 of 2 would be delivered");
    expect((await made.steg(["replay", "stapel", "--yes"])).code).toBe(0);
    const contents = new Map([...made.files("out")].map(([name, text]) => [name.replace(/^.*_/, ""), text]));
    expect([...contents].toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
      ["1.csv", "1;1\r\n2;1\r\n"],
      ["2.csv", "5;1\r\n"],
      ["3.csv", "6;1\r\n"],
      ["4.csv", "3;2\r\n"],
      ["5.csv", "4;2\r\n"],
    ]);
  });
});

describe("onDoubt: ask", () => {
  const DELIVER = "  inFlight: 1\n  retry: { first: 20ms, most: 50ms, attempts: 3 }";

  it("makes a dead letter of what may have arrived, and sends it again only when a person says so", async () => {
    const { put, once, steg, dead, drops, receiver, receipts } = await world(DELIVER, "onDoubt: ask\n");
    receiver.script.push({ accept: true, instead: "reset" });
    put("a.csv", rows(3));
    expect((await once()).bridges).toMatchObject([{ delivered: 2, dead: 1, pending: 0 }]);
    expect(receiver.heard).toHaveLength(3);
    expect(await dead()).toMatchObject([{ record: 1, code: "DELIVERY_UNSURE" }]);
    expect(receipts()[0]?.klaerfaelle[0]?.grund).toMatch(/^Ungewiss, ob die Nachricht angekommen ist/);
    const careful = await steg(["replay", "stapel", "--yes"]);
    expect(careful.stdout).toContain("may have arrived already");
    expect(receiver.heard).toHaveLength(3);
    expect((await steg(["replay", "stapel", "--yes", "--confirm-unsure"])).code).toBe(0);
    expect(receiver.heard).toHaveLength(4);
    expect(receiver.heard[3]?.key).toBe(receiver.heard[0]?.key);
    expect((await drops())[0]).toMatchObject({ delivered: 3, dead: 0 });
  });

  it("also after a crash in the middle: what was announced and has no outcome is asked about, never sent again", async () => {
    const { put, once, start, dead, drops, receiver } = await world(DELIVER, "onDoubt: ask\n");
    receiver.script.push({}, { accept: true, instead: "hang" });
    put("a.csv", rows(3));
    const appliance = start(["up"]);
    const ended = event(appliance, "close");
    await expect.poll(() => receiver.heard.length, { timeout: 20_000 }).toBe(2);
    appliance.kill("SIGKILL");
    await ended;
    const heard = receiver.heard.length;
    expect((await once()).code).toBe(2);
    const [drop] = (await drops()) as readonly [DropLine];
    expect(drop.delivered + drop.dead).toBe(3);
    expect((await dead()).map(({ code }) => code)).toContain("DELIVERY_UNSURE");
    // Whether the first one's outcome was committed is a matter of milliseconds; the second's was not, and it was not sent again.
    expect(receiver.heard.slice(heard).map(({ body }) => String(body))).not.toContain('{"id":"2"}');
    expect(receiver.doubled).toEqual([]);
  });

  it("resend, the default, sends it again with the same key", async () => {
    const { put, once, receiver } = await world(DELIVER);
    receiver.script.push({ accept: true, instead: "reset" });
    put("a.csv", rows(2));
    expect((await once()).bridges).toMatchObject([{ delivered: 2, dead: 0 }]);
    expect(receiver.heard).toHaveLength(3);
    expect(new Set(receiver.heard.map(({ key }) => key)).size).toBe(2);
    expect(receiver.doubled).toEqual([]);
  });

  it("an answer that deliver.outcomes cannot judge is unsure as well, and stops nothing", async () => {
    const { put, once, dead, receiver } = await world(
      `${DELIVER}\n  outcomes:\n    - { when: "= $number($reply.code) > 5", as: refused }`,
    );
    const json = { "content-type": "application/json" };
    receiver.script.push(
      { status: 200, headers: json, body: '{"code":"keine Zahl"}' },
      { status: 200, headers: json, body: '{"code":"9"}' },
      { status: 200, headers: json, body: '{"code":"1"}' },
    );
    put("a.csv", rows(3));
    expect((await once()).bridges).toMatchObject([{ delivered: 1, dead: 2, pending: 0 }]);
    expect(await dead()).toMatchObject([
      { record: 1, code: "DELIVERY_UNSURE", message: expect.stringContaining("deliver.outcomes") },
      { record: 2, code: "DELIVERY_REFUSED" },
    ]);
  });
});

describe("steg replay", () => {
  it("ends, whatever the target does: a person waits for it", async () => {
    const deliver = "  retry: { first: 10ms, most: 20ms, attempts: 3 }";
    const { put, once, steg, dead, receiver } = await world(deliver);
    receiver.script.push({ status: 400 }, { status: 400 });
    put("a.csv", rows(2));
    expect((await once()).bridges).toMatchObject([{ dead: 2 }]);
    receiver.rule = () => ({ status: 503 });
    expect((await steg(["replay", "stapel", "--yes"])).code).toBe(2);
    expect((await dead()).map(({ code }) => code)).toEqual(["DELIVERY_FAILED", "DELIVERY_FAILED"]);
    await receiver.close();
    const refused = await steg(["replay", "stapel", "--yes", "--json"]);
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      items: [
        { outcome: "dead", after: { code: "TARGET_UNREACHABLE" } },
        { outcome: "dead", after: { code: "TARGET_UNREACHABLE" } },
      ],
    });
    // Nothing new is known of the records: their letters stay as they were.
    expect((await dead()).map(({ code }) => code)).toEqual(["DELIVERY_FAILED", "DELIVERY_FAILED"]);
  });

  it("takes a new key after each refusal, and keeps it where nobody knows what became of it", async () => {
    const { put, once, steg, dead, receiver } = await world("  retry: { first: 10ms, most: 20ms, attempts: 2 }");
    const replay = (...more: string[]) => steg(["replay", "stapel", "--yes", ...more]);
    receiver.script.push({ status: 422 });
    put("a.csv", rows(1));
    await once();
    receiver.script.push({ status: 422 });
    await replay();
    expect(await dead()).toMatchObject([{ code: "DELIVERY_REFUSED", attempts: 2 }]);
    receiver.script.push({ status: 503 }, { status: 503 });
    await replay();
    expect(await dead()).toMatchObject([{ code: "DELIVERY_FAILED" }]);
    // This key has been on its way: its 422 is no certain answer any more.
    receiver.script.push({ status: 422 });
    await replay();
    expect(await dead()).toMatchObject([{ code: "DELIVERY_UNSURE" }]);
    expect((await replay("--confirm-unsure")).code).toBe(0);
    const keys = receiver.heard.map(({ key }) => key);
    expect(keys).toHaveLength(6);
    expect(new Set(keys.slice(0, 3)).size).toBe(3);
    expect(new Set(keys.slice(2)).size).toBe(1);
    expect(receiver.doubled).toEqual([]);
  });
});
