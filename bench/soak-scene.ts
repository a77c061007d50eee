// The appliance of a soak: one `steg up` with four bridges whose payloads go after half a minute, so that purging happens all the time.

import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gone, listening, newToken, processorTime } from "./call-scene.ts";
import { LIFECYCLE } from "./end-to-end.ts";
import { shipped } from "./invoic.ts";
import { main } from "./page-process.ts";
import { bridge as callBridge, SCHEMA } from "./rest-rest.ts";

const RETENTION = "\nretention: { payload: 30s, dead: 2m }\n";

/** Rows of a CSV to an address, a batch of 500 as a request; GEBURT decides which row is a dead letter. */
const rowsBridge = (receiver: string): string => `receive:
  folder: { path: zeilen, files: "*.csv", settle: 1s, after: delete }
decode:
  csv: { delimiter: ";", encoding: utf-8, header: true }
map:
  json: { id: = ID, name: "= NAME & ', ' & VORNAME", geburt: "= $date(GEBURT, 'dd.MM.yyyy')", betrag: "= $decimal(BETRAG, '1.234,56')", text: = TEXT }
deliver:
  batch: { records: 500 }
  http: { url: "${receiver}/zeilen" }
${RETENTION}`;

const acceptedBridge = (receiver: string): string => `receive:
  rest: { method: POST, path: /antraege, async: true }
map:
  json: { nr: = nr }
deliver:
  http: { url: "${receiver}/antraege" }
${RETENTION}`;

/** The shipped bridge, which also answers with CONTRL. */
function invoices(): string {
  const text = readFileSync(join(shipped, "bridge.yaml"), "utf8");
  const answer = "answer:\n  folder: { path: invoic/quittungen, format: json }";
  if (!text.includes(answer)) throw new Error("the shipped bridge answers otherwise now");
  const own = text.replace("archive: archiv", "after: delete");
  return `${own.replace(answer, `${answer}\n  edifact: { control: true, path: invoic/contrl }`)}${RETENTION}`;
}

export interface Usage {
  /** MiB. */
  readonly resident: number;
  readonly proportional: number;
  readonly files: number;
  /** Bytes. */
  readonly journal: number;
  readonly wal: number;
  readonly spool: number;
}

/** As /metrics says it, summed over the bridges. */
export interface Counted {
  readonly drops: number;
  readonly delivered: number;
  readonly dead: number;
  readonly pending: number;
  readonly openDead: number;
}

export interface SoakAppliance {
  readonly pid: number;
  readonly origin: string;
  readonly token: string;
  /** Where the legacy side puts its files, and where results lie. */
  folder(name: "zeilen" | "invoic/eingang" | "invoic/ausgang" | "invoic/quittungen" | "invoic/contrl"): string;
  usage(): Usage;
  /** Milliseconds of the processor so far. */
  processor(): number;
  counted(): Promise<Counted>;
  /** Ends it in order. Its exit code, and the largest tables of the journal it leaves behind. */
  end(): Promise<{ readonly code: number | null; readonly tables: string }>;
  remove(): void;
}

export async function startSoakAppliance(service: string, receiver: string): Promise<SoakAppliance> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-soak-"));
  const state = join(dir, "state");
  const write = (bridge: string, body: string): void => {
    mkdirSync(join(dir, "mappings", bridge), { recursive: true });
    writeFileSync(
      join(dir, "mappings", bridge, "bridge.yaml"),
      `steg: 1\nbridge: ${bridge}\ntitle: Messung\n\n${LIFECYCLE}\n${body}`,
    );
  };
  write("zeilen", rowsBridge(receiver));
  write("antraege", acceptedBridge(receiver));
  write("auskunft", callBridge(service));
  mkdirSync(join(dir, "mappings", "auskunft", "schemas"));
  writeFileSync(join(dir, "mappings", "auskunft", "schemas", "frage.json"), SCHEMA);
  cpSync(shipped, join(dir, "mappings", "invoic-xrechnung"), { recursive: true });
  writeFileSync(join(dir, "mappings", "invoic-xrechnung", "bridge.yaml"), invoices());
  const data = join(dir, "data");
  for (const folder of ["zeilen", "invoic/eingang"]) mkdirSync(join(data, folder), { recursive: true });
  const env = { ...process.env, STEG_LISTEN: "127.0.0.1:0", STEG_LOG: "info", STEG_DATA: data };
  const child = spawn(process.execPath, [main, "up"], { cwd: dir, env, stdio: ["ignore", "ignore", "pipe"] });
  const origin = await listening(child);
  const pid = child.pid as number;
  return {
    pid,
    origin,
    token: await newToken(dir, env),
    folder: (name) => join(data, name),
    usage: () => ({ ...memoryAndFiles(pid), ...stateSizes(state) }),
    processor: () => processorTime(pid),
    counted: () => counted(origin),
    async end() {
      child.kill("SIGTERM");
      await gone(child);
      return { code: child.exitCode, tables: tables(join(state, "journal.db")) };
    },
    remove() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function memoryAndFiles(pid: number): Pick<Usage, "resident" | "proportional" | "files"> {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const of = (what: string): number => Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1_024;
  return { resident: of("Rss"), proportional: of("Pss"), files: readdirSync(`/proc/${pid}/fd`).length };
}

function stateSizes(state: string): Pick<Usage, "journal" | "wal" | "spool"> {
  const size = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
  let spool = 0;
  for (const entry of readdirSync(join(state, "spool"), { recursive: true, withFileTypes: true })) {
    // It may go in this very moment.
    if (entry.isFile()) spool += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return { journal: size(join(state, "journal.db")), wal: size(join(state, "journal.db-wal")), spool };
}

async function counted(origin: string): Promise<Counted> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const sum = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
  return {
    drops: sum(/^steg_drops_total\{[^}]*\} (\d+)/gm),
    delivered: sum(/^steg_records_total\{[^}]*outcome="delivered"[^}]*\} (\d+)/gm),
    dead: sum(/^steg_records_total\{[^}]*outcome="dead"[^}]*\} (\d+)/gm),
    pending: sum(/^steg_records_pending\{[^}]*\} (\d+)/gm),
    openDead: sum(/^steg_dead_letters_open\{[^}]*\} (\d+)/gm),
  };
}

/** The six largest, indexes with their tables. */
function tables(path: string): string {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = db
      .prepare(
        `SELECT s.tbl_name AS name, sum(d.pgsize) AS bytes FROM dbstat d JOIN sqlite_schema s ON s.name = d.name
         GROUP BY s.tbl_name ORDER BY bytes DESC LIMIT 6`,
      )
      .all() as unknown as readonly { readonly name: string; readonly bytes: number }[];
    const rowsOf = (name: string): number =>
      (db.prepare(`SELECT count(*) AS n FROM "${name}"`).get() as { readonly n: number }).n;
    return rows.map(({ name, bytes }) => `${name} ${rowsOf(name)} rows ${Math.round(bytes / 1_024)} KiB`).join(", ");
  } finally {
    db.close();
  }
}
