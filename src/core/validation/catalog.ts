// The catalogue: official schema bundles installed by `steg schema add`, one folder each:
//
//   catalog/<name>/<version>/…            the publisher's files, paths kept
//   catalog/<name>/<version>/bundle.json  its index: namespace, includes and hash of every schema
//
// A bundle is complete or absent (it is renamed into place) and never changed afterwards, so no lock is needed. Imports
// that name the internet (http://xoev.de/…) are answered from here; nothing is fetched at run time.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BridgeError } from "../errors.ts";

export const INDEX_NAME = "bundle.json";
/** Names and versions are folder names and stand in `catalog:name/version/file`. */
export const BUNDLE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** One schema file of a bundle or of a bridge folder. */
export interface RootFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly namespace: string | null;
  /** schemaLocations of its xs:include and xs:redefine, as written. */
  readonly includes: readonly string[];
}

export interface BundleFile extends RootFile {
  readonly size: number;
  readonly sha256: string;
}

export interface BundleIndex {
  readonly format: 1;
  readonly name: string;
  readonly version: string;
  /** File name, folder name or URL it came from, for people. */
  readonly source: string;
  /** Where the file of a single-file bundle was downloaded from. */
  readonly url?: string;
  readonly added: string;
  /** Over paths and contents of all files. */
  readonly hash: string;
  readonly files: readonly BundleFile[];
}

/** A folder within which relative schemaLocations may point: a bundle or the bridge's own folder. */
export interface SchemaRoot {
  /** `bridge` or `catalog:name/version`. */
  readonly id: string;
  readonly dir: string;
  readonly url: string | undefined;
  files(): readonly RootFile[];
}

export interface CatalogBundle extends SchemaRoot {
  readonly index: BundleIndex;
}

/** The catalogue lies beside the folder of the bridges: `mappings/` → `catalog/`. */
export function defaultCatalogDir(mappingsDir: string): string {
  return join(dirname(mappingsDir), "catalog");
}

/** All bundles, sorted by name, newest version first. A missing folder is an empty catalogue. */
export function readCatalog(catalogDir: string | undefined): readonly CatalogBundle[] {
  if (catalogDir === undefined || !existsSync(catalogDir)) return [];
  const bundles: CatalogBundle[] = [];
  for (const name of foldersOf(catalogDir)) {
    for (const version of foldersOf(join(catalogDir, name))) {
      const dir = join(catalogDir, name, version);
      const index = readIndex(dir);
      if (index === undefined) continue;
      bundles.push({ id: `catalog:${name}/${version}`, dir, url: index.url, index, files: () => index.files });
    }
  }
  return bundles.sort(byNameThenNewest);
}

let natural: Intl.Collator | undefined;

function byNameThenNewest(a: CatalogBundle, b: CatalogBundle): number {
  natural ??= new Intl.Collator("en", { numeric: true });
  return natural.compare(a.index.name, b.index.name) || natural.compare(b.index.version, a.index.version);
}

function foldersOf(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && BUNDLE_NAME.test(entry.name))
    .map((entry) => entry.name);
}

/** undefined where the folder holds no bundle. Throws where its index was damaged. */
export function readIndex(dir: string): BundleIndex | undefined {
  const path = join(dir, INDEX_NAME);
  if (!existsSync(path)) return undefined;
  try {
    const index = JSON.parse(readFileSync(path, "utf8")) as BundleIndex;
    if (index.format === 1 && Array.isArray(index.files)) return index;
  } catch {
    // Falls through to the one error below.
  }
  throw new BridgeError("SCHEMA_FILE_INVALID", `${path} is no index of a schema bundle`, {
    stage: "validate",
    hint: "Remove the folder and add the bundle again: steg schema add ZIP|DIR|URL",
  });
}

// ── finding what an import means ────────────────────────────────────────────────────────────────────────────────

export interface Wanted {
  readonly kind: "import" | "include" | "redefine";
  /** As written; undefined = an import by namespace alone. */
  readonly location: string | undefined;
  /** null = no namespace. An include wants its includer's. */
  readonly namespace: string | null;
}

/**
 * What a location that is no file beside the importing one means: first in the same root, then in the whole catalogue;
 * by exact URL, else among the files of the right namespace the one with the longest common trailing path, else the only
 * one of that namespace. Between bundles that fit equally well, name and then the newest version decide.
 */
export function findSchema(
  wanted: Wanted,
  own: SchemaRoot,
  catalog: readonly SchemaRoot[],
): { readonly root: SchemaRoot; readonly path: string } | undefined {
  for (const roots of [[own], catalog]) {
    let best: { root: SchemaRoot; path: string; score: number } | undefined;
    for (const root of roots) {
      const match = bestIn(root, wanted);
      if (match !== undefined && (best === undefined || match.score > best.score)) best = { root, ...match };
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

const EXACT = 1_000;

function bestIn(root: SchemaRoot, wanted: Wanted): { path: string; score: number } | undefined {
  if (wanted.location !== undefined && root.url === wanted.location) {
    const only = root.files()[0];
    if (only !== undefined) return { path: only.path, score: EXACT };
  }
  const fitting = root
    .files()
    .filter((file) => file.namespace === wanted.namespace || (wanted.kind !== "import" && file.namespace === null));
  const segments = trailingSegments(wanted.location);
  let best: { path: string; score: number } | undefined;
  for (const file of fitting) {
    const score = commonTrail(segments, file.path.split("/"));
    if (score > 0 && (best === undefined || score > best.score)) best = { path: file.path, score };
  }
  if (best !== undefined || wanted.kind !== "import" || wanted.namespace === null) return best;
  const heads = withoutIncluded(fitting);
  return heads.length === 1 && heads[0] !== undefined ? { path: heads[0].path, score: 0 } : undefined;
}

function trailingSegments(location: string | undefined): readonly string[] {
  const path = (location ?? "").replace(/^[a-z][a-z0-9+.-]*:/i, "").replace(/[?#].*$/s, "");
  return path
    .split("/")
    .filter((segment) => segment !== "" && segment !== "." && segment !== "..")
    .map((segment) => decodeSegment(segment));
}

export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function commonTrail(a: readonly string[], b: readonly string[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a[a.length - 1 - count] === b[b.length - 1 - count]) count++;
  return count;
}

/** Of files of one namespace those that no other one includes: the ones a namespace is entered by. */
function withoutIncluded(files: readonly RootFile[]): readonly RootFile[] {
  if (files.length < 2) return files;
  const included = new Set(files.flatMap((file) => file.includes.map((location) => trailingSegments(location).at(-1))));
  return files.filter((file) => !included.has(file.path.split("/").at(-1)));
}
