// Where a key is known: an option in the wrong place is the second most common mistake after a misspelt one.

import type { AnyShape } from "../options/shape.ts";
import type { Node } from "./tree.ts";

export interface KnownKeys {
  /**
   * Paths of maps that take this key: `receive.folder`. Where the file has some of them, only those: who receives from a folder did not
   * mean `receive.sftp`. Those that share a beginning with `path` come first.
   */
  elsewhere(key: string, path: string): readonly string[];
}

const DEEPEST = 6;

export function knownKeys(sections: Readonly<Record<string, AnyShape>>, root: Node): KnownKeys {
  const places = new Map<string, Set<string>>();
  const enter = (properties: Readonly<Record<string, AnyShape>>, path: string, depth: number): void => {
    for (const [key, shape] of Object.entries(properties)) {
      const known = places.get(key) ?? new Set();
      places.set(key, known.add(path));
      visit(shape, path === "" ? key : `${path}.${key}`, depth + 1);
    }
  };
  const visit = ({ kind }: AnyShape, path: string, depth: number): void => {
    if (depth > DEEPEST) return;
    if (kind.type === "object") enter(kind.properties, path, depth);
    else if (kind.type === "oneKey") enter({ ...kind.properties, ...kind.beside }, path, depth);
    else if (kind.type === "either") for (const each of kind.of) visit(each, path, depth);
    else if (kind.type === "list") visit(kind.item, path, depth);
  };
  enter(sections, "", 0);
  return {
    elsewhere(key, path) {
      const own = path.replaceAll(/\[\d+\]/g, "");
      const found = [...(places.get(key) ?? [])].filter((place) => place !== own);
      const top = found.includes("") ? ["the top level"] : [];
      const rest = found.filter((place) => place !== "" && !place.startsWith("cases"));
      const written = rest.filter((place) => stands(root, place));
      const meant = written.length > 0 ? written : rest;
      return [...top, ...meant.toSorted((a, b) => shared(b, own) - shared(a, own) || a.length - b.length)];
    },
  };
}

function stands(root: Node, place: string): boolean {
  let node: Node | undefined = root;
  for (const key of place.split(".")) {
    node = node?.kind === "map" ? node.entries.find((entry) => entry.key === key)?.value : undefined;
  }
  return node !== undefined;
}

function shared(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}
