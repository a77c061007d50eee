// The whole appliance taking from an SFTP server: `steg up --once` as a process of its own, with a state and folders of its own.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Openssh } from "../test/peers/openssh.ts";
import { LIFECYCLE } from "./end-to-end.ts";

const steg = fileURLToPath(new URL("../bin/steg.js", import.meta.url));

export interface Taking {
  /** Until everything was archived at the server, which is when the legacy side sees that it was taken; start of the process included. */
  readonly taken: number;
  /** Until the process ended; undefined where it was not waited for. */
  readonly ended: number | undefined;
  readonly peakRssMiB: number;
}

export interface Job {
  /** Folder of the server. */
  readonly path: string;
  /** Of the bridge file, from `decode:` on. */
  readonly body: string;
  readonly connections: number;
  /** Says when all is archived. */
  readonly done: () => boolean;
  readonly waitForEnd: boolean;
  /** `--cpu-prof` and the like. */
  readonly flags?: readonly string[];
}

/** Times in seconds. */
export async function takeFrom(peer: Openssh, job: Job): Promise<Taking> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-"));
  const bridge = join(dir, "mappings", "messung");
  for (const folder of [bridge, join(dir, "data")]) mkdirSync(folder, { recursive: true });
  const login = `host: 127.0.0.1, port: ${peer.port}, user: ${peer.user}, privateKey: "\${file:${join(peer.folder, "user")}}", hostKey: "${peer.hostKey}"`;
  const what = `path: ${job.path}, files: "*.csv", settle: 0s, connections: ${job.connections}`;
  const receive = `receive:\n  sftp: { ${login}, ${what} }\n`;
  writeFileSync(
    join(bridge, "bridge.yaml"),
    `steg: 1\nbridge: messung\ntitle: Messung\n\n${LIFECYCLE}\n${receive}${job.body}`,
  );
  const flags = ["--dir", join(dir, "mappings"), "--state", join(dir, "state"), "--json"];
  const env = { ...process.env, STEG_DATA: join(dir, "data"), STEG_LOG: "error", STEG_LISTEN: "127.0.0.1:0" };
  const began = performance.now();
  const child = spawn(process.execPath, [...(job.flags ?? []), steg, "up", "--once", ...flags], {
    env,
    cwd: dir,
    stdio: ["ignore", process.env["TRACE"] ? "inherit" : "ignore", "inherit"],
  });
  const exited = new Promise<number | null>((resolve) => void child.once("exit", resolve));
  let peak = 0;
  try {
    while (!job.done()) {
      if (child.exitCode !== null) throw new Error(`steg up --once ended with ${child.exitCode} before all was taken`);
      peak = Math.max(peak, highWater(child.pid as number));
      await sleep(5);
    }
    const taken = (performance.now() - began) / 1_000;
    if (process.env["CPU"])
      console.error(
        "cpu of steg until taken, s:",
        readFileSync(`/proc/${child.pid}/stat`, "utf8")
          .split(") ")[1]!
          .split(" ")
          .slice(11, 13)
          .map((x) => Number(x) / 100),
      );
    if (!job.waitForEnd) return { taken, ended: undefined, peakRssMiB: peak };
    const watch = setInterval(() => (peak = Math.max(peak, highWater(child.pid as number))), 50);
    const code = await exited;
    clearInterval(watch);
    if (code !== 0 && code !== 2) throw new Error(`steg up --once ended with ${code}`);
    return { taken, ended: (performance.now() - began) / 1_000, peakRssMiB: peak };
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
    rmSync(dir, { recursive: true, force: true });
  }
}

function highWater(pid: number): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return 0;
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/u.exec(readFileSync(file, "utf8"))?.[1] ?? 0) / 1_024);
  } catch {
    return 0;
  }
}
