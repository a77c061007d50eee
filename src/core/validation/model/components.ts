// The global components of a schema with everything it includes and imports, by kind and qualified name (XSD part 1, 2.2
// and 4.2). A file without target namespace takes that of whoever includes it ("chameleon"), so a file may count twice.

import { BridgeError } from "../../errors.ts";
import type { QName } from "../../mapping/types.ts";
import type { SchemaFile, SchemaFiles } from "../xsd-files.ts";
import { namespaceOf, parseSchemaTree, type XsdNode } from "./tree.ts";

/** Simple and complex types share one symbol space (XSD part 1, 2.5). */
export type Kind = "element" | "attribute" | "type" | "group" | "attributeGroup";

/** Where a declaration stands: what its unprefixed names mean and which defaults hold. */
export interface Context {
  readonly file: string;
  readonly target: string;
  /** Included from another namespace: references without prefix mean the target. */
  readonly chameleon: boolean;
  readonly elementsQualified: boolean;
  readonly attributesQualified: boolean;
  /** Inside xs:redefine: the component that is redefined, which its own name still means. */
  readonly redefined: Component | undefined;
}

export interface Component {
  readonly kind: Kind;
  readonly name: QName;
  readonly node: XsdNode;
  readonly context: Context;
}

export interface Components {
  readonly entryTarget: string;
  /** Elements in the order of their files, the entry's first. */
  readonly elements: readonly Component[];
  readonly types: readonly Component[];
  find(kind: Kind, name: QName): Component | undefined;
}

const KINDS: Readonly<Record<string, Kind>> = {
  element: "element",
  attribute: "attribute",
  simpleType: "type",
  complexType: "type",
  group: "group",
  attributeGroup: "attributeGroup",
};

type Table = Map<string, Component>;

function keyOf(kind: Kind, name: QName): string {
  return `${kind} ${name.namespace} ${name.local}`;
}

export function readComponents(files: SchemaFiles): Components {
  const table: Table = new Map();
  const trees = new Map<string, XsdNode>();
  const visited = new Set<string>();

  const visit = (file: SchemaFile, includer: string | undefined, into: Table): void => {
    const target = file.targetNamespace ?? includer ?? "";
    const key = `${file.id} ${target}`;
    // A redefined file is read into a table of its own, so it may be read again.
    if (into === table && visited.has(key)) return;
    if (into === table) visited.add(key);
    const tree = trees.get(file.id) ?? parseSchemaTree(file.text, file.id);
    trees.set(file.id, tree);
    const context = contextOf(file, target, tree);
    const redefines = tree.children.filter((child) => child.local === "redefine");
    let redefine = 0;
    const own = new Map<string, Component>();
    for (const child of tree.children) collect(child, context, own);
    for (const [name, component] of own) if (!into.has(name)) into.set(name, component);
    for (const reference of file.references) {
      const next = reference.target === undefined ? undefined : files.files.get(reference.target);
      const node = reference.kind === "redefine" ? redefines[redefine++] : undefined;
      if (next === undefined) continue;
      if (reference.kind === "import") visit(next, undefined, into);
      else if (node === undefined) visit(next, target, into);
      else redefineInto(into, node, context, (inner) => visit(next, target, inner));
    }
  };
  visit(files.entry, undefined, table);
  return {
    entryTarget: files.entry.targetNamespace ?? "",
    elements: [...table.values()].filter((component) => component.kind === "element"),
    types: [...table.values()].filter((component) => component.kind === "type"),
    find: (kind, name) => table.get(keyOf(kind, name)),
  };
}

function contextOf(file: SchemaFile, target: string, tree: XsdNode): Context {
  return {
    file: file.id,
    target,
    chameleon: file.targetNamespace === undefined && target !== "",
    elementsQualified: tree.attributes.get("elementFormDefault") === "qualified",
    attributesQualified: tree.attributes.get("attributeFormDefault") === "qualified",
    redefined: undefined,
  };
}

function collect(node: XsdNode, context: Context, into: Table): void {
  const kind = KINDS[node.local];
  const local = node.attributes.get("name");
  if (kind === undefined || local === undefined) return;
  const name: QName = { namespace: context.target, local };
  const key = keyOf(kind, name);
  if (!into.has(key)) into.set(key, { kind, name, node, context });
}

/** The redefining components stand in for the redefined ones everywhere; inside themselves their name means the old one. */
function redefineInto(into: Table, node: XsdNode, context: Context, read: (table: Table) => void): void {
  const originals: Table = new Map();
  read(originals);
  for (const child of node.children) {
    const kind = KINDS[child.local];
    const local = child.attributes.get("name");
    if (kind === undefined || local === undefined) continue;
    const name: QName = { namespace: context.target, local };
    const redefined = originals.get(keyOf(kind, name));
    into.set(keyOf(kind, name), { kind, name, node: child, context: { ...context, redefined } });
  }
  for (const [key, component] of originals) if (!into.has(key)) into.set(key, component);
}

// ── references ──────────────────────────────────────────────────────────────────────────────────────────────────

/** `din91379:datatypeC` as written at the node → qualified name. */
export function readQName(text: string, node: XsdNode, context: Context): QName {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(":");
  const prefix = colon < 0 ? "" : trimmed.slice(0, colon);
  const local = colon < 0 ? trimmed : trimmed.slice(colon + 1);
  const namespace = namespaceOf(prefix, node.scope);
  if (namespace === undefined) throw unresolved(`the prefix ${prefix} is not declared`, node, context);
  return { namespace: namespace === "" && context.chameleon ? context.target : namespace, local };
}

/** The component a reference means. Throws SCHEMA_FILE_INVALID where there is none. */
export function resolve(components: Components, kind: Kind, name: QName, node: XsdNode, context: Context): Component {
  const { redefined } = context;
  if (redefined?.kind === kind && redefined.name.local === name.local && redefined.name.namespace === name.namespace) {
    return redefined;
  }
  const found = components.find(kind, name);
  if (found !== undefined) return found;
  throw unresolved(
    `there is no ${kind} ${name.local} in namespace ${name.namespace === "" ? "none" : name.namespace}`,
    node,
    context,
  );
}

function unresolved(why: string, node: XsdNode, context: Context): BridgeError {
  return new BridgeError("SCHEMA_FILE_INVALID", `${context.file}:${node.line}: ${why}`, {
    stage: "validate",
    position: { file: context.file, line: node.line, column: 1 },
  });
}
