// Workers, Redis and the appliance die at random moments. The long run does it two hundred times.

import { expect, it } from "vitest";
import { describeNeeding } from "../peers/required.ts";
import { redisMissing } from "../peers/redis.ts";
import { farmRun } from "./farm.ts";
import { singles } from "./kill-plans.ts";

describeNeeding("redis", redisMissing, "one appliance, two workers, one Redis", () => {
  it("lose nothing and send nothing twice, whoever dies", async () => {
    const figures = await farmRun(singles(800), { kills: 5, workers: 2, work: 400, cut: 1_000 });
    console.log(JSON.stringify(figures));
    expect(figures).toMatchObject({ lost: 0, twice: 0 });
  });
});
