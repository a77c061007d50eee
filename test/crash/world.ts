// A small world to crash in: one bridge, CSV → JSON over HTTP, the real process, and a receiver that outlives it.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

export interface World {
  readonly dir: string;
  readonly drops: string;
  readonly state: string;
  readonly receipts: string;
  /** Starts the appliance; `wrap` stands before the command (strace). */
  start(args: readonly string[], wrap?: readonly string[]): ChildProcess;
  /** Runs to the end of all that is there. */
  once(
    patience?: string,
  ): Promise<{ readonly code: number | null; readonly summary: Summary; readonly stderr: string }>;
  command(
    args: readonly string[],
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  remove(): void;
}

export interface Summary {
  readonly bridges: readonly {
    readonly bridge: string;
    readonly drops: number;
    readonly records: number;
    readonly delivered: number;
    readonly dead: number;
    readonly pending: number;
  }[];
}

export interface WorldOptions {
  readonly url: string;
  /** The rest of `deliver:`, each line indented by two. */
  readonly deliver?: string;
  /** More top-level keys. */
  readonly more?: string;
  readonly map?: string;
  /** Where state and data live; a temporary folder otherwise. */
  readonly at?: string;
}

const BRIDGE = (options: WorldOptions): string => `steg: 1
bridge: crash
title: Absturzprobe

lifecycle:
  legacy: { system: Probe 1 }
  owner: { name: Probe, email: probe@stadt.example }
  reason: Zum Abstürzen da.
  personalData: none
  successor: { title: Nachfolger, url: https://neu.example/ }
  plan:
    - { by: 2027-03-31, goal: Probe }
  started: 2026-11-02
  deprecated: 2027-04-01
  sunset: 2027-11-16

receive:
  folder: { path: in, files: "*.csv", marker: "{name}.fertig", archive: archiv }

decode:
  csv: { delimiter: ";", encoding: utf-8, header: true }

map:
${options.map ?? "  json: { id: = ID, name: = NAME, betrag: \"= $decimal(BETRAG, '1.234,56')\" }"}

deliver:
${options.deliver ?? "  retry: { first: 20ms, most: 200ms, attempts: 50 }\n  inFlight: 8"}
  http: { url: "${options.url}", timeout: 5s }

answer:
  folder: { path: quittungen, format: json }
${options.more ?? ""}`;

export function createWorld(options: WorldOptions): World {
  const dir = options.at ?? mkdtempSync(join(tmpdir(), "steg-crash-"));
  const bridgeDir = join(dir, "mappings", "crash");
  const drops = join(dir, "data", "in");
  mkdirSync(bridgeDir, { recursive: true });
  mkdirSync(drops, { recursive: true });
  writeFileSync(join(bridgeDir, "bridge.yaml"), BRIDGE(options));
  const state = join(dir, "state");
  const env = {
    ...process.env,
    STEG_DATA: join(dir, "data"),
    STEG_LISTEN: "127.0.0.1:0",
    STEG_LOG: "warn",
    NO_COLOR: "1",
  };
  const flags = ["--dir", join(dir, "mappings"), "--state", state];

  function start(args: readonly string[], wrap: readonly string[] = []): ChildProcess {
    const command = [...wrap, process.execPath, main, ...args, ...flags];
    return spawn(command[0] as string, command.slice(1), { env, stdio: ["ignore", "pipe", "pipe"], cwd: dir });
  }

  function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  }

  return {
    dir,
    drops,
    state,
    receipts: join(dir, "data", "quittungen"),
    start,
    async once(patience = "20s") {
      const { code, stdout, stderr } = await finish(start(["up", "--once", "--json", "--patience", patience]));
      return { code, summary: (stdout.trim() ? JSON.parse(stdout) : { bridges: [] }) as Summary, stderr };
    },
    command: (args) => finish(start(args)),
    remove() {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A drop of `count` records, with its marker; ids begin at `from`. */
export function putDrop(world: World, name: string, count: number, from = 1): void {
  const lines = ["ID;NAME;BETRAG"];
  for (let id = from; id < from + count; id++)
    lines.push(`${id};Name ${id};1.${String(id % 1000).padStart(3, "0")},50`);
  writeFileSync(join(world.drops, name), `${lines.join("\n")}\n`);
  writeFileSync(join(world.drops, `${name}.fertig`), "");
}

/** Names of files below a folder that are not receipts or archives: temporary files that a crash left behind. */
export function leftovers(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.part$|\.tmp$|(?:^|\/)\.steg/.test(name),
  );
}
