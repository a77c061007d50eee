// validate.schema: is the message what the target's JSON Schema says? Drafts 2020-12 and 07, by ajv, offline, patterns linear.
//
// A message is checked twice at most: first with a validator that stops at the first fault, which is what runs for valid
// messages; only where it found one, and the message is not huge, again with one that gathers all.

import type { Ajv, ErrorObject, ValidateFunction } from "ajv";
import type { JsonSchema as JsonSchemaDocument } from "../contract-calls.ts";
import { BridgeError } from "../errors.ts";
import type { JsonShape, ValidationFinding, Validator } from "../mapping/types.ts";
import { bundleOf } from "./json-schema-bundle.ts";
import type { JsonSchemaFiles } from "./json-schema-files.ts";
import { loadJsonSchemaFiles, shownName } from "./json-schema-files.ts";
import { faultMessage } from "./json-schema-messages.ts";
import { linearPattern } from "./json-schema-pattern.ts";
import { createShape } from "./json-schema-shape.ts";
import { makeAjv } from "./make-ajv.ts";
import type { SchemaSource } from "./xsd-files.ts";

/** Characters of a message. */
const BODY_LIMIT = 64 * 1024 * 1024;
/** Beyond this size only the first fault is reported: gathering all of a list of millions would cost more than the message. */
const GATHER_LIMIT = 1024 * 1024;
const FINDINGS_LIMIT = 20;

export interface JsonSchema {
  readonly validator: Validator;
  /** Of a value that is parsed already, of a text of so many characters. Empty = valid; at most 20 findings. */
  findings(value: unknown, size: number): readonly ValidationFinding[];
  /** The schema with all files it refers to as one document. */
  bundle(): JsonSchemaDocument;
  /** What templates and static checks need to know. */
  readonly shape: JsonShape;
}

/** Reads and compiles. Throws SCHEMA_FILE_MISSING, SCHEMA_FILE_INVALID, SCHEMA_IMPORT_MISSING. */
export function openJsonSchema(source: SchemaSource): JsonSchema {
  return opened(loadJsonSchemaFiles(source));
}

/** A schema that stands in no file (of a WSDL, of a function's interface); `name` is what messages call it. */
export function openJsonDocument(document: JsonSchemaDocument, name: string): JsonSchema {
  const entry = `steg://bridge/${encodeURIComponent(name)}`;
  return opened({ draft: "2020-12", entry, documents: new Map([[entry, document]]) });
}

function opened(files: JsonSchemaFiles): JsonSchema {
  const first = compiler(files, false);
  const all = compiler(files, true);
  const check = first(files.entry);
  const shape = createShape(files, (address, value) => {
    const fits = first(address);
    return fits(value) ? undefined : faultMessage((fits.errors ?? [])[0] as ErrorObject);
  });
  return {
    validator: { validate: (body) => validate(body, check, () => all(files.entry), shape), dispose: () => undefined },
    findings: (value, size) => findings(value, size, check, () => all(files.entry), shape),
    bundle: () => bundleOf(files),
    shape,
  };
}

/** Compiles a place of the documents once, when it is first asked for. */
function compiler(files: JsonSchemaFiles, allErrors: boolean): (address: string) => ValidateFunction {
  const compiled = new Map<string, ValidateFunction>();
  let ajv: Ajv | undefined;
  return (address) => {
    const known = compiled.get(address);
    if (known) return known;
    try {
      ajv ??= createAjv(files, allErrors);
      const made = ajv.compile({ $ref: address });
      compiled.set(address, made);
      return made;
    } catch (cause) {
      if (cause instanceof BridgeError) throw cause;
      const why = cause instanceof Error ? cause.message.replaceAll(/steg:\/\/(?:bridge|catalog)\//g, "") : "";
      throw new BridgeError("SCHEMA_FILE_INVALID", `${shownName(files.entry)} is no usable JSON Schema: ${why}`, {
        stage: "validate",
        hint: "Use the schema as its publisher gives it.",
        cause,
      });
    }
  };
}

function createAjv(files: JsonSchemaFiles, allErrors: boolean): Ajv {
  const ajv = plainAjv(files.draft, allErrors);
  const judge = judgeOf(files.draft);
  for (const [address, document] of files.documents) {
    if (!judge.validateSchema(document as object)) throw new Error(`schema is invalid: ${judge.errorsText()}`);
    ajv.addSchema(document as object, address);
  }
  return ajv;
}

const judges = new Map<JsonSchemaFiles["draft"], Ajv>();

/** Says whether a document is a schema at all: the schema of schemas is large, and compiled once for all of them. */
function judgeOf(draft: JsonSchemaFiles["draft"]): Ajv {
  const known = judges.get(draft) ?? plainAjv(draft, false);
  judges.set(draft, known);
  return known;
}

function plainAjv(draft: JsonSchemaFiles["draft"], allErrors: boolean): Ajv {
  return makeAjv(draft, {
    strict: false,
    allErrors,
    // A property called "toString" is missing if the message does not have it.
    ownProperties: true,
    logger: false,
    // A judge does it, once for all.
    validateSchema: false,
    code: { regExp: Object.assign((pattern: string) => linearPattern(pattern), { code: "linearPattern" }) },
  });
}

function validate(
  body: string,
  check: ValidateFunction,
  gather: () => ValidateFunction,
  shape: JsonShape,
): readonly ValidationFinding[] {
  if (body.length > BODY_LIMIT) return [{ path: "", message: "message is larger than 64 MiB", detail: "" }];
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    return [{ path: "", message: "message is no JSON", detail: cause instanceof Error ? cause.message : "" }];
  }
  return findings(value, body.length, check, gather, shape);
}

function findings(
  value: unknown,
  size: number,
  check: ValidateFunction,
  gather: () => ValidateFunction,
  shape: JsonShape,
): readonly ValidationFinding[] {
  if (check(value)) return [];
  if (size > GATHER_LIMIT) return findingsOf(check.errors ?? [], value, shape);
  const everything = gather();
  everything(value);
  return findingsOf(everything.errors ?? [], value, shape);
}

/** The faults that say most: those of `if` and of alternatives only repeat what stands beside them. */
function findingsOf(errors: readonly ErrorObject[], value: unknown, shape: JsonShape): readonly ValidationFinding[] {
  const telling = errors.filter(({ keyword }) => keyword !== "if");
  const findings: ValidationFinding[] = [];
  const seen = new Set<string>();
  for (const error of telling) {
    const message = faultMessage(error);
    const key = `${error.instancePath} ${message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const path = error.instancePath;
    findings.push({ path, shown: shownPath(path, value, shape), message, detail: detailOf(error, value) });
    if (findings.length === FINDINGS_LIMIT) break;
  }
  return findings;
}

/** A JSON pointer whose names the schema does not describe are `*`: an object made from data has data for names. */
function shownPath(pointer: string, value: unknown, shape: JsonShape): string {
  let current = value;
  let known: JsonShape | undefined = shape;
  let shown = "";
  for (const step of stepsOf(pointer)) {
    const list = Array.isArray(current);
    shown += list || known?.properties.includes(step) === true ? `/${escapeStep(step)}` : "/*";
    known = list ? known?.item() : known?.property(step);
    current = below(current, step);
  }
  return shown;
}

function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function escapeStep(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

function below(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function detailOf(error: ErrorObject, value: unknown): string {
  const names = Object.values(error.params as Record<string, unknown>).filter((name) => typeof name === "string");
  const found = JSON.stringify(valueAt(value, error.instancePath)) ?? "";
  const shown = found.length > 200 ? `${found.slice(0, 199)}…` : found;
  return [error.message ?? error.keyword, ...names, shown].join("; ");
}

function valueAt(value: unknown, pointer: string): unknown {
  return stepsOf(pointer).reduce(below, value);
}
