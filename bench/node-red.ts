// CSV → XML that an XSD has found valid, a file per 1,000 records, against Node-RED doing the same job (bench/node-red/): the real runtime
// with a flow, headless, from npm, which nothing else of the project needs. `--all` runs every arrangement of nodes, with Node as
// Node-RED's command starts it and with more room for memory, once each; without it, the two fastest and the fastest that parses with the
// csv node, in turn with Steg three times, of which the middle one counts. What lies in the system's cache is written out before each run.
//
// Node-RED is measured from the message that starts its flow to the last file, Steg from the start of its process to its exit, and only
// Steg's files, outcomes and copy of the drop are made durable. Steg is measured as a checkout runs it and as the image holds it.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bundle } from "../scripts/bundle.ts";
import { clearAway } from "./clear-away.ts";
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
const ROUNDS = 3;
/** As docker/Dockerfile has it. */
const IMAGE = { MALLOC_ARENA_MAX: "1" };

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
    const program = await imageIn(join(dir, "image"));
    const inspect = (dataDir: string): void => {
      if (!existsSync(join(dir, "ours"))) cpSync(join(dataDir, "out"), join(dir, "ours"), { recursive: true });
    };
    const mine = (): Promise<Run> => runJob(input, LISTS, { files: FILES, inspect });
    const inImage = (): Promise<Run> => runJob(input, LISTS, { files: FILES, program, env: IMAGE });
    const theirs = arrangements(join(schemaDir, "meldung.xsd"))
      .filter(({ name }) => all || USUAL.has(name))
      .flatMap((arrangement) =>
        (all ? [[], TUNED] : [[]]).map((flags) => () => attempt(arrangement, input, dir, flags)),
      );
    const [ours, image, ...tries] = (await inTurn([mine, inImage, ...theirs], all ? 1 : ROUNDS)) as [
      Run,
      Run,
      ...Try[],
    ];
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

interface Timed {
  readonly rate: number;
  readonly failure?: string;
}

/** A machine is not as fast in one minute as in the next: all are run in each round, and of each its middle run counts, or one that failed. */
async function inTurn(jobs: readonly (() => Promise<Timed>)[], rounds: number): Promise<readonly Timed[]> {
  const runs: Timed[][] = jobs.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, job] of jobs.entries()) {
      // Else whoever waits for the disk waits for what the one before him left to be written.
      execFileSync("sync");
      runs[i]?.push(await job());
    }
  }
  return runs.map(
    (all) =>
      all.find(({ failure }) => failure !== undefined) ??
      (all.toSorted((a, b) => a.rate - b.rate)[Math.floor(all.length / 2)] as Timed),
  );
}

/** The modules of the image: a few files, which take less memory and a shorter start. Answers the launcher, which ran once. */
async function imageIn(dir: string): Promise<string> {
  await bundle(dir);
  const program = join(dir, "bin", "steg.js");
  const some = await createInput(2);
  try {
    await runJob(some, LISTS, { files: FILES, program, env: IMAGE });
    return program;
  } finally {
    some.remove();
  }
}

async function attempt(arrangement: Arrangement, input: Input, dir: string, flags: readonly string[]): Promise<Try> {
  const out = mkdtempSync(join(tmpdir(), "steg-bench-theirs-"));
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
    clearAway(out);
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
