import { describe, expect, it } from "vitest";
import { batches, byKey, growing, mixed, singles, strict } from "./kill-plans.ts";
import { attached } from "./kill-plans-attachments.ts";
import { documents } from "./kill-plans-documents.ts";
import { split } from "./kill-plans-split.ts";
import { killRun } from "./kill.ts";

/** A few rounds of what the long run does two hundred times. */
describe("SIGKILL at random moments", () => {
  it.each([
    { plan: singles(600), kills: 2 },
    { plan: batches(1_000, 422), kills: 2 },
    { plan: strict(200), kills: 2 },
    { plan: byKey(400), kills: 2 },
    { plan: growing(3_000, 1), kills: 2 },
    { plan: mixed(600), kills: 2 },
    { plan: attached(160), kills: 2 },
    { plan: split(160), kills: 2 },
    { plan: documents(60, 320), kills: 2 },
  ])(
    "$kills times, $plan.name: nothing lost, nothing twice",
    async ({ plan, kills }) => {
      expect(await killRun(plan, { kills, work: 300 })).toMatchObject({ lost: 0, twice: 0 });
    },
    120_000,
  );
});
