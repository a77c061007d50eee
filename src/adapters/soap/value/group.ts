// Children in the order that the schema wants. A value says how many there are of each name; where the schema lets
// names repeat together, they are dealt out in turn, as the schema's groups take them (XSD part 1, 3.8).

import { isEmptiable, keyOf, type Particle } from "../../../core/validation/model/particle.ts";

interface Bounds {
  readonly least: number;
  readonly most: number;
}

export type Group =
  | (Bounds & { readonly kind: "element"; readonly index: number })
  | (Bounds & { readonly kind: "any" })
  | (Bounds & {
      readonly kind: "sequence" | "choice" | "all";
      readonly items: readonly Group[];
      readonly indexes: readonly number[];
      readonly hasAny: boolean;
      readonly emptiable: boolean;
    });

interface Named {
  readonly name: { readonly namespace: string; readonly local: string };
  readonly key: string;
}

export function groupOf(particle: Particle | undefined, children: readonly Named[]): Group | undefined {
  if (particle === undefined) return undefined;
  const at = new Map(children.map((child, index) => [keyOf(child.name), index]));
  return build(particle, at);
}

function build(particle: Particle, at: ReadonlyMap<string, number>): Group {
  const { least, most } = particle;
  if (particle.kind === "any") return { kind: "any", least, most };
  if (particle.kind === "element") {
    // What may not stand there is never begun, or the walk would not end.
    const index = most === 0 ? -1 : (at.get(keyOf(particle.name)) ?? -1);
    return { kind: "element", index, least, most };
  }
  const items = particle.items.map((item) => build(item, at));
  const indexes = [
    ...new Set(
      items.flatMap((item) => (item.kind === "element" ? [item.index] : "indexes" in item ? item.indexes : [])),
    ),
  ];
  const hasAny = items.some((item) => item.kind === "any" || ("hasAny" in item && item.hasAny));
  return {
    kind: particle.kind,
    items,
    indexes,
    hasAny,
    emptiable: isEmptiable({ ...particle, least: 1 }),
    least,
    most,
  };
}

/** Sequences and alls that stand once: every name has one place, and the order of the children is theirs. */
export function isPlain(particle: Particle | undefined): boolean {
  const seen = new Set<string>();
  const look = (it: Particle): boolean => {
    if (it.kind === "any" || it.kind === "choice") return false;
    if (it.kind === "element")
      return !seen.has(keyOf(it.name)) && seen.add(keyOf(it.name)) !== undefined && it.most > 0;
    return it.least === 1 && it.most === 1 && it.items.every(look);
  };
  return particle === undefined || look(particle);
}

/** How the walk asks and tells: what is left of each name, and what is written. */
export interface Dealing {
  /** Items left of the child with this index. */
  left(index: number): number;
  /** Its place among the keys of the value. */
  rank(index: number): number;
  write(index: number, count: number): void;
  anyLeft(): boolean;
  writeAny(): void;
  /** None of these is there, and one is needed. */
  missing(indexes: readonly number[]): never;
}

export function deal(group: Group, dealing: Dealing): void {
  if (group.most === 0) return;
  if (group.kind === "element") {
    const count = Math.min(group.most, dealing.left(group.index));
    if (count < group.least) dealing.missing([group.index]);
    dealing.write(group.index, count);
  } else if (group.kind === "any") dealing.writeAny();
  else if (group.kind === "choice") dealChoice(group, dealing);
  else {
    for (let round = 0; round < group.most; round++) {
      const begun = isBegun(group, dealing);
      if (!begun && (round >= group.least || group.emptiable)) return;
      for (const item of group.items) deal(item, dealing);
      if (!begun) return;
    }
  }
}

type Container = Extract<Group, { kind: "sequence" | "choice" | "all" }>;

function dealChoice(group: Container, dealing: Dealing): void {
  for (let round = 0; round < group.most; round++) {
    const begun = group.items.filter((item) => isBegun(item, dealing));
    if (begun.length === 0) {
      if (round < group.least && !group.emptiable && !group.hasAny) dealing.missing(group.indexes);
      return;
    }
    deal(best(begun, dealing), dealing);
  }
}

/** Of several alternatives that were begun the one that holds most of what is there; else the one that the value names first. */
function best(begun: readonly Group[], dealing: Dealing): Group {
  let found = begun[0] as Group;
  if (begun.length === 1) return found;
  let most = -1;
  let first = Infinity;
  for (const item of begun) {
    const there = indexesOf(item).filter((index) => dealing.left(index) > 0);
    const rank = Math.min(...there.map((index) => dealing.rank(index)));
    if (there.length > most || (there.length === most && rank < first)) {
      found = item;
      most = there.length;
      first = rank;
    }
  }
  return found;
}

function indexesOf(group: Group): readonly number[] {
  return group.kind === "element" ? [group.index] : group.kind === "any" ? [] : group.indexes;
}

function isBegun(group: Group, dealing: Dealing): boolean {
  if (group.kind === "any") return dealing.anyLeft();
  if (group.kind === "element") return dealing.left(group.index) > 0;
  return group.indexes.some((index) => dealing.left(index) > 0) || (group.hasAny && dealing.anyLeft());
}
