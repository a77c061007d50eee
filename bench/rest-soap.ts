// REST in, SOAP behind: the face of a running appliance in front of a SOAP service, against a direct call of that service with the
// package soap, at 1, 16 and 64 callers. The direct call has no REST in front: the difference is all that a bridge costs.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inTurn, memoryOf, startAppliance, startCallers, startScript } from "./call-scene.ts";
import type { Bench, Measured } from "./measure.ts";
import { contract, QUESTION } from "./soap-contract.ts";

const run: Bench = async ({ quick }) => {
  const pace = quick ? { rounds: 1, milliseconds: 500 } : { rounds: 3, milliseconds: 2_000 };
  const folder = mkdtempSync(join(tmpdir(), "steg-bench-soap-"));
  const service = await startScript("soap-service");
  const wsdl = join(folder, "einwohner.wsdl");
  writeFileSync(wsdl, contract(`${service.origin}/`));
  const steg = await startAppliance(bridge(service.origin), { "einwohner.wsdl": contract(`${service.origin}/`) });
  const callers = startCallers();
  const speakers = startCallers("soap-load");
  const results: Measured[] = [];
  try {
    const path = "/bridges/messung/personen";
    const headers = { "content-type": "application/json", authorization: `Bearer ${steg.token}` };
    const ours = { pid: steg.pid, origin: steg.origin, path, headers, body: JSON.stringify(QUESTION) };
    const direct = { pid: speakers.pid, origin: `${service.origin}/`, path: wsdl, headers: {}, body: "" };
    for (const count of [1, 16, 64]) {
      const one = await inTurn(callers, { ours }, count, pace);
      const other = await inTurn(speakers, { direct }, count, pace);
      results.push(measured(one["ours"], other["direct"], count, steg.pid));
    }
    return results;
  } finally {
    await speakers.close();
    await callers.close();
    await steg.close();
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
export default run;

type Figures = Awaited<ReturnType<typeof inTurn>>[string];

function measured(ours: Figures | undefined, direct: Figures | undefined, count: number, pid: number): Measured {
  if (!ours || !direct) throw new Error("nothing was measured");
  const { peak, now } = memoryOf(pid);
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const note =
    `p50 ${ms(ours.p50)}, direct ${ms(direct.p50)}: ${ms(ours.p50 - direct.p50)} more than the direct call; ` +
    `p99 ${ms(ours.p99)}, direct ${ms(direct.p99)}; ` +
    `processor ${ms(ours.processor)} a call, of the direct caller ${ms(direct.processor)}; memory now ${now} MiB`;
  return {
    name: `rest-soap-${count}`,
    ours: ours.perSecond,
    floor: direct.perSecond,
    floorName: "package soap, called directly",
    unit: `calls/s, ${count} at once`,
    peakRssMiB: peak,
    note,
  };
}

export const bridge = (origin: string): string => `receive:
  rest:
    method: POST
    path: "/personen"
    limits: { inFlight: 128 }

map:
  json: { om: = om, anlass: = anlass, stichtag: = stichtag, felder: [ "= felder" ] }

deliver:
  soap: { wsdl: einwohner.wsdl, operation: LesePerson, endpoint: "${origin}/", connections: 128 }
`;
