// validate.xsd: is the message what the standard says? Schemas are compiled once per thread and shared by all bridges
// that use the same files; whoever opened a validator disposes it, and with the last one the compiled schema goes.
//
// Nothing here is shared between threads: a worker that loads this module has a libxml2 and a pool of its own.

import { BridgeError } from "../errors.ts";
import type { Validator, ValidationFinding } from "../mapping/types.ts";
import { createSureCheck, type SureCheck } from "./sure/sure-check.ts";
import { loadSchemaFiles, type SchemaFile, type SchemaFiles, type SchemaSource } from "./xsd-files.ts";
import { findingOf } from "./xsd-findings.ts";
import type { CompiledSchema, Fault } from "./xsd-libxml2.ts";
import { XSD } from "./xsd-scan.ts";
import { doctypeAt } from "./xsd-text.ts";

export type { Validator, ValidationFinding };

const VALID: readonly ValidationFinding[] = [];
/** Characters of a message; a DOM takes about ten times as much memory. */
const BODY_LIMIT = 64 * 1024 * 1024;

export interface XsdPool {
  /** Throws SCHEMA_FILE_MISSING, SCHEMA_FILE_INVALID, SCHEMA_IMPORT_MISSING. */
  open(source: SchemaSource): Promise<Validator>;
  /** The same for files that were read already. */
  openFiles(files: SchemaFiles): Promise<Validator>;
  /** Compiled schemas now alive. */
  readonly size: number;
}

/** A pool of compiled schemas; one per thread is enough. */
export function createXsdPool(): XsdPool {
  const shared = new Map<string, { readonly schema: CompiledSchema; readonly sure: SureCheck; users: number }>();
  const openFiles = async (files: SchemaFiles): Promise<Validator> => {
    // libxml2 is a few mebibytes of WebAssembly, which bridges without an XSD need not have.
    const { compileSchema } = await import("./xsd-libxml2.ts");
    const entry = shared.get(files.hash) ?? {
      schema: compile(files, compileSchema),
      sure: createSureCheck(files),
      users: 0,
    };
    shared.set(files.hash, entry);
    entry.users++;
    let disposed = false;
    return {
      validate: (body) => {
        if (disposed) throw new Error("the validator was disposed");
        return validate(entry.schema, entry.sure, body);
      },
      surely: (root) => entry.sure.inside(root),
      dispose: () => {
        if (disposed) return;
        disposed = true;
        if (--entry.users > 0) return;
        shared.delete(files.hash);
        entry.schema.dispose();
      },
    };
  };
  return {
    open: async (source) => await openFiles(loadSchemaFiles(source)),
    openFiles,
    get size() {
      return shared.size;
    },
  };
}

const threadPool = createXsdPool();

/** A validator for the schema, from this thread's pool. */
export function openXsd(source: SchemaSource): Promise<Validator> {
  return threadPool.open(source);
}

/** The same for files that were read already, as the schemas of a WSDL. */
export function openXsdFiles(files: SchemaFiles): Promise<Validator> {
  return threadPool.openFiles(files);
}

function validate(schema: CompiledSchema, sure: SureCheck, body: string): readonly ValidationFinding[] {
  if (body.length > BODY_LIMIT) return [{ path: "/", message: "message is larger than 64 MiB", detail: "" }];
  // Before any parser sees it: entities can be declared nowhere else.
  if (doctypeAt(body) >= 0) return [{ path: "/", message: "a DOCTYPE is refused", detail: "" }];
  if (sure.isValid(body)) return VALID;
  const { faults, wellFormed } = schema.check(body);
  return faults.map((fault) => findingOf(fault, wellFormed));
}

// ── compiling ───────────────────────────────────────────────────────────────────────────────────────────────────

type CompileSchema = typeof import("./xsd-libxml2.ts").compileSchema;

/** Every reference is rewritten to the file it was resolved to, so that libxml2 has nothing left to decide. */
function compile(files: SchemaFiles, compileSchema: CompileSchema): CompiledSchema {
  const uris = new Map(Array.from(files.files.keys(), (id, index) => [id, `steg:/${index}.xsd`]));
  const gates = gatesOf(files);
  const texts = new Map<string, string>();
  for (const file of files.files.values()) texts.set(uris.get(file.id) ?? "", rewritten(file, uris, gates));
  for (const [namespace, gate] of gates) texts.set(gate.uri, gateText(namespace, gate.targets, uris));
  const main = gates.get(files.entry.targetNamespace ?? "")?.uri ?? uris.get(files.entry.id) ?? "";
  const result = compileSchema(main, texts);
  if ("check" in result) return result;
  throw compileError(files, uris, result);
}

interface Gate {
  readonly uri: string;
  readonly targets: readonly string[];
}

/**
 * libxml2 takes only the first import of a namespace and silently skips other files of it. Where several files of one
 * namespace are imported (or the entry is one of them), they are entered by one gate that includes them all.
 */
function gatesOf(files: SchemaFiles): ReadonlyMap<string, Gate> {
  const targets = new Map<string, Set<string>>();
  for (const file of files.files.values()) {
    for (const reference of file.references) {
      if (reference.kind !== "import" || reference.target === undefined) continue;
      const namespace = reference.namespace ?? "";
      targets.set(namespace, (targets.get(namespace) ?? new Set()).add(reference.target));
    }
  }
  targets.get(files.entry.targetNamespace ?? "")?.add(files.entry.id);
  const gates = new Map<string, Gate>();
  for (const [namespace, ids] of targets) {
    if (ids.size > 1) gates.set(namespace, { uri: `steg:/gate-${gates.size}.xsd`, targets: [...ids] });
  }
  return gates;
}

function gateText(namespace: string, targets: readonly string[], uris: ReadonlyMap<string, string>): string {
  const own = namespace === "" ? "" : ` targetNamespace="${escapeAttribute(namespace)}"`;
  const includes = targets.map((id) => `<xs:include schemaLocation="${uris.get(id)}"/>`).join("");
  return `<xs:schema xmlns:xs="${XSD}"${own}>${includes}</xs:schema>`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function rewritten(file: SchemaFile, uris: ReadonlyMap<string, string>, gates: ReadonlyMap<string, Gate>): string {
  let text = "";
  let done = 0;
  for (const reference of file.references) {
    const gate = reference.kind === "import" ? gates.get(reference.namespace ?? "") : undefined;
    const uri = reference.target === undefined ? undefined : (gate?.uri ?? uris.get(reference.target));
    text += file.text.slice(done, reference.start) + withLocation(file.text.slice(reference.start, reference.end), uri);
    done = reference.end;
  }
  return text + file.text.slice(done);
}

function withLocation(tag: string, uri: string | undefined): string {
  const bare = tag.replace(/\sschemaLocation\s*=\s*(?:"[^"]*"|'[^']*')/, " ");
  return uri === undefined ? bare : bare.replace(/\s*\/?>$/, (end) => ` schemaLocation="${uri}"${end}`);
}

function compileError(files: SchemaFiles, uris: ReadonlyMap<string, string>, faults: readonly Fault[]): BridgeError {
  const ids = new Map(Array.from(uris, ([id, uri]) => [uri, id]));
  const first = faults[0];
  const file = ids.get(first?.file ?? "") ?? files.entry.id;
  const line = first?.line ?? 1;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more faults)` : "";
  // A schema holds no records, so its words may be shown; they are needed to mend it.
  const why = first === undefined ? "" : `: ${first.text.replaceAll(/\s+/g, " ").trim().slice(0, 300)}`;
  return new BridgeError("SCHEMA_FILE_INVALID", `${file}:${line} is no valid schema${more}${why}`, {
    stage: "validate",
    position: { file, line, column: 1 },
    detail: faults.map((fault) => fault.text).join("\n"),
  });
}
