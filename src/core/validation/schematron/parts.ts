// Elements of Schematron files with what stands in them: includes opened, attributes read, expressions with the namespaces
// they see.

import { FN, XS, type Prefixes } from "../xpath/ast.ts";
import type { XNode } from "../xpath/tree.ts";
import { invalid, unsupported } from "./faults.ts";
import type { RuleFile, RuleFiles } from "./files.ts";
import { SCHEMATRON, XSLT, type Let, type Query } from "./model.ts";

/** An element and the file it came from: with includes, these are several. */
export interface Part {
  readonly node: XNode;
  readonly file: RuleFile;
}

export interface Reading {
  readonly files: RuleFiles;
  /** Of `ns`: they hold in all files. */
  readonly namespaces: Map<string, string>;
  /** Includes inside includes. */
  depth: number;
  /** Elements read, those of included files as often as they are included. */
  elements: number;
}

const DEPTH_LIMIT = 20;
const ELEMENTS_LIMIT = 500_000;
const XML = "http://www.w3.org/XML/1998/namespace";
const ALWAYS: ReadonlyMap<string, string> = new Map([
  ["xml", XML],
  ["xs", XS],
  ["fn", FN],
]);

/**
 * Elements inside, `include` replaced by what it names and `extends href` by what stands in it. Foreign elements are left
 * out, but for XSLT's.
 */
export function partsOf(part: Part, reading: Reading): readonly Part[] {
  reading.elements += part.node.children.length;
  if (reading.elements > ELEMENTS_LIMIT) {
    throw invalid("the rules have more than 500,000 elements with what they include", part.file.place(part.node));
  }
  return part.node.children.flatMap((node): readonly Part[] => {
    if (node.kind !== "element") return [];
    const inside = { node, file: part.file };
    if (node.namespace === XSLT) {
      if (part.node.local === "schema") return [inside];
      throw unsupported(`xsl:${node.local} in a ${part.node.local} is not supported`, part.file.place(node));
    }
    if (node.namespace !== SCHEMATRON) return [];
    if (node.local === "include") return [included(inside, reading)];
    if (node.local === "extends" && attribute(node, "href") !== undefined) return extended(inside, part.node, reading);
    return [inside];
  });
}

function included(part: Part, reading: Reading): Part {
  const target = opened(part, reading);
  if (target.node.local === "schema") {
    throw invalid(
      "include names a whole schema; it takes one element, extends takes what is in a schema",
      part.file.place(part.node),
    );
  }
  return target;
}

/** The element of an href: the root of the file, or the one with the id behind `#`. */
function opened(part: Part, reading: Reading): Part {
  const place = part.file.place(part.node);
  const [path = "", id] = needed(part, "href").split("#", 2);
  const file = path === "" ? part.file : reading.files.open(part.file, path, place);
  if (id === undefined || id === "") return { node: file.top, file };
  const node = file.tree.elements().find((one) => attribute(one, "id") === id);
  if (!node) throw invalid(`${file.id} has no element with the id ${id}`, place);
  return { node, file };
}

function extended(part: Part, within: XNode, reading: Reading): readonly Part[] {
  const target = opened(part, reading);
  const place = part.file.place(part.node);
  if (target.node.local !== within.local || target.node.namespace !== SCHEMATRON) {
    throw invalid(`extends names a ${target.node.qname}, but stands in a ${within.qname}`, place);
  }
  if (++reading.depth > DEPTH_LIMIT) throw invalid("files extend each other in a circle", place);
  const parts = partsOf(target, reading);
  reading.depth--;
  return parts;
}

// ── attributes ──────────────────────────────────────────────────────────────────────────────────────────────────

export function attribute(node: XNode, name: string): string | undefined {
  return node.attributes.find(({ key }) => key === name)?.value;
}

export function needed({ node, file }: Part, name: string): string {
  const value = attribute(node, name);
  if (value !== undefined && value.trim() !== "") return value.trim();
  throw invalid(`${node.qname} has no ${name}`, file.place(node));
}

export function refuseAttribute({ node, file }: Part, name: string): void {
  if (attribute(node, name) !== undefined)
    throw unsupported(`${node.qname} with ${name} is not supported`, file.place(node));
}

export function query(part: Part, name: string, reading: Reading): Query {
  const { node, file } = part;
  return { text: needed(part, name), place: file.place(node), prefixes: prefixesAt(node, file, reading) };
}

export function optionalQuery(part: Part, name: string, reading: Reading): Query | undefined {
  return attribute(part.node, name) === undefined ? undefined : query(part, name, reading);
}

/** `ns` first; then what xmlns says where the expression stands, as XSLT's processors see it; then the usual ones. */
export function prefixesAt(node: XNode, file: RuleFile, reading: Reading): Prefixes {
  return (prefix) => reading.namespaces.get(prefix) ?? file.namespace(node, prefix) ?? ALWAYS.get(prefix);
}

export function readLet(part: Part, reading: Reading): Let {
  const { node, file } = part;
  if (attribute(node, "value") === undefined) {
    throw unsupported('a let whose value is XML is not supported; only value="…" is', file.place(node));
  }
  // It would convert the value.
  refuseAttribute(part, "as");
  return { name: needed(part, "name"), value: query(part, "value", reading) };
}
