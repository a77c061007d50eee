// Putting a bundle into the catalogue: which files are kept, what the bundle is called, and how it gets there whole.

import { createHash } from "node:crypto";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { BridgeError } from "../errors.ts";
import { BUNDLE_NAME, INDEX_NAME, readIndex, type BundleFile, type BundleIndex } from "./catalog.ts";
import type { ArchiveFile } from "./catalog-zip.ts";
import { rootFile } from "./xsd-files.ts";
import { scanSchema } from "./xsd-scan.ts";
import { readSchemaText } from "./xsd-text.ts";
import { makeFolders, syncFile, syncFolder } from "../durable.ts";

export interface NewBundle {
  readonly files: readonly ArchiveFile[];
  /** File name, folder name or URL. */
  readonly source: string;
  readonly url: string | undefined;
  /** Where the caller knows better than the files. */
  readonly name: string | undefined;
  readonly version: string | undefined;
}

export interface AddedBundle {
  readonly name: string;
  readonly version: string;
  /** Absolute folder. */
  readonly dir: string;
  /** False: the same content was there already. */
  readonly added: boolean;
  readonly schemas: number;
  readonly files: number;
  /** What bridge files would name: `catalog:xjustiz/3.6.2/…`. The schemas nothing else in the bundle includes or imports. */
  readonly entries: readonly string[];
  /** Schematron files that are whole schemas, as `validate.schematron` names them. */
  readonly rules: readonly string[];
}

/** Kept beside schemas: code lists, rules, licences. Handbooks and models are not, they can be large. */
const KEPT = /\.(?:xsd|xml|gc|sch|xsl|xslt|wsdl|json|csv|txt|md)$/i;
/** Publishers' caches name schemas without ending; they are known by their content. */
const BARE = /(?:^|\/)[^./]+$/;

export function isKept(path: string): boolean {
  return !path.split("/").some((segment) => segment.startsWith(".")) && (KEPT.test(path) || BARE.test(path));
}

/** Throws SCHEMA_BUNDLE_REFUSED, SCHEMA_BUNDLE_EXISTS, SCHEMA_FILE_INVALID. */
export function addBundle(bundle: NewBundle, catalogDir: string, now: Date): AddedBundle {
  const files = withoutCommonFolder(
    bundle.files.filter(
      (file) => isKept(file.path) && (KEPT.test(file.path) || LICENCE.test(file.path) || isSchemaFile(file)),
    ),
  );
  const schemas = files.flatMap((file) => indexed(file));
  const rules = files.filter(isRuleSet);
  if (schemas.length === 0 && rules.length === 0)
    throw refuse(`${bundle.source} holds no XML schema and no Schematron rules`);
  const { name, version } = nameBundle(bundle, files, schemas);
  const hash = hashOf(files);
  const index: BundleIndex = {
    format: 1,
    name,
    version,
    source: bundle.source,
    ...(bundle.url === undefined ? {} : { url: bundle.url }),
    added: now.toISOString(),
    hash,
    files: schemas,
  };
  const dir = join(catalogDir, name, version);
  const entries = schemas.length === 0 ? [] : entriesOf(index);
  const result = {
    name,
    version,
    dir,
    schemas: schemas.length,
    files: files.length,
    entries,
    rules: rules.map(({ path }) => `catalog:${name}/${version}/${path}`),
  };
  const present = existsSync(dir) ? readIndex(dir) : undefined;
  if (present?.hash === hash) return { ...result, added: false };
  if (existsSync(dir)) throw exists(name, version);
  write(dir, files, index);
  return { ...result, added: true };
}

function refuse(message: string): BridgeError {
  return new BridgeError("SCHEMA_BUNDLE_REFUSED", message, { stage: "validate" });
}

function exists(name: string, version: string): BridgeError {
  const message = `the catalogue already holds ${name}/${version} with other content; bridges may rely on it`;
  return new BridgeError("SCHEMA_BUNDLE_EXISTS", message, { stage: "validate" });
}

// ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────

const LICENCE = /(?:^|\/)(?:licen[sc]e|notice|copying)$/i;

function isSchemaFile(file: ArchiveFile): boolean {
  if (/\.xsd$/i.test(file.path)) return true;
  if (!BARE.test(file.path) || LICENCE.test(file.path)) return false;
  return Buffer.from(file.bytes.subarray(0, 4096)).toString("latin1").includes("http://www.w3.org/2001/XMLSchema");
}

/** ISO Schematron whose root is `schema`; what is included by others has another root. */
function isRuleSet(file: ArchiveFile): boolean {
  if (!/\.sch$/i.test(file.path)) return false;
  const head = Buffer.from(file.bytes.subarray(0, 16_384)).toString("utf8");
  const root = /<(?![?!])(?:[\w.-]+:)?([\w.-]+)[\s>]/.exec(head.replaceAll(/<!--.*?-->/gs, ""))?.[1];
  return root === "schema" && head.includes("http://purl.oclc.org/dsdl/schematron");
}

/**
 * Archives mostly hold one folder with all schemas; it says nothing and would stand in every path. Licences beside that
 * folder keep their place, where it is not taken.
 */
function withoutCommonFolder(files: readonly ArchiveFile[]): readonly ArchiveFile[] {
  const ending = files.some((file) => /\.xsd$/i.test(file.path)) ? /\.xsd$/i : /\.sch$/i;
  const schemas = files.filter((file) => ending.test(file.path));
  const folders = (schemas.length > 0 ? schemas : files).map((file) => file.path.split("/").slice(0, -1));
  let depth = 0;
  const first = folders[0] ?? [];
  while (depth < first.length && folders.every((folder) => folder[depth] === first[depth])) depth++;
  const prefix = first
    .slice(0, depth)
    .map((folder) => `${folder}/`)
    .join("");
  const kept = new Map<string, ArchiveFile>();
  for (const file of files) if (file.path.startsWith(prefix)) kept.set(file.path.slice(prefix.length), file);
  for (const file of files) if (!file.path.startsWith(prefix) && !kept.has(file.path)) kept.set(file.path, file);
  return Array.from(kept, ([path, { bytes }]) => ({ path, bytes })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The index entry of a schema; nothing for other files. */
function indexed(file: ArchiveFile): readonly BundleFile[] {
  if (file.path === INDEX_NAME) throw refuse(`${INDEX_NAME} is the catalogue's own name`);
  if (!isSchemaFile(file)) return [];
  const head = scanSchema(readSchemaText(file.bytes, file.path), file.path);
  if (head === undefined) return [];
  const sha256 = createHash("sha256").update(file.bytes).digest("hex");
  return [{ ...rootFile(file.path, head), size: file.bytes.length, sha256 }];
}

function hashOf(files: readonly ArchiveFile[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.path}\0${file.bytes.length}\0`).update(file.bytes);
  return hash.digest("hex");
}

/** At most a handful: what a person would put into validate.xsd. */
function entriesOf(index: BundleIndex): readonly string[] {
  const included = new Set(index.files.flatMap((file) => file.includes.map((location) => posix.basename(location))));
  const heads = index.files.filter((file) => !included.has(posix.basename(file.path)));
  return (heads.length > 0 ? heads : index.files).map((file) => `catalog:${index.name}/${index.version}/${file.path}`);
}

// ── name and version ────────────────────────────────────────────────────────────────────────────────────────────

/**
 * As given; else as XÖV schemas say of themselves (nameTechnisch and version in their appinfo, the most frequent pair);
 * else from the source's name: `UBL-2.1.zip`, `xdomea_3.0.0`. A bundle without any version is called by its content.
 */
function nameBundle(
  bundle: NewBundle,
  files: readonly ArchiveFile[],
  schemas: readonly BundleFile[],
): { readonly name: string; readonly version: string } {
  const own = mostFrequent(schemas.map((schema) => xoevStandard(files.find((file) => file.path === schema.path))));
  const guessed = fromSourceName(bundle.source);
  const name = bundle.name ?? own?.name ?? guessed.name;
  const version = bundle.version ?? own?.version ?? guessed.version ?? `sha-${hashOf(files).slice(0, 12)}`;
  for (const [what, text] of [
    ["name", name],
    ["version", version],
  ] as const) {
    if (!BUNDLE_NAME.test(text))
      throw refuse(`${JSON.stringify(text.slice(0, 80))} is no ${what} for a bundle (a-z 0-9 . _ -); give another`);
  }
  return { name, version };
}

interface Standard {
  readonly name: string;
  readonly version: string;
}

/** Only the head of a file is looked at: the annotation stands before everything else. */
function xoevStandard(file: ArchiveFile | undefined): Standard | undefined {
  const head = Buffer.from(file?.bytes.subarray(0, 16_384) ?? []).toString("utf8");
  const name = /<nameTechnisch>\s*([^<\s]+)\s*<\/nameTechnisch>/.exec(head)?.[1];
  const version = /<versionStandard>\s*<version>\s*([^<\s]+)\s*<\/version>/.exec(head)?.[1];
  return name === undefined || version === undefined ? undefined : { name: slug(name), version: slug(version) };
}

function mostFrequent(standards: readonly (Standard | undefined)[]): Standard | undefined {
  const counts = new Map<string, { standard: Standard; count: number }>();
  for (const standard of standards) {
    if (standard === undefined) continue;
    const key = `${standard.name}/${standard.version}`;
    const entry = counts.get(key) ?? { standard, count: 0 };
    entry.count++;
    counts.set(key, entry);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.standard;
}

function fromSourceName(source: string): { readonly name: string; readonly version: string | undefined } {
  const base = posix.basename(source.replaceAll("\\", "/").replace(/[?#].*$/s, "")).replace(/\.(?:zip|xsd)$/i, "");
  const match = /^(.*?)[-_ .]*v?(\d+(?:[._-]\d+)*)(?:[-_ ]*(?:xsd|schema|schemas|schemata))?$/i.exec(base);
  const name = slug(match?.[1] ?? base);
  const version = match?.[2]?.replace(/[_-]/g, ".");
  return name === "" ? { name: slug(base) || "schemas", version: undefined } : { name, version };
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[-._]+|[-._]+$/g, "")
    .slice(0, 64);
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Under a temporary name that the catalogue does not read, then renamed: a bundle is there whole or not at all. */
function write(dir: string, files: readonly ArchiveFile[], index: BundleIndex): void {
  const temporary = join(dirname(dir), `.adding-${process.pid}-${index.hash.slice(0, 12)}`);
  rmSync(temporary, { recursive: true, force: true });
  try {
    for (const file of files) {
      const path = join(temporary, file.path);
      makeFolders(dirname(path));
      writeFileSync(path, file.bytes);
    }
    const path = join(temporary, INDEX_NAME);
    writeFileSync(path, `${JSON.stringify(index, undefined, 2)}\n`);
    syncFile(path);
    renameSync(temporary, dir);
    syncFolder(dirname(dir));
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    // Two processes added at once: the other one was first.
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
    if (code === "ENOTEMPTY" || code === "EEXIST") throw exists(index.name, index.version);
    throw new BridgeError("FILE_UNREADABLE", `nothing can be written to ${dirname(dir)} (${code})`, {
      hint: "Check the folder, its rights and the room on its disk; --dir names the folder of the bridges.",
      cause,
    });
  }
}
