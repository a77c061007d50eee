// (e) Memory does not grow with the drop: peak of the resident set over 5,000,000 rows against 200,000, CSV → NDJSON.
//
// Here less is better: the ratio is to stay below 1.2 and the peak below 250 MiB.

import { BODY } from "./csv-json.ts";
import { createInput, runJob, warmUp } from "./end-to-end.ts";
import type { Bench } from "./measure.ts";

const run: Bench = async ({ quick }) => {
  await warmUp(BODY);
  const peaks: number[] = [];
  for (const rows of quick ? [20_000, 200_000] : [200_000, 5_000_000]) {
    const input = await createInput(rows);
    try {
      peaks.push((await runJob(input, BODY)).peakRssMiB);
    } finally {
      input.remove();
    }
  }
  const [few, many] = peaks as [number, number];
  return {
    name: "memory",
    ours: many,
    floor: few,
    floorName: quick ? "20,000 rows" : "200,000 rows",
    unit: quick ? "MiB at 200,000 rows" : "MiB at 5,000,000 rows",
    peakRssMiB: many,
    note: "less is better: at most 1.2 and 250 MiB",
  };
};
export default run;
