// After the sunset, with the real commands: a bridge is opened for a time, what it held flows once and in its order, or goes to the
// successor, and nothing of it ever does both.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { createWorld, CSV, ENDED, head, inDays, RECEIPTS, RECEIVE, RUNNING, type World } from "./world.ts";

const worlds: World[] = [];
afterEach(() => worlds.splice(0).forEach((world) => world.remove()));

const REST = `${RECEIVE}${CSV}map:
  json: { id: = ID }
deliver:
  folder: { path: out, name: "{ID}.json" }
${RECEIPTS}`;

const OPEN = ["notbetrieb", "frist", "--reason", "frist", "--ticket", "T-1"];

function world(dates = ENDED, rest = REST): World {
  const made = createWorld();
  worlds.push(made);
  made.bridge("frist", head("frist", dates) + rest);
  return made;
}

interface Audited {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

async function events({ steg }: World, like: RegExp): Promise<readonly Audited[]> {
  const { stdout } = await steg(["audit", "export"]);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Audited).filter(({ event }) => like.test(event ?? ""));
}

describe("Notbetrieb", () => {
  it("opens an ended bridge: what was held flows in its order, and what comes is processed", async () => {
    const made = world();
    const { put, once, steg, files, drops, receipts } = made;
    for (const id of [1, 2, 3]) {
      put(`${id}.csv`, `ID\n${id}\n`);
      await once();
    }
    expect((await drops()).map(({ state }) => state)).toEqual(["held", "held", "held"]);
    const opened = await steg([...OPEN, "--json"]);
    expect(opened.code).toBe(0);
    const view = JSON.parse(opened.stdout) as { readonly until: string };
    expect(view).toMatchObject({ bridge: "frist", stage: 1, reason: "frist", ticket: "T-1", uses: 1 });
    expect(Date.parse(view.until) - Date.now()).toBeGreaterThan(86_000_000);
    expect(Date.parse(view.until) - Date.now()).toBeLessThanOrEqual(86_400_000);
    put("4.csv", "ID\n4\n");
    expect((await once()).bridges).toMatchObject([{ drops: 4, delivered: 4, pending: 0 }]);
    expect([...files("out").keys()].toSorted()).toEqual(["1.json", "2.json", "3.json", "4.json"]);
    expect((await drops()).map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
    // The receipts of held drops were written anew, and say that the bridge is open only for now.
    expect(receipts().map(({ stand }) => stand)).toEqual(["erledigt", "erledigt", "erledigt", "erledigt"]);
    for (const { hinweise } of receipts()) expect(hinweise.join()).toContain("Notbetrieb: Diese Schnittstelle ist am");
    const released = await events(made, /^drop\.released$/);
    expect(released).toHaveLength(3);
    expect(await events(made, /^notbetrieb/)).toMatchObject([
      { event: "notbetrieb.begun", facts: { reason: "frist", ticket: "T-1", stage: 1, uses: 1 } },
    ]);
    const sunset = await steg(["sunset"]);
    expect(sunset.code).toBe(2);
    expect(sunset.stdout).toContain(`Notbetrieb until ${view.until.slice(0, 16).replace("T", " ")}`);
    expect(await made.json(["sunset", "--json"])).toMatchObject([{ state: "notbetrieb", notbetriebUntil: view.until }]);
  });

  it("is closed by --end: then drops are held again, and it cannot be opened again at once", async () => {
    const made = world();
    const { put, once, steg, drops } = made;
    await once();
    expect((await steg(OPEN)).code).toBe(0);
    const twice = await steg(OPEN);
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining("NOTBETRIEB_REFUSED")]);
    expect((await steg(["notbetrieb", "frist", "--end"])).code).toBe(0);
    put("a.csv", "ID\n1\n");
    await once();
    expect(await drops()).toMatchObject([{ state: "held" }]);
    const again = await steg(OPEN);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("the policy allows the next time from")]);
    expect((await steg(["notbetrieb", "frist", "--end"])).code).toBe(1);
    expect((await events(made, /^notbetrieb/)).map(({ event }) => event)).toEqual([
      "notbetrieb.begun",
      "notbetrieb.ended",
    ]);
  });

  it("is refused for a bridge that has not ended, without a ticket, and for a reason that is none", async () => {
    const { once, steg } = world(RUNNING);
    await once();
    expect((await steg(OPEN)).stderr).toContain("only a bridge that has ended");
    expect((await steg(["notbetrieb", "frist", "--reason", "egal", "--ticket", "T-1"])).stderr).toContain(
      "ausfall-nachfolger",
    );
    expect((await steg(["notbetrieb", "frist", "--reason", "frist"])).stderr).toContain("--ticket");
    expect((await steg(["notbetrieb", "fris", "--reason", "frist", "--ticket", "T"])).stderr).toContain(
      "Did you mean frist?",
    );
  });

  it("what was held keeps its order in an ordered bridge, many of them", async () => {
    const { put, once, steg, path } = world(ENDED, REST.replace("deliver:", "order: strict\ndeliver:"));
    for (let id = 100; id < 380; id++) put(`${id}.csv`, `ID\n${id}\n`);
    await once();
    expect((await steg(OPEN)).code).toBe(0);
    put("999.csv", "ID\n999\n");
    expect((await once()).bridges).toMatchObject([{ drops: 281, delivered: 281, pending: 0 }]);
    const byTime = readdirSync(path("data", "out"))
      .map((name) => ({ name, at: statSync(path("data", "out", name), { bigint: true }).mtimeNs }))
      .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.name < b.name ? -1 : 1));
    expect(byTime.map(({ name }) => Number.parseInt(name, 10))).toEqual([
      ...Array.from({ length: 280 }, (_, at) => at + 100),
      999,
    ]);
  });
});

describe("handing over", () => {
  it("takes held drops out byte by byte, and they are never delivered afterwards, not even in Notbetrieb", async () => {
    const made = world();
    const { put, once, steg, files, drops, receipts, path } = made;
    const large = `ID\n${"12345678\n".repeat(20_000)}`;
    const bytes = new Map([
      ["a.csv", "ID\n1\n"],
      ["ü b.csv", "ID\n2\n"],
      ["groß.csv", large],
    ]);
    for (const [name, text] of bytes) {
      put(name, text);
      await once();
    }
    mkdirSync(path("uebergabe"));
    const to = ["hand-over", "frist", "--to", path("uebergabe"), "--ticket", "T-9"];
    expect((await steg(to)).stderr).toContain("CONFIRMATION_NEEDED");
    expect(readdirSync(path("uebergabe"))).toEqual([]);
    const first = await steg([...to, "--yes", "--json"]);
    expect(first.code).toBe(0);
    const { items } = JSON.parse(first.stdout) as {
      items: readonly {
        readonly drop: string;
        readonly file: string;
        readonly name: string;
        readonly sha256: string;
      }[];
    };
    expect(items.map(({ name }) => name)).toEqual([...bytes.keys()]);
    for (const { file, name, sha256, drop } of items) {
      const content = readFileSync(path("uebergabe", file));
      expect(content.toString()).toBe(bytes.get(name));
      expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
      expect(statSync(path("uebergabe", file)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(path("uebergabe", `${file}.json`), "utf8"))).toMatchObject({
        bridge: "frist",
        drop,
        name,
        sha256,
      });
    }
    expect(readdirSync(path("uebergabe"))).toHaveLength(6);
    // Again: nothing is left to do, and nothing is written twice.
    expect(JSON.parse((await steg([...to, "--yes", "--json"])).stdout)).toEqual({ items: [], stay: [], failed: [] });
    expect((await steg(OPEN)).code).toBe(0);
    // The same bytes again are known to be the successor's.
    put("noch-einmal.csv", "ID\n1\n");
    put("neu.csv", "ID\n77\n");
    expect((await once()).bridges).toMatchObject([{ delivered: 1 }]);
    expect([...files("out").keys()]).toEqual(["77.json"]);
    expect((await drops()).map(({ state }) => state).toSorted()).toEqual([
      "done",
      "duplicate",
      "handed-over",
      "handed-over",
      "handed-over",
    ]);
    const handed = receipts().filter(({ stand }) => stand === "uebergeben");
    expect(handed).toHaveLength(3);
    for (const { hinweise } of handed) expect(hinweise[0]).toContain("an den Nachfolger übergeben worden");
    expect(
      receipts()
        .find(({ stand }) => stand === "doppelt")
        ?.hinweise.join(),
    ).toContain("an den Nachfolger übergeben");
    const told = await events(made, /^drop\.hand/);
    expect(told.map(({ event }) => event)).toEqual(
      Array.from({ length: 3 }, () => ["drop.hand-over", "drop.handed-over"]).flat(),
    );
    expect(told[0]?.facts).toMatchObject({ ticket: "T-9", folder: path("uebergabe") });
    const [drop] = items;
    expect((await steg(["replay", "--drop", drop!.drop, "--as-new", "--yes"])).stderr).toContain("DROP_HANDED_OVER");
  });

  it("goes on where it was cut, and leaves what somebody else put under the name", async () => {
    const { put, once, steg, drops, path } = world();
    put("a.csv", "ID\n1\n");
    await once();
    const [drop] = await drops();
    mkdirSync(path("uebergabe"));
    const to = ["hand-over", "frist", "--to", path("uebergabe"), "--ticket", "T-9", "--yes"];
    const file = path("uebergabe", `${drop!.id}-a.csv`);
    writeFileSync(file, "fremd");
    const refused = await steg(to);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("HAND_OVER_FAILED")]);
    expect(readFileSync(file, "utf8")).toBe("fremd");
    // It is the successor's from the first try on: Notbetrieb does not deliver it.
    expect(await drops()).toMatchObject([{ state: "handed-over" }]);
    rmSync(file);
    expect((await steg(to)).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("ID\n1\n");
    // By its id it is written again, for instance where the folder was lost.
    rmSync(file);
    expect((await steg(["hand-over", "frist", drop!.id, ...to.slice(2)])).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("ID\n1\n");
  });

  it("is refused while the bridge is open, and for drops that are not held", async () => {
    const { put, once, steg, drops, path, bridge } = world(RUNNING);
    mkdirSync(path("uebergabe"));
    put("a.csv", "ID\n1\n");
    await once();
    const to = ["--to", path("uebergabe"), "--ticket", "T-9", "--yes"];
    expect((await steg(["hand-over", "frist", ...to])).stderr).toContain("NOTBETRIEB_REFUSED");
    bridge("frist", head("frist", { ...RUNNING, deprecated: inDays(-200), sunset: inDays(-10) }) + REST);
    const [done] = await drops();
    expect((await steg(["hand-over", "frist", done!.id, ...to])).stderr).toContain("only held drops are handed over");
    expect((await steg(["hand-over", "frist", "--to", path("nirgends"), "--ticket", "T", "--yes"])).code).toBe(1);
    expect((await steg(["hand-over", "frist", ...to])).code).toBe(0);
    expect(readdirSync(path("uebergabe"))).toEqual([]);
  });
});

describe("fourteen days after the end", () => {
  it("what is not at its end is a matter for clearing, until people open the bridge", async () => {
    const made = world(RUNNING);
    const { put, once, steg, files, drops, bridge } = made;
    await once();
    await steg(["pause", "frist", "--ticket", "T-1"]);
    put("vorher.csv", "ID\n1\n");
    expect((await once()).bridges).toMatchObject([{ drops: 1, pending: 1 }]);
    bridge("frist", head("frist", { ...RUNNING, deprecated: inDays(-200), sunset: inDays(-15) }) + REST);
    await steg(["resume", "frist", "--ticket", "T-1"]);
    const run = await once();
    expect(run.bridges).toMatchObject([{ delivered: 0, pending: 1 }]);
    expect(run.stderr).toContain("SUNSET_PASSED");
    expect(files("out").size).toBe(0);
    expect(await drops()).toMatchObject([{ name: "vorher.csv", state: "open" }]);
    expect(await events(made, /^bridge\.alarm$/)).toMatchObject([{ facts: { code: "SUNSET_PASSED" } }]);
    expect((await steg(OPEN)).code).toBe(0);
    expect((await once()).bridges).toMatchObject([{ delivered: 1, pending: 0 }]);
    expect([...files("out").keys()]).toEqual(["1.json"]);
  });
});
