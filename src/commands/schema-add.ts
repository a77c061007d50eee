// `steg schema add ZIP|DIR|URL`: puts an official schema bundle into the catalogue.

import { readdirSync, readFileSync, statSync, type Stats } from "node:fs";
import { basename, join, posix, resolve } from "node:path";
import { addBundle, isKept, type AddedBundle } from "../core/validation/catalog-add.ts";
import { download } from "../core/validation/catalog-download.ts";
import { ARCHIVE_LIMITS, isZip, readZip, type ArchiveFile } from "../core/validation/catalog-zip.ts";
import { BridgeError } from "../core/errors.ts";

export interface AddSchemasOptions {
  /** A ZIP file, a folder, a single .xsd file, or an https URL of a ZIP or .xsd file. */
  readonly source: string;
  /** Absolute; made if it does not exist. */
  readonly catalogDir: string;
  readonly signal: AbortSignal;
  /** Override what the bundle says of itself. */
  readonly name?: string;
  readonly version?: string;
  /** Plain http to this machine only. */
  readonly allowLoopbackHttp?: boolean;
}

/** Throws SCHEMA_FILE_MISSING, SCHEMA_FETCH_FAILED, SCHEMA_BUNDLE_REFUSED, SCHEMA_BUNDLE_EXISTS, SCHEMA_FILE_INVALID. */
export async function addSchemas(options: AddSchemasOptions): Promise<AddedBundle> {
  const { source, signal } = options;
  const found = /^[a-z][a-z0-9+.-]+:\/\//i.test(source) ? await fromUrl(options) : fromPath(source, signal);
  return addBundle({ ...found, name: options.name, version: options.version }, options.catalogDir, new Date());
}

interface Found {
  readonly files: readonly ArchiveFile[];
  readonly source: string;
  readonly url: string | undefined;
}

async function fromUrl(options: AddSchemasOptions): Promise<Found> {
  const bytes = await download(options.source, {
    signal: options.signal,
    allowLoopbackHttp: options.allowLoopbackHttp ?? false,
  });
  const single = !isZip(bytes);
  const name = posix.basename(new URL(options.source).pathname) || "schema";
  const files = filesOf(bytes, single && !/\.(?:xsd|sch)$/i.test(name) ? `${name}.xsd` : name);
  return { files, source: options.source, url: single ? options.source : undefined };
}

function fromPath(source: string, signal: AbortSignal): Found {
  const path = resolve(source);
  const found: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  if (found === undefined)
    throw new BridgeError("SCHEMA_FILE_MISSING", `${source} does not exist`, {
      hint: "Give a ZIP file, a folder or a URL.",
    });
  const name = basename(path);
  if (found.isDirectory()) return { files: filesUnder(path, signal), source: name, url: undefined };
  if (found.size > ARCHIVE_LIMITS.total) throw refuse(`${source} is larger than 256 MiB`);
  return { files: filesOf(readFileSync(path), name), source: name, url: undefined };
}

function refuse(message: string): BridgeError {
  return new BridgeError("SCHEMA_BUNDLE_REFUSED", message, { stage: "validate" });
}

function filesOf(bytes: Uint8Array, name: string): readonly ArchiveFile[] {
  if (isZip(bytes)) return readZip(bytes, isKept);
  return [{ path: name, bytes }];
}

/** Files of a folder; symbolic links are not followed, hidden files are left out. */
function filesUnder(root: string, signal: AbortSignal): readonly ArchiveFile[] {
  const files: ArchiveFile[] = [];
  let total = 0;
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      signal.throwIfAborted();
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith(".")) walk(path);
      else if (entry.isFile() && isKept(path)) {
        const bytes = readFileSync(join(root, path));
        total += bytes.length;
        files.push({ path, bytes });
        if (files.length > ARCHIVE_LIMITS.entries)
          throw refuse(`the folder holds more than ${ARCHIVE_LIMITS.entries} files`);
        if (total > ARCHIVE_LIMITS.total) throw refuse("the folder holds more than 256 MiB");
      }
    }
  };
  walk("");
  return files;
}
