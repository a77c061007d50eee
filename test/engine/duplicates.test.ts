// The same content again: only what failed the first time is delivered, both comings stay visible; and the way to have all of it once
// more on purpose.

import { afterEach, describe, expect, it } from "vitest";
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
    "doppelt",
    `${head("doppelt")}${RECEIVE}${CSV}map:
  codes: { art: codes/art.csv }
  json: { id: = ID, art: "= $code('art', ART)" }
deliver:
  http: { url: "${receiver.origin}/eingang" }
${RECEIPTS}${more}`,
    { "codes/art.csv": "ART;WERT\nA;eins\n" },
  );
  return { ...made, receiver };
}

const DROP = "ID;ART\n1;A\n2;B\n3;A\n4;C\n";
/** What took effect, by id: deliveries beside each other arrive in any order. */
const bodies = ({ accepted }: Receiver): unknown[] =>
  [...accepted.values()]
    .map(String)
    .toSorted()
    .map((body) => JSON.parse(body) as unknown);

describe("a second coming of the same content", () => {
  it("delivers the dead records of the first, mapped with the mended table, and tells both receipts", async () => {
    const { put, once, drops, dead, write, receipts, receiver } = await world();
    put("montag.csv", DROP);
    expect((await once()).bridges).toMatchObject([{ records: 4, delivered: 2, dead: 2 }]);
    write("mappings/doppelt/codes/art.csv", "ART;WERT\nA;eins\nB;zwei\n");
    put("dienstag.csv", DROP);
    const second = await once();
    expect(second.bridges).toMatchObject([{ drops: 1, records: 0, delivered: 0, pending: 0 }]);
    expect(bodies(receiver)).toEqual([
      { id: "1", art: "eins" },
      { id: "2", art: "zwei" },
      { id: "3", art: "eins" },
    ]);
    expect(receiver.doubled).toEqual([]);
    expect(await drops()).toMatchObject([
      { name: "montag.csv", state: "done", records: 4, delivered: 3, dead: 1, pending: 0 },
      { name: "dienstag.csv", state: "duplicate", delivered: 0, dead: 0 },
    ]);
    expect(await dead()).toMatchObject([{ record: 4, code: "CODE_UNKNOWN", attempts: 2 }]);
    const [first, again] = receipts();
    expect(first).toMatchObject({ stand: "erledigt", saetze: { zugestellt: 3, klaerfaelle: 1 } });
    expect(again).toMatchObject({
      datei: "dienstag.csv",
      stand: "doppelt",
      ersteLieferung: { vorgang: first?.vorgang, datei: "montag.csv" },
      saetze: { gesamt: 4, zugestellt: 3, klaerfaelle: 1 },
      klaerfaelle: [{ satz: 4, zeile: 5 }],
    });
    expect(again?.hinweise[0]).toContain("Zugestellt wurde jetzt nur, was damals ein Klärfall war");
  });

  it("delivers records that have expired, although their own payload is erased", async () => {
    const { put, once, drops, write, receipts, receiver } = await world("retention: { payload: 0s, dead: 0s }\n");
    put("montag.csv", DROP);
    expect((await once()).bridges).toMatchObject([{ delivered: 2, dead: 2 }]);
    const [erased] = await drops();
    expect(erased?.name).toMatch(/^[0-9a-f]{64}$/);
    write("mappings/doppelt/codes/art.csv", "ART;WERT\nA;eins\nB;zwei\nC;drei\n");
    put("viel-spaeter.csv", DROP);
    await once();
    expect(bodies(receiver)).toHaveLength(4);
    expect((await drops())[0]).toMatchObject({ state: "done", delivered: 4, dead: 0 });
    expect(receipts()[1]).toMatchObject({
      datei: "viel-spaeter.csv",
      stand: "doppelt",
      ersteLieferung: { datei: null },
      saetze: { gesamt: 4, zugestellt: 4, klaerfaelle: 0 },
    });
    expect(JSON.stringify(receipts()[1])).not.toContain(erased?.name);
  });

  it("waits for a target that is away, is not told about as long as it waits, and goes on with the next run", async () => {
    const { put, once, write, receipts, receiver, drops } = await world();
    put("montag.csv", DROP);
    await once();
    write("mappings/doppelt/codes/art.csv", "ART;WERT\nA;eins\nB;zwei\nC;drei\n");
    put("dienstag.csv", DROP);
    receiver.rule = () => ({ instead: "reset", accept: false });
    const waiting = await once("300ms");
    expect(waiting.code).toBe(3);
    expect(receipts().map(({ stand }) => stand)).toEqual(["erledigt"]);
    receiver.rule = undefined;
    await once();
    expect(bodies(receiver)).toHaveLength(4);
    expect((await drops())[0]).toMatchObject({ delivered: 4, dead: 0 });
    expect(receipts()[1]).toMatchObject({ stand: "doppelt", saetze: { zugestellt: 4, klaerfaelle: 0 } });
  });

  it("leaves alone what people dismissed", async () => {
    const { put, once, steg, dead, drops, receiver } = await world();
    put("montag.csv", DROP);
    await once();
    const letters = await dead();
    const dismissed = await steg(["dismiss", ...letters.map(({ id }) => id), "--reason", "geklärt"]);
    expect(dismissed.code).toBe(0);
    put("dienstag.csv", DROP);
    await once();
    expect(receiver.heard).toHaveLength(2);
    expect((await drops())[0]).toMatchObject({ delivered: 2, dead: 2 });
  });
});

describe("steg replay --drop ID --as-new", () => {
  it("delivers a whole drop once more, with keys that the target has not seen", async () => {
    const { put, once, drops, steg, json, receiver } = await world();
    put("montag.csv", "ID;ART\n1;A\n2;A\n");
    await once();
    const [first] = await drops();
    const asked = await steg(["replay", "--drop", first?.id ?? "", "--as-new"]);
    expect(asked.stdout).toContain("needs --yes");
    expect(receiver.heard).toHaveLength(2);
    const taken = await json<{ drop: string; taken: boolean }>([
      "replay",
      "--drop",
      first?.id ?? "",
      "--as-new",
      "--yes",
    ]);
    expect(taken.taken).toBe(true);
    expect((await once()).bridges).toMatchObject([{ delivered: 2, pending: 0 }]);
    expect(await drops()).toMatchObject([
      { id: first?.id, name: "montag.csv", state: "done", delivered: 2 },
      { id: taken.drop, name: "montag.csv", state: "done", delivered: 2, sha256: first?.sha256 },
    ]);
    expect(new Set(receiver.heard.map(({ key }) => key)).size).toBe(4);
    // A third coming from outside is still recognised as the first one's content.
    put("dienstag.csv", "ID;ART\n1;A\n2;A\n");
    await once();
    expect(receiver.heard).toHaveLength(4);
    expect((await drops())[2]).toMatchObject({ state: "duplicate" });
    expect((await steg(["audit", "export"])).stdout).toContain("drop.taken-as-new");
  });

  it("is refused without a drop, and where the payload is erased", async () => {
    const { put, once, drops, steg } = await world("retention: { payload: 0s }\n");
    expect((await steg(["replay", "--as-new"])).code).toBe(1);
    put("montag.csv", "ID;ART\n1;A\n");
    await once();
    const [first] = await drops();
    const refused = await steg(["replay", "--drop", first?.id ?? "", "--as-new", "--yes"]);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain("PAYLOAD_PURGED");
  });
});
