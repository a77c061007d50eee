// CSV → XML that an XSD has found valid, a file per 1,000 records, against Node-RED doing the same job (bench/node-red/): the real runtime
// with a flow, headless, from npm, which nothing else of the project needs. `--all` runs every arrangement of nodes, with Node as
// Node-RED's command starts it and with more room for memory; without it, the two fastest and the fastest that parses with the csv node.
//
// Node-RED is measured from the message that starts its flow to the last file, Steg from the start of its process to its exit, and only
// Steg's files, outcomes and copy of the drop are made durable. Steg is measured as a checkout runs it and as the image holds it.

import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bundle } from "../scripts/bundle.ts";
import { FILES, LISTS } from "./csv-xml.ts";
import { createInput, runJob, warmUp, type Input, type Run } from "./end-to-end.ts";
import type { Bench } from "./measure.ts";
import { compareFolders } from "./node-red/compare.ts";
import { arrangements, type Arrangement } from "./node-red/flows.ts";
import { install, runNodeRed, type NodeRedRun } from "./node-red/run.ts";

const USUAL = new Set(["own", "own-xmllint", "nodes-text"]);
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
    const inspect = (dataDir: string): void => {
      if (!existsSync(join(dir, "ours"))) cpSync(join(dataDir, "out"), join(dir, "ours"), { recursive: true });
    };
    const ours = await middle(() => runJob(input, LISTS, { files: FILES, inspect }));
    const image = await inImage(input, join(dir, "image"));
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
      note: noteOf(ours, image, tries, input),
    };
  } finally {
    input.remove();
    rmSync(dir, { recursive: true, force: true });
  }
};
export default run;

/** Of three runs that by its speed: two seconds are little, and the disk may be busy with what was before. */
async function middle(run: () => Promise<Run>): Promise<Run> {
  const runs = [await run(), await run(), await run()];
  return runs.toSorted((a, b) => a.rate - b.rate)[1] as Run;
}

/** The same by the modules of the image: a few files, which take less memory and a shorter start. */
async function inImage(input: Input, dir: string): Promise<Run> {
  await bundle(dir);
  const program = join(dir, "bin", "steg.js");
  const [some, env] = [await createInput(2), { MALLOC_ARENA_MAX: "1" }];
  try {
    await runJob(some, LISTS, { files: FILES, program, env });
    return await middle(() => runJob(input, LISTS, { files: FILES, program, env }));
  } finally {
    some.remove();
  }
}

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
    const failure =
      figures.failure ?? (await compareFolders(join(dir, "ours"), out, join(dir, "schema")).catch(String));
    const name = flags.length > 0 ? `${arrangement.name} (tuned)` : arrangement.name;
    const rate = rows / figures.seconds;
    process.stderr.write(`  ${name}: ${arrangement.nodes}\n    ${failure ?? `${Math.round(rate)} records/s`}\n`);
    return { ...figures, name, rate, ...(failure !== undefined && { failure }) };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** A line per run, the fastest first. */
function noteOf(ours: Run, image: Run, tries: readonly Try[], { rows }: Input): string {
  const number = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const own = ({ rate, seconds, cpuSeconds, peakRssMiB, ownMiB }: Run): string =>
    `${number(rate)}/s, ${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(1)} s of the processor, peak ${peakRssMiB} MiB, ${ownMiB} of them its own`;
  const lines = tries
    .toSorted((a, b) => (b.rate || 0) - (a.rate || 0))
    .map(({ name, rate, withStart, cpuSeconds, peakRssMiB, ownMiB, failure }) => {
      if (failure !== undefined) return `${name.padEnd(28)} ${failure}`;
      const withIt = rows / withStart;
      const times = (figure: Run): string =>
        `${(figure.rate / rate).toFixed(2)} times as fast, ${(figure.rate / withIt).toFixed(2)} with the start of both, ${(cpuSeconds / figure.cpuSeconds).toFixed(1)} by processor time, with ${(figure.peakRssMiB / peakRssMiB).toFixed(2)} of the memory (${(figure.ownMiB / ownMiB).toFixed(2)} of its own)`;
      return [
        `${name.padEnd(28)} ${number(rate)}/s, ${number(withIt)}/s with its start, ${cpuSeconds.toFixed(1)} s of the processor, peak ${peakRssMiB} MiB, ${ownMiB} of them its own`,
        `  Steg                       ${times(ours)}`,
        `  Steg, as in the image      ${times(image)}`,
      ].join("\n    ");
    });
  return [`Steg: ${own(ours)}; start, spool and fsync included`, `as in the image: ${own(image)}`, ...lines].join(
    "\n    ",
  );
}
