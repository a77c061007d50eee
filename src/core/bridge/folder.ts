// The folder of a bridge: what belongs to its version, and its tests. Read once, so that check, hash and later reads see the
// same bytes.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { finding } from "./finding.ts";
import type { Report } from "./tree.ts";

export interface TestCase {
  readonly name: string;
  /** Absolute path of the one file that does not begin with `expected`. */
  readonly input: string;
}

export interface BridgeFolder {
  /** Absolute. */
  readonly dir: string;
  /** Relative names with `/`, sorted, without tests/. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly version: string;
  readonly tests: readonly TestCase[];
  /** Cases that cannot run: none or several inputs. */
  readonly brokenTests: readonly { readonly name: string; readonly inputs: number }[];
}

const MOST_FILES = 2_000;
const MOST_BYTES = 256 * 1024 * 1024;
export const LARGEST_BRIDGE_FILE = 64 * 1024 * 1024;
const DEEPEST = 8;
const MOST_TESTS = 1_000;

/**
 * Names that begin with a dot are editors', version control's and Kubernetes' own and left out. Links are followed inside the
 * folder only (a mounted ConfigMap consists of them). The mounted files of Kubernetes lie under `..data`, which is inside.
 */
export function readFolder(dir: string, file: string, report: Report): BridgeFolder {
  const files = new Map<string, Uint8Array>();
  const root = realpathSync(dir);
  let bytes = 0;
  let refused = false;
  const refuse = (message: string): void => {
    if (!refused) report(finding("FOLDER_TOO_LARGE", { file, line: 1, column: 1 }, message));
    refused = true;
  };
  const walk = (path: string, depth: number): void => {
    for (const name of readdirSync(join(dir, path)).sort(byCodeUnit)) {
      const below = path === "" ? name : `${path}/${name}`;
      if (name.startsWith(".") || (path === "" && name === "tests") || refused) continue;
      const real = inside(join(dir, below), root);
      if (real === undefined) continue;
      const stats = statSync(real);
      if (stats.isDirectory()) {
        if (depth >= DEEPEST) refuse(`the folder is nested deeper than ${DEEPEST} levels (${below})`);
        else walk(below, depth + 1);
      } else if (stats.isFile()) {
        bytes += stats.size;
        if (stats.size > LARGEST_BRIDGE_FILE) refuse(`${below} has more than 64 MiB`);
        else if (files.size >= MOST_FILES) refuse(`the folder has more than ${MOST_FILES} files`);
        else if (bytes > MOST_BYTES) refuse("the folder has more than 256 MiB");
        else files.set(below, readFileSync(real));
      }
    }
  };
  walk("", 0);
  const sorted = new Map([...files].sort(([a], [b]) => byCodeUnit(a, b)));
  return { dir, files: sorted, version: versionOf(sorted), ...testsOf(dir) };
}

/** SHA-256 over names and contents, each with its length in front, so that nothing can move from one into the other. */
export function versionOf(files: ReadonlyMap<string, Uint8Array>): string {
  const hash = createHash("sha256");
  for (const [name, content] of [...files].sort(([a], [b]) => byCodeUnit(a, b))) {
    hash.update(`${Buffer.byteLength(name)}:${name}${content.length}:`);
    hash.update(content);
  }
  return hash.digest("hex");
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function inside(path: string, root: string): string | undefined {
  try {
    const real = realpathSync(path);
    const way = relative(root, real);
    return way === ".." || way.startsWith(`..${sep}`) ? undefined : real;
  } catch {
    return undefined;
  }
}

function testsOf(dir: string): Pick<BridgeFolder, "tests" | "brokenTests"> {
  const tests: TestCase[] = [];
  const brokenTests: { name: string; inputs: number }[] = [];
  for (const name of list(join(dir, "tests")).slice(0, MOST_TESTS)) {
    const names = list(join(dir, "tests", name)).filter(
      (each) => !each.startsWith(".") && !each.startsWith("expected") && each !== "attachments",
    );
    const [only, second] = names;
    if (only !== undefined && second === undefined) tests.push({ name, input: join(dir, "tests", name, only) });
    else if (isFolder(join(dir, "tests", name))) brokenTests.push({ name, inputs: names.length });
  }
  return { tests, brokenTests };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function list(dir: string): readonly string[] {
  try {
    return readdirSync(dir).sort(byCodeUnit);
  } catch {
    return [];
  }
}
