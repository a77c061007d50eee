// (d) JSON over HTTP against a bare undici loop with the same bodies, the same number of connections and the same receiver, which is a
// process of its own; a message per record, and batches of 500.
//
//   http, http-batch-500                  the whole process `steg up --once`: start, spool, decode, map, key, delivery, outcome, journal
//   http-adapter, http-adapter-batch-500  the target alone: address, headers, key, trace, deadline, and the word about how it ended
//
// The floor does what must be done at least: write the request, read the answer.

import { Pool } from "undici";
import type { Parcel } from "../src/core/contract.ts";
import { buildHttpTarget } from "../test/conformance/builds.ts";
import { parcelOf } from "../test/conformance/surroundings.ts";
import { createInput, row, runJob, warmUp } from "./end-to-end.ts";
import type { Bench, Measured } from "./measure.ts";
import { startReceiverProcess } from "./receiver.ts";

const LANES = 8;
const ROUNDS = 5;
const BATCH = 500;
const FLOOR_NAME = "bare undici loop";
const never = new AbortController().signal;

const run: Bench = async ({ quick }) => {
  const receiver = await startReceiverProcess();
  const { origin } = receiver;
  try {
    return [
      await wholeProcess("http", origin, quick ? 4_000 : 40_000, 1),
      await wholeProcess("http-batch-500", origin, quick ? 20_000 : 400_000, BATCH),
      await adapterAlone("http-adapter", origin, quick ? 2_000 : 8_000, 1, message(1)),
      await adapterAlone("http-adapter-batch-500", origin, quick ? 100 : 400, BATCH, batch(1)),
    ];
  } finally {
    await receiver.close();
  }
};
export default run;

const bridge = (origin: string, records: number): string => `map:
  json: { id: = ID, name: = NAME, geburt: = GEBURT, strasse: = STRASSE, plz: = PLZ, ort: = ORT, betrag: = BETRAG, text: = TEXT }

deliver:
  inFlight: ${LANES}
${records === 1 ? "" : `  batch: { records: ${records} }\n`}  http: { url: "${origin}/in" }
`;

/** What the bridge makes of row `n`; only the few rows with quotes differ in length. */
function message(n: number): string {
  const [id, name, , geburt, strasse, , plz, ort, betrag, , , text] = row(n).split(";");
  return JSON.stringify({ id, name, geburt, strasse, plz, ort, betrag, text });
}

function batch(first: number): string {
  return `[${Array.from({ length: BATCH }, (_each, n) => message(first + n)).join(",")}]`;
}

async function wholeProcess(name: string, origin: string, rows: number, records: number): Promise<Measured> {
  const body = bridge(origin, records);
  await warmUp(body);
  const bodies = Array.from({ length: rows / records }, (_each, n) =>
    records === 1 ? message(n + 1) : batch(n * BATCH + 1),
  );
  const parcels = bodies.map((text, n) => ({ ...parcelOf(n + 1, text), contentType: "application/json" }));
  const pool = new Pool(origin, { connections: LANES, pipelining: 1 });
  await perSecond(parcels.slice(0, 200), bareLoop(pool));
  const floor = await perSecond(parcels, bareLoop(pool));
  await pool.destroy();
  const input = await createInput(rows);
  try {
    const { rate, seconds, peakRssMiB } = await runJob(input, body);
    const note = `${rows} rows in ${seconds.toFixed(1)} s, process start included`;
    return { name, ours: rate, floor: floor * records, floorName: FLOOR_NAME, unit: "records/s", peakRssMiB, note };
  } finally {
    input.remove();
  }
}

function bareLoop(pool: Pool): (parcel: Parcel) => Promise<void> {
  return async (parcel) => {
    const headers = { "content-type": "application/json", "idempotency-key": parcel.key };
    const answer = await pool.request({ path: "/in", method: "POST", headers, body: parcel.body });
    await answer.body.dump();
  };
}

async function adapterAlone(
  name: string,
  origin: string,
  count: number,
  records: number,
  body: string,
): Promise<Measured> {
  const parcels = Array.from({ length: count }, (_each, n): Parcel => ({
    ...parcelOf(n + 1, body),
    contentType: "application/json",
  }));
  const target = await buildHttpTarget(`${origin}/in/{NR}`);
  const pool = new Pool(origin, { connections: LANES, pipelining: 1 });
  const ours = async (parcel: Parcel): Promise<void> => {
    const attempt = await target.deliver(parcel, never);
    if (attempt.end !== "delivered") throw new Error(`${attempt.end}: ${attempt.message}`);
  };
  // In turn, so that both see the same weather; the best round of each counts.
  let best = { ours: 0, floor: 0 };
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = { floor: await perSecond(parcels, bareLoop(pool)), ours: await perSecond(parcels, ours) };
    if (round > 0) best = { ours: Math.max(best.ours, measured.ours), floor: Math.max(best.floor, measured.floor) };
  }
  await target.close();
  await pool.destroy();
  return { name, ours: best.ours * records, floor: best.floor * records, floorName: FLOOR_NAME, unit: "records/s" };
}

async function perSecond(parcels: readonly Parcel[], deliver: (parcel: Parcel) => Promise<void>): Promise<number> {
  let next = 0;
  const since = performance.now();
  const lane = async (): Promise<void> => {
    for (let parcel = parcels[next++]; parcel; parcel = parcels[next++]) await deliver(parcel);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return (parcels.length / (performance.now() - since)) * 1_000;
}
