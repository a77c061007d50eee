// What tests start as a process of its own: the bundle that the image holds, made of this checkout before the first test. It starts with less than
// two thirds of the processor time that its modules take one by one, and tests start it hundreds of times.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

const root = fileURLToPath(new URL("..", import.meta.url));
const kept = join(root, "node_modules", ".cache", "steg-program");
/** What a bundle is made of. */
const MADE_OF = ["src", "scripts", "docker", "sunset", "mappings", "fixtures", "package.json", "package-lock.json"];
/** Bundles of earlier states of the checkout stay as long as a run of theirs may go on. */
const HOUR = 3_600_000;

const made = process.env["STEG_TEST_PROGRAM"];
/** `main` of the checkout, for tests of which modules are loaded. */
export const checkout = join(root, "src", "main.ts");
/** `main` as tests start it; outside a run that made a bundle (benchmarks, the long run) the checkout's. */
export const program = made ?? checkout;
/** What people start: it says a few things to Node first. */
export const launcher = made === undefined ? join(root, "bin", "steg.js") : join(dirname(made), "..", "bin", "steg.js");
/** For its environment: byte code of a bundle goes with the bundle. */
export const CACHE: Readonly<Record<string, string>> = cacheOf(made);

/** Called by vitest before the first test. */
export default async function setup(project: TestProject): Promise<void> {
  await provide();
  project.onTestsRerun(provide);
}

/** Every process of the run inherits the place. */
async function provide(): Promise<void> {
  const out = join(kept, stateOfCheckout());
  if (!existsSync(out)) await make(out);
  utimesSync(out, new Date(), new Date());
  for (const name of readdirSync(kept)) {
    const other = join(kept, name);
    if (Date.now() - statSync(other).mtimeMs > HOUR) rmSync(other, { recursive: true, force: true });
  }
  process.env["STEG_TEST_PROGRAM"] = join(out, "app", "main.js");
}

function cacheOf(bundled: string | undefined): Readonly<Record<string, string>> {
  const cache = bundled === undefined ? process.env["NODE_COMPILE_CACHE"] : join(dirname(bundled), "..", "cache");
  return cache === undefined ? {} : { NODE_COMPILE_CACHE: cache };
}

/** Beside its place first: another run may look there meanwhile. */
async function make(out: string): Promise<void> {
  const { bundle } = await import("../scripts/bundle.ts");
  mkdirSync(kept, { recursive: true });
  const making = `${out}-${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  await bundle(making);
  if (existsSync(out)) rmSync(making, { recursive: true });
  else renameSync(making, out);
}

/** Changes with every file that was written, added or removed. */
function stateOfCheckout(): string {
  const hash = createHash("sha256");
  const look = (path: string): void => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path}\n${size}\n${mtimeMs}\n`);
  };
  for (const name of MADE_OF) {
    look(join(root, name));
    if (!statSync(join(root, name)).isDirectory()) continue;
    for (const entry of readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).sort())
      look(join(root, name, entry));
  }
  return hash.digest("hex").slice(0, 16);
}
