// Chunks through Redis to workers: how much 2 and 4 workers do where the target takes 200 ms for each call, against one; and what the way
// through Redis costs where the target is fast and everything runs on one machine. Real processes, a real Redis. --quick: fewer records.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { startFarm } from "../test/crash/farm.ts";
import { createWorld, putDrop } from "../test/crash/world.ts";
import type { Bench } from "./measure.ts";

const SLOW_MS = 200;
const IN_FLIGHT = 32;

const run: Bench = async ({ quick }) => {
  const slow = quick ? 2_560 : 15_360;
  const alone = await rate(1, slow, SLOW_MS);
  const two = await rate(2, slow, SLOW_MS);
  const four = await rate(4, slow, SLOW_MS);
  const fast = quick ? 10_000 : 60_000;
  const embedded = await rate(0, fast, 0);
  const away = await rate(2, fast, 0);
  const note = (workers: number): string =>
    `${workers} workers, ${IN_FLIGHT} calls at once each, ${SLOW_MS} ms each, ${slow} records`;
  return [
    { name: "redis 2 workers", ours: two, floor: alone, floorName: "one worker", unit: "records/s", note: note(2) },
    { name: "redis 4 workers", ours: four, floor: alone, floorName: "one worker", unit: "records/s", note: note(4) },
    {
      name: "redis, fast target",
      ours: away,
      floor: embedded,
      floorName: "without Redis, in the appliance",
      unit: "records/s",
      note: `two workers, appliance, Redis and target on one machine, ${fast} records`,
    },
  ];
};
export default run;

/** Records a second, from the first message to the last. No workers = without Redis. */
async function rate(workers: number, records: number, milliseconds: number): Promise<number> {
  const farm = workers === 0 ? undefined : await startFarm(workers);
  const target = await startTarget(milliseconds);
  const url = `http://127.0.0.1:${(target.server.address() as AddressInfo).port}/in`;
  const world = createWorld({ url, deliver: `  inFlight: ${IN_FLIGHT}` });
  try {
    putDrop(world, "a.csv", records);
    const { code, stderr } = await world.once("60s");
    if (code !== 0 || target.heard !== records) throw new Error(`${target.heard} of ${records}: ${stderr}`);
    return records / ((target.last - target.first + milliseconds) / 1_000);
  } finally {
    world.remove();
    target.server.close();
    target.server.closeAllConnections();
    await farm?.close();
  }
}

interface Target {
  readonly server: Server;
  first: number;
  last: number;
  heard: number;
}

async function startTarget(milliseconds: number): Promise<Target> {
  const answer = { status: 204 };
  const target: Target = {
    first: 0,
    last: 0,
    heard: 0,
    server: createServer((request, response) => {
      request.resume();
      request.on("end", () => {
        target.last = performance.now();
        if (target.heard++ === 0) target.first = target.last;
        const reply = (): void => void response.writeHead(answer.status).end();
        if (milliseconds > 0) setTimeout(reply, milliseconds);
        else reply();
      });
    }),
  };
  target.server.listen(0, "127.0.0.1");
  await once(target.server, "listening");
  return target;
}
