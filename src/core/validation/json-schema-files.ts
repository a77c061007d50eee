// A JSON Schema with all files it refers to, read offline. References lead to files beside the schema in the bridge folder or
// to `catalog:…`; nothing is ever fetched.
//
// Every document gets an address of ours, every $ref is rewritten to such an address with a JSON pointer, and $id and $anchor
// go: what reads the documents behind this (ajv, the view for templates) then needs no resolution of its own.

import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { BridgeError } from "../errors.ts";
import { decodeSegment } from "./catalog.ts";
import type { SchemaSource } from "./xsd-files.ts";

export type JsonObject = { [name: string]: unknown };
export type Draft = "2020-12" | "draft-07";

export interface JsonSchemaFiles {
  readonly draft: Draft;
  /** Address of the document the bridge names. */
  readonly entry: string;
  /** Documents by address, references rewritten to `address#pointer`. */
  readonly documents: ReadonlyMap<string, unknown>;
}

const LIMITS = { files: 200, bytes: 16 * 1024 * 1024, depth: 256 } as const;
const BRIDGE = "steg://bridge/";
const CATALOG = "steg://catalog/";
/** Their values are data, not schemas. */
const DATA = new Set(["const", "enum", "default", "examples"]);
const BY_NAME = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
  "dependencies",
]);

interface Visit {
  readonly node: JsonObject;
  /** Base for references, after $id. */
  readonly base: string;
  readonly file: string;
}

/** Throws SCHEMA_FILE_MISSING, SCHEMA_FILE_INVALID, SCHEMA_IMPORT_MISSING. */
export function loadJsonSchemaFiles(source: SchemaSource): JsonSchemaFiles {
  const documents = new Map<string, unknown>();
  /** What $id and $anchor name → `address#pointer`. */
  const named = new Map<string, string>();
  const references: Visit[] = [];
  const load = (address: string): void => {
    if (documents.has(address)) return;
    if (documents.size >= LIMITS.files) throw invalid(`${source.schema} consists of more than ${LIMITS.files} files`);
    const document = readDocument(source, address);
    documents.set(address, document);
    named.set(address, `${address}#`);
    index(document, address, named, references);
  };
  const entry = addressOf(source.schema);
  load(entry);
  const draft = draftOf(documents.get(entry), shownName(entry));
  // Loading what a reference names may add further references behind it.
  for (let at = 0; at < references.length; at += 1) {
    const visit = references[at] as Visit;
    visit.node["$ref"] = resolve(visit, named, load, source);
  }
  for (const [address, document] of documents)
    if (draftOf(document, shownName(address), draft) !== draft) mixed(address);
  for (const document of documents.values()) dropNames(document);
  return { draft, entry, documents };
}

function mixed(address: string): never {
  throw invalid(`${shownName(address)} follows another draft of JSON Schema than the file that refers to it`);
}

/** As in the bridge file → our address. */
function addressOf(schema: string): string {
  const inCatalog = schema.startsWith("catalog:");
  const path = (inCatalog ? schema.slice("catalog:".length) : schema).replaceAll("\\", "/");
  const url = new URL(path.split("/").map(encodeURIComponent).join("/"), inCatalog ? CATALOG : BRIDGE);
  return url.href;
}

/** Our address → as people write it. */
export function shownName(address: string): string {
  const path = decodeURIComponent(address.replace(/^steg:\/\/\w+\//, ""));
  return address.startsWith(CATALOG) ? `catalog:${path}` : path;
}

function readDocument(source: SchemaSource, address: string): unknown {
  const name = shownName(address);
  const inCatalog = address.startsWith(CATALOG);
  const root = inCatalog ? source.catalogDir : source.bridgeDir;
  if (root === undefined) throw missing(`${name}: there is no catalogue`);
  const path = decodeURIComponent(address.slice((inCatalog ? CATALOG : BRIDGE).length));
  const file = join(root, path);
  if (path.includes("\0") || statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw missing(`${name} does not exist`);
  const inside = relative(realpathSync(root), realpathSync(file));
  if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw missing(`${name} leads outside its folder`);
  const bytes = readFileSync(file);
  if (bytes.length > LIMITS.bytes) throw invalid(`${name} has more than ${LIMITS.bytes} bytes`);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(
      `${name} is no JSON in UTF-8 (${cause instanceof Error ? cause.message.replaceAll(/\s+/g, " ") : ""})`,
      cause,
    );
  }
  if (!isObject(document) && typeof document !== "boolean") throw invalid(`${name} is no JSON Schema: it is no object`);
  return document;
}

function draftOf(document: unknown, name: string, otherwise: Draft = "2020-12"): Draft {
  const declared = isObject(document) ? document["$schema"] : undefined;
  if (declared === undefined) return otherwise;
  if (typeof declared === "string" && /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/.test(declared))
    return "2020-12";
  if (typeof declared === "string" && /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/.test(declared))
    return "draft-07";
  throw invalid(`${name}: $schema is neither draft 2020-12 nor draft-07`);
}

// ── references ──────────────────────────────────────────────────────────────────────────────────────────────────

function index(document: unknown, file: string, named: Map<string, string>, references: Visit[]): void {
  const walk = (node: unknown, pointer: string, outer: string, depth: number): void => {
    if (depth > LIMITS.depth) throw invalid(`${shownName(file)} is nested deeper than ${LIMITS.depth} levels`);
    if (Array.isArray(node)) {
      for (const [at, item] of node.entries()) walk(item, `${pointer}/${at}`, outer, depth + 1);
      return;
    }
    if (!isObject(node)) return;
    const base = nameNode(node, pointer, outer, file, named);
    if (typeof node["$ref"] === "string") references.push({ node, base, file });
    for (const [key, value] of Object.entries(node)) {
      const inner = `${pointer}/${pointerStep(key)}`;
      if (DATA.has(key)) continue;
      if (BY_NAME.has(key) && isObject(value)) {
        for (const [name, schema] of Object.entries(value))
          walk(schema, `${inner}/${pointerStep(name)}`, base, depth + 2);
      } else walk(value, inner, base, depth + 1);
    }
  };
  walk(document, "", file, 0);
}

/** Enters what $id and $anchor name; answers the base for what lies inside (JSON Schema core 2020-12, section 8.2). */
function nameNode(node: JsonObject, pointer: string, outer: string, file: string, named: Map<string, string>): string {
  const id = node["$id"];
  let base = outer;
  let anchor = node["$anchor"];
  if (typeof id === "string" && URL.canParse(id, outer)) {
    const absolute = new URL(id, outer);
    const { hash } = absolute;
    absolute.hash = "";
    // Before 2019 an anchor was an $id of nothing but a fragment.
    if (hash.length > 1) anchor = hash.slice(1);
    else {
      base = absolute.href;
      named.set(base, `${file}#${pointer}`);
    }
  }
  if (typeof anchor !== "string") return base;
  named.set(`${base}#${anchor}`, `${file}#${pointer}`);
  // A file can be referred to by where it lies as well as by its $id.
  if (named.get(base) === `${file}#`) named.set(`${file}#${anchor}`, `${file}#${pointer}`);
  return base;
}

/** The reference as `address#pointer`, its file loaded. References to the drafts themselves stay: ajv knows them. */
function resolve(
  { node, base, file }: Visit,
  named: Map<string, string>,
  load: (address: string) => void,
  source: SchemaSource,
): string {
  const written = node["$ref"] as string;
  if (/^https?:\/\/json-schema\.org\/draft/.test(written)) return written;
  const plain = written.startsWith("catalog:")
    ? addressOf(written.replace(/#.*$/s, "")) + fragmentOf(written)
    : written;
  if (!URL.canParse(plain, base)) return unresolved(written, file);
  const target = new URL(plain, base);
  const fragment = decodeSegment(target.hash.slice(1));
  target.hash = "";
  const document = named.get(target.href) ?? fileFor(target.href, written, file, named, load, source);
  if (fragment === "") return document;
  if (fragment.startsWith("/")) return document + fragment.split("/").map(encodeURIComponent).join("/");
  const anchored = named.get(`${target.href}#${fragment}`) ?? named.get(`${document.replace(/#$/, "")}#${fragment}`);
  return anchored ?? unresolved(written, file);
}

function fragmentOf(written: string): string {
  const hash = written.indexOf("#");
  return hash < 0 ? "" : written.slice(hash);
}

/** The file that a reference means: by our address, or beside the referring one where its $id says that it is the one. */
function fileFor(
  wanted: string,
  written: string,
  file: string,
  named: Map<string, string>,
  load: (address: string) => void,
  source: SchemaSource,
): string {
  const plain = written.replace(/#.*$/s, "");
  const beside = /^[a-z][a-z0-9+.-]*:/i.test(plain) ? plain.slice(plain.lastIndexOf("/") + 1) : plain;
  const address = wanted.startsWith("steg:")
    ? wanted
    : beside && URL.canParse(beside, file)
      ? new URL(beside, file).href
      : undefined;
  if (address === undefined || !address.startsWith("steg:") || !exists(source, address))
    return unresolved(written, file);
  load(address);
  const relativeReference = plain === beside;
  // A file of the right name is the right one only if it says so; a relative reference names the file itself.
  return named.get(wanted) ?? (relativeReference ? `${address}#` : unresolved(written, file));
}

function exists(source: SchemaSource, address: string): boolean {
  const inCatalog = address.startsWith(CATALOG);
  const root = inCatalog ? source.catalogDir : source.bridgeDir;
  if (root === undefined) return false;
  const path = decodeURIComponent(address.slice((inCatalog ? CATALOG : BRIDGE).length));
  return !path.includes("\0") && statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
}

function unresolved(written: string, file: string): never {
  throw new BridgeError(
    "SCHEMA_IMPORT_MISSING",
    `${shownName(file)} refers to ${written}, which is no file beside it nor in the catalogue`,
    {
      stage: "validate",
      position: { file: shownName(file), line: 1, column: 1 },
      hint: "Nothing is fetched: put the file beside the schema, or install it and write catalog:name/version/file.",
    },
  );
}

/** What was resolved needs no names any more; they would only change what ajv takes references to be relative to. */
function dropNames(node: unknown): void {
  if (Array.isArray(node)) for (const item of node) dropNames(item);
  if (!isObject(node)) return;
  if (typeof node["$id"] === "string") delete node["$id"];
  if (typeof node["$anchor"] === "string") delete node["$anchor"];
  for (const [key, value] of Object.entries(node)) {
    if (BY_NAME.has(key) && isObject(value)) for (const schema of Object.values(value)) dropNames(schema);
    else if (!DATA.has(key)) dropNames(value);
  }
}

/** A name as a step of a pointer in an address: RFC 6901, section 6 (pointers in URI fragments are percent-encoded). */
export function pointerStep(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}

export function nameOfStep(step: string): string {
  return decodeSegment(step).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** A pointer in a fragment with no more percent signs than a fragment needs (RFC 3986, section 3.5): `#/%24defs/a` → `#/$defs/a`. */
export function plainFragment(fragment: string): string {
  return fragment
    .split("/")
    .map((step) => encodeURI(decodeSegment(step)).replaceAll("#", "%23"))
    .join("/");
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string, cause?: unknown): BridgeError {
  return new BridgeError("SCHEMA_FILE_INVALID", message, {
    stage: "validate",
    hint: "Use the schema as its publisher gives it.",
    cause,
  });
}

function missing(message: string): BridgeError {
  return new BridgeError("SCHEMA_FILE_MISSING", message, {
    stage: "validate",
    hint: "Correct the path, or install the standard: steg schema add ZIP|DIR|URL",
  });
}
