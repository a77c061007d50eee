// npm run bench [-- NAME …] [--json] [--quick]: measures against a floor in the same run, each benchmark in a process of its own so that
// peak memory is its own. Figures of different machines do not compare; ratios nearly do.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { BenchResult } from "./measure.ts";
import { formatShares } from "./shares.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Files of this folder that are not benchmarks. */
const SUPPORT = new Set([
  "main.ts",
  "child.ts",
  "measure.ts",
  "decoding.ts",
  "edifact-job.ts",
  "end-to-end.ts",
  "fleet-appliances.ts",
  "receiver.ts",
  "page-process.ts",
  "shares.ts",
  "remote-job.ts",
  "call-service.ts",
  "call-floor.ts",
  "call-load.ts",
  "call-scene.ts",
  "soak-callers.ts",
  "soak-calls.ts",
  "soak-feed.ts",
  "soak-numbers.ts",
  "soak-receiver.ts",
  "soak-scene.ts",
  "soak-verdict.ts",
  "soap-contract.ts",
  "soap-load.ts",
  "soap-service.ts",
  "steady-service.ts",
]);

/** Half an hour that only says whether anything grows, and what needs a registry of npm. */
const ONLY_BY_NAME = new Set(["node-red", "soak"]);

const names = readdirSync(here)
  .filter((file) => file.endsWith(".ts") && !SUPPORT.has(file))
  .map((file) => file.slice(0, -3))
  .sort();
const args = process.argv.slice(2);
const json = args.includes("--json");
const wanted = args.filter((arg) => !arg.startsWith("--"));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(", ")}. There are: ${names.join(", ")}\n`);
  process.exit(1);
}

let failed = false;
for (const name of wanted.length > 0 ? wanted : names.filter((one) => !ONLY_BY_NAME.has(one))) {
  if (!json) process.stderr.write(`${name} …\n`);
  const results = await runChild(
    name,
    args.filter((arg) => arg.startsWith("--")),
  );
  if (!results) failed = true;
  for (const result of results ?? []) process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${line(result)}\n`);
}
process.exit(failed ? 3 : 0);

/** One process per benchmark; its last line on stdout is the result. */
function runChild(name: string, flags: readonly string[]): Promise<readonly BenchResult[] | undefined> {
  const child = spawn(process.execPath, [`${here}child.ts`, name, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => (out += text));
  return new Promise((resolve) => {
    child.on("exit", (code) => {
      const last = out.trim().split("\n").at(-1) ?? "";
      resolve(code === 0 ? (JSON.parse(last) as BenchResult[]) : undefined);
    });
  });
}

function line(result: BenchResult): string {
  const number = (value: number): string =>
    value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 2 : 0 });
  const stages = [result.note, result.shares && formatShares(result.shares)]
    .map((text) => (text ? `\n    ${text}` : ""))
    .join("");
  return `${result.name.padEnd(24)} ${number(result.ours).padStart(12)} ${result.unit}   floor ${number(result.floor)} (${result.floorName})   ratio ${result.ratio.toFixed(2)}   peak ${result.peakRssMiB} MiB${stages}`;
}
