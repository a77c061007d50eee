// Directories that a bridge names: files of its folder, or `catalog:edifact/d99b.directory`, as `steg directory import` writes them.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AdapterContext } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import type { DirectoryFile } from "./open.ts";

/** Below the catalogue's folder. */
export const CATALOG_FOLDER = "edifact";
export const ENDING = ".directory";
const CATALOG = `catalog:${CATALOG_FOLDER}/`;
const LARGEST = 16 * 1024 * 1024;

type Files = Pick<AdapterContext, "readBridgeFile" | "catalogDir">;

/** Throws OPTION_UNUSABLE, and what reading a file of the bridge throws. */
export function readDirectories(names: readonly string[], files: Files): readonly DirectoryFile[] {
  return names.map((name) => ({ name, text: textOf(name, bytesOf(name, files)) }));
}

function bytesOf(name: string, { readBridgeFile, catalogDir }: Files): Uint8Array {
  if (!name.startsWith("catalog:")) return readBridgeFile(name);
  const file = name.slice(CATALOG.length);
  if (!name.startsWith(CATALOG) || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(file))
    throw unusable(`${name} is no directory of the catalogue`, `They are named ${CATALOG}d99b${ENDING}`);
  const path = catalogDir === undefined ? undefined : join(catalogDir, CATALOG_FOLDER, file);
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (path === undefined || !found?.isFile())
    throw unusable(
      `${name} is not in the catalogue`,
      "steg directory list shows what is; steg directory import adds one.",
    );
  if (found.size > LARGEST) throw unusable(`${name} is larger than 16 MiB`);
  return readFileSync(path);
}

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw unusable(`the directory ${name} is not UTF-8`);
  }
}

function unusable(message: string, hint?: string): BridgeError {
  return new BridgeError("OPTION_UNUSABLE", message, { hint });
}
