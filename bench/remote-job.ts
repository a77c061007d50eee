// A running appliance that takes from an SFTP server: `steg up` as a process of its own, with a state and folders of its own.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Openssh } from "../test/peers/openssh.ts";
import { LIFECYCLE } from "./end-to-end.ts";

const steg = fileURLToPath(new URL("../bin/steg.js", import.meta.url));

const RECORDS = `decode: { csv: { delimiter: ";", header: true } }
map:
  json: { id: = ID }
deliver:
  batch: { drop: true }
  folder: { path: out, name: "{$file.stem}.json" }
`;
const AS_IT_IS = `deliver:
  folder: { path: out, name: "{$file.stem}.csv" }
`;

export interface Taker {
  /** Rejects where the appliance ends before. */
  until(done: () => boolean): Promise<void>;
  peakRssMiB(): number;
  /** Kills it and removes what it had. */
  end(): Promise<void>;
}

export interface Job {
  /** Folder of the server. */
  readonly path: string;
  readonly connections: number;
  /** Rows of a CSV become one growing file; else each file goes on as it is. */
  readonly decode: boolean;
}

/** Resolves when the appliance serves, which is a moment after it began to look. */
export async function startTaking(peer: Openssh, { path, connections, decode }: Job): Promise<Taker> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-"));
  const bridge = join(dir, "mappings", "messung");
  for (const folder of [bridge, join(dir, "data")]) mkdirSync(folder, { recursive: true });
  const key = `"\${file:${join(peer.folder, "user")}}"`;
  const login = `host: 127.0.0.1, port: ${peer.port}, user: ${peer.user}, privateKey: ${key}, hostKey: "${peer.hostKey}"`;
  const what = `path: ${path}, files: "*.csv", settle: 0s, every: 100ms, connections: ${connections}`;
  const head = `steg: 1\nbridge: messung\ntitle: Messung\n\n${LIFECYCLE}\nreceive:\n  sftp: { ${login}, ${what} }\n`;
  writeFileSync(join(bridge, "bridge.yaml"), `${head}${decode ? RECORDS : AS_IT_IS}`);
  const env = { ...process.env, STEG_DATA: join(dir, "data"), STEG_LOG: "info", STEG_LISTEN: "127.0.0.1:0" };
  const child = spawn(process.execPath, [steg, "up", "--dir", join(dir, "mappings"), "--state", join(dir, "state")], {
    env,
    cwd: dir,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (!said.includes("appliance.started")) said += text;
  });

  async function until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (child.exitCode !== null) throw new Error(`steg up ended with ${child.exitCode}: ${said.slice(0, 500)}`);
      await sleep(5);
    }
  }

  await until(() => said.includes("appliance.started"));
  return {
    until,
    peakRssMiB() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Math.round(Number(/VmHWM:\s+(\d+)/u.exec(status)?.[1] ?? 0) / 1_024);
    },
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
