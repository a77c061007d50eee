// Who an interchange names as its sender is a caller of the bridge: through the real command line, and what the state knows afterwards.

import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createSeenCallers } from "../../src/core/calls/seen-callers.ts";
import { openState } from "../../src/core/journal/open.ts";
import { interchange, order } from "../adapters/edifact-samples.ts";
import { interchange as x12, ORDER } from "../adapters/x12-sample.ts";
import { endScenes, receiver, type Surroundings, world } from "./edifact-scene.ts";
import { ENDED, head, type World } from "./world.ts";

afterEach(endScenes);

const SELLER = "partner:4000001000005:14";
const from = (sender: string, number: number): string =>
  interchange(order(number)).replace("4000001000005:14", sender).replaceAll("REF1", `R${number}`);

/** Caller, bridge and calls, once the appliance has ended. */
async function seen({ state: dir }: Pick<World, "state">): Promise<readonly (readonly [string, string, number])[]> {
  const state = await openState({ dir, log: () => undefined });
  const found = await createSeenCallers({ journal: state.journal }).list({});
  await state.close();
  return found.flatMap(({ id, bridges }) => bridges.map(({ bridge, calls }) => [id, bridge, calls] as const));
}

describe("a partner", () => {
  it("is seen once for each interchange, whatever it is packed in, when its drop was received", async () => {
    const made = world();
    const before = Date.now();
    made.put("eins.edi", from("4000001000005:14", 1) + from("BLUMEN", 2) + from("4000001000005:14", 3));
    made.put("zwei.edi.gz", gzipSync(from("BLUMEN", 4)));
    await made.once();
    await made.once();
    expect(await seen(made)).toEqual([
      [SELLER, "bestellungen", 2],
      ["partner:BLUMEN", "bestellungen", 2],
    ]);
    const state = await openState({ dir: made.state, log: () => undefined });
    const [one] = await createSeenCallers({ journal: state.journal }).list({});
    await state.close();
    expect(Date.parse(one?.first ?? "")).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(one?.last ?? "")).toBeLessThanOrEqual(Date.now());
  });

  it("of X12 too, read strictly or not", async () => {
    const made = world();
    for (const [name, options] of [
      ["streng", "{}"],
      ["milde", "{ strict: false }"],
    ]) {
      made.bridge(
        name as string,
        `${head(name as string)}receive:
  folder: { path: ${name}, files: "*.x12", marker: "{name}.fertig", archive: archiv-${name} }
decode: { x12: ${options} }
map: { json: { nr: = BEG.BEG03 } }
deliver: { folder: { path: out-${name}, name: "{ISA.ISA13}.json" } }
`,
      );
      for (const control of ["000000001", "000000002"]) {
        made.write(`data/${name}/${control}.x12`, x12([ORDER], { control }));
        made.write(`data/${name}/${control}.x12.fertig`, "");
      }
    }
    await made.once();
    expect(await seen(made)).toEqual([
      ["partner:WERKNORD:ZZ", "milde", 2],
      ["partner:WERKNORD:ZZ", "streng", 2],
    ]);
  });

  it("is seen by a drop that is broken, and not by one that names nobody", async () => {
    const made = world();
    made.put("kaputt.edi", interchange(order(1)).replace("UNZ+1", "UNZ+2"));
    made.put("ohne.edi", from("", 2));
    await made.once();
    expect(await seen(made)).toEqual([[SELLER, "bestellungen", 1]]);
  });

  it("counts once while its drop waits for a target that is away, also over restarts", async () => {
    const away = await receiver();
    const made: Surroundings = world({ deliver: `{ http: { url: "${away.origin}/x" } }` });
    await away.close();
    made.put("wartet.edi", interchange(order(1)));
    for (let run = 0; run < 2; run++) expect((await made.once("100ms")).bridges).toMatchObject([{ delivered: 0 }]);
    expect(await seen(made)).toEqual([[SELLER, "bestellungen", 1]]);
  });

  it("counts after the end, too, where drops are held", async () => {
    const made = world({ dates: ENDED, answer: "{ folder: { path: quittungen } }" });
    made.put("spaet.edi", interchange(order(1)));
    for (let run = 0; run < 2; run++) await made.once();
    expect(await made.drops()).toMatchObject([{ state: "held" }]);
    expect(await seen(made)).toEqual([[SELLER, "bestellungen", 1]]);
  });

  it("does not count again where a person has its drop delivered once more", async () => {
    const made = world();
    made.put("eins.edi", interchange(order(1)));
    await made.once();
    const [drop] = await made.drops();
    expect((await made.steg(["replay", "--drop", drop?.id ?? "", "--as-new", "--yes"])).code).toBe(0);
    await made.once();
    expect(await made.drops()).toHaveLength(2);
    expect(await seen(made)).toEqual([[SELLER, "bestellungen", 1]]);
  });
});
