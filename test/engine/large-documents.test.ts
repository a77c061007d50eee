// Documents of many rows are on their way a few at a time, bounded by their bytes. However large one of them is and whatever becomes of it,
// the others go on.

import { afterEach, describe, expect, it } from "vitest";
import { startReceiver, type Receiver } from "../peers/receiver.ts";
import { createWorld, CSV, head, RECEIPTS, RECEIVE, type World } from "./world.ts";

const worlds: World[] = [];
const receivers: Receiver[] = [];
afterEach(async () => {
  worlds.splice(0).forEach((world) => world.remove());
  for (const receiver of receivers.splice(0)) await receiver.close();
});

const LONG = "eine_lange_bezeichnung_fuer_einen_kurzen_wert_wie_sie_in_schemata_oft_steht";

/** Many times as long as what stands in the drop. */
function bridge(world: World, deliver: string): void {
  const names = Array.from({ length: 8 }, (_, at) => `        ${LONG}_${at}: = TEXT\n`);
  const map = `map:
  per: { group: = KONTO }
  xml:
    konto:
      nr: = KONTO
      buchung:
        =each: = $group
${names.join("")}`;
  world.bridge("konten", `${head("konten")}${RECEIVE}${CSV}${map}deliver:\n${deliver}\n${RECEIPTS}`);
}

/** Rows by account, and as many as it takes for a large drop. */
function drop(accounts: readonly (readonly [name: string, rows: number, text: string])[]): string {
  const row = (name: string, text: string): string => `${name};${text};${"f".repeat(100)}\n`;
  const given = accounts.map(([name, rows, text]) => row(name, "x").repeat(rows - 1) + row(name, text));
  const rest = Array.from({ length: 800 }, (_, at) => row(`R${at}`, "y").repeat(100));
  return `KONTO;TEXT;REST\n${given.join("")}${rest.join("")}`;
}

describe("documents of many rows, of a large drop", () => {
  it.each([1, 8])(
    "go on behind small ones that wait beside one that is large and no plain one, %i at once",
    async (atOnce) => {
      const world = createWorld();
      worlds.push(world);
      bridge(world, `  inFlight: ${atOnce}\n  folder: { path: out, name: "{KONTO}.xml" }`);
      const small = Array.from({ length: 10 }, (_, at) => [`K${at}`, 2, "a"] as const);
      world.put("a.csv", drop([...small, ["G", 5_000, '"zwei\nZeilen"'], ["L", 2, "a"]]));
      const { bridges } = await world.once("10s");
      expect(bridges).toMatchObject([{ delivered: 5_022 + 80_000, dead: 0, pending: 0 }]);
      expect(world.files("out").get("G.xml")?.length).toBeGreaterThan(4 << 20);
    },
  );

  it.each([1, 8])("do not wait for a large one that its target never takes, %i at once", async (atOnce) => {
    const world = createWorld();
    const receiver = await startReceiver();
    worlds.push(world);
    receivers.push(receiver);
    receiver.rule = ({ path }) => (path === "/G" ? { status: 500 } : undefined);
    bridge(
      world,
      `  inFlight: ${atOnce}\n  http: { url: "${receiver.origin}/{KONTO}" }\n  retry: { first: 1ms, most: 5ms, attempts: 3 }`,
    );
    world.put(
      "a.csv",
      drop([
        ["G", 5_000, "x"],
        ["L", 2, "a"],
      ]),
    );
    const { bridges } = await world.once("10s");
    expect(bridges).toMatchObject([{ delivered: 2 + 80_000, dead: 5_000, pending: 0 }]);
    expect(await world.dead()).toMatchObject([{ record: 1, code: "DELIVERY_FAILED" }]);
  });
});
