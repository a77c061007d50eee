// The schemas of a WSDL with all that they import, as one set that both readers of a schema take: libxml2 and the
// model. One schema in front imports all of them, because types of a WSDL need not know each other.

import { BridgeError } from "../../../core/errors.ts";
import {
  hashOf,
  type ResolvedReference,
  type SchemaFile,
  type SchemaFiles,
} from "../../../core/validation/xsd-files.ts";
import { BUILTIN_PATH, XML_SCHEMA } from "../../../core/validation/xsd-builtin.ts";
import { scanSchema, type SchemaReference } from "../../../core/validation/xsd-scan.ts";
import { readSchemaText } from "../../../core/validation/xsd-text.ts";
import { escapeAttribute } from "../../shared/xml/escape.ts";
import { builtInSchema } from "./builtin.ts";
import { unusable } from "./document.ts";
import { candidatesFor } from "./locations.ts";
import { XML, XSD } from "./names.ts";

const FILES_LIMIT = 1_000;
const TOTAL_LIMIT = 64 * 1024 * 1024;

/** A file of the bridge's folder; undefined where there is none of this path. */
export type ReadFile = (path: string) => Uint8Array | undefined;

export interface GivenSchema {
  readonly id: string;
  readonly text: string;
  /** The file in whose folder its relative locations lie. */
  readonly path: string;
}

interface Source {
  readonly id: string;
  readonly path: string;
  readonly text: string;
  readonly namespace: string | undefined;
  readonly references: readonly SchemaReference[];
}

/** Throws WSDL_INVALID. */
export function assembleSchemas(given: readonly GivenSchema[], main: string, read: ReadFile): SchemaFiles {
  const files = new Map<string, SchemaFile>();
  const sources = given.map(sourceOf);
  let size = 0;

  function visit(source: Source): SchemaFile {
    const known = files.get(source.id);
    if (known !== undefined) return known;
    size += source.text.length;
    if (files.size >= FILES_LIMIT || size > TOTAL_LIMIT) throw unusable(`${main} has too many or too large schemas`);
    const references: ResolvedReference[] = [];
    const file: SchemaFile = { id: source.id, text: source.text, targetNamespace: source.namespace, references };
    files.set(source.id, file);
    for (const reference of source.references) {
      const target = targetOf(reference, source);
      references.push({ ...reference, target: target?.id });
      if (target !== undefined) visit(target);
    }
    return file;
  }

  function targetOf(reference: SchemaReference, from: Source): Source | undefined {
    const { kind, location } = reference;
    const namespace = kind === "import" ? reference.namespace : from.namespace;
    if (location !== undefined) {
      for (const path of candidatesFor(location, from.path)) {
        const known = files.get(path);
        if (known !== undefined) return sourceOf({ id: path, path, text: known.text });
        const bytes = read(path);
        if (bytes === undefined) continue;
        const found = sourceOf({ id: path, path, text: schemaText(bytes, path) });
        if (kind !== "import" || (found.namespace ?? "") === (namespace ?? "")) return found;
      }
    }
    if (kind === "import") {
      const inline = sources.find((it) => it.namespace === namespace && it.id !== from.id);
      if (inline !== undefined) return inline;
      const read = [...files.values()].find((it) => it.targetNamespace === namespace && it.id !== from.id);
      if (read !== undefined) return sourceOf({ id: read.id, path: read.id.split("#")[0] ?? "", text: read.text });
      const text = namespace === XML ? XML_SCHEMA : namespace && builtInSchema(namespace);
      if (text) return sourceOf({ id: namespace === XML ? BUILTIN_PATH : `builtin:${namespace}`, path: "", text });
      // Without a location an import only announces a namespace that may come from elsewhere (XSD part 1, 4.2.3).
      if (location === undefined) return undefined;
    }
    throw missing(reference, from);
  }

  for (const source of sources) visit(source);
  const front = frontOf(sources, main);
  const entry: SchemaFile = { ...front, targetNamespace: front.namespace, references: front.resolved };
  const all = new Map([[entry.id, entry], ...files]);
  return { entry, files: all, hash: hashOf(entry, all) };
}

function sourceOf({ id, path, text }: GivenSchema): Source {
  let head;
  try {
    head = scanSchema(text, id);
  } catch (cause) {
    throw cause instanceof BridgeError ? unusable(cause.message) : cause;
  }
  if (head === undefined) throw unusable(`${id} is no XML schema`);
  return { id, path, text, namespace: head.targetNamespace, references: head.references };
}

function schemaText(bytes: Uint8Array, path: string): string {
  try {
    return readSchemaText(bytes, path);
  } catch (cause) {
    throw cause instanceof BridgeError ? unusable(cause.message) : cause;
  }
}

function missing(reference: SchemaReference, from: Source): BridgeError {
  const location = reference.location ?? "";
  const namespace = reference.kind === "import" ? ` (namespace ${reference.namespace ?? "none"})` : "";
  const verb = reference.kind === "import" ? "imports" : `${reference.kind}s`;
  const wanted = candidatesFor(location, from.path);
  const hint =
    wanted.length === 0
      ? "Put the schema into the bridge's folder and write its name into schemaLocation."
      : `Nothing is fetched: save it as ${wanted[0]} in the bridge's folder.`;
  return unusable(
    `${from.id}:${reference.line} ${verb} ${location}${namespace}, which is not in the bridge's folder`,
    hint,
  );
}

/** `urn:steg:wsdl` imports every schema of the WSDL; it declares nothing itself. */
function frontOf(
  sources: readonly Source[],
  main: string,
): Source & { readonly resolved: readonly ResolvedReference[] } {
  const namespace = "urn:steg:wsdl";
  let text = `<xs:schema xmlns:xs="${XSD}" targetNamespace="${namespace}">`;
  const resolved: ResolvedReference[] = [];
  for (const source of sources) {
    const start = text.length;
    const own = source.namespace === undefined ? "" : ` namespace="${escapeAttribute(source.namespace)}"`;
    text += `<xs:import${own}/>`;
    const { id: target } = source;
    const end = text.length;
    resolved.push({ kind: "import", namespace: source.namespace, location: undefined, start, end, line: 1, target });
  }
  return { id: `${main}#`, path: main, text: `${text}</xs:schema>`, namespace, references: resolved, resolved };
}
