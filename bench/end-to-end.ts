// The whole appliance as a process of its own: a drop in a folder, `steg up --once`, results durable in a folder.

import { createWriteStream, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { clearAway } from "./clear-away.ts";
import { measureProcess, type ProcessFigures } from "./measure.ts";

const steg = fileURLToPath(new URL("../bin/steg.js", import.meta.url));

/** Twelve columns of the kind that municipal files have; about 110 bytes a row, UTF-8, semicolons, every tenth row quoted. */
export const HEADER = "ID;NAME;VORNAME;GEBURT;STRASSE;NR;PLZ;ORT;BETRAG;STATUS;DATUM;TEXT";

export function row(n: number): string {
  const day = String((n % 28) + 1).padStart(2, "0");
  const month = String((n % 12) + 1).padStart(2, "0");
  const text = n % 10 === 0 ? `"Zeile; mit ""Anführung"" ${n}"` : `Vermerk ${n}`;
  return `${n};Müller${n % 977};Änne;${day}.${month}.${1940 + (n % 60)};Lindenstraße;${(n % 200) + 1};0${1000 + (n % 8999)};Musterstadt;${n % 9999},${String(n % 100).padStart(2, "0")};${n % 3 === 0 ? "N" : "J"};${day}.${month}.2026;${text}`;
}

export type RowEncoding = "utf-8" | "windows-1252";

/** Writes a file of `rows` records; the same bytes for the same number. */
export async function writeRows(path: string, rows: number, encoding: RowEncoding = "utf-8"): Promise<void> {
  // What these rows have of windows-1252 has the same bytes there.
  const as = encoding === "utf-8" ? "utf8" : "latin1";
  const file = createWriteStream(path, { highWaterMark: 1 << 20 });
  file.write(`${HEADER}\n`);
  for (let n = 1; n <= rows;) {
    const lines: string[] = [];
    for (let i = 0; i < 2_000 && n <= rows; i++, n++) lines.push(row(n));
    if (!file.write(`${lines.join("\n")}\n`, as)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

/** A drop on the disk, made once and linked into as many jobs as are run over it. */
export interface Input {
  readonly path: string;
  readonly rows: number;
  readonly encoding: RowEncoding;
  remove(): void;
}

export async function createInput(rows: number, encoding: RowEncoding = "utf-8"): Promise<Input> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-input-"));
  const path = join(dir, "messung.csv");
  await writeRows(path, rows, encoding);
  return { path, rows, encoding, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export interface Run extends ProcessFigures {
  /** Records delivered per second, the start of the process included. */
  readonly rate: number;
}

/**
 * Runs `steg up --once` over the input with a state and folders of its own; throws where not every record was delivered. `body`
 * is all of the bridge file from `map:` on, `files` what lies beside it, `flags` are Node's.
 */
export async function runJob(
  input: Input,
  body: string,
  {
    files = {},
    flags = [],
    env = {},
    program = steg,
    inspect,
  }: {
    readonly files?: Readonly<Record<string, string>>;
    readonly flags?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    /** The launcher; the checkout's where absent. */
    readonly program?: string;
    /** Is shown the data folder before it goes. */
    readonly inspect?: (dataDir: string) => void;
  } = {},
): Promise<Run> {
  const job = createJob(body, files, input.encoding);
  try {
    linkSync(input.path, job.input);
    const { summary, ...figures } = await job.run(program, flags, env);
    const delivered = summary.bridges[0]?.delivered;
    if (delivered !== input.rows) throw new Error(`${delivered} of ${input.rows} records were delivered`);
    inspect?.(dirname(dirname(job.input)));
    return { ...figures, rate: input.rows / figures.seconds };
  } finally {
    job.remove();
  }
}

/** The first start of a checkout strips the types of all modules and keeps the result; that is not what is measured here. */
export async function warmUp(body: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
  const input = await createInput(2);
  try {
    await runJob(input, body, { files });
  } finally {
    input.remove();
  }
}

interface Job {
  /** Where the drop has to lie. */
  readonly input: string;
  run(
    program: string,
    flags: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ProcessFigures & { readonly summary: Summary }>;
  remove(): void;
}

interface Summary {
  readonly bridges: readonly {
    readonly records: number;
    readonly delivered: number;
    readonly dead: number;
    readonly pending: number;
  }[];
}

export const LIFECYCLE = `lifecycle:
  legacy: { system: Messung }
  owner: { name: Messung, email: messung@stadt.example }
  reason: Zum Messen da.
  personalData: none
  successor: { title: keiner, url: https://neu.example/ }
  plan:
    - { by: 2027-03-31, goal: gemessen }
  started: 2026-11-02
  deprecated: 2027-04-01
  sunset: 2027-11-16
`;

/** Writes a bridge over one folder with what lies beside its file; answers the path of the bridge file. */
export function writeBridge(
  dir: string,
  body: string,
  files: Readonly<Record<string, string>>,
  encoding: RowEncoding = "utf-8",
): string {
  const bridge = join(dir, "mappings", "messung");
  mkdirSync(bridge, { recursive: true });
  const text = `steg: 1
bridge: messung
title: Messung

${LIFECYCLE}
receive:
  folder: { path: in, files: "*.csv", marker: "{name}.fertig", after: keep }

decode:
  csv: { delimiter: ";", encoding: ${encoding}, header: true }

${body}`;
  const file = join(bridge, "bridge.yaml");
  writeFileSync(file, text);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(bridge, name), content);
  return file;
}

function createJob(body: string, files: Readonly<Record<string, string>>, encoding: RowEncoding): Job {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-"));
  mkdirSync(join(dir, "data", "in"), { recursive: true });
  writeBridge(dir, body, files, encoding);
  const input = join(dir, "data", "in", "messung.csv");
  return {
    input,
    async run(program, nodeFlags, more) {
      writeFileSync(`${input}.fertig`, "");
      const flags = ["--dir", join(dir, "mappings"), "--state", join(dir, "state"), "--json"];
      const env = { STEG_DATA: join(dir, "data"), STEG_LOG: "error", STEG_LISTEN: "127.0.0.1:0", ...more };
      const figures = await measureProcess(
        [process.execPath, ...nodeFlags, program, "up", "--once", ...flags],
        env,
        dir,
      );
      if (figures.code !== 0) throw new Error(`steg up --once ended with ${figures.code}`);
      return { ...figures, summary: JSON.parse(figures.stdout) as Summary };
    },
    remove: () => clearAway(dir),
  };
}

/** csv-parse alone making objects of the file, in this process: the floor. Rows per second. */
export async function csvParseObjects(path: string): Promise<number> {
  const { createReadStream } = await import("node:fs");
  const { parse } = await import("csv-parse");
  const started = process.hrtime.bigint();
  let rows = 0;
  const parser = createReadStream(path).pipe(parse({ delimiter: ";", columns: true }));
  for await (const record of parser as AsyncIterable<object>) if (record) rows++;
  return rows / (Number(process.hrtime.bigint() - started) / 1e9);
}
