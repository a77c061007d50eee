// CSV → XML that an XSD has found valid, a file per 1,000 records, against Node-RED doing the same job (bench/node-red/): the real runtime
// with a flow, headless, from npm, which nothing else of the project needs. `--all` runs every arrangement of nodes, with Node as
// Node-RED's command starts it and with more room for memory; without it, the fastest and the fastest that parses with the csv node.
//
// Node-RED is measured from the message that starts its flow to the last file, Steg from the start of its process to its exit, and only
// Steg's files, outcomes and copy of the drop are made durable.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FILES, LISTS } from "./csv-xml.ts";
import { createInput, runJob, warmUp, type Input, type Run } from "./end-to-end.ts";
import type { Bench } from "./measure.ts";
import { compareFolders } from "./node-red/compare.ts";
import { arrangements, type Arrangement } from "./node-red/flows.ts";
import { install, runNodeRed, type NodeRedRun } from "./node-red/run.ts";

const USUAL = new Set(["own", "nodes-text"]);
/** What somebody sets who knows V8: room for young objects, so that fewer of them are copied. */
const TUNED = ["--max-semi-space-size=64", "--max-old-space-size=8192"];
const TIMEOUT_SECONDS = 600;

interface Try extends NodeRedRun {
  readonly name: string;
  readonly rate: number;
}

const run: Bench = async ({ quick }) => {
  const all = process.argv.includes("--all");
  install();
  const input = await createInput(quick ? 20_000 : 1_000_000);
  const dir = mkdtempSync(join(tmpdir(), "steg-bench-node-red-"));
  try {
    const schemaDir = join(dir, "schema");
    mkdirSync(schemaDir);
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(schemaDir, name), text);
    await warmUp(LISTS, FILES);
    const inspect = (dataDir: string): void => cpSync(join(dataDir, "out"), join(dir, "ours"), { recursive: true });
    const ours = await runJob(input, LISTS, { files: FILES, inspect });
    const tries: Try[] = [];
    for (const arrangement of arrangements(join(schemaDir, "meldung.xsd"))) {
      if (!all && !USUAL.has(arrangement.name)) continue;
      for (const flags of all ? [[], TUNED] : [[]]) tries.push(await attempt(arrangement, input, dir, flags));
    }
    const [best] = tries.filter((one) => one.failure === undefined).toSorted((a, b) => b.rate - a.rate);
    if (best === undefined) throw new Error(`no arrangement came to its end: ${tries[0]?.failure}`);
    return {
      name: "node-red",
      ours: ours.rate,
      floor: best.rate,
      floorName: `Node-RED, ${best.name}`,
      unit: "records/s",
      peakRssMiB: ours.peakRssMiB,
      note: noteOf(ours, tries, input),
    };
  } finally {
    input.remove();
    rmSync(dir, { recursive: true, force: true });
  }
};
export default run;

async function attempt(arrangement: Arrangement, input: Input, dir: string, flags: readonly string[]): Promise<Try> {
  const out = join(dir, "theirs");
  try {
    const { path, rows } = input;
    const schema = join(dir, "schema", "meldung.xsd");
    const figures = await runNodeRed(arrangement, {
      input: path,
      rows,
      out,
      schema,
      flags,
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    if (figures.failure === undefined) await compareFolders(join(dir, "ours"), out, join(dir, "schema"));
    const name = flags.length > 0 ? `${arrangement.name} (tuned)` : arrangement.name;
    const rate = rows / figures.seconds;
    process.stderr.write(
      `  ${name}: ${arrangement.nodes}\n    ${figures.failure ?? `${Math.round(rate)} records/s`}\n`,
    );
    return { ...figures, name, rate };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** A line per run, the fastest first. */
function noteOf(ours: Run, tries: readonly Try[], { rows }: Input): string {
  const number = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const lines = tries
    .toSorted((a, b) => (b.rate || 0) - (a.rate || 0))
    .map(({ name, rate, withStart, cpuSeconds, peakRssMiB, failure }) =>
      failure === undefined
        ? `${name.padEnd(28)} ${number(rate).padStart(8)}/s, ${number(rows / withStart)}/s with its start, ${cpuSeconds.toFixed(1)} s of the processor, peak ${peakRssMiB} MiB; ours ${(ours.rate / rate).toFixed(1)} times as fast (${(cpuSeconds / ours.cpuSeconds).toFixed(1)} by processor time) with ${(ours.peakRssMiB / peakRssMiB).toFixed(2)} of the memory`
        : `${name.padEnd(28)} ${failure}`,
    );
  const own = `Steg: ${ours.seconds.toFixed(1)} s, ${ours.cpuSeconds.toFixed(1)} s of the processor, start, spool and fsync included`;
  return [own, ...lines].join("\n    ");
}
