// Which call a path means: a tree of segments, a literal before a brace. Templates that this could not decide were refused before.

import type { RestCall } from "./calls.ts";
import { decoded } from "./template.ts";

export interface Found {
  /** By method. */
  readonly calls: ReadonlyMap<string, RestCall>;
  /** What stands for the braces, decoded, in the order of the path. */
  readonly texts: readonly string[];
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  readonly calls: Map<string, RestCall>;
}

export interface Routes {
  /** `path` as it came. */
  find(path: string): Found | undefined;
}

const LONGEST = 8_192;

export function createRoutes(calls: readonly RestCall[]): Routes {
  const root = emptyNode();
  for (const call of calls) enter(root, call);
  return {
    find(path) {
      if (!path.startsWith("/") || path.length > LONGEST) return undefined;
      const parts = path === "/" ? [] : path.slice(1).split("/");
      const segments: string[] = [];
      for (const part of parts) {
        const text = decoded(part);
        // An empty segment is nobody's, and what is no UTF-8 names nothing.
        if (text === undefined || text === "") return undefined;
        segments.push(text);
      }
      return walk(root, segments, 0, []);
    },
  };
}

function emptyNode(): Node {
  return { literals: new Map(), parameter: undefined, calls: new Map() };
}

function enter(root: Node, call: RestCall): void {
  let node = root;
  for (const { kind, text } of call.template.segments) {
    if (kind === "parameter") node = node.parameter ??= emptyNode();
    else {
      const next = node.literals.get(text) ?? emptyNode();
      node.literals.set(text, next);
      node = next;
    }
  }
  node.calls.set(call.method, call);
}

function walk(node: Node, segments: readonly string[], at: number, texts: readonly string[]): Found | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.calls.size === 0 ? undefined : { calls: node.calls, texts };
  const literal = node.literals.get(segment);
  const found = literal && walk(literal, segments, at + 1, texts);
  if (found) return found;
  return node.parameter && walk(node.parameter, segments, at + 1, [...texts, segment]);
}
