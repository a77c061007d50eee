// A world to prove the engine in: bridges of any text, the real command line, and what people see of it afterwards.
//
// Commands run in the test's own process (run-here.ts). Where streams, signals or memory of a process matter, `spawn` starts a real one.

import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Dates, headOf, POLICY, RUNNING } from "../bridge-head.ts";
import { CACHE, launcher } from "../program.ts";
import { runHere } from "../run-here.ts";

export { DEPRECATED, ENDED, inDays, PLANNED, RUNNING, type Dates } from "../bridge-head.ts";

/** The head of a bridge file; everything from `receive` on is the test's own. */
export function head(name: string, dates: Dates = RUNNING): string {
  return headOf(name, { title: `Probe ${name}`, dates });
}

/** Files are complete when their marker lies beside them: no test waits for them to settle. */
export const RECEIVE = `receive:
  folder: { path: in, files: ["*.csv", "*.txt", "*.xml", "*.bin", "*.json"], marker: "{name}.fertig", archive: archiv }
`;
export const CSV = `decode:
  csv: { delimiter: ";", encoding: utf-8, header: true }
`;
export const RECEIPTS = `answer:
  folder: { path: quittungen, format: json }
`;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Figures {
  readonly bridge: string;
  readonly drops: number;
  readonly records: number;
  readonly delivered: number;
  readonly skipped: number;
  readonly dead: number;
  readonly pending: number;
}

export interface DropLine {
  readonly id: string;
  readonly bridge: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly state: string;
  readonly records: number | null;
  readonly delivered: number;
  readonly dead: number;
  readonly pending: number | null;
}

export interface DeadLine {
  readonly id: string;
  readonly drop: string;
  readonly record: number;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
}

export interface ReceiptText {
  readonly datei: string;
  readonly vorgang: string;
  readonly stand: string;
  readonly sha256: string;
  readonly angenommen: string;
  readonly ersteLieferung: {
    readonly vorgang: string;
    readonly datei: string | null;
    readonly angenommen: string;
  } | null;
  readonly saetze: Readonly<
    Record<"gesamt" | "zugestellt" | "uebersprungen" | "klaerfaelle" | "inArbeit", number | null>
  >;
  readonly klaerfaelle: readonly {
    readonly satz: number;
    readonly bisSatz: number;
    readonly zeile: number;
    readonly stufe: string;
    readonly code: string;
    readonly grund: string;
  }[];
  readonly hinweise: readonly string[];
}

export interface World {
  readonly dir: string;
  readonly state: string;
  path(...parts: string[]): string;
  /** A file of the world, folders included. */
  write(name: string, content: string | Uint8Array): void;
  /** `mappings/<bridge>/…` */
  bridge(name: string, yaml: string, files?: Readonly<Record<string, string>>): void;
  /** A finished drop with its marker. */
  put(name: string, content: string | Uint8Array): void;
  /** `up --once --json`. */
  once(
    patience?: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<Ended & { readonly bridges: readonly Figures[] }>;
  steg(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  json<T>(args: readonly string[]): Promise<T>;
  drops(): Promise<readonly DropLine[]>;
  dead(): Promise<readonly DeadLine[]>;
  /** Newest last. */
  receipts(folder?: string): readonly ReceiptText[];
  /** Contents of a data folder by name, without what is under way. */
  files(folder: string): ReadonlyMap<string, string>;
  /** A command as a process of its own, to its end, or running on. */
  spawn(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess;
  remove(): void;
}

export function createWorld(): World {
  const dir = mkdtempSync(join(tmpdir(), "steg-engine-"));
  const path = (...parts: string[]): string => join(dir, ...parts);
  const flags = ["--dir", path("mappings"), "--state", path("state")];
  const children = new Set<ChildProcess>();

  function write(name: string, content: string | Uint8Array): void {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), content);
  }

  const environment = (more: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
    PATH: process.env["PATH"] ?? "",
    HOME: dir,
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    STEG_DATA: path("data"),
    STEG_LISTEN: "127.0.0.1:0",
    STEG_LOG: "warn",
    ...CACHE,
    ...more,
  });

  function start(args: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess {
    const options = {
      env: environment(more),
      stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"],
      cwd: dir,
    };
    const child = spawn(process.execPath, [launcher, ...args, ...flags], options);
    children.add(child);
    child.on("close", () => children.delete(child));
    return child;
  }

  function spawned(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
    const child = start(args, env);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  }

  async function steg(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return await runHere([...args, ...flags], { cwd: dir, env: environment(more) });
  }

  async function json<T>(args: readonly string[]): Promise<T> {
    const end = await steg([...args, "--json"]);
    try {
      return JSON.parse(end.stdout) as T;
    } catch {
      throw new Error(`no JSON from steg ${args.join(" ")}: ${end.code} ${end.stdout}${end.stderr}`);
    }
  }

  function files(folder: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    let names: string[] = [];
    try {
      names = readdirSync(path("data", folder), { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.startsWith(".steg"))
        .map((entry) => entry.name)
        .toSorted();
    } catch {
      // Nothing was written there yet.
    }
    for (const name of names) found.set(name, readFileSync(path("data", folder, name), "utf8"));
    return found;
  }

  write("sunset/policy.yaml", POLICY);
  mkdirSync(path("data", "in"), { recursive: true });
  return {
    dir,
    state: path("state"),
    path,
    write,
    start,
    steg,
    spawn: spawned,
    json,
    bridge(name, yaml, files = {}) {
      write(`mappings/${name}/bridge.yaml`, yaml);
      for (const [file, content] of Object.entries(files)) write(`mappings/${name}/${file}`, content);
    },
    put(name, content) {
      write(`data/in/${name}`, content);
      const earlier = new Date(Date.now() - 60_000);
      utimesSync(path("data", "in", name), earlier, earlier);
      write(`data/in/${name}.fertig`, "");
    },
    async once(patience = "20s", env) {
      const end = await steg(["up", "--once", "--json", "--patience", patience], env);
      const { bridges } = (end.stdout.trim() ? JSON.parse(end.stdout) : { bridges: [] }) as { bridges: Figures[] };
      if (bridges.length === 0) throw new Error(`no bridge ran: ${end.code} ${end.stdout}${end.stderr}`);
      return { ...end, bridges };
    },
    drops: () => json(["drops"]),
    dead: () => json(["dead"]),
    receipts(folder = "quittungen") {
      return [...files(folder).values()]
        .map((text) => JSON.parse(text) as ReceiptText)
        .toSorted((a, b) => (a.vorgang < b.vorgang ? -1 : 1));
    },
    files,
    remove() {
      for (const child of children) child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
