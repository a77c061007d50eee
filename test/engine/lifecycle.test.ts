// The lifecycle where it counts: what the engine does with drops before the start, after the deprecation and after the end of a bridge,
// and that nobody gets more time by editing the file.

import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import {
  createWorld,
  CSV,
  DEPRECATED,
  ENDED,
  head,
  inDays,
  PLANNED,
  RECEIPTS,
  RECEIVE,
  RUNNING,
  type World,
} from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

const rest = (text: string): string => `${RECEIVE}${CSV}map:
  json: { ${text}: = ID }
deliver:
  folder: { path: out, name: "{ID}.json" }
${RECEIPTS}`;

function world(dates = RUNNING, text = "id"): World {
  const made = createWorld();
  worlds.push(made);
  made.bridge("frist", head("frist", dates) + rest(text));
  return made;
}

const german = (date: string): string => date.split("-").toReversed().join(".");

describe("before the start", () => {
  it("a planned bridge is not polled: the file stays where it lies", async () => {
    const { put, once, path, drops } = world(PLANNED);
    put("a.csv", "ID\n1\n");
    const run = await once();
    expect(run.code).toBe(0);
    expect(run.bridges).toMatchObject([{ drops: 0 }]);
    expect(existsSync(path("data", "in", "a.csv"))).toBe(true);
    expect(await drops()).toEqual([]);
  });
});

describe("after deprecation", () => {
  it("a bridge works on and says in every receipt when it ends and who comes after it", async () => {
    const { put, once, files, receipts } = world(DEPRECATED);
    put("a.csv", "ID\n1\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 1 }]);
    expect(files("out").size).toBe(1);
    expect(receipts()[0]?.hinweise).toEqual([
      `Hinweis: Diese Schnittstelle endet am ${german(DEPRECATED.sunset)}. Nachfolger: https://neu.example/api`,
    ]);
  });
});

describe("after the end", () => {
  it("drops are held: taken, kept, not delivered; the receipt says so with hash, time, successor and contact", async () => {
    const { put, once, files, receipts, drops, steg } = world(ENDED);
    for (const name of ["a.csv", "b.csv"]) {
      put(name, "ID\n1\n2\n");
      expect((await once()).bridges).toMatchObject([{ drops: 1, records: 0, delivered: 0, pending: 0 }]);
    }
    expect(files("out").size).toBe(0);
    expect(files("in").size).toBe(0);
    const [first, again] = await drops();
    expect(first).toMatchObject({ name: "a.csv", state: "held" });
    expect(again).toMatchObject({ name: "b.csv", state: "duplicate" });
    const [receipt, second] = receipts();
    expect(receipt).toMatchObject({ datei: "a.csv", stand: "gehalten", saetze: { gesamt: null, zugestellt: 0 } });
    const notice = receipt?.hinweise[0] ?? "";
    expect(notice).toContain(`gehalten: Diese Schnittstelle ist am ${german(ENDED.sunset)} beendet worden.`);
    expect(notice).toContain(`SHA-256 ${first?.sha256}`);
    expect(notice).toContain("wird aufbewahrt, aber nicht zugestellt");
    expect(notice).toContain("Nachfolger: https://neu.example/api");
    expect(notice).toContain("Ansprechstelle: Fachdienst Muster, muster@stadt.example, Vertretung it@stadt.example");
    expect(second).toMatchObject({ stand: "doppelt", ersteLieferung: { datei: "a.csv" } });
    expect(second?.hinweise[1]).toContain("gehalten: ");
    const sunset = await steg(["sunset", "--json"]);
    expect(sunset.code).toBe(2);
    expect(JSON.parse(sunset.stdout)).toMatchObject([{ bridge: "frist", state: "sunset", sunset: ENDED.sunset }]);
    expect((await steg(["sunset"])).stdout).toContain("1 overdue");
    // And it stays so: the next run delivers nothing either.
    await once();
    expect(files("out").size).toBe(0);
  });
});

describe("when the end comes", () => {
  it("what was taken before it is brought to its end; what comes after it is held", async () => {
    const { put, once, steg, files, drops, bridge, receipts } = world();
    await once();
    expect((await steg(["pause", "frist", "--ticket", "T-1"])).code).toBe(0);
    put("vorher.csv", "ID\n1\n");
    expect((await once()).bridges).toMatchObject([{ drops: 1, delivered: 0, pending: 1 }]);
    // An earlier end is always accepted: this one has passed already.
    bridge("frist", head("frist", { ...RUNNING, deprecated: inDays(-200), sunset: inDays(-10) }) + rest("id"));
    expect((await steg(["resume", "frist", "--ticket", "T-1"])).code).toBe(0);
    put("nachher.csv", "ID\n2\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 1, pending: 0 }]);
    expect([...files("out").keys()]).toEqual(["1.json"]);
    expect(await drops()).toMatchObject([
      { name: "vorher.csv", state: "done", delivered: 1 },
      { name: "nachher.csv", state: "held" },
    ]);
    expect(receipts().map(({ stand }) => stand)).toEqual(["erledigt", "gehalten"]);
  });
});

describe("the ratchet", () => {
  it("refuses a sunset that was moved, and the last valid version goes on running, across restarts", async () => {
    const { put, once, files, bridge, steg } = world();
    put("a.csv", "ID\n1\n");
    expect((await once()).code).toBe(0);
    bridge("frist", head("frist", { ...RUNNING, sunset: inDays(560) }) + rest("neu"));
    for (const id of [2, 3]) {
      put(`${id}.csv`, `ID\n${id}\n`);
      const run = await once();
      expect(run.code).toBe(1);
      expect(run.stderr).toContain("SUNSET_MOVED");
      expect(run.stderr).toContain("Its last valid version ran instead.");
      expect(run.bridges).toMatchObject([{ delivered: 1 }]);
    }
    expect([...files("out").values()]).toEqual(['{"id":"1"}', '{"id":"2"}', '{"id":"3"}']);
    expect(JSON.parse((await steg(["sunset", "--json"])).stdout)).toMatchObject([{ sunset: RUNNING.sunset }]);
    // With the date put back the new mapping runs.
    bridge("frist", head("frist") + rest("neu"));
    put("4.csv", "ID\n4\n");
    expect((await once()).code).toBe(0);
    expect(files("out").get("4.json")).toBe('{"neu":"4"}');
  });

  it("an invalid first start leaves the legacy side's files untouched", async () => {
    const { put, steg, path } = world({ ...RUNNING, sunset: "9999-12-31" });
    put("a.csv", "ID\n1\n");
    const run = await steg(["up", "--once"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("LIFECYCLE_NO_SUNSET");
    expect(existsSync(path("data", "in", "a.csv"))).toBe(true);
  });
});
