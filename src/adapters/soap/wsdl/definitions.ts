// A WSDL with all that it imports: messages, port types, bindings and ports by name (WSDL 1.1, 2.1), and its schemas.

import { BridgeError } from "../../../core/errors.ts";
import { errorCode } from "../../shared/atomic.ts";
import { childrenOf, parseWsdl, qnameAt, unusable, type QName, type WsdlDocument, type WsdlNode } from "./document.ts";
import { candidatesFor } from "./locations.ts";
import type { GivenSchema, ReadFile } from "./schemas.ts";

/** A node and the document in which it stands. */
export interface Placed {
  readonly node: WsdlNode;
  readonly document: WsdlDocument;
}

export interface Definitions {
  readonly main: WsdlDocument;
  readonly documents: readonly WsdlDocument[];
  readonly schemas: readonly GivenSchema[];
  /** Services in the order of the files. */
  readonly services: readonly Placed[];
  message(name: QName | undefined): Placed | undefined;
  portType(name: QName | undefined): Placed | undefined;
  binding(name: QName | undefined): Placed | undefined;
  /** `tns:X` as written; without prefix it may also mean the document's own namespace, as many write it. */
  find(kind: "message" | "portType" | "binding", written: string | undefined, at: Placed): Placed | undefined;
}

const DOCUMENT_LIMIT = 100;

/** Throws WSDL_INVALID, also where a file is missing. */
export function readDefinitions(path: string, read: ReadFile): Definitions {
  const documents: WsdlDocument[] = [];
  const schemas: GivenSchema[] = [];
  const seen = new Set<string>();

  function visit(bytes: Uint8Array, at: string): WsdlDocument {
    seen.add(at);
    if (seen.size > DOCUMENT_LIMIT) throw unusable(`${path} imports more than ${DOCUMENT_LIMIT} files`);
    const document = parseWsdl(bytes, at);
    if (document.root === undefined) {
      schemas.push({ id: at, text: document.text, path: at });
      return document;
    }
    documents.push(document);
    for (const schema of document.schemas) schemas.push({ ...schema, path: at });
    for (const node of childrenOf(document.root, "import")) {
      const location = node.attributes.get("location");
      if (location === undefined) continue;
      const found = findFile(location, at, node.line, read);
      if (!seen.has(found.path)) visit(found.bytes, found.path);
    }
    return document;
  }

  const bytes = read(path);
  if (bytes === undefined) throw unusable(`${path} is not in the bridge's folder`);
  const main = visit(bytes, path);
  if (main.root === undefined) throw unusable(`${path} is an XML schema, no WSDL`);
  return tablesOf(main, documents, schemas);
}

function findFile(
  location: string,
  from: string,
  line: number,
  read: ReadFile,
): { readonly path: string; readonly bytes: Uint8Array } {
  const candidates = candidatesFor(location, from);
  for (const path of candidates) {
    const bytes = read(path);
    if (bytes !== undefined) return { path, bytes };
  }
  throw unusable(
    `${from}:${line} imports ${location}, which is not in the bridge's folder`,
    `Nothing is fetched: save it as ${candidates[0] ?? "a file"} in the bridge's folder.`,
  );
}

function tablesOf(
  main: WsdlDocument,
  documents: readonly WsdlDocument[],
  schemas: readonly GivenSchema[],
): Definitions {
  const tables = {
    message: new Map<string, Placed>(),
    portType: new Map<string, Placed>(),
    binding: new Map<string, Placed>(),
  };
  const services: Placed[] = [];
  for (const document of documents) {
    for (const node of document.root?.children ?? []) {
      if (node.uri !== document.root?.uri) continue;
      if (node.local === "service") services.push({ node, document });
      const table = Object.hasOwn(tables, node.local) ? tables[node.local as keyof typeof tables] : undefined;
      const name = node.attributes.get("name");
      if (table !== undefined && name !== undefined) table.set(`{${document.target}}${name}`, { node, document });
    }
  }
  const by =
    (kind: keyof typeof tables) =>
    (name: QName | undefined): Placed | undefined =>
      name && tables[kind].get(`{${name.namespace}}${name.local}`);
  return {
    main,
    documents,
    schemas,
    services,
    message: by("message"),
    portType: by("portType"),
    binding: by("binding"),
    find(kind, written, at) {
      if (written === undefined) return undefined;
      const name = qnameAt(written, at.node);
      return (
        by(kind)(name) ??
        (written.includes(":") ? undefined : by(kind)({ namespace: at.document.target, local: written.trim() }))
      );
    },
  };
}

/** Reads files of the bridge's folder; one that is not there is undefined, one that leads out of it throws. */
export function fileReader(readBridgeFile: (path: string) => Uint8Array): ReadFile {
  return (path) => {
    try {
      return readBridgeFile(path);
    } catch (cause) {
      const code = cause instanceof BridgeError ? cause.code : errorCode(cause);
      if (code === "FILE_UNREADABLE" || code === "FILE_NOT_FOUND" || code === "ENOENT") return undefined;
      throw cause;
    }
  };
}
