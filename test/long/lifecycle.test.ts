// A hundred thousand random lives of bridges: the run that npm test does five hundred of.

import { expect, it } from "vitest";
import { createDrops, runPlan } from "../core/lifecycle-plans.ts";

const PLANS = 100_000;
/** Plans that share a journal: it lies in memory. */
const TOGETHER = 5_000;

it(`holds for ${PLANS} random lives of bridges`, async () => {
  const began = performance.now();
  const sum: Record<string, number> = {};
  let store = createDrops();
  for (let seed = 1; seed <= PLANS; seed++) {
    if (seed % TOGETHER === 0) store = createDrops();
    const figures = await runPlan(1_000_000 + seed, store);
    for (const [name, count] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + Number(count);
  }
  const seconds = Math.round((performance.now() - began) / 1_000);
  process.stdout.write(`${JSON.stringify({ plans: PLANS, ...sum, seconds })}\n`);
  for (const [name, count] of Object.entries(sum)) expect(count, name).toBeGreaterThan(5_000);
});
