// Files for `steg directory`: what lies at the source, and what is written into the catalogue or a bridge.

import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { makeFolders, syncFile, syncFolder } from "../core/durable.ts";
import { BridgeError } from "../core/errors.ts";

/** A release of UNECE has some 250 files and 25 MB. */
const LIMITS = { files: 2_000, file: 16 * 1024 * 1024, total: 128 * 1024 * 1024 } as const;

interface SourceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A folder with all below it; a file, and what belongs to it: of JSON the other half, of text its whole folder. */
export function collectSources(source: string, cwd: string, signal: AbortSignal): readonly SourceFile[] {
  const path = resolve(cwd, source);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new BridgeError("FILE_NOT_FOUND", `${source} does not exist`, {
      hint: "Give a folder, or one file of a directory.",
    });
  if (found.isDirectory()) return filesBelow(path, signal);
  if (/\.zip$/i.test(path))
    throw new BridgeError("EDIFACT_DIRECTORY", `${basename(path)} is packed`, {
      hint: "Unpack it, and the archives in it, into a folder, and import that.",
    });
  const partner = /\.json$/i.test(path) ? otherHalf(path) : undefined;
  return [path, ...(partner === undefined ? [] : [partner])].map((one) => readSource(one, basename(one)));
}

/** `D96A.json` and `D96A_versions.json`. */
function otherHalf(path: string): string | undefined {
  const stem = basename(path).replace(/\.json$/i, "");
  const other = stem.endsWith("_versions") ? stem.slice(0, -"_versions".length) : `${stem}_versions`;
  const partner = join(dirname(path), `${other}.json`);
  return existsSync(partner) ? partner : undefined;
}

function readSource(path: string, name: string): SourceFile {
  if (statSync(path).size > LIMITS.file) throw refuse(`${name} is larger than 16 MiB`);
  return { name, bytes: readFileSync(path) };
}

/** Symbolic links are not followed, hidden files are left out. */
function filesBelow(root: string, signal: AbortSignal): readonly SourceFile[] {
  const files: SourceFile[] = [];
  let total = 0;
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      signal.throwIfAborted();
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) {
        const file = readSource(join(root, path), path);
        total += file.bytes.length;
        files.push(file);
        if (files.length > LIMITS.files) throw refuse(`the folder holds more than ${LIMITS.files} files`);
        if (total > LIMITS.total) throw refuse("the folder holds more than 128 MiB");
      }
    }
  };
  walk("");
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function refuse(message: string): BridgeError {
  return new BridgeError("EDIFACT_DIRECTORY", message, { hint: "Give the folder of one release." });
}

/** False = the same was there already. Never replaces anything else: bridges may rely on it. */
export function installDirectory(folder: string, name: string, ending: string, text: string): boolean {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,50}$/.test(name.slice(0, -ending.length)))
    throw new BridgeError("USAGE", "--as is a name of letters, digits, . _ and -", { hint: "--as d99b" });
  const path = join(folder, name);
  if (existsSync(path)) {
    if (readFileSync(path, "utf8") === text) return false;
    throw new BridgeError(
      "EDIFACT_DIRECTORY_EXISTS",
      `there is a directory ${name} with other content already; bridges may rely on it`,
    );
  }
  const temporary = join(folder, `.${name}-${process.pid}`);
  try {
    makeFolders(folder);
    writeFileSync(temporary, text);
    syncFile(temporary);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
    throw new BridgeError("FILE_UNREADABLE", `nothing can be written to ${folder} (${code})`, { cause });
  }
  return true;
}

/** What was imported into the catalogue, by name. */
export function installedDirectories(
  folder: string,
  ending: string,
): readonly { readonly name: string; readonly text: string }[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(ending) && !name.startsWith("."));
  return names.sort().map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
}
