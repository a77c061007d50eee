// README's first bridge, followed word by word: what a newcomer types has to work.

import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPlace, RUNNING } from "./steg.ts";
import type { Place } from "./steg.ts";

let place: Place;
let readme: string;
beforeAll(async () => {
  place = await createPlace();
  readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
});
afterAll(async () => await place.remove());

/** The code block that begins with this line, without the list's indentation. */
function block(start: string): string {
  const found = [...readme.matchAll(/^ {3}```\w*\n([\s\S]*?)^ {3}```$/gm)]
    .map(([, text = ""]) => text.replaceAll(/^ {3}/gm, ""))
    .find((text) => text.startsWith(start));
  if (found === undefined) throw new Error(`README has no block that begins with ${start}`);
  return found;
}

/** `npx steg …` of the blocks, in their order, without the words behind `#`. */
function commands(): readonly (readonly string[])[] {
  const lines = [...readme.matchAll(/^ {3}npx steg (.+?) *(?:#.*)?$/gm)].map(([, words = ""]) => words.split(" "));
  return lines.filter((words) => words.join(" ") !== "up");
}

describe("README's first bridge", () => {
  it("passes every command that it names, and lies where it says", async () => {
    await place.write("mappings/hunde/tests/erster/input.csv", block("NR;HALTER"));
    // Its dates as they would be written today, on any day of the week.
    const dates = { ...RUNNING, by: RUNNING.deprecated };
    let bridge = block("steg: 1");
    for (const [key, date] of Object.entries(dates))
      bridge = bridge.replace(new RegExp(`(${key}: )[0-9-]{10}`), `$1${date}`);
    await place.write("mappings/hunde/bridge.yaml", bridge);
    await place.write(
      "sunset/policy.yaml",
      "policy: 1\nendDays: { weekdays: [monday, tuesday, wednesday, thursday, friday, saturday, sunday], holidays: true }\n",
    );
    await place.drop("hunde/eingang/input.csv", block("NR;HALTER"));

    const typed = commands();
    expect(typed.map(([name]) => name)).toEqual(["check", "try", "test", "up", "drops"]);
    let shown = "";
    for (const words of typed) {
      const end = await place.steg(words);
      expect(end, words.join(" ")).toMatchObject({ code: 0 });
      shown += end.stdout;
    }
    expect(shown).toContain("DACKEL");
    expect(await place.names("data/hunde/ausgang")).toEqual(["input-0007.json"]);
    expect(await place.names("data/hunde/quittungen")).toHaveLength(1);
    expect(await place.names("data/hunde/eingang/archive")).toEqual(["input.csv"]);
    expect(await place.names("mappings/hunde/tests/erster")).toEqual(["expected.json", "input.csv"]);
  });
});
