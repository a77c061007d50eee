// A schema with everything it includes and imports, read from disk and resolved offline. Both readers of a schema start
// from here: libxml2 (xsd.ts) and the model (model/).

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import { BridgeError } from "../errors.ts";
import { decodeSegment, findSchema, readCatalog, type RootFile, type SchemaRoot } from "./catalog.ts";
import { BUILTIN_PATH, XML_SCHEMA } from "./xsd-builtin.ts";
import { scanSchema, XML, type SchemaReference } from "./xsd-scan.ts";
import { readSchemaText } from "./xsd-text.ts";

export interface SchemaSource {
  /** As in the bridge file: a path relative to its folder, or `catalog:name/version/file.xsd`. */
  readonly schema: string;
  /** Absolute. */
  readonly bridgeDir: string;
  /** Absolute; undefined = no catalogue. */
  readonly catalogDir: string | undefined;
}

export interface ResolvedReference extends SchemaReference {
  /** Id of the file it means; undefined = an import by namespace alone that nothing answers. */
  readonly target: string | undefined;
}

export interface SchemaFile {
  /** For people and as key: `schemas/a.xsd` of the bridge, `catalog:xjustiz/3.6.2/b.xsd`, `xml.xsd`. */
  readonly id: string;
  readonly text: string;
  readonly targetNamespace: string | undefined;
  readonly references: readonly ResolvedReference[];
}

export interface SchemaFiles {
  readonly entry: SchemaFile;
  readonly files: ReadonlyMap<string, SchemaFile>;
  /** SHA-256 over names and contents: what compiled schemas are shared by. */
  readonly hash: string;
}

const FILES_LIMIT = 2_000;
const TOTAL_LIMIT = 128 * 1024 * 1024;
const BUILTIN: SchemaRoot = { id: "builtin", dir: "", url: undefined, files: () => [] };

/** Throws SCHEMA_FILE_MISSING, SCHEMA_FILE_INVALID, SCHEMA_IMPORT_MISSING. */
export function loadSchemaFiles(source: SchemaSource): SchemaFiles {
  const bundles = readCatalog(source.catalogDir);
  const bridge = bridgeRoot(source.bridgeDir);
  const files = new Map<string, SchemaFile>();
  let size = 0;
  const visit = (root: SchemaRoot, path: string): SchemaFile => {
    const id = fileId(root, path);
    const known = files.get(id);
    if (known !== undefined) return known;
    if (files.size >= FILES_LIMIT) throw invalid(`${source.schema} consists of more than 2,000 files`);
    const text = root === BUILTIN ? XML_SCHEMA : readSchemaText(readInside(root, path, id), id);
    size += text.length;
    if (size > TOTAL_LIMIT) throw invalid(`${source.schema} is larger than 128 MiB with its imports`);
    const head = scanSchema(text, id);
    if (head === undefined) throw invalid(`${id} is no XML schema (its root is not xs:schema)`);
    const references: ResolvedReference[] = [];
    const file: SchemaFile = { id, text, targetNamespace: head.targetNamespace, references };
    files.set(id, file);
    const importer: Importer = { root, path, id, own: head.targetNamespace };
    for (const reference of head.references) {
      const place = resolveReference(reference, importer, bundles);
      references.push({ ...reference, target: place && fileId(place.root, place.path) });
      if (place !== undefined) visit(place.root, place.path);
    }
    return file;
  };
  const start = entryPlace(source, bridge, bundles);
  const entry = visit(start.root, start.path);
  return { entry, files, hash: hashOf(entry, files) };
}

/** What compiled schemas are shared by. */
export function hashOf(entry: SchemaFile, files: ReadonlyMap<string, SchemaFile>): string {
  const hash = createHash("sha256").update(entry.id);
  for (const file of files.values()) {
    const targets = file.references.map((reference) => reference.target ?? "").join("\0");
    hash.update(`\0${file.id}\0${file.text.length}\0${targets}\0`).update(file.text);
  }
  return hash.digest("hex");
}

export function fileId(root: SchemaRoot, path: string): string {
  return root.id === "bridge" || root === BUILTIN ? path : `${root.id}/${path}`;
}

function invalid(message: string): BridgeError {
  return new BridgeError("SCHEMA_FILE_INVALID", message, { stage: "validate" });
}

// ── the first file ──────────────────────────────────────────────────────────────────────────────────────────────

export function entryPlace(
  source: SchemaSource,
  bridge: SchemaRoot,
  bundles: readonly SchemaRoot[],
): { root: SchemaRoot; path: string } {
  const catalogued = /^catalog:([^/]+\/[^/]+)\/(.+)$/.exec(source.schema);
  if (catalogued?.[1] !== undefined && catalogued[2] !== undefined) {
    const root = bundles.find((bundle) => bundle.id === `catalog:${catalogued[1]}`);
    const path = posix.normalize(catalogued[2]);
    if (root === undefined)
      throw missing(`${source.schema}: the catalogue has no bundle ${catalogued[1]}`, bundleHint(bundles));
    if (!isInside(path) || !existsSync(join(root.dir, path))) {
      throw missing(
        `${source.schema}: the bundle ${catalogued[1]} has no file ${catalogued[2]}`,
        filesHint(root, path),
      );
    }
    return { root, path };
  }
  if (source.schema.startsWith("catalog:")) throw missing(`${source.schema} should read catalog:name/version/file.xsd`);
  const path = posix.normalize(source.schema);
  if (isAbsolute(source.schema) || !isInside(path)) throw missing(`${source.schema} lies outside the bridge's folder`);
  if (!existsSync(join(bridge.dir, path))) throw missing(`${source.schema} does not exist in the bridge's folder`);
  return { root: bridge, path };
}

function missing(message: string, hint?: string): BridgeError {
  return new BridgeError("SCHEMA_FILE_MISSING", message, { stage: "validate", hint });
}

function bundleHint(bundles: readonly SchemaRoot[]): string | undefined {
  if (bundles.length === 0) return undefined;
  const names = bundles.slice(0, 8).map((bundle) => bundle.id);
  return `Installed: ${names.join(", ")}${bundles.length > 8 ? " …" : ""}. Install another: steg schema add ZIP|DIR|URL`;
}

function filesHint(root: SchemaRoot, path: string): string {
  const base = posix.basename(path);
  const files = filesLike(root, path);
  const near = files.filter((file) => posix.basename(file) === base);
  const shown = (near.length > 0 ? near : files).slice(0, 5).map((file) => `${root.id}/${file}`);
  if (shown.length === 0) return `It holds no ${posix.extname(path) || "such"} file`;
  return `It holds ${shown.join(", ")}${near.length === 0 && files.length > 5 ? " …" : ""}`;
}

/** Schemas are in the index of a bundle, rules are not. */
function filesLike(root: SchemaRoot, path: string): readonly string[] {
  const ending = posix.extname(path).toLowerCase();
  if (ending !== ".sch") return root.files().map((file) => file.path);
  const all = readdirSync(root.dir, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll(sep, "/"));
  return all.filter((name) => name.toLowerCase().endsWith(ending)).sort();
}

// ── references ──────────────────────────────────────────────────────────────────────────────────────────────────

interface Importer {
  readonly root: SchemaRoot;
  readonly path: string;
  readonly id: string;
  readonly own: string | undefined;
}

function resolveReference(
  reference: SchemaReference,
  from: Importer,
  bundles: readonly SchemaRoot[],
): { root: SchemaRoot; path: string } | undefined {
  const { kind, location } = reference;
  if (location !== undefined && from.root !== BUILTIN) {
    const beside = besidePath(from, location);
    if (beside !== undefined) return { root: from.root, path: beside };
  }
  const namespace = kind === "import" ? (reference.namespace ?? null) : (from.own ?? null);
  const found = findSchema({ kind, location, namespace }, from.root, bundles);
  if (found !== undefined && !(found.root === from.root && found.path === from.path)) return found;
  if (kind === "import" && namespace === XML) return { root: BUILTIN, path: BUILTIN_PATH };
  // Without a location an import only announces a namespace that may come from elsewhere (XSD part 1, 4.2.3).
  if (kind === "import" && location === undefined) return undefined;
  throw new BridgeError("SCHEMA_IMPORT_MISSING", importMessage(reference, from), {
    stage: "validate",
    position: { file: from.id, line: reference.line, column: 1 },
    hint: "Nothing is fetched at run time. Install the missing schema: steg schema add ZIP|DIR|URL; or put it into the bridge's schemas/ folder",
  });
}

function importMessage(reference: SchemaReference, from: Importer): string {
  const verb = reference.kind === "import" ? "imports" : `${reference.kind}s`;
  const namespace = reference.kind === "import" ? ` (namespace ${reference.namespace ?? "none"})` : "";
  return `${from.id} ${verb} ${reference.location ?? ""}${namespace}, which is neither beside it nor in the catalogue`;
}

/** A relative location as a path in the same root, if it stays inside and the file exists. */
export function besidePath(from: Pick<Importer, "root" | "path">, location: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location) || location.startsWith("/")) return undefined;
  const plain = location.replace(/[?#].*$/s, "").replaceAll("\\", "/");
  const decoded = plain
    .split("/")
    .map((segment) => decodeSegment(segment))
    .join("/");
  for (const candidate of plain === decoded ? [plain] : [plain, decoded]) {
    const path = posix.join(posix.dirname(from.path), candidate);
    if (isInside(path) && isFile(join(from.root.dir, path))) return path;
  }
  return undefined;
}

function isInside(path: string): boolean {
  return path !== ".." && !path.startsWith("../") && !path.startsWith("/") && !path.includes("\0");
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Reads a file of a root; a symbolic link that leads out of it is refused. */
export function readInside(root: SchemaRoot, path: string, id: string): Uint8Array {
  const real = realpathSync(join(root.dir, path));
  const inside = relative(realpathSync(root.dir), real);
  if (inside.startsWith(`..${sep}`) || inside === ".." || isAbsolute(inside))
    throw missing(`${id} leads outside its folder`);
  if (!isFile(real)) throw missing(`${id} is no file`);
  return readFileSync(real);
}

// ── the bridge's own folder ─────────────────────────────────────────────────────────────────────────────────────

/** Its files are listed and read only when a location is not simply a file beside the importing one. */
export function bridgeRoot(dir: string): SchemaRoot {
  let files: readonly RootFile[] | undefined;
  return { id: "bridge", dir, url: undefined, files: () => (files ??= scanFolder(dir)) };
}

function scanFolder(dir: string): readonly RootFile[] {
  const found: RootFile[] = [];
  const walk = (folder: string, depth: number): void => {
    for (const entry of readdirSync(join(dir, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.name.startsWith(".") || found.length >= FILES_LIMIT) continue;
      if (entry.isDirectory() && depth < 8 && path !== "tests") walk(path, depth + 1);
      else if (entry.isFile() && /\.xsd$/i.test(entry.name)) {
        const head = scanSchema(readSchemaText(readFileSync(join(dir, path)), path), path);
        if (head !== undefined) found.push(rootFile(path, head));
      }
    }
  };
  walk("", 0);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What the index keeps of a schema file's head. */
export function rootFile(
  path: string,
  head: { readonly targetNamespace: string | undefined; readonly references: readonly SchemaReference[] },
): RootFile {
  return {
    path,
    namespace: head.targetNamespace ?? null,
    includes: head.references.flatMap((it) => (it.kind === "import" || it.location === undefined ? [] : [it.location])),
  };
}
