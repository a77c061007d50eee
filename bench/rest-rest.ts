// REST in, REST behind: the face of a running appliance against a bare proxy (fastify and an undici pool) in front of the same service,
// at 1, 16 and 64 callers. Service, proxy, appliance and callers are processes of their own; all are asked in turn.
//
// What the appliance does beside passing it on: who calls, may they, lifecycle, limits, path and query by type, the body strictly and
// against a JSON Schema, the map, the deadline, the circuit, the answer's bytes and headers, traceparent.

import type { Bench, Measured } from "./measure.ts";
import { inTurn, memoryOf, startAppliance, startCallers, startScript, type Callers } from "./call-scene.ts";

const run: Bench = async ({ quick }) => {
  const pace = quick ? { rounds: 1, milliseconds: 500 } : { rounds: 3, milliseconds: 2_000 };
  const service = await startScript("call-service");
  const floor = await startScript("call-floor", service.origin);
  const steg = await startAppliance(bridge(service.origin), { "schemas/frage.json": SCHEMA });
  const callers = startCallers();
  const json = { "content-type": "application/json" };
  const jobs = {
    service: { pid: service.pid, origin: service.origin, path: "/alt/04711007", headers: json, body: BODY },
    floor: { pid: floor.pid, origin: floor.origin, path: "/einwohner/04711007", headers: json, body: BODY },
    ours: {
      pid: steg.pid,
      origin: steg.origin,
      path: "/bridges/messung/einwohner/04711007?umfang=lang",
      headers: { ...json, authorization: `Bearer ${steg.token}` },
      body: BODY,
    },
  };
  const results: Measured[] = [];
  try {
    for (const count of [1, 16, 64]) results.push(await measure(callers, jobs, count, pace));
    return results;
  } finally {
    await callers.close();
    await steg.close();
    await floor.close();
    await service.close();
  }
};
export default run;

async function measure(
  callers: Callers,
  jobs: Parameters<typeof inTurn>[1],
  count: number,
  pace: Parameters<typeof inTurn>[3],
): Promise<Measured> {
  const { service, floor, ours } = await inTurn(callers, jobs, count, pace);
  if (!service || !floor || !ours) throw new Error("nothing was measured");
  const { peak, now } = memoryOf(jobs["ours"]?.pid ?? 0);
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  const note =
    `p50 ${ms(ours.p50)}, proxy ${ms(floor.p50)}, service itself ${ms(service.p50)}: ` +
    `${ms(ours.p50 - floor.p50)} more than the proxy; p99 ${ms(ours.p99)}, proxy ${ms(floor.p99)}; ` +
    `processor ${ms(ours.processor)} a call, proxy ${ms(floor.processor)}; memory now ${now} MiB`;
  return {
    name: `rest-rest-${count}`,
    ours: ours.perSecond,
    floor: floor.perSecond,
    floorName: "fastify and undici",
    unit: `calls/s, ${count} at once`,
    peakRssMiB: peak,
    note,
  };
}

export const SCHEMA = JSON.stringify({
  type: "object",
  required: ["anlass", "zeichen"],
  properties: {
    anlass: { type: "string", maxLength: 100 },
    zeichen: { type: "string", pattern: "^[A-Z]{2}-[0-9]{4}$" },
    stichtag: { type: "string", format: "date" },
    felder: { type: "array", items: { enum: ["name", "geburt", "anschrift"] } },
  },
  additionalProperties: false,
});
export const BODY = JSON.stringify({
  anlass: "Prüfung der Anschrift",
  zeichen: "AB-1234",
  stichtag: "2026-11-21",
  felder: ["name", "anschrift"],
});

export const bridge = (origin: string): string => `receive:
  rest:
    method: POST
    path: "/einwohner/{om}"
    params: { om: { pattern: "[0-9]{8}" } }
    query: { umfang: { enum: [kurz, lang], default: kurz } }
    request: { schema: schemas/frage.json }
    limits: { inFlight: 128 }

map:
  json: { anlass: = anlass, zeichen: = zeichen, stichtag: = stichtag, felder: [ "= felder" ], umfang: = $request.query.umfang }

deliver:
  http: { url: "${origin}/alt/{$request.path.om}", connections: 128 }
`;
