// Qualified names in templates: prefixes come from "@xmlns:…" attributes, findings show names with those prefixes.

import type { Node } from "../bridge/tree.ts";
import type { QName } from "../mapping/types.ts";
import { nearest } from "../options/nearest.ts";

/** Prefix → namespace; "" is the default namespace. */
export type TemplateScope = ReadonlyMap<string, string>;

/** The scope inside a node: declarations of its own over those around it. Only literals can declare. */
export function scopeOf(node: Node, outer: TemplateScope): TemplateScope {
  if (node.kind === "list") return node.items[0] === undefined ? outer : scopeOf(node.items[0], outer);
  if (node.kind !== "map") return outer;
  let scope: Map<string, string> | undefined;
  for (const { key, value } of node.entries) {
    if (value.kind !== "scalar" || (key !== "@xmlns" && !key.startsWith("@xmlns:"))) continue;
    scope ??= new Map(outer);
    scope.set(key === "@xmlns" ? "" : key.slice("@xmlns:".length), value.text);
  }
  return scope ?? outer;
}

/** undefined where the prefix is not declared. */
export function expandName(written: string, scope: TemplateScope, attribute = false): QName | undefined {
  const colon = written.indexOf(":");
  if (colon < 0) return { namespace: attribute ? "" : (scope.get("") ?? ""), local: written };
  const namespace = scope.get(written.slice(0, colon));
  return namespace === undefined ? undefined : { namespace, local: written.slice(colon + 1) };
}

/** As one would write it in the template; `{namespace}local` where no prefix is declared for it. */
export function showName(name: QName, scope: TemplateScope, attribute = false): string {
  if (name.namespace === "" && (attribute || (scope.get("") ?? "") === "")) return name.local;
  for (const [prefix, namespace] of scope) {
    if (namespace !== name.namespace || (attribute && prefix === "")) continue;
    return prefix === "" ? name.local : `${prefix}:${name.local}`;
  }
  return name.namespace === "" ? `${name.local} (without namespace)` : `{${name.namespace}}${name.local}`;
}

const SHOWN = 8;

export function listNames(names: readonly QName[], scope: TemplateScope): string {
  const shown = names.slice(0, SHOWN).map((name) => showName(name, scope));
  return shown.join(", ") + (names.length > SHOWN ? ` … (${names.length})` : "");
}

/** The same local name in another namespace, else the most similar one. */
export function nearestName(name: QName, known: readonly QName[]): QName | undefined {
  const same = known.find((other) => other.local === name.local);
  if (same !== undefined) return same;
  const local = nearest(
    name.local,
    known.map((other) => other.local),
  );
  return known.find((other) => other.local === local);
}
