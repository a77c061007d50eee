// The files of a rule set: the one that the bridge names and those it includes, all within one folder: the bridge's own
// or a bundle of the catalogue.

import { readCatalog, type SchemaRoot } from "../catalog.ts";
import { besidePath, bridgeRoot, entryPlace, fileId, readInside, type SchemaSource } from "../xsd-files.ts";
import { readSchemaText } from "../xsd-text.ts";
import { lookUp, readTree, TreeFault, type Scope } from "../xpath/read-tree.ts";
import type { XNode, XTree } from "../xpath/tree.ts";
import { invalid } from "./faults.ts";
import type { Place } from "./model.ts";

const FILES_LIMIT = 200;

export interface RuleFile {
  /** `rules/x.sch`, `catalog:xrechnung/3.0.2/x.sch`. */
  readonly id: string;
  readonly root: SchemaRoot;
  readonly path: string;
  readonly tree: XTree;
  /** The document element. */
  readonly top: XNode;
  readonly place: (node: XNode) => Place;
  /** The namespace a prefix stands for at an element, by xmlns. */
  readonly namespace: (node: XNode, prefix: string) => string | undefined;
}

export interface RuleFiles {
  readonly entry: RuleFile;
  /** What an href in this file means. Throws SCHEMATRON_INVALID. */
  open(from: RuleFile, href: string, place: Place): RuleFile;
}

/** Throws SCHEMA_FILE_MISSING, SCHEMA_FILE_INVALID, SCHEMATRON_INVALID. */
export function openRuleFiles(source: SchemaSource): RuleFiles {
  const known = new Map<string, RuleFile>();
  const load = (root: SchemaRoot, path: string): RuleFile => {
    const id = fileId(root, path);
    const file = known.get(id) ?? read(root, path, id);
    known.set(id, file);
    return file;
  };
  const { root, path } = entryPlace(source, bridgeRoot(source.bridgeDir), readCatalog(source.catalogDir));
  return {
    entry: load(root, path),
    open(from, href, place) {
      if (known.size >= FILES_LIMIT) throw invalid(`the rules consist of more than ${FILES_LIMIT} files`, place);
      const beside = besidePath({ root: from.root, path: from.path }, href);
      if (beside !== undefined) return load(from.root, beside);
      const hint = "Files are looked for in the folder of the bridge or of the bundle, and nothing is fetched.";
      throw invalid(`${href} is not to be found beside ${from.id}`, place, hint);
    },
  };
}

function read(root: SchemaRoot, path: string, id: string): RuleFile {
  const text = readSchemaText(readInside(root, path, id), id);
  const scopes = new Map<XNode, Scope>();
  let tree: XTree;
  try {
    tree = readTree(text, { scopes, lines: true });
  } catch (cause) {
    if (!(cause instanceof TreeFault)) throw cause;
    throw invalid(`is not well-formed: ${cause.message}`, { file: id, line: cause.line });
  }
  const top = tree.document.children.find(({ kind }) => kind === "element") as XNode;
  return {
    id,
    root,
    path,
    tree,
    top,
    place: (node) => ({ file: id, line: node.line }),
    namespace: (node, prefix) => lookUp(scopes.get(node), prefix),
  };
}
