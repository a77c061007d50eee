// The shipped examples: each passes its check and its own tests.

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPlace } from "./steg.ts";
import type { Place } from "./steg.ts";

const dir = fileURLToPath(new URL("../../mappings", import.meta.url));
const bridges = readdirSync(dir);

let place: Place;
beforeAll(async () => {
  place = await createPlace();
});
afterAll(async () => await place.remove());

describe("shipped examples", () => {
  it.each(bridges)("%s passes its check", async (name) => {
    const end = await place.steg(["check", `${dir}/${name}/bridge.yaml`]);
    expect(end.stdout).not.toMatch(/ error:|[1-9][0-9]* errors?,/);
    expect(end.code).toBe(0);
  });

  it("pass their tests", async () => {
    const end = await place.steg(["test", "--dir", dir]);
    expect(end.stdout).toMatch(/^([0-9]+) of \1 tests passed/m);
    expect(end.code).toBe(0);
    for (const name of bridges) expect(end.stdout).toContain(`✓ ${name}`);
  });
});
