// Writes the generated pages under docs/reference; with --check compares them and fails where one is out of date.
//
//   node scripts/reference.ts [--check]

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { adapters } from "../src/adapters/registry.ts";
import { referencePages } from "../src/core/bridge/reference-pages.ts";

const folder = fileURLToPath(new URL("../docs/reference/", import.meta.url));
const check = process.argv.includes("--check");

function current(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const stale: string[] = [];
for (const [name, text] of referencePages(adapters)) {
  const path = folder + name;
  if (current(path) === text) continue;
  stale.push(name);
  if (!check) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, text);
  }
}

if (stale.length === 0) process.stdout.write("docs/reference is up to date\n");
else if (check) {
  process.stderr.write(`out of date in docs/reference: ${stale.join(", ")}\nRun: node scripts/reference.ts\n`);
  process.exitCode = 1;
} else process.stdout.write(`written in docs/reference: ${stale.join(", ")}\n`);
