// A fleet of 300 appliances with three bridges each, asked over HTTPS once a minute; each has something new each time. What that costs the
// process of the fleet, and how long its pages take with 900 bridges. --quick: a round every ten seconds.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bench } from "./measure.ts";

const APPLIANCES = 300;
const BRIDGES = 3;
const ROUNDS = 3;
/** Ticks of /proc per second. */
const HERTZ = 100;
const PAGES = ["/", "/bruecken", "/klaerfaelle", "/anlagen"];
const TIMES = 15;
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
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
    const page = await signedIn(dir, url);
    await passes(5_000);
    const pid = fleet.pid ?? 0;
    const [before, from] = [ticks(pid), performance.now()];
    await passes(ROUNDS * every * 1_000);
    const seconds = (ticks(pid) - before) / HERTZ;
    const wall = (performance.now() - from) / 1_000;
    const perRound = seconds / ROUNDS;
    const idle = memory(pid);
    const pages = await pageTimes(page);
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

/** What a process has said when it has said this. */
async function said(child: ChildProcess, where: "stdout" | "stderr", what: RegExp): Promise<string> {
  let text = "";
  const stream = child[where];
  return await new Promise((resolve, reject) => {
    stream?.on("data", (chunk) => {
      text += String(chunk);
      if (what.test(text)) resolve(text);
    });
    child.on("exit", (code) => reject(new Error(`ended with ${code}: ${text.slice(-2_000)}`)));
  });
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

async function signedIn(dir: string, url: string): Promise<(path: string) => Promise<string>> {
  const made = execFileSync(
    process.execPath,
    [main, "token", "new", "messung", "--role", "viewer", "--state", "state"],
    { cwd: dir, stdio: ["ignore", "pipe", "ignore"] },
  );
  const cookiesOf = (response: Response): string =>
    response.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
  const form = await fetch(`${url}anmeldung`);
  const csrf = /name="csrf" value="([^"]+)"/.exec(await form.text())?.[1] ?? "";
  const body = new URLSearchParams({ csrf, token: String(made).trim() });
  const entered = await fetch(`${url}anmeldung`, {
    method: "POST",
    body,
    headers: { cookie: cookiesOf(form) },
    redirect: "manual",
  });
  const cookie = cookiesOf(entered);
  return async (path) => {
    const response = await fetch(new URL(path, url), { headers: { cookie } });
    const text = await response.text();
    if (!response.ok || !text.includes("Messung")) throw new Error(`${path} answered ${response.status}`);
    return text;
  };
}

/** Each after more than a second: what is put together for all pages is put together anew. */
async function pageTimes(page: (path: string) => Promise<string>): Promise<string> {
  const times = new Map<string, number[]>();
  const sizes = new Map<string, number>();
  for (let time = 0; time < TIMES; time++) {
    for (const path of PAGES) {
      await passes(1_050);
      const began = performance.now();
      sizes.set(path, (await page(path)).length);
      times.set(path, [...(times.get(path) ?? []), performance.now() - began]);
    }
  }
  return PAGES.map((path) => {
    const sorted = (times.get(path) ?? []).toSorted((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(0);
    return `${path} ${at(0.5)} ms (worst ${at(1)}, ${Math.round((sizes.get(path) ?? 0) / 1_000)} kB)`;
  }).join(", ");
}

function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  // utime and stime, fields 14 and 15.
  return Number(fields[11]) + Number(fields[12]);
}

function memory(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const of = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: of("VmRSS"), peak: of("VmHWM") };
}

async function passes(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
