// A small world to crash in: one bridge, CSV → JSON, the real process, and a target that outlives it.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { headOf, POLICY } from "../bridge-head.ts";
import { CACHE, program } from "../program.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Once {
  readonly code: number | null;
  readonly summary: Summary;
  readonly stderr: string;
}

export interface World {
  readonly dir: string;
  readonly drops: string;
  readonly state: string;
  readonly data: string;
  readonly receipts: string;
  /** Writes the bridge file anew; what is not given stays as it was. */
  bridge(changes: Partial<BridgeText>): void;
  /** Starts the appliance; `wrap` stands before the command (strace). */
  start(args: readonly string[], wrap?: readonly string[]): ChildProcess;
  /** Runs to the end of all that is there. */
  once(patience?: string): Promise<Once>;
  command(args: readonly string[]): Promise<Ended>;
  /** The same with `--json`, parsed; throws where it says no JSON. */
  json<T>(args: readonly string[]): Promise<T>;
  remove(): void;
}

export interface Summary {
  readonly bridges: readonly {
    readonly bridge: string;
    readonly drops: number;
    readonly records: number;
    readonly delivered: number;
    readonly skipped: number;
    readonly dead: number;
    readonly pending: number;
  }[];
}

/** What differs between the worlds; each text is YAML as it stands in the file. */
export interface BridgeText {
  /** What stands below `receive:`, indented by two. */
  readonly receive: string;
  /** The target below `deliver:`, indented by two. */
  readonly target: string;
  /** The rest of `deliver:`, indented by two. */
  readonly deliver: string;
  /** Below `map:`, indented by two. */
  readonly map: string;
  /** The rest of `receive:`, indented by two. */
  readonly beside: string;
  /** More top-level keys. */
  readonly more: string;
}

export interface WorldOptions extends Partial<BridgeText> {
  /** Address of an HTTP target; in place of `target`. */
  readonly url?: string;
  /** Where the state lives; in the world's own folder otherwise. */
  readonly state?: string;
  /** Where the data lives; in the world's own folder otherwise. */
  readonly data?: string;
}

const bridgeFile = (text: BridgeText): string => `${headOf("crash", { title: "Absturzprobe" })}
receive:
${text.receive}
${text.beside}

decode:
  csv: { delimiter: ";", encoding: utf-8, header: true }

map:
${text.map}

deliver:
${text.deliver}
${text.target}

answer:
  folder: { path: quittungen, format: json }
${text.more}`;

export const PLAIN: BridgeText = {
  receive: '  folder: { path: in, files: "*.csv", marker: "{name}.fertig", archive: archiv, every: 200ms }',
  target: "",
  deliver: "  retry: { first: 20ms, most: 200ms, attempts: 50 }\n  inFlight: 8",
  map: "  json: { id: = ID, name: = NAME, betrag: \"= $decimal(BETRAG, '1.234,56')\" }",
  beside: "",
  more: "",
};

/** The lines of an HTTP target. */
export function httpTarget(url: string, timeout = "5s"): string {
  return `  http: { url: "${url}", timeout: ${timeout} }`;
}

export function finish(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })));
}

export async function waitFor(what: string, check: () => boolean | Promise<boolean>, most = 45_000): Promise<void> {
  const until = Date.now() + most;
  while (!(await check())) {
    if (Date.now() > until) throw new Error(`waited ${most / 1_000} s in vain for: ${what}`);
    await sleep(20);
  }
}

export function createWorld(options: WorldOptions): World {
  const { url, state: stateAt, data: dataAt, ...changes } = options;
  const dir = mkdtempSync(join(tmpdir(), "steg-crash-"));
  const data = dataAt ?? join(dir, "data");
  const state = stateAt ?? join(dir, "state");
  const drops = join(data, "in");
  for (const folder of [join(dir, "mappings", "crash"), join(dir, "sunset"), drops])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(dir, "sunset", "policy.yaml"), POLICY);
  let text: BridgeText = { ...PLAIN, ...(url !== undefined && { target: httpTarget(url) }), ...changes };
  const bridge = (more: Partial<BridgeText>): void => {
    text = { ...text, ...more };
    writeFileSync(join(dir, "mappings", "crash", "bridge.yaml"), bridgeFile(text));
  };
  bridge({});
  const env = {
    ...process.env,
    ...CACHE,
    STEG_DATA: data,
    STEG_LISTEN: "127.0.0.1:0",
    STEG_LOG: "info",
    NO_COLOR: "1",
  };
  const flags = ["--dir", join(dir, "mappings"), "--state", state];
  const children: ChildProcess[] = [];

  function start(args: readonly string[], wrap: readonly string[] = []): ChildProcess {
    const command = [...wrap, process.execPath, program, ...args, ...flags];
    const child = spawn(command[0] as string, command.slice(1), { env, stdio: ["ignore", "pipe", "pipe"], cwd: dir });
    children.push(child);
    return child;
  }

  const command = (args: readonly string[]): Promise<Ended> => finish(start(args));

  return {
    dir,
    drops,
    state,
    data,
    receipts: join(data, "quittungen"),
    bridge,
    start,
    async once(patience = "20s") {
      const { code, stdout, stderr } = await command(["up", "--once", "--json", "--patience", patience]);
      return { code, summary: (stdout.trim() ? JSON.parse(stdout) : { bridges: [] }) as Summary, stderr };
    },
    command,
    async json<T>(args: readonly string[]) {
      const { stdout, stderr } = await command([...args, "--json"]);
      try {
        return JSON.parse(stdout) as T;
      } catch {
        throw new Error(`no JSON from steg ${args.join(" ")}: ${stdout}${stderr}`);
      }
    },
    remove() {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/**
 * A drop of `count` records, with its marker; ids begin at `from`. Names repeat, so that they can be a key; `more` bytes that
 * nobody reads make each record longer.
 */
export function putDrop(world: Pick<World, "drops">, name: string, count: number, from = 1, more = 0): void {
  const lines = ["ID;NAME;BETRAG;REST"];
  for (let id = from; id < from + count; id++)
    lines.push(`${id};Name ${id % 37};1.${String(id % 1000).padStart(3, "0")},50;${"x".repeat(more)}`);
  writeFileSync(join(world.drops, name), `${lines.join("\n")}\n`);
  writeFileSync(join(world.drops, `${name}.fertig`), "");
}

/** Names of files below a folder that are not receipts or archives: temporary files that a crash left behind. */
export function leftovers(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.part$|\.tmp$|(?:^|\/)\.steg/.test(name),
  );
}

export interface ReceiptFile {
  readonly datei: string;
  readonly vorgang: string;
  readonly stand: string;
  readonly saetze: { readonly gesamt: number; readonly zugestellt: number; readonly klaerfaelle: number };
}

export function receiptsOf(world: World): ReceiptFile[] {
  return readdirSync(world.receipts)
    .filter((name) => name.endsWith(".quittung.json"))
    .map((name) => JSON.parse(readFileSync(join(world.receipts, name), "utf8")) as ReceiptFile);
}
