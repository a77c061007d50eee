// Finds where something stands in a tree: `owner.email`, `extensions[2].to`.

import type { Position } from "../errors.ts";
import type { Places } from "../lifecycle/policy-check.ts";
import type { Node } from "./tree.ts";

/** Below `root`; what is missing is placed at the nearest thing above it that exists. */
export function placesOf(root: Node): Places {
  const walk = (path: string): { readonly at: Position; readonly whole: boolean } => {
    let node: Node = root;
    let at = root.at;
    for (const step of path.split(/\.|(?=\[)/)) {
      const next: Node | undefined = child(node, step);
      if (!next) return { at, whole: false };
      node = next;
      at = node.at;
    }
    return { at, whole: true };
  };
  return Object.assign((path: string) => walk(path).at, { has: (path: string) => walk(path).whole });
}

function child(node: Node, step: string): Node | undefined {
  const [, index] = /^\[(\d+)\]$/.exec(step) ?? [];
  if (index !== undefined) return node.kind === "list" ? node.items[Number(index) - 1] : undefined;
  return node.kind === "map" ? node.entries.find(({ key }) => key === step)?.value : undefined;
}
