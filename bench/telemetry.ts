// What telemetry costs: the job of csv-json (all of a process, durably) with every drop traced and sent by OTLP, against the same job
// without. The other side is a server in this process that reads and forgets.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BODY } from "./csv-json.ts";
import { createInput, runJob, warmUp } from "./end-to-end.ts";
import type { Bench } from "./measure.ts";

/** In turn, so that both see the same weather; the better round of each counts. */
const ROUNDS = 5;

const run: Bench = async ({ quick }) => {
  let heard = 0;
  const server = createServer((request, reply) => {
    request.on("data", (piece: Buffer) => (heard += piece.length));
    request.on("end", () => reply.end());
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const env = { STEG_OTLP: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  await warmUp(BODY);
  const input = await createInput(quick ? 50_000 : 380_000);
  try {
    const [traced, plain] = [
      { rate: 0, peakRssMiB: 0 },
      { rate: 0, peakRssMiB: 0 },
    ];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [best, more] of [
        [plain, {}],
        [traced, env],
      ] as const) {
        const { rate, peakRssMiB } = await runJob(input, BODY, { env: more });
        if (rate > best.rate) Object.assign(best, { rate, peakRssMiB });
      }
    }
    return {
      name: "telemetry",
      ours: traced.rate,
      floor: plain.rate,
      floorName: "the same without telemetry",
      unit: "records/s",
      peakRssMiB: traced.peakRssMiB,
      note: `${input.rows} rows, ${Math.round(heard / ROUNDS / 1024)} KiB of OTLP each, peak without ${plain.peakRssMiB} MiB`,
    };
  } finally {
    input.remove();
    server.close();
  }
};
export default run;
