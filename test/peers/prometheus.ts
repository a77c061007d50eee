// A Prometheus server on loopback that scrapes one address every 200 ms, from the system or unpacked by test/peers/install.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, listening } from "./php-soap-server.ts";

const UNPACKED = fileURLToPath(
  new URL("../../node_modules/.cache/peers/prometheus/usr/bin/prometheus", import.meta.url),
);
const PROGRAM = [UNPACKED, "/usr/bin/prometheus"].find((path) => existsSync(path));

/** Why there is none here; undefined = there is one. */
export const prometheusMissing = PROGRAM === undefined ? "prometheus is not there" : undefined;

export interface PrometheusPeer {
  readonly origin: string;
  close(): Promise<void>;
}

/** `target`: host:port whose /metrics are scraped, as job `neu`. */
export async function startPrometheus(target: string): Promise<PrometheusPeer> {
  if (PROGRAM === undefined) throw new Error(prometheusMissing);
  const folder = mkdtempSync(join(tmpdir(), "steg-prometheus-"));
  const job = { job_name: "neu", static_configs: [{ targets: [target] }] };
  const config = { global: { scrape_interval: "200ms", scrape_timeout: "200ms" }, scrape_configs: [job] };
  // YAML takes JSON.
  writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
  const port = await freePort();
  const options = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--log.level=error",
  ];
  const child = spawn(PROGRAM, options, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await listening(port);
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
