// Names and prefixes of an XML template: XML 1.0 (Fifth Edition) section 2.3, Namespaces in XML 1.0 sections 2, 3 and 6.

import type { MapEntry } from "../../bridge/tree.ts";
import type { Position } from "../../errors.ts";
import type { QName } from "../types.ts";
import type { Compiling } from "./compiling.ts";
import { isFormula, literalText } from "./compiling.ts";

export const XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE = "http://www.w3.org/2000/xmlns/";

/** Prefix → namespace; "" is the default namespace. */
export type Prefixes = ReadonlyMap<string, string>;

export const NO_PREFIXES: Prefixes = new Map([
  ["", ""],
  ["xml", XML_NAMESPACE],
]);

const START =
  "A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}" +
  "\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}";
const NC_NAME = new RegExp(`^[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}]*$`, "u");

export interface SplitName {
  readonly prefix: string;
  readonly local: string;
}

/** `gw:name` → prefix and local part; undefined where it is no QName. */
export function splitName(name: string): SplitName | undefined {
  const colon = name.indexOf(":");
  const prefix = colon < 0 ? "" : name.slice(0, colon);
  const local = name.slice(colon + 1);
  if (!NC_NAME.test(local) || (colon >= 0 && !NC_NAME.test(prefix))) return undefined;
  return { prefix, local };
}

/** `@xmlns` and `@xmlns:p` among the entries of an element, on top of what is declared outside. */
export function declarePrefixes(compiling: Compiling, entries: readonly MapEntry[], outer: Prefixes): Prefixes {
  const declarations = entries.filter(isDeclaration);
  if (declarations.length === 0) return outer;
  const prefixes = new Map(outer);
  for (const { key, keyAt, value } of declarations) {
    const prefix = key.slice("@xmlns:".length);
    if (value.kind !== "scalar" || isFormula(value)) {
      compiling.error(value.at, "NAMESPACE_NOT_LITERAL", `${key} must be a fixed namespace name`);
      continue;
    }
    const namespace = literalText(value);
    const refused = refuseDeclaration(prefix, namespace);
    if (refused) compiling.error(keyAt, "NAMESPACE_INVALID", `${key}: ${refused}`, "", key.length);
    else prefixes.set(prefix, namespace);
  }
  return prefixes;
}

export function isDeclaration(entry: MapEntry): boolean {
  return entry.key === "@xmlns" || entry.key.startsWith("@xmlns:");
}

function refuseDeclaration(prefix: string, namespace: string): string | undefined {
  if (prefix !== "" && !NC_NAME.test(prefix)) return `"${prefix}" is no prefix`;
  if (prefix !== "" && namespace === "") return "a prefix cannot be bound to no namespace";
  if (prefix === "xmlns" || namespace === XMLNS_NAMESPACE) return "xmlns is reserved";
  if ((prefix === "xml") !== (namespace === XML_NAMESPACE)) return "xml is reserved";
  return undefined;
}

/** The expanded name of an element or, without default namespace, of an attribute; undefined after a finding. */
export function resolveName(
  compiling: Compiling,
  written: string,
  at: Position,
  prefixes: Prefixes,
  kind: "element" | "attribute",
): QName | undefined {
  const name = splitName(written);
  if (!name) {
    compiling.error(
      at,
      "NAME_INVALID",
      `${JSON.stringify(written)} cannot be the name of an ${kind}`,
      nameHint(written),
    );
    return undefined;
  }
  if (name.prefix === "" && kind === "attribute") return { namespace: "", local: name.local };
  const namespace = prefixes.get(name.prefix);
  if (namespace !== undefined) return { namespace, local: name.local };
  const known = compiling.environment.schema?.roots.find((root) => root.local === name.local)?.namespace;
  compiling.error(
    at,
    "PREFIX_UNDECLARED",
    `no prefix ${name.prefix} is declared here`,
    `Add to this element or one around it: "@xmlns:${name.prefix}": ${known ?? "urn:…"}`,
    written.length,
  );
  return undefined;
}

function nameHint(written: string): string {
  if (/\s/.test(written)) return "Names have no spaces";
  if (/^[0-9.-]/.test(written)) return "Names begin with a letter or _";
  if (written.split(":").length > 2) return "A name has one prefix at most";
  return "Letters, digits, - . and _ only";
}
