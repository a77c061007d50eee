import { describe, it } from "vitest";

import { killRun } from "../crash/kill.ts";

describe("SIGKILL 200 times over 20,000 records", () => {
  it("loses nothing and delivers nothing twice", async () => {
    const figures = await killRun(20_000, 200, { least: 350, most: 1_500 });
    console.log(JSON.stringify(figures));
  }, 1_800_000);
});
