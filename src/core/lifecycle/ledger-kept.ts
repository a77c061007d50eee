// The last valid version of every bridge folder, kept in the state as plain files. When a change is invalid, that
// version goes on running, also across restarts. Secrets are not in it: bridge files only name where those lie.

import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { LoadedBridge } from "../bridge/types.ts";

const MARK = ".version";

function keptFolder(stateDir: string, name: string): string {
  // Names of bridges are checked by the loader; this keeps a folder of any other name from leading elsewhere.
  return join(stateDir, "bridges", encodeURIComponent(name).replaceAll(".", "%2E"));
}

/** Replaces what was kept by this version, in one rename; does nothing if it is kept already. */
export async function keepValid(stateDir: string, bridge: LoadedBridge): Promise<void> {
  await unpack(keptFolder(stateDir, bridge.name), bridge.version, bridge.files);
}

/** The same of a version that only the journal has. */
export async function keepVersionOf(
  stateDir: string,
  name: string,
  version: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  await unpack(keptFolder(stateDir, name), version, files);
}

/** A version that drops are pinned to, as a folder to load from. Answers the path of its bridge file. */
export async function unpackVersion(
  stateDir: string,
  version: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string> {
  const folder = join(stateDir, "versions", encodeURIComponent(version).replaceAll(".", "%2E"));
  await unpack(folder, version, files);
  return join(folder, "bridge.yaml");
}

async function unpack(folder: string, version: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  if ((await readFile(join(folder, MARK), "utf8").catch(() => "")) === version) return;
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  const fresh = await mkdtemp(join(dirname(folder), ".new-"));
  for (const [name, bytes] of files) {
    const path = resolve(fresh, name);
    if (relative(fresh, path).startsWith("..")) continue;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, bytes, { mode: 0o600 });
  }
  await writeFile(join(fresh, MARK), version, { mode: 0o600 });
  await chmod(fresh, 0o700);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
}

/** Path of the kept bridge file; undefined where there is none of this version. */
export async function keptVersion(stateDir: string, name: string, version: string): Promise<string | undefined> {
  const folder = keptFolder(stateDir, name);
  const kept = await readFile(join(folder, MARK), "utf8").catch(() => undefined);
  return kept === version ? join(folder, "bridge.yaml") : undefined;
}
