import { describe, expect, it } from "vitest";
import { batches, byKey, growing, mixed, singles, strict } from "../crash/kill-plans.ts";
import { attached } from "../crash/kill-plans-attachments.ts";
import { documents } from "../crash/kill-plans-documents.ts";
import { killRun } from "../crash/kill.ts";

describe("SIGKILL at random moments", () => {
  it.each([
    { plan: singles(20_000), kills: 200 },
    { plan: batches(20_000, 400), kills: 60 },
    { plan: batches(20_000, 422), kills: 60 },
    { plan: strict(4_000), kills: 60 },
    { plan: byKey(10_000), kills: 60 },
    { plan: growing(10_000, 1), kills: 60 },
    { plan: mixed(20_000), kills: 60 },
    { plan: documents(600, 150), kills: 60 },
    { plan: attached(3_000), kills: 100 },
    { plan: attached(1_000, "order: { by: = NAME }\n"), kills: 40 },
  ])("$kills times, $plan.name: nothing lost, nothing twice", async ({ plan, kills }) => {
    const figures = await killRun(plan, { kills, work: 700 });
    console.log(JSON.stringify(figures));
    expect(figures).toMatchObject({ lost: 0, twice: 0 });
  });
});
