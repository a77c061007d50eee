// docs/attachments.md: its example gives what the page says.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { headOf } from "../bridge-head.ts";
import { createPlace, type Place } from "../commands/steg.ts";

let place: Place;
beforeEach(async () => {
  place = await createPlace();
});
afterEach(async () => await place.remove());

const page = await readFile(new URL("../../docs/attachments.md", import.meta.url), "utf8");

function blocks(kind: string): readonly string[] {
  return Array.from(page.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)\`\`\``, "gmu")), ([, text = ""]) => text);
}

/** Paths and contents; ` / ` stands for a line end. */
function listed(block: string | undefined): ReadonlyMap<string, string> {
  const lines = (block ?? "").trim().split("\n");
  return new Map(lines.map((line) => line.split(/\s{2,}/u) as [string, string]));
}

const HEAD = headOf("akten");

it("joins what belongs together, waits for what is missing, and sends it along", async () => {
  const [yaml] = blocks("yaml");
  const [before, after] = blocks("text").map(listed);
  // For its policy.
  await place.bridge("farben");
  await place.write("mappings/akten/bridge.yaml", `${HEAD}\n${yaml}`);
  const check = await place.steg(["check", "mappings/akten/bridge.yaml"]);
  expect(check.stdout).toContain("NO_TEST");
  expect(check.stdout).toContain("1 warning in 1 of 1 bridge");
  for (const [path, content] of before ?? []) await place.drop(path, content.replaceAll(" / ", "\n"));

  const end = await place.steg(["up", "--once", "--json"]);
  expect(end.code).toBe(0);
  const figures = (JSON.parse(end.stdout) as { bridges: { bridge: string }[] }).bridges;
  expect(figures.find(({ bridge }) => bridge === "akten")).toMatchObject({
    records: 2,
    delivered: 1,
    dead: 0,
    pending: 1,
  });
  const names = (await readdir(place.path("data/ausgang"))).toSorted();
  const came = new Map<string, string>();
  for (const name of names) came.set(`ausgang/${name}`, await readFile(join(place.path("data/ausgang"), name), "utf8"));
  expect(came).toEqual(after);
});
