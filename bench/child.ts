// Runs one benchmark and prints its results as one line of JSON; started by main.ts.

import type { Bench, BenchResult } from "./measure.ts";

const name = process.argv[2] as string;
const { default: run } = (await import(`./${name}.ts`)) as { default: Bench };
const measured = await run({ quick: process.argv.includes("--quick") });
const results: BenchResult[] = (Array.isArray(measured) ? measured : [measured]).map((one) => ({
  ...one,
  ratio: Number((one.ours / one.floor).toFixed(3)),
  peakRssMiB: one.peakRssMiB ?? Math.round(process.resourceUsage().maxRSS / 1024),
}));
process.stdout.write(`\n${JSON.stringify(results)}\n`);
process.exit(0);
