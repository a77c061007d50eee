// deliver.http against a bare undici loop, same receiver in a process of its own: single parcels, and batches of 500.
//
// Both send the same bodies over kept-alive connections, eight at a time. The floor does what must be done at least: write
// the request, read the answer. Ours adds address, headers, key, trace, deadline, and the word about how it ended.

import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import type { Parcel } from "../src/core/contract.ts";
import { buildHttpTarget } from "../test/conformance/builds.ts";
import { parcelOf } from "../test/conformance/surroundings.ts";
import type { Bench, Measured } from "./measure.ts";

const LANES = 8;
const ROUNDS = 5;
const never = new AbortController().signal;

const run: Bench = async ({ quick }) => {
  const receiver = await startReceiverProcess();
  try {
    return [
      await compare("http", receiver.origin, quick ? 2_000 : 8_000, 1, record(1)),
      await compare(
        "http-batch-500",
        receiver.origin,
        quick ? 100 : 400,
        500,
        `[${Array.from({ length: 500 }, (_each, n) => record(n)).join(",")}]`,
      ),
    ];
  } finally {
    receiver.child.stdin?.end();
    await new Promise<void>((resolve) => void receiver.child.once("exit", () => resolve()));
  }
};
export default run;

function record(n: number): string {
  return JSON.stringify({
    nummer: n,
    firma: "Blumen Beispiel GmbH",
    ort: "12345 Musterstadt",
    beginn: "2026-11-01",
    taetigkeit: "x".repeat(300),
  });
}

async function compare(name: string, origin: string, count: number, records: number, body: string): Promise<Measured> {
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
  const floor = async (parcel: Parcel): Promise<void> => {
    const headers = { "content-type": "application/json", "idempotency-key": parcel.key };
    const answer = await pool.request({ path: "/in/", method: "POST", headers, body: parcel.body });
    await answer.body.dump();
  };
  // In turn, so that both see the same weather; the best round of each counts.
  let best = { ours: 0, floor: 0 };
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = { floor: await perSecond(parcels, floor), ours: await perSecond(parcels, ours) };
    if (round > 0) best = { ours: Math.max(best.ours, measured.ours), floor: Math.max(best.floor, measured.floor) };
  }
  await target.close();
  await pool.destroy();
  const floorName = "bare undici loop";
  return { name, ours: best.ours * records, floor: best.floor * records, floorName, unit: "records/s" };
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

async function startReceiverProcess(): Promise<{ child: ChildProcess; origin: string }> {
  const script = fileURLToPath(new URL("../test/peers/receiver.ts", import.meta.url));
  const child = spawn(process.execPath, [script, "--light"], { stdio: ["pipe", "pipe", "inherit"] });
  const line = await new Promise<string>(
    (resolve) => void child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8"))),
  );
  return { child, origin: `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}` };
}
