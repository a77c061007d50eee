// INVOIC D.14B → XRechnung with the shipped bridge mappings/invoic-xrechnung: invented invoices of ten lines, about 2.5 KB each.
//
//   invoic           `steg up --once` over one interchange of them, start to exit, a durable file per invoice
//   invoic-pipeline  the same invoices decoded and mapped in this process, written nowhere
//
// Floor: the package `edifact` parses the same file in this process, its segments of each message become JSON.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { adapters, encoderNamed } from "../src/adapters/registry.ts";
import { loadBridge } from "../src/core/bridge/load.ts";
import type { AdapterContext } from "../src/core/contract.ts";
import { builtInPolicy } from "../src/core/lifecycle/policy.ts";
import { dryRun } from "../src/core/pipeline/dry-run.ts";
import type { Bench, Measured, ProcessFigures } from "./measure.ts";
import { measureProcess } from "./measure.ts";
import { measureShares } from "./shares.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const shipped = join(root, "mappings", "invoic-xrechnung");
const FLOOR_NAME = "the package edifact parses, JSON.stringify";
const LINES = 10;
/** A date on which the bridge is in force, whatever today is. */
const NOW = Date.parse("2026-12-01T12:00:00Z");

const HEAD = [
  "DTM+137:20261105:102",
  "DTM+35:20261103:102",
  "FTX+AAI+++Lieferung nach Rahmenvertrag",
  "FTX+DOC++P1+urn?:cen.eu?:en16931?:2017",
  "RFF+CT:RV-2025-07",
  "RFF+ON:BE-4711",
  "NAD+SE+4000001000005:0088++Streusalz Muster GmbH+Am Salzlager 7+Musterhafen++24999+DE",
  "FII+RB+DE02120300000000202051:Streusalz Muster GmbH+BYLADEM1001",
  "RFF+VA:DE999999994",
  "CTA+SU+:Änne Groß",
  "COM+?+49 4999 12345:TE",
  "COM+a.gross@streusalz-muster.example:EM",
  "NAD+BY+4000002000004:0088++Stadt Musterstadt+Marktplatz 1+Musterstadt++54321+DE",
  "CUX+2:EUR",
  "PYT+1",
  "DTM+13:20261205:102",
  "PYT+1",
  "PAI+::58",
];

/** Net 50.00 a line; `quantity` where one of them shall be wrong. */
function invoice(number: number, quantity: string): string {
  const segments = [`UNH+${number}+INVOIC:D:14B:UN::16B`, `BGM+380+RE-${number}`, ...HEAD];
  for (let line = 1; line <= LINES; line++) {
    segments.push(
      `LIN+${line}++40000010${String(line).padStart(5, "0")}:SRV`,
      `PIA+5+A-${line}:SA`,
      `IMD+F++:::Streusalz Nr. ${line}, Sack zu 25 kg`,
      `QTY+47:${quantity}:H87`,
      "MOA+203:50.00",
      "PRI+AAA:5.00:::1:H87",
      "TAX+7+VAT+++:::19+S",
    );
  }
  segments.push("UNS+S", "MOA+79:500.00", "MOA+389:500.00", "MOA+176:95.00", "MOA+388:595.00", "MOA+9:595.00");
  segments.push("TAX+7+VAT+++:::19+S", "MOA+125:500.00", "MOA+124:95.00");
  segments.push(`UNT+${segments.length + 1}+${number}`);
  return segments.map((segment) => `${segment}'\n`).join("");
}

/** Invoices with numbers from `first` on; `reference` has at most 14 characters. */
export function interchange(
  count: number,
  first = 1,
  reference = "MESSUNG",
  quantityOf: (number: number) => string = () => "10",
): string {
  const head = `UNB+UNOW:4::7+4000001000005:14+4000002000004:14+20261105:0815+${reference}'\n`;
  const messages = Array.from({ length: count }, (_, at) => invoice(first + at, quantityOf(first + at)));
  return `${head}${messages.join("")}UNZ+${count}+${reference}'\n`;
}

const run: Bench = async ({ quick }) => {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-input-"));
  try {
    const count = quick ? 500 : 5_000;
    const path = join(dir, "rechnungen.edi");
    writeFileSync(path, interchange(count));
    const floor = floorOf(path, count);
    return [await endToEnd(path, count, floor), await pipeline(path, count, floor)];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};
export default run;

interface PackageParser {
  encoding(level: string): void;
  onopensegment: (tag: string) => void;
  onclosesegment: () => void;
  onelement: () => void;
  oncomponent: (value: string) => void;
  write(text: string): void;
  end(): void;
}

/** Invoices per second, the best of three. */
function floorOf(path: string, count: number): number {
  const Parser = createRequire(import.meta.url)("edifact/parser.js") as new () => PackageParser;
  let best = 0;
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    let done = 0;
    let segments: { tag: string; elements: string[][] }[] = [];
    let elements: string[][] = [];
    const parser = new Parser();
    parser.encoding("UNOY");
    parser.onopensegment = (tag) => {
      elements = [];
      segments.push({ tag, elements });
    };
    parser.onelement = () => void elements.push([]);
    parser.oncomponent = (value) => void elements.at(-1)?.push(value);
    parser.onclosesegment = () => {
      if (segments.at(-1)?.tag !== "UNT") return;
      if (JSON.stringify(segments).length > 0) done++;
      segments = [];
    };
    parser.write(readFileSync(path, "utf8"));
    parser.end();
    if (done !== count) throw new Error(`the floor read ${done} of ${count} messages`);
    best = Math.max(best, (done / (performance.now() - started)) * 1_000);
  }
  return best;
}

function measured(name: string, ours: number, floor: number): Measured {
  return { name, ours, floor, floorName: FLOOR_NAME, unit: "invoices/s" };
}

async function endToEnd(path: string, count: number, floor: number): Promise<Measured> {
  await job(path, []);
  const { seconds, peakRssMiB, stdout } = await job(path, []);
  const { delivered } = (JSON.parse(stdout) as { bridges: { delivered: number }[] }).bridges[0]!;
  if (delivered !== count) throw new Error(`${delivered} of ${count} invoices were delivered`);
  return {
    ...measured("invoic", count / seconds, floor),
    peakRssMiB,
    note: `${count} invoices in ${seconds.toFixed(1)} s, process start included`,
    shares: await measureShares((flags) => job(path, flags)),
  };
}

async function job(path: string, nodeFlags: readonly string[]): Promise<ProcessFigures> {
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-"));
  try {
    cpSync(shipped, join(dir, "mappings", "invoic-xrechnung"), { recursive: true });
    mkdirSync(join(dir, "data", "invoic", "eingang"), { recursive: true });
    cpSync(path, join(dir, "data", "invoic", "eingang", "rechnungen.edi"));
    const flags = ["--dir", join(dir, "mappings"), "--state", join(dir, "state"), "--json"];
    const env = { STEG_DATA: join(dir, "data"), STEG_LOG: "error", STEG_LISTEN: "127.0.0.1:0" };
    const steg = join(root, "bin", "steg.js");
    const figures = await measureProcess([process.execPath, ...nodeFlags, steg, "up", "--once", ...flags], env, dir);
    if (figures.code !== 0) throw new Error(`steg up --once ended with ${figures.code}`);
    return figures;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function pipeline(path: string, count: number, floor: number): Promise<Measured> {
  const { bridge, findings } = await loadBridge(join(shipped, "bridge.yaml"), {
    adapters,
    policy: builtInPolicy(),
    now: NOW,
    dataDir: tmpdir(),
    catalogDir: undefined,
    env: {},
    encoderOf: encoderNamed,
    checkSchemas: false,
  });
  if (bridge === undefined) throw new Error(findings.map(({ code, message }) => `${code} ${message}`).join("\n"));
  const context: AdapterContext = {
    bridge: bridge.name,
    bridgeDir: bridge.dir,
    dataDir: tmpdir(),
    stateDir: tmpdir(),
    timezone: bridge.timezone,
    calls: [],
    readBridgeFile: (name) => readFileSync(join(bridge.dir, name)),
    known: () => false,
    log: () => undefined,
  };
  const bytes = readFileSync(path);
  const { signal } = new AbortController();
  let best = 0;
  // The first round compiles what the second one runs.
  for (let round = 0; round < 2; round++) {
    const since = performance.now();
    let done = 0;
    for await (const { body } of dryRun(bridge, bytes, "rechnungen.edi", { context, signal, received: NOW })) {
      if (body !== undefined) done++;
    }
    if (done !== count) throw new Error(`${done} of ${count} invoices were mapped`);
    best = Math.max(best, (done / (performance.now() - since)) * 1_000);
  }
  return measured("invoic-pipeline", best, floor);
}
