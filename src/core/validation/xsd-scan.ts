// The head of a schema file: its namespace and what it includes and imports. XSD 1.0 (part 1, 3.15.2) lets include,
// import and redefine stand only before all other components, so reading stops at the first of those; a bundle of
// eighty files is scanned in milliseconds.

import { SaxesParser } from "saxes";
import { BridgeError } from "../errors.ts";

export const XSD = "http://www.w3.org/2001/XMLSchema";
export const XML = "http://www.w3.org/XML/1998/namespace";

export interface SchemaReference {
  readonly kind: "import" | "include" | "redefine";
  /** Of an import: the namespace it asks for; undefined = components without one. */
  readonly namespace: string | undefined;
  readonly location: string | undefined;
  /** Where its tag begins and ends in the text. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

export interface SchemaHead {
  readonly targetNamespace: string | undefined;
  readonly version: string | undefined;
  readonly references: readonly SchemaReference[];
}

const REFERENCE_LIMIT = 2_000;
/** Thrown to leave the parser early; carries nothing. */
const ENOUGH = Symbol("enough");

/** undefined where the root is no xs:schema. Throws SCHEMA_FILE_INVALID where the head is not well-formed. */
export function scanSchema(text: string, name: string): SchemaHead | undefined {
  const references: SchemaReference[] = [];
  let depth = 0;
  let root: { targetNamespace: string | undefined; version: string | undefined } | undefined;
  const parser = new SaxesParser({ xmlns: true, position: true });
  parser.on("doctype", () => fail(name, 1, "a DOCTYPE is refused"));
  parser.on("error", (error) => fail(name, parser.line, error.message));
  parser.on("opentag", (tag) => {
    depth++;
    const read = (attribute: string): string | undefined => tag.attributes[attribute]?.value;
    if (depth === 1) {
      if (tag.uri !== XSD || tag.local !== "schema") throw ENOUGH;
      root = { targetNamespace: read("targetNamespace"), version: read("version") };
      return;
    }
    if (depth > 2 || tag.uri !== XSD || tag.local === "annotation") return;
    const kind = tag.local;
    if (kind !== "import" && kind !== "include" && kind !== "redefine") throw ENOUGH;
    if (references.length >= REFERENCE_LIMIT) fail(name, parser.line, "more than 2,000 imports");
    const end = parser.position;
    // `<` cannot stand in an attribute value, so the nearest one before the tag's end begins the tag.
    const start = text.lastIndexOf("<", end - 1);
    references.push({
      kind,
      namespace: read("namespace"),
      location: read("schemaLocation"),
      start,
      end,
      line: parser.line,
    });
  });
  parser.on("closetag", () => {
    depth--;
  });
  try {
    parser.write(text).close();
  } catch (cause) {
    if (cause !== ENOUGH) throw cause;
  }
  return root === undefined ? undefined : { ...root, references };
}

function fail(name: string, line: number, why: string): never {
  throw new BridgeError("SCHEMA_FILE_INVALID", `${name}:${line} is no well-formed schema`, {
    stage: "validate",
    detail: why,
  });
}
