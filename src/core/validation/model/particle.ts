// What may stand inside an element, as a tree of occurrences (XSD part 1, 3.8 and 3.9), and the two questions asked of
// it: which elements in which order (flatten), and what is missing beside those that are there (missingFrom).

import type { ElementDeclaration, QName } from "../../mapping/types.ts";
import type { ModelContent } from "./complex-types.ts";

export interface ElementParticle {
  readonly kind: "element";
  readonly name: QName;
  readonly content: () => ModelContent;
  readonly fixed: string | undefined;
  /** Others may stand in its place, but the schema has none; absent = it may stand there. */
  readonly abstract?: true;
  readonly least: number;
  readonly most: number;
}

export interface GroupParticle {
  readonly kind: "sequence" | "choice" | "all";
  readonly items: readonly Particle[];
  readonly least: number;
  readonly most: number;
}

export interface AnyParticle {
  readonly kind: "any";
  readonly least: number;
  readonly most: number;
}

export type Particle = ElementParticle | GroupParticle | AnyParticle;

export function keyOf(name: QName): string {
  return `{${name.namespace}}${name.local}`;
}

/** Whether nothing at all satisfies it. A wildcard counts as satisfied: what stands there cannot be known. */
export function isEmptiable(particle: Particle): boolean {
  if (particle.least === 0 || particle.kind === "any") return true;
  if (particle.kind === "element") return false;
  if (particle.items.length === 0) return true;
  return particle.kind === "choice" ? particle.items.some(isEmptiable) : particle.items.every(isEmptiable);
}

// ── flattening ──────────────────────────────────────────────────────────────────────────────────────────────────

interface Branch {
  readonly choice: GroupParticle;
  readonly alternative: number;
}

interface Entry {
  readonly element: ElementParticle;
  required: boolean;
  many: boolean;
  readonly choice: number | undefined;
  readonly branches: readonly Branch[];
}

interface Surroundings {
  readonly required: boolean;
  readonly many: boolean;
  readonly choice: number | undefined;
  readonly branches: readonly Branch[];
}

export interface ModelDeclaration extends ElementDeclaration {
  content(): ModelContent;
}

export interface Flat {
  readonly children: readonly ModelDeclaration[];
  /** Order carries meaning beyond the schema's: keep the template's. */
  readonly orderFree: boolean;
}

/** Elements in schema order, each name once. */
export function flatten(particle: Particle | undefined): Flat {
  const entries: Entry[] = [];
  const numbers = { next: 1 };
  let orderFree = false;
  if (particle !== undefined) {
    gather(particle, { required: true, many: false, choice: undefined, branches: [] }, entries, numbers);
    orderFree = repeatsOrder(particle);
  }
  const merged: Entry[] = [];
  const at = new Map<string, number>();
  for (const entry of entries) {
    const key = keyOf(entry.element.name);
    const index = at.get(key);
    const earlier = index === undefined ? undefined : merged[index];
    if (earlier === undefined || index === undefined) {
      at.set(key, merged.length);
      merged.push(entry);
      continue;
    }
    // The same name again behind others: which of the two places is meant, only the template's order can tell.
    if (index !== merged.length - 1) orderFree = true;
    const exclusive = areExclusive(earlier, entry);
    earlier.many ||= entry.many || !exclusive;
    earlier.required ||= entry.required && !exclusive;
  }
  return { children: merged.map(declarationOf), orderFree };
}

function declarationOf(entry: Entry): ModelDeclaration {
  const { element, required, many, choice } = entry;
  return { name: element.name, required, many, choice, content: element.content };
}

function gather(particle: Particle, around: Surroundings, entries: Entry[], numbers: { next: number }): void {
  if (particle.most === 0 || particle.kind === "any") return;
  const required = around.required && particle.least > 0;
  const many = around.many || particle.most > 1;
  const { choice, branches } = around;
  if (particle.kind === "element") {
    entries.push({ element: particle, required, many, choice, branches });
  } else if (particle.kind !== "choice" || particle.items.length === 1) {
    for (const item of particle.items) gather(item, { required, many, choice, branches }, entries, numbers);
  } else {
    // Alternatives within alternatives belong to the outermost choice: "one of them" is all that can be said flatly.
    const number = choice ?? numbers.next++;
    const oneOfThem = required && !particle.items.some(isEmptiable);
    particle.items.forEach((item, alternative) => {
      const deeper = [...branches, { choice: particle, alternative }];
      gather(item, { required: oneOfThem, many, choice: number, branches: deeper }, entries, numbers);
    });
  }
}

function areExclusive(a: Entry, b: Entry): boolean {
  return a.branches.some(({ choice, alternative }) =>
    b.branches.some((other) => other.choice === choice && other.alternative !== alternative && choice.most <= 1),
  );
}

/** A repeating group of more than one name. */
function repeatsOrder(particle: Particle): boolean {
  if (particle.kind === "element" || particle.kind === "any" || particle.most === 0) return false;
  if (particle.most > 1 && namesIn(particle).size > 1) return true;
  return particle.items.some(repeatsOrder);
}

export function namesIn(particle: Particle, into = new Map<string, ElementParticle>()): Map<string, ElementParticle> {
  if (particle.most === 0) return into;
  if (particle.kind === "element") {
    if (!into.has(keyOf(particle.name))) into.set(keyOf(particle.name), particle);
  } else if (particle.kind !== "any") for (const item of particle.items) namesIn(item, into);
  return into;
}

// ── what is missing ─────────────────────────────────────────────────────────────────────────────────────────────

/** One of these elements is needed and none is there. */
export type Missing = readonly ElementParticle[];

/** What content with these elements (by `keyOf`) still needs. An optional group asks for nothing until it is begun. */
export function missingFrom(particle: Particle, present: ReadonlySet<string>): readonly Missing[] {
  if (particle.kind === "any" || particle.most === 0) return [];
  if (particle.kind === "element") return particle.least > 0 && !present.has(keyOf(particle.name)) ? [[particle]] : [];
  const begun = isBegun(particle, present);
  if (!begun && isEmptiable(particle)) return [];
  if (particle.kind !== "choice") return particle.items.flatMap((item) => missingFrom(item, present));
  if (!begun) return [particle.items.flatMap(leaders)];
  return missingFromChoice(particle, present);
}

/**
 * Of a choice those alternatives are judged that were begun. An element may stand in several alternatives, so one that
 * is complete excuses the others where it holds all that is there.
 */
function missingFromChoice(choice: GroupParticle, present: ReadonlySet<string>): readonly Missing[] {
  const begun = choice.items
    .filter((item) => isBegun(item, present))
    .map((item) => ({
      names: [...namesIn(item).keys()].filter((name) => present.has(name)),
      missing: missingFrom(item, present),
    }));
  const excused = new Set(begun.flatMap((item) => (item.missing.length === 0 ? item.names : [])));
  const accused = begun.filter((item) => item.missing.length > 0 && item.names.some((name) => !excused.has(name)));
  return accused.flatMap((item) => item.missing);
}

function isBegun(particle: Particle, present: ReadonlySet<string>): boolean {
  for (const name of namesIn(particle).keys()) if (present.has(name)) return true;
  return false;
}

/** The elements by which a group begins: what to name where all of it is missing. */
function leaders(particle: Particle): readonly ElementParticle[] {
  if (particle.kind === "any" || particle.most === 0) return [];
  if (particle.kind === "element") return [particle];
  if (particle.kind === "choice") return particle.items.flatMap(leaders);
  const first = particle.items.find((item) => !isEmptiable(item)) ?? particle.items[0];
  return first === undefined ? [] : leaders(first);
}
