import { describe, it } from "vitest";

import { killRun } from "./kill.ts";

describe("SIGKILL at random moments", () => {
  it("loses nothing and delivers nothing twice", async () => {
    await killRun(3_000, 8, { least: 400, most: 1_200 });
  }, 120_000);
});
