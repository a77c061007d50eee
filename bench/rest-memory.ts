// Memory of a running appliance that is called for ten minutes without a break (--quick: half a minute), at a pace that leaves it time:
// what it has at the end against what it had after the first tenth, when everything is compiled and every pool is filled.

import { startAppliance, startCallers, startScript, type Called, type Port } from "./call-scene.ts";
import type { Bench, Measured } from "./measure.ts";
import { BODY, bridge, SCHEMA } from "./rest-rest.ts";

const PARTS = 10;
const CALLERS = 16;
const PAUSE = 15;

const run: Bench = async ({ quick }) => {
  const service = await startScript("call-service");
  const steg = await startAppliance(bridge(service.origin), { "schemas/frage.json": SCHEMA });
  const asked = { path: "/bridges/messung/einwohner/04711007?umfang=lang", body: BODY };
  return await calledForLong("rest-memory", service, steg, asked, quick);
};
export default run;

/** Both are closed at the end. */
export async function calledForLong(
  name: string,
  service: Port,
  steg: Called,
  asked: { readonly path: string; readonly body: string },
  quick: boolean,
): Promise<Measured> {
  const milliseconds = quick ? 3_000 : 60_000;
  const callers = startCallers();
  const headers = { "content-type": "application/json", authorization: `Bearer ${steg.token}` };
  const job = { origin: steg.origin, ...asked, headers, callers: CALLERS, pause: PAUSE, milliseconds };
  const seen: number[] = [];
  let calls = 0;
  try {
    for (let part = 0; part < PARTS; part++) {
      calls += (await callers.call(job)).calls;
      seen.push(steg.memory().now);
    }
    const { peak } = steg.memory();
    return {
      name,
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
}
