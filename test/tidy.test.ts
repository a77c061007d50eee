// The rules of the layout, checked on the source itself, and the checker on violations seeded here.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface SourceFile {
  /** Relative to the project. */
  readonly path: string;
  readonly text: string;
}

function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(".ts") && statSync(join(root, path)).isFile())
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

function importsOf(file: SourceFile): string[] {
  return [...file.text.matchAll(/\b(?:from\s|import\s*\(?)\s*"(?<target>[^"]+)"/g)].map(
    (match) => match.groups?.["target"] ?? "",
  );
}

/** `src/core`, `src/commands`, `src/adapters/<name>`, or the file itself for those directly under src. */
function roomOf(path: string): string {
  const parts = path.split("/");
  if (parts[1] === "adapters") return parts.length > 3 ? `src/adapters/${parts[2]}` : path;
  return parts.length > 2 ? `src/${parts[1]}` : path;
}

/** Packages that belong to the adapters of a protocol: no other room loads them. */
const PEER_LIBRARIES = new Set([
  "@cantoo/pdf-lib",
  "basic-ftp",
  "chokidar",
  "csv-parse",
  "csv-parse/sync",
  "nodemailer",
  "ssh2",
  "undici",
]);

function directionFaults(files: readonly SourceFile[]): string[] {
  const faults: string[] = [];
  for (const file of files) {
    const room = roomOf(file.path);
    for (const target of importsOf(file)) {
      if (!target.startsWith(".")) {
        if (PEER_LIBRARIES.has(target) && !room.startsWith("src/adapters/"))
          faults.push(`${file.path} imports ${target}, a library of adapters`);
        continue;
      }
      const aim = relative(root, resolve(root, dirname(file.path), target));
      const other = roomOf(aim);
      if (room === "src/core" && !aim.startsWith("src/core/"))
        faults.push(`${file.path} imports ${aim}: core imports nothing outside core`);
      // The registry is the one list of all adapters; main hands it to core.
      if (file.path === "src/adapters/registry.ts") continue;
      if (room.startsWith("src/adapters/") && room !== other && other !== "src/adapters/shared" && !isContract(aim)) {
        faults.push(
          `${file.path} imports ${aim}: adapters know the contract, errors, on-abort, options, validation and adapters/shared only`,
        );
      }
    }
  }
  return faults;
}

function isContract(path: string): boolean {
  const isOfIt = /^src\/core\/(?:contract(?:-[a-z]+)?|errors|on-abort)\.ts$/.test(path);
  // Schemas are read in one place, whoever needs them.
  return isOfIt || path.startsWith("src/core/options/") || path.startsWith("src/core/validation/");
}

const FORBIDDEN_NAMES = /(?:^|[/-])(?:utils?|helpers?|manager|misc|common)(?:[.-]|\/)/;

function nameFaults(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => FORBIDDEN_NAMES.test(path) || /[A-Z_]/.test(path.replace(/^.*\//, "")))
    .map(({ path }) => `${path}: file names are kebab-case and say what is inside`);
}

function exitFaults(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path, text }) => path !== "src/main.ts" && /process\.(?:exit\(|on\("SIG)/.test(text))
    .map(({ path }) => `${path}: only src/main.ts ends the process or handles its signals`);
}

describe("the layout's rules", () => {
  const files = sourceFiles("src");

  it("imports point the right way", () => {
    expect(directionFaults(files)).toEqual([]);
  });
  it("names say what is inside", () => {
    expect(nameFaults(files)).toEqual([]);
  });
  it("only main ends the process", () => {
    expect(exitFaults(files)).toEqual([]);
  });
});

describe("the checker itself", () => {
  const seeded = (path: string, text: string): SourceFile[] => [{ path, text }];

  it("finds core importing an adapter", () => {
    expect(
      directionFaults(seeded("src/core/pipeline/x.ts", 'import { a } from "../../adapters/csv/index.ts";')),
    ).toHaveLength(1);
    expect(
      directionFaults(seeded("src/core/pipeline/x.ts", 'const a = await import("../../adapters/csv/index.ts");')),
    ).toHaveLength(1);
  });
  it("finds an adapter importing another one, or the depths of core", () => {
    expect(directionFaults(seeded("src/adapters/csv/x.ts", 'import { a } from "../json/index.ts";'))).toHaveLength(1);
    expect(
      directionFaults(seeded("src/adapters/csv/x.ts", 'import { a } from "../../core/pipeline/slots.ts";')),
    ).toHaveLength(1);
    expect(directionFaults(seeded("src/adapters/csv/x.ts", 'import { a } from "../shared/lines.ts";'))).toEqual([]);
  });
  it("finds a protocol library outside its adapter", () => {
    expect(directionFaults(seeded("src/core/http/x.ts", 'import { Agent } from "undici";'))).toHaveLength(1);
  });
  it("finds empty names", () => {
    expect(nameFaults(seeded("src/core/utils.ts", ""))).toHaveLength(1);
    expect(nameFaults(seeded("src/core/MyFile.ts", ""))).toHaveLength(1);
  });
  it("finds a hidden exit", () => {
    expect(exitFaults(seeded("src/core/x.ts", "process.exit(1)"))).toHaveLength(1);
  });
});
