// A fleet of 300 appliances with three bridges each, asked over HTTPS once a minute; each has something new each time. What that costs the
// process of the fleet, and how long its pages take with 900 bridges. --quick: a round every ten seconds.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench } from "./measure.ts";
import { HERTZ, main, memory, pageTimes, passes, said, signedIn, ticks } from "./page-process.ts";

const APPLIANCES = 300;
const BRIDGES = 3;
const ROUNDS = 3;
const PAGES = ["/", "/bruecken", "/klaerfaelle", "/anlagen"];
const TIMES = 15;
const appliances = fileURLToPath(new URL("fleet-appliances.ts", import.meta.url));

const run: Bench = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-fleet-"));
  const children: ChildProcess[] = [];
  const start = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, args, {
      cwd: dir,
      env: { ...process.env, STEG_LISTEN: "127.0.0.1:0" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    return child;
  };
  try {
    const every = quick ? 10 : 60;
    await writeFleet(dir, every, start);
    const began = performance.now();
    const fleet = start(main, "fleet", "fleet.yaml", "--state", "state");
    const url = /"listen":"([^"]+)"/.exec(await said(fleet, "stderr", /"fleet\.started"[^\n]*\n/))?.[1] ?? "";
    const first = await firstRound(url, began);
    const page = await signedIn(dir, url, "Messung");
    await passes(5_000);
    const pid = fleet.pid ?? 0;
    const [before, from] = [ticks(pid), performance.now()];
    await passes(ROUNDS * every * 1_000);
    const seconds = (ticks(pid) - before) / HERTZ;
    const wall = (performance.now() - from) / 1_000;
    const perRound = seconds / ROUNDS;
    const idle = memory(pid);
    const { text: pages } = await pageTimes(page, PAGES, TIMES);
    const { now, peak } = memory(pid);
    return {
      name: "fleet",
      ours: 60 / perRound,
      floor: 1,
      floorName: "one a minute is asked for",
      unit: "rounds a minute that one core could do",
      peakRssMiB: peak,
      note: `${APPLIANCES} appliances × ${BRIDGES} bridges: ${perRound.toFixed(2)} s CPU a round, ${((100 * seconds) / wall).toFixed(1)} % of one core at one round per ${every} s; all known after ${(first / 1_000).toFixed(1)} s; ${idle.now} MiB at rest, ${now} MiB after pages; median of ${TIMES}: ${pages}`,
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
};
export default run;

async function writeFleet(dir: string, every: number, start: (...args: string[]) => ChildProcess): Promise<void> {
  const openssl = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", [...openssl, ...names, "-keyout", "key.pem", "-out", "cert.pem"], {
    cwd: dir,
    stdio: "ignore",
  });
  const child = start(appliances, String(APPLIANCES), String(BRIDGES), join(dir, "cert.pem"), join(dir, "key.pem"));
  const listening = JSON.parse(await said(child, "stdout", /\n/)) as readonly { port: number; publicKey: string }[];
  const entries = listening.map(
    ({ port, publicKey }, at) =>
      `  - { name: anlage-${at}, title: Kommune ${at}, url: "https://127.0.0.1:${port}", token: "\${file:token}", ca: cert.pem, publicKey: ${publicKey}, tags: { kreis: Kreis ${at % 20}, verfahren: Gewerbe } }\n`,
  );
  writeFileSync(join(dir, "token"), "steg_bench\n");
  const text = `fleet: 1\nname: Messung\nevery: ${every}s\nappliances:\n${entries.join("")}`;
  writeFileSync(join(dir, "fleet.yaml"), text);
}

async function firstRound(url: string, began: number): Promise<number> {
  for (;;) {
    const text = await (await fetch(`${url}metrics`)).text();
    if ([...text.matchAll(/^steg_fleet_appliance_up\{[^}]*\} 1$/gm)].length === APPLIANCES)
      return performance.now() - began;
    if (performance.now() - began > 120_000) throw new Error("not all appliances were heard within two minutes");
    await passes(200);
  }
}
