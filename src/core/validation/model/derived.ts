// Which types come from which by extension or restriction (XSD part 1, 3.4.6): what xsi:type may name in place of the
// declared one.

import type { QName } from "../../mapping/types.ts";
import { readQName, type Component, type Components } from "./components.ts";
import { keyOf } from "./particle.ts";

export function derivedTypes(components: Components): (name: QName) => readonly QName[] {
  let direct: ReadonlyMap<string, readonly QName[]> | undefined;
  const done = new Map<string, readonly QName[]>();
  return (name) => {
    direct ??= directlyDerived(components.types);
    const key = keyOf(name);
    const known = done.get(key);
    if (known !== undefined) return known;
    const found = closure(name, direct);
    done.set(key, found);
    return found;
  };
}

function closure(name: QName, direct: ReadonlyMap<string, readonly QName[]>): readonly QName[] {
  const found: QName[] = [];
  const seen = new Set([keyOf(name)]);
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of direct.get(keyOf(next)) ?? []) {
      if (seen.has(keyOf(child))) continue;
      seen.add(keyOf(child));
      found.push(child);
      open.push(child);
    }
  }
  return found;
}

function directlyDerived(types: readonly Component[]): ReadonlyMap<string, readonly QName[]> {
  const direct = new Map<string, QName[]>();
  for (const type of types) {
    const base = baseOf(type);
    if (base === undefined) continue;
    const key = keyOf(base);
    const children = direct.get(key);
    if (children === undefined) direct.set(key, [type.name]);
    else children.push(type.name);
  }
  return direct;
}

function baseOf({ node, context }: Component): QName | undefined {
  for (const child of node.children) {
    const step =
      child.local === "complexContent" || child.local === "simpleContent"
        ? child.children.find((inner) => inner.local === "extension" || inner.local === "restriction")
        : child.local === "restriction"
          ? child
          : undefined;
    const base = step?.attributes.get("base");
    if (step !== undefined && base !== undefined) return readQName(base, step, context);
  }
  return undefined;
}
