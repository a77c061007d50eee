// steg worker: takes chunks of appliances from Redis. It keeps nothing and may be killed at any time.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BridgeError } from "../core/errors.ts";
import type { RunningBridge } from "../core/pipeline/drop-run.ts";
import type { Settings } from "../core/settings.ts";
import type { Family } from "../core/telemetry/metric.ts";
import type { Telemetry } from "../core/telemetry/open.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { DIR, FINE, INTERRUPTED, positiveNumber, settingsOf } from "./command.ts";
import type { Command, Program } from "./command.ts";

/** Chunks wait for their target most of the time. */
const CONCURRENCY = 4;
const MOST_CONCURRENCY = 64;

export const command: Command = {
  options: { ...DIR, redis: { type: "string" }, concurrency: { type: "string" } },
  usage: "[--redis URL] [--concurrency N] [--dir DIR]",
  help: `
Takes chunks of records from Redis (STEG_REDIS), maps, validates and delivers them, and gives the outcomes back. The appliance that
took a drop keeps it and its journal: a worker may be killed at any time, and any number of them may run.
It needs the appliance's key file (STEG_KEY_FILE), the secrets that the bridges name, and the schemas of their catalogue (--dir); the
bridges themselves come with the chunks.
  --redis URL       redis://user:password@host:port, rediss:// with TLS; better in STEG_REDIS, where no list of processes shows it
  --concurrency N   chunks at the same time (default ${CONCURRENCY})`,
  examples: ["steg worker", "steg worker --concurrency 8"],
  words: [0, 0],
  async run(args, program) {
    const concurrency = positiveNumber(args, "concurrency") ?? CONCURRENCY;
    if (concurrency > MOST_CONCURRENCY) throw new BridgeError("USAGE", `--concurrency is at most ${MOST_CONCURRENCY}`);
    const settings = await settingsOf(args, program);
    const { redis, keyFile } = settings;
    if (redis === undefined || keyFile === undefined)
      throw new BridgeError("USAGE", "steg worker needs the address of Redis", {
        hint: "Set STEG_REDIS to the one the appliance has, and STEG_KEY_FILE to its key file.",
      });
    const { applianceLog } = await import("./service.ts");
    const log = await applianceLog(settings, program);
    const { createSealer } = await import("../core/distributed/sealed.ts");
    const { readKeyFile } = await import("../core/journal/key-file.ts");
    const { runWorker } = await import("../core/distributed/worker.ts");
    const { giveBackAtRest } = await import("../core/rest.ts");
    removeRemains();
    const folder = mkdtempSync(join(tmpdir(), `steg-worker-${process.pid}-`));
    const { signal } = program.interrupt;
    try {
      log("info", "worker.started", { concurrency, pid: process.pid, version: program.version });
      giveBackAtRest(signal);
      program.interrupt.describe(() => "giving back what is in flight");
      const sealer = createSealer(readKeyFile(keyFile, log));
      const open = await opener(settings, program, folder, log);
      const { telemetryOf } = await import("./machine.ts");
      const telemetry = await telemetryOf(settings, program.version, log);
      const told = telemetry && (await tellFigures(telemetry));
      const deps = { redis, sealer, concurrency, open, telemetry: told, log };
      const { chunks } = await runWorker(deps, signal);
      await told?.last();
      await telemetry?.close();
      log("info", "worker.stopped", { chunks });
      if (program.console.err.tty) program.console.note(`${formatNoun(chunks, "chunk")} worked on.`);
      return program.interrupt.cause === "SIGINT" ? INTERRUPTED : FINE;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Folders of workers that were killed. Nothing of them is of use to anybody; what cannot be removed stays. */
function removeRemains(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^steg-worker-(\d+)-/.exec(name)?.[1]);
    // A folder with our own number is of a process before us: in a container all have the same.
    if (!Number.isInteger(pid) || (pid !== process.pid && runs(pid))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Somebody else's.
    }
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** What this worker has done, every minute; `last` says so once more. */
async function tellFigures(telemetry: Telemetry) {
  const { createQueueTelemetry } = await import("../core/distributed/queue-telemetry.ts");
  const queue = createQueueTelemetry(telemetry.tracing);
  const over = new AbortController();
  const figures = (): readonly Family[] => [...queue.families(), ...telemetry.families()];
  const pushing = telemetry.push(() => Promise.resolve(figures()), over.signal);
  return {
    tracing: telemetry.tracing,
    queue,
    async last(): Promise<void> {
      over.abort();
      await pushing;
    },
  };
}

/** Bridges from their files, in a folder of this process alone. */
async function opener(
  settings: Settings,
  program: Program,
  folder: string,
  log: Parameters<typeof import("./adapter-context.ts").adapterContext>[2],
): Promise<(bridge: string, version: string, files: ReadonlyMap<string, Uint8Array>) => Promise<RunningBridge>> {
  const { createLoader, loadPinned } = await import("./load.ts");
  const { adapterContext } = await import("./adapter-context.ts");
  const { openRuntime } = await import("../core/pipeline/runtime.ts");
  const { load } = await createLoader(settings, program);
  return async (name, version, files) => {
    const bridge = await loadPinned(load, folder, { name, version, files });
    const context = adapterContext(bridge, settings, log, () => false);
    const quiet = { stuck: () => undefined, moving: () => undefined };
    return await openRuntime(bridge, context, quiet);
  };
}
