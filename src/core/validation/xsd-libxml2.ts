// The only file that touches libxml2 (WebAssembly). It uses the layer below the package's documented classes, because
// those ask for the path of every single error: 40,000 faulty siblings then take seconds (the path is found by counting
// siblings). Here the first few faults are taken and the rest only counted. The package is pinned; test/core/xsd.test.ts
// covers every call.
//
// libxml2 gets bytes from memory only: no file or network access is compiled in or registered but for the one provider
// below, which answers any name that is not a file of the schema being compiled with nothing. It is one per thread.

import { closeBuffer, openBuffer, ParseOption, readBuffer, xmlRegisterInputProvider } from "libxml2-wasm";
import * as layer from "libxml2-wasm/lib/libxml2.mjs";
import {
  xmlCtxtSetErrorHandler,
  XmlErrorStruct,
  xmlFreeDoc,
  xmlFreeParserCtxt,
  XmlNamedNodeStruct,
  xmlNewParserCtxt,
  xmlDocGetRootElement,
  XmlNodeStruct,
  XmlNodeType,
  XmlNsStruct,
  xmlReadMemory,
  xmlReadString,
  xmlSchemaFree,
  xmlSchemaFreeParserCtxt,
  xmlSchemaFreeValidCtxt,
  xmlSchemaNewDocParserCtxt,
  xmlSchemaNewValidCtxt,
  xmlSchemaParse,
  xmlSchemaSetParserStructuredErrors,
  xmlSchemaSetValidStructuredErrors,
  xmlSchemaValidateDoc,
  XmlTreeCommonStruct,
} from "libxml2-wasm/lib/libxml2.mjs";

export interface Fault {
  /** libxml2's own words; they carry values. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** Of a schema: the URI of the file. */
  readonly file: string | undefined;
  /** `/gw:a/b[2]`; "/" where the fault has no element. */
  readonly path: string;
  /** Prefixes in scope at the element: namespace → prefix, "" for the default. */
  readonly prefixes: ReadonlyMap<string, string>;
}

/** More than anybody reads, few enough to be quick. */
const FAULT_LIMIT = 20;
/** libxml2's xmlErrorLevel: 1 is a warning. */
const ERROR_LEVEL = 2;
/** Every namespace declaration on the way up is read at most this often. */
const DEPTH_LIMIT = 300;

interface Collector {
  readonly faults: Fault[];
  withPaths: boolean;
}

/** Exported, but left out of the package's types. */
const { addFunction } = layer as unknown as {
  addFunction: (callback: (data: number, error: number) => void, signature: string) => number;
};

let collecting: Collector | undefined;
const collect = addFunction((_data, error) => {
  if (collecting === undefined || collecting.faults.length >= FAULT_LIMIT) return;
  if (XmlErrorStruct.level(error) < ERROR_LEVEL) return;
  const text = XmlErrorStruct.message(error).trimEnd();
  // Keys over a value that was refused already are reported once more, as a warning in an error's clothes.
  if (text.includes(": Warning: No precomputed value available")) return;
  const node = collecting.withPaths ? XmlErrorStruct.node(error) : 0;
  collecting.faults.push({
    text,
    line: XmlErrorStruct.line(error),
    column: XmlErrorStruct.col(error),
    file: XmlErrorStruct.file(error) ?? undefined,
    path: pathOf(node),
    prefixes: prefixesAt(node),
  });
}, "vii");

/** Runs one call into libxml2 and returns the faults it reported. Calls never nest: all are synchronous. */
function collectingFaults(withPaths: boolean, run: () => void): Fault[] {
  const collector: Collector = { faults: [], withPaths };
  collecting = collector;
  try {
    run();
  } finally {
    collecting = undefined;
  }
  return collector.faults;
}

const PARSE_OPTIONS =
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_COMPACT |
  ParseOption.XML_PARSE_BIG_LINES;

/** libxml2 takes no text of more than ten million characters unless it is told; in messages that is a file as base64. */
const LONG_TEXT = 9_000_000;

function optionsFor(text: string): number {
  return text.length > LONG_TEXT ? PARSE_OPTIONS | ParseOption.XML_PARSE_HUGE : PARSE_OPTIONS;
}

/** Parses and hands the document to `use`; it is freed afterwards whatever happens. Faults = it is not well-formed. */
function withDocument(text: string, uri: string | null, use: (document: number) => void): Fault[] {
  const context = xmlNewParserCtxt();
  let document = 0;
  const faults = collectingFaults(false, () => {
    xmlCtxtSetErrorHandler(context, collect, 0);
    document = read(context, text, uri);
  });
  xmlFreeParserCtxt(context);
  try {
    if (document === 0 && faults.length === 0) faults.push(noDocument);
    if (faults.length === 0) use(document);
  } finally {
    if (document !== 0) xmlFreeDoc(document);
  }
  return faults;
}

/** Node makes bytes of a text many times faster than the package, which goes character by character; but it hides lone surrogates. */
function read(context: number, text: string, uri: string | null): number {
  if (!text.isWellFormed()) return xmlReadString(context, text, uri, "UTF-8", optionsFor(text));
  return xmlReadMemory(context, Buffer.from(text), uri, "UTF-8", optionsFor(text));
}

const noDocument: Fault = {
  text: "empty document",
  line: 1,
  column: 1,
  file: undefined,
  path: "/",
  prefixes: new Map(),
};

// ── schemas ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Files that the schema being compiled may ask for, by URI; empty at any other time. */
let offered: ReadonlyMap<string, Uint8Array> = new Map();
let registered = false;

function registerProvider(): void {
  if (registered) return;
  registered = xmlRegisterInputProvider({
    // Answering for every name keeps libxml2 from its own file access.
    match: () => true,
    open: (name) => openBuffer(offered.get(name) ?? new Uint8Array()),
    read: readBuffer,
    close: (handle) => {
      closeBuffer(handle);
      return true;
    },
  });
}

export interface CompiledSchema {
  /** Faults of one document; `wellFormed` false where it could not even be parsed. */
  check(text: string): { readonly faults: readonly Fault[]; readonly wellFormed: boolean };
  dispose(): void;
}

/** Compiles the schema at `uri`; `files` holds it and all it refers to. Returns faults where it is no valid schema. */
export function compileSchema(uri: string, files: ReadonlyMap<string, string>): CompiledSchema | readonly Fault[] {
  registerProvider();
  const encoder = new TextEncoder();
  offered = new Map(Array.from(files, ([name, text]) => [name, encoder.encode(text)]));
  let schema = 0;
  let faults: Fault[] = [];
  try {
    const broken = withDocument(files.get(uri) ?? "", uri, (document) => {
      const context = xmlSchemaNewDocParserCtxt(document);
      faults = collectingFaults(false, () => {
        xmlSchemaSetParserStructuredErrors(context, collect, 0);
        schema = xmlSchemaParse(context);
      });
      xmlSchemaFreeParserCtxt(context);
    });
    faults.unshift(...broken);
  } finally {
    offered = new Map();
  }
  if (schema !== 0 && faults.length === 0) return compiled(schema);
  if (schema !== 0) xmlSchemaFree(schema);
  return faults.length > 0 ? faults : [noDocument];
}

function compiled(pointer: number): CompiledSchema {
  let schema = pointer;
  return {
    check(text) {
      if (schema === 0) throw new Error("the schema was disposed");
      let faults: Fault[] = [];
      const broken = withDocument(text, null, (document) => {
        faults = checkDocument(schema, document);
      });
      return broken.length > 0 ? { faults: broken, wellFormed: false } : { faults, wellFormed: true };
    },
    dispose() {
      if (schema !== 0) xmlSchemaFree(schema);
      schema = 0;
    },
  };
}

function checkDocument(schema: number, document: number): Fault[] {
  const context = xmlSchemaNewValidCtxt(schema);
  let result = 0;
  const faults = collectingFaults(true, () => {
    xmlSchemaSetValidStructuredErrors(context, collect, 0);
    result = xmlSchemaValidateDoc(context, document);
  });
  xmlSchemaFreeValidCtxt(context);
  // A verdict without words must not pass for valid.
  if (result !== 0 && faults.length === 0) {
    const root = xmlDocGetRootElement(document);
    faults.push({
      text: `libxml2 answered ${result}`,
      line: 0,
      column: 0,
      file: undefined,
      path: pathOf(root),
      prefixes: new Map(),
    });
  }
  return faults;
}

// ── where ───────────────────────────────────────────────────────────────────────────────────────────────────────

const ELEMENT: number = XmlNodeType.XML_ELEMENT_NODE;
const ATTRIBUTE: number = XmlNodeType.XML_ATTRIBUTE_NODE;

/** Name with the document's prefix; an element in a default namespace has none. */
function nameOf(node: number): string {
  const namespace = XmlNamedNodeStruct.namespace(node);
  const prefix = namespace === 0 ? "" : prefixOf(namespace);
  const local = XmlTreeCommonStruct.name_(node);
  return prefix === "" ? local : `${prefix}:${local}`;
}

function prefixOf(namespace: number): string {
  return XmlNsStruct.prefix(namespace) ?? "";
}

/** `/gw:a/gw:b[2]`; a position stands only where the same name occurs more than once among the siblings. */
function pathOf(node: number): string {
  let path = "";
  let at = node;
  if (at !== 0 && XmlTreeCommonStruct.type(at) === ATTRIBUTE) {
    path = `/@${nameOf(at)}`;
    at = XmlTreeCommonStruct.parent(at);
  }
  while (at !== 0 && XmlTreeCommonStruct.type(at) !== ELEMENT) at = XmlTreeCommonStruct.parent(at);
  while (at !== 0 && XmlTreeCommonStruct.type(at) === ELEMENT) {
    path = `/${nameOf(at)}${positionOf(at)}${path}`;
    at = XmlTreeCommonStruct.parent(at);
  }
  return path === "" ? "/" : path;
}

function positionOf(node: number): string {
  const same = (other: number): boolean => sameName(node, other);
  let position = 1;
  for (let other = XmlTreeCommonStruct.prev(node); other !== 0; other = XmlTreeCommonStruct.prev(other)) {
    if (same(other)) position++;
  }
  if (position > 1) return `[${position}]`;
  for (let other = XmlTreeCommonStruct.next(node); other !== 0; other = XmlTreeCommonStruct.next(other)) {
    if (same(other)) return "[1]";
  }
  return "";
}

/** Names of one document are interned, so that most siblings are told apart by an address alone. */
function sameName(a: number, b: number): boolean {
  if (XmlTreeCommonStruct.type(b) !== ELEMENT) return false;
  if (pointerAt(a + NAME_OFFSET) !== pointerAt(b + NAME_OFFSET)) return false;
  const first = XmlNamedNodeStruct.namespace(a);
  const second = XmlNamedNodeStruct.namespace(b);
  return first === second || (first === 0 ? "" : prefixOf(first)) === (second === 0 ? "" : prefixOf(second));
}

/** `next` is the first word of its struct, so this reads a pointer at any address. */
const pointerAt = XmlNsStruct.next;
/** Of `name` in struct _xmlNode, as in XmlTreeCommonStruct. */
const NAME_OFFSET = 8;

/** Namespaces of the element and of those around it by their own prefixes; enough to name what was expected there. */
function prefixesAt(node: number): ReadonlyMap<string, string> {
  const prefixes = new Map<string, string>();
  let at = node;
  for (let depth = 0; at !== 0 && depth < DEPTH_LIMIT; depth++) {
    if (XmlTreeCommonStruct.type(at) === ELEMENT) {
      for (let definition = XmlNodeStruct.nsDef(at); definition !== 0; definition = XmlNsStruct.next(definition)) {
        const uri = XmlNsStruct.href(definition);
        if (!prefixes.has(uri)) prefixes.set(uri, prefixOf(definition));
      }
    }
    at = XmlTreeCommonStruct.parent(at);
  }
  return prefixes;
}
