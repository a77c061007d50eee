// Memory of a running appliance that is called for ten minutes without a break (--quick: half a minute), at a pace that leaves it time:
// what it has at the end against what it had after the first tenth, when everything is compiled and every pool is filled.

import { startAppliance, startCallers, startScript } from "./call-scene.ts";
import type { Bench } from "./measure.ts";
import { BODY, bridge, SCHEMA } from "./rest-rest.ts";

const PARTS = 10;
const CALLERS = 16;
const PAUSE = 15;

const run: Bench = async ({ quick }) => {
  const milliseconds = quick ? 3_000 : 60_000;
  const service = await startScript("call-service");
  const steg = await startAppliance(bridge(service.origin), { "schemas/frage.json": SCHEMA });
  const callers = startCallers();
  const job = {
    origin: steg.origin,
    path: "/bridges/messung/einwohner/04711007?umfang=lang",
    headers: { "content-type": "application/json", authorization: `Bearer ${steg.token}` },
    body: BODY,
    callers: CALLERS,
    pause: PAUSE,
    milliseconds,
  };
  const seen: number[] = [];
  let calls = 0;
  try {
    for (let part = 0; part < PARTS; part++) {
      calls += (await callers.call(job)).calls;
      seen.push(steg.memory().now);
    }
    const { peak } = steg.memory();
    return {
      name: "rest-memory",
      ours: seen.at(-1) ?? 0,
      floor: seen[0] ?? 0,
      floorName: "after the first tenth",
      unit: `MiB after ${calls} calls`,
      peakRssMiB: peak,
      note: `less is better, at most 1.1; a tenth each: ${seen.join(", ")} MiB`,
    };
  } finally {
    await callers.close();
    await steg.close();
    await service.close();
  }
};
export default run;
