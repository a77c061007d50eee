// Files that grow over terms: their numbers, their crashes, what people do to them meanwhile.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { BridgeError } from "../../src/core/errors.ts";
import type { Step } from "../../src/core/journal/types.ts";
import { isOwnFault } from "../../src/core/pipeline/growing.ts";
import { readTerms } from "../../src/core/pipeline/term-store.ts";
import { filesWith, never, progressTo, takeNew } from "./journal-state.ts";
import { createTermScene, type TermScene } from "./terms-scene.ts";

const scenes: TermScene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

async function scene(body: string): Promise<TermScene> {
  const made = await createTermScene(body);
  scenes.push(made);
  return made;
}

const bridge = (
  batch: string,
  name = '"{$batch.date}-{$batch.number}.csv"',
  map = "{ NR: = ID }",
  path = "out",
): string =>
  `map: { csv: ${map} }
deliver: { batch: ${batch}, folder: { path: "${path}", name: ${name} } }
`;
const DAILY = bridge('{ at: "22:00" }');
const EVENING = Date.parse("2026-11-20T21:00:00Z");

describe("a term's file", () => {
  it("goes on over runs and restarts, without what was not committed, and is handed over at its end", async () => {
    const one = await scene(DAILY);
    await one.write([{ ID: "1" }, { ID: "2" }]);
    await one.write([{ ID: "3" }]);
    await one.write([{ ID: "x" }, { ID: "y" }], { crash: true });
    expect(one.keeper.due).toBe(EVENING);
    await one.restart();
    expect(one.keeper.due).toBe(EVENING);
    await one.write([{ ID: "4" }]);
    await one.end();
    expect(one.files()).toEqual({});
    one.now = EVENING;
    await one.end();
    expect(one.files()).toEqual({ "2026-11-20-1.csv": "NR\r\n1\r\n2\r\n3\r\n4\r\n" });
    expect(one.growing()).toEqual([]);
    expect(one.keeper.due).toBeUndefined();
    const ended = await one.state.journal.auditEntries({ bridge: "sammeln" });
    expect(ended.map(({ event, facts }) => [event, facts])).toEqual([
      ["term.ended", { date: "2026-11-20", number: 1, files: 1 }],
    ]);
    await one.write([{ ID: "5" }]);
    one.now += 86_400_000;
    await one.end();
    expect(Object.keys(one.files())).toEqual(["2026-11-20-1.csv", "2026-11-21-1.csv"]);
  });

  it("begins anew where the crash came before anything was committed, under the same number", async () => {
    const one = await scene(bridge("{ every: 5m }"));
    for (let crash = 0; crash < 3; crash++) {
      await one.write([{ ID: `x${crash}` }], { crash: true });
      await one.restart();
    }
    await one.write([{ ID: "1" }]);
    one.now += 300_000;
    await one.end();
    expect(one.files()).toEqual({ "2026-11-20-1.csv": "NR\r\n1\r\n" });
    expect(one.growing()).toEqual([]);
  });

  it("every: its time begins with the first message, its number is given on where no message came", async () => {
    const one = await scene(bridge("{ every: 5m }"));
    await one.during(async (files) => void (await one.lot(files, [{ ID: "verworfen" }])));
    expect(one.keeper.due).toBeUndefined();
    one.now += 240_000;
    await one.write([{ ID: "1" }]);
    expect(one.keeper.due).toBe(one.now + 300_000);
    one.now += 300_000;
    await one.write([{ ID: "2" }]);
    one.now += 299_999;
    await one.end();
    expect(Object.keys(one.files())).toEqual(["2026-11-20-1.csv"]);
    one.now += 1;
    await one.end();
    expect(one.files()).toEqual({ "2026-11-20-1.csv": "NR\r\n1\r\n", "2026-11-20-2.csv": "NR\r\n2\r\n" });
  });

  it("is one per destination, however many; each is found again without a message", async () => {
    const towns = Array.from({ length: 150 }, (_each, at) => `stadt-${at}`);
    const one = await scene(bridge('{ at: "22:00" }', undefined, undefined, "out/{ORT}"));
    await one.write(towns.map((ORT) => ({ ID: `1-${ORT}`, ORT })));
    await one.restart();
    await one.write(towns.toReversed().map((ORT) => ({ ID: `2-${ORT}`, ORT })));
    await one.restart();
    one.now = EVENING;
    await one.end();
    const files = one.files();
    expect(Object.keys(files)).toHaveLength(150);
    for (const town of towns) expect(files[`${town}/2026-11-20-1.csv`]).toBe(`NR\r\n1-${town}\r\n2-${town}\r\n`);
    expect((await readTerms(one.state.journal, "sammeln")).files.size).toBe(0);
  });

  it("leaves no name that records chose in clear text in the state", async () => {
    const one = await scene(bridge('{ at: "22:00" }', '"{ORT}-{$batch.number}.csv"'));
    await one.write([{ ID: "1", ORT: "Geheimhausen" }]);
    const saved = await readTerms(one.state.journal, "sammeln");
    expect([...(saved.files.get("at 22:00")?.values() ?? [])][0]?.token).toContain("Geheimhausen");
    expect(filesWith(one.stateDir, Buffer.from("Geheimhausen"))).toEqual([]);
    expect(filesWith(one.stateDir, Buffer.from("term-file/sammeln")).length).toBeGreaterThan(0);
  });
});

describe("two forms of one file", () => {
  const cases = (other: string): string => `cases:
  - { when: = ORT = 'A', map: { csv: { NR: = ID } } }
  - { map: { csv: ${other} } }
deliver: { batch: { at: "22:00" }, folder: { path: out, name: "{$batch.date}.csv" } }
`;

  it("are one file where the form is the same", async () => {
    const one = await scene(cases("{ NR: \"= ID & '!'\" }"));
    await one.write([
      { ID: "1", ORT: "A" },
      { ID: "2", ORT: "B" },
    ]);
    one.now = EVENING;
    await one.end();
    expect(one.files()).toEqual({ "2026-11-20.csv": "NR\r\n1\r\n2!\r\n" });
  });

  it("in one version are the record's own fault, and the rest goes on", async () => {
    const one = await scene(cases("{ ANDERS: = ID }"));
    await one.write([{ ID: "1", ORT: "A" }]);
    const failed = one.write([{ ID: "2", ORT: "B" }]);
    await expect(failed).rejects.toMatchObject({ code: "OPTION_UNUSABLE" });
    expect(isOwnFault(await failed.catch((cause: unknown) => cause))).toBe(true);
    await one.write([{ ID: "3", ORT: "A" }]);
    one.now = EVENING;
    await one.end();
    expect(one.files()).toEqual({ "2026-11-20.csv": "NR\r\n1\r\n3\r\n" });
  });

  it("of two versions end the term early; one that stays the same does not", async () => {
    const one = await scene(DAILY);
    await one.write([{ ID: "1" }]);
    await one.restart(bridge('{ at: "22:00" }', undefined, "{ NR: \"= ID & '!'\" }"));
    await one.write([{ ID: "2" }]);
    await one.restart(bridge('{ at: "22:00" }', undefined, "{ NR: = ID, ORT: = ORT }"));
    await one.write([{ ID: "3", ORT: "B" }]);
    one.now = EVENING;
    await one.end();
    expect(one.files()).toEqual({
      "2026-11-20-1.csv": "NR\r\n1\r\n2!\r\n",
      "2026-11-20-2.csv": "NR;ORT\r\n3;B\r\n",
    });
  });
});

describe("what people do to the files", () => {
  it("removed while it grew: nothing is written meanwhile, people hear of it, and the next term begins", async () => {
    const one = await scene(DAILY);
    await one.write([{ ID: "1" }]);
    rmSync(one.path("data", "out", one.growing()[0] ?? ""));
    await expect(one.write([{ ID: "2" }])).rejects.toMatchObject({ code: "TARGET_BUSY" });
    one.now = EVENING;
    await one.write([{ ID: "2" }]);
    expect(one.alarms).toEqual([{ code: "TARGET_GONE", facts: { date: "2026-11-20", number: 1, complete: "no" } }]);
    one.now += 86_400_000;
    await one.end();
    expect(one.files()).toEqual({ "2026-11-21-1.csv": "NR\r\n2\r\n" });
  });

  it("taken at once, before the end was noted: the term is over all the same, and people hear of it", async () => {
    const one = await scene(DAILY);
    await one.write([{ ID: "1" }]);
    const before = await readTerms(one.state.journal, "sammeln");
    one.now = EVENING;
    await one.end();
    rmSync(one.path("data", "out", "2026-11-20-1.csv"));
    // As a crash between the name and its note leaves it.
    const file = before.files.get("at 22:00")?.get(1);
    await one.state.journal.set("term/sammeln/at 22:00", before.terms.get("at 22:00"));
    await one.state.journal.set("term-file/sammeln/at 22:00/1", { ...file, closed: true });
    await one.restart();
    await one.end();
    expect(one.alarms).toMatchObject([{ code: "TARGET_GONE", facts: { complete: "yes" } }]);
    expect(one.keeper.due).toBeUndefined();
  });

  it("another file of its name: waits with its end until that is gone, and takes nothing new until then", async () => {
    const one = await scene(bridge('{ at: "22:00" }', "tag.csv"));
    await one.write([{ ID: "1" }]);
    writeFileSync(one.path("data", "out", "tag.csv"), "fremd");
    one.now = EVENING;
    await expect(one.end()).rejects.toMatchObject({ code: "TARGET_BUSY" });
    await expect(one.write([{ ID: "2" }], { endDue: false })).rejects.toMatchObject({ code: "TARGET_BUSY" });
    await one.restart();
    await expect(one.end()).rejects.toMatchObject({ code: "TARGET_BUSY" });
    rmSync(one.path("data", "out", "tag.csv"));
    await one.end();
    expect(one.files()).toEqual({ "tag.csv": "NR\r\n1\r\n" });
    // The next term wants the same name: it waits until somebody has taken the file.
    await expect(one.write([{ ID: "2" }])).rejects.toMatchObject({ code: "TARGET_BUSY" });
    rmSync(one.path("data", "out", "tag.csv"));
    await one.write([{ ID: "2" }]);
    one.now += 86_400_000;
    await one.end();
    expect(one.files()).toEqual({ "tag.csv": "NR\r\n2\r\n" });
  });

  it("a folder in place of the file's name is no way out either", async () => {
    const one = await scene(bridge('{ at: "22:00" }', "tag.csv"));
    await one.write([{ ID: "1" }]);
    mkdirSync(one.path("data", "out", "tag.csv"));
    one.now = EVENING;
    await expect(one.end()).rejects.toMatchObject({ code: "TARGET_BUSY" });
    expect(one.growing()).toHaveLength(1);
  });
});

describe("a journal that fails", () => {
  it.each([
    ["for good", (commit: number, nth: number) => commit >= nth],
    ["once", (commit: number, nth: number) => commit === nth],
  ])(
    "%s, at any commit of a drop: the file and the progress are those of before, and each record comes once",
    async (_how, fails) => {
      const ids = Array.from({ length: 1_300 }, (_each, at) => String(at));
      let failed = 0;
      for (let nth = 0; failed === nth; nth++) {
        const one = await scene(DAILY);
        await one.write([{ ID: "zuvor" }]);
        const drop = await takeNew(one.state, Buffer.from(ids.map((id) => `${id};Ort\n`).join("")), {
          bridge: "sammeln",
        });
        let commits = 0;
        const { journal } = one.state;
        const failing = {
          ...journal,
          async commit(step: Step) {
            if (fails(commits++, nth)) throw new BridgeError("JOURNAL_FAILED", "the disk is gone");
            await journal.commit(step);
          },
        };
        const run = one.run(drop, failing).then(
          () => "ended",
          (cause: unknown) => (cause as BridgeError).code,
        );
        if ((await run) === "JOURNAL_FAILED") {
          failed++;
          await one.restart();
          await one.run(drop);
        }
        one.now = EVENING;
        await one.end();
        expect(one.files()).toEqual({ "2026-11-20-1.csv": `NR\r\nzuvor\r\n${ids.join("\r\n")}\r\n` });
        expect(await journal.drop(drop)).toMatchObject({ state: "done", delivered: ids.length });
      }
      expect(failed).toBeGreaterThan(1);
    },
  );
});

describe("Step.sets", () => {
  it("is committed with the progress, or not at all", async () => {
    const one = await scene(DAILY);
    const { journal } = one.state;
    const drop = await takeNew(one.state, Buffer.from("ID\n1\n2\n"), { bridge: "sammeln" });
    await journal.set("term/sammeln/alt", { sequence: 1 });
    await journal.commit({
      drop,
      progress: progressTo(1),
      dead: [],
      sets: { "term/sammeln/neu": { sequence: 2 }, "term/sammeln/alt": undefined },
    });
    expect([...(await journal.entries("term/sammeln/"))]).toEqual([["term/sammeln/neu", { sequence: 2 }]]);
    const wrong = { ...progressTo(5), counts: { records: 0, delivered: 1, skipped: 0, dead: 0 } };
    await expect(
      journal.commit({ drop, progress: wrong, dead: [], sets: { "term/sammeln/neu": { sequence: 3 } } }),
    ).rejects.toMatchObject({ code: "INTERNAL" });
    expect(await journal.get("term/sammeln/neu")).toEqual({ sequence: 2 });
    expect((await journal.progress(drop)).watermark).toBe(1);
  });

  it("one run at a time has the files", async () => {
    const one = await scene(DAILY);
    const order: string[] = [];
    const run = (name: string): Promise<void> =>
      one.during(async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push(`${name} ends`);
      });
    await Promise.all([run("a"), run("b")]);
    expect(order).toEqual(["a begins", "a ends", "b begins", "b ends"]);
    expect(never.aborted).toBe(false);
  });
});
