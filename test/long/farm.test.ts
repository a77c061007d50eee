import { expect, it } from "vitest";
import { farmRun } from "../crash/farm.ts";
import { batches, byKey, singles, strict } from "../crash/kill-plans.ts";
import { describeNeeding } from "../peers/required.ts";
import { redisMissing } from "../peers/redis.ts";

const kills = Number(process.env["STEG_FARM_KILLS"] ?? 200);

describeNeeding("redis", redisMissing, "one appliance, four workers, one Redis, killed at random moments", () => {
  it.each([
    { plan: singles(20_000), share: 1 },
    { plan: batches(20_000, 400), share: 0.2 },
    { plan: batches(20_000, 422), share: 0.2 },
    { plan: byKey(6_000), share: 0.2 },
    { plan: strict(2_000), share: 0.2 },
  ])("$plan.name: nothing lost, nothing twice", async ({ plan, share }) => {
    const figures = await farmRun(plan, {
      kills: Math.ceil(kills * share),
      workers: 4,
      work: 700,
      cut: 3_000,
      outage: 60_000,
    });
    console.log(JSON.stringify(figures));
    expect(figures).toMatchObject({ lost: 0, twice: 0 });
  });
});
