// Complex types and elements as written → content: particle, attributes, text (XSD part 1, 3.4). Every definition is
// resolved once; the content of a child only when asked for, because schemas are recursive.

import type { ElementContent, QName, TextType } from "../../mapping/types.ts";
import { XSD } from "../xsd-scan.ts";
import { attributesOf, type AttributeUse } from "./attributes.ts";
import { readQName, resolve, type Component, type Components, type Context } from "./components.ts";
import { flatten, keyOf, type ElementParticle, type ModelDeclaration, type Particle } from "./particle.ts";
import { broken, builtinType, createMemo, nameOf, type Memo, type SimpleTypes } from "./simple-types.ts";
import type { SimpleType } from "./simple-type.ts";
import type { XsdNode } from "./tree.ts";

export interface ModelContent extends ElementContent {
  /** Of a named type. */
  readonly type: QName | undefined;
  readonly children: readonly ModelDeclaration[];
  readonly attributes: readonly AttributeUse[];
  /** Undefined where the text is mixed with children. */
  readonly simple: SimpleType | undefined;
  /** The element may be there without a value (xsi:nil). */
  readonly nillable: boolean;
  readonly particle: Particle | undefined;
  /** xs:any among the children / xs:anyAttribute; `open` is either. */
  readonly openChildren: boolean;
  readonly openAttributes: boolean;
  /** The declared type cannot be used as it is: xsi:type has to name another. */
  readonly abstract: boolean;
}

/** A complex type before flattening; extensions build on it. */
interface Definition {
  readonly name: string;
  readonly type: QName | undefined;
  readonly particle: Particle | undefined;
  readonly attributes: readonly AttributeUse[];
  readonly openAttributes: boolean;
  readonly simple: SimpleType | undefined;
  readonly mixed: boolean;
  readonly abstract: boolean;
}

export interface ComplexTypes {
  /** Content of an element declaration (xs:element with a name). */
  ofElement(node: XsdNode, context: Context): ModelContent;
  /** Content of a named type, for xsi:type; undefined if there is none. */
  ofType(name: QName): ModelContent | undefined;
}

const MIXED: TextType = { name: "mixed text", refuse: () => undefined, enumeration: undefined };
const anyParticle: Particle = { kind: "any", least: 0, most: Infinity };
const ANY_TYPE: Definition = {
  name: "xs:anyType",
  type: { namespace: XSD, local: "anyType" },
  particle: anyParticle,
  attributes: [],
  openAttributes: true,
  simple: undefined,
  mixed: true,
  abstract: false,
};

/** What resolving needs: the components, the simple types, and what was resolved before. */
interface World {
  readonly components: Components;
  readonly simple: SimpleTypes;
  readonly definitions: Memo<Definition>;
  readonly elements: Memo<ModelContent>;
  readonly types: Memo<ModelContent>;
  members(head: QName): readonly Component[];
}

export function createComplexTypes(components: Components, simple: SimpleTypes): ComplexTypes {
  const world: World = {
    components,
    simple,
    definitions: createMemo<Definition>("complex type"),
    elements: createMemo<ModelContent>("element"),
    types: createMemo<ModelContent>("type"),
    members: substitutionMembers(components),
  };
  return {
    ofElement: (node, context) => elementContent(world, node, context),
    ofType: (name) => typeContent(world, name),
  };
}

function elementContent(world: World, node: XsdNode, context: Context): ModelContent {
  return world.elements(node, context, () => ({
    ...contentOf(typeOfElement(world, node, context)),
    nillable: isTrue(node.attributes.get("nillable")),
  }));
}

function typeContent(world: World, name: QName): ModelContent | undefined {
  const component = world.components.find("type", name);
  if (component === undefined) {
    const builtin = name.namespace === XSD ? builtinType(name.local) : undefined;
    if (name.namespace === XSD && name.local === "anyType") return contentOf(ANY_TYPE);
    return builtin && contentOf(textDefinition(builtin, name));
  }
  const { node, context } = component;
  return world.types(node, context, () =>
    contentOf(
      node.local === "simpleType" ? textDefinition(world.simple.at(node, context), name) : typeAt(world, node, context),
    ),
  );
}

// ── definitions ─────────────────────────────────────────────────────────────────────────────────────────────────

function typeAt(world: World, node: XsdNode, context: Context): Definition {
  return world.definitions(node, context, () => readComplex(world, node, context));
}

function typeNamed(world: World, name: QName, node: XsdNode, context: Context): Definition {
  if (name.namespace === XSD && name.local === "anyType") return ANY_TYPE;
  const type = world.simple.named(name, node, context);
  if (type !== undefined) return textDefinition(type, name);
  if (name.namespace === XSD) throw broken(`xs:${name.local} is no built-in type`, node, context);
  const component = resolve(world.components, "type", name, node, context);
  return typeAt(world, component.node, component.context);
}

/** The type of an element: named, local, that of the head it substitutes, or anything (XSD part 1, 3.3.2). */
function typeOfElement(world: World, node: XsdNode, context: Context, depth = 0): Definition {
  const named = node.attributes.get("type");
  if (named !== undefined) return typeNamed(world, readQName(named, node, context), node, context);
  for (const child of node.children) {
    if (child.local === "complexType") return typeAt(world, child, context);
    if (child.local === "simpleType") return textDefinition(world.simple.at(child, context));
  }
  const head = node.attributes.get("substitutionGroup");
  if (head === undefined) return ANY_TYPE;
  if (depth > DEPTH_LIMIT) throw broken("substitution groups in a circle", node, context);
  const component = resolve(world.components, "element", readQName(head, node, context), node, context);
  return typeOfElement(world, component.node, component.context, depth + 1);
}

function readComplex(world: World, node: XsdNode, context: Context): Definition {
  const own = {
    name: nameOf(node, context),
    type: typeName(node, context),
    abstract: isTrue(node.attributes.get("abstract")),
    mixed: isTrue(node.attributes.get("mixed")),
  };
  const derived = node.children.find((child) => child.local === "complexContent" || child.local === "simpleContent");
  if (derived === undefined) {
    const { attributes, open } = attributesOf(node, context, world.components, world.simple);
    return {
      ...own,
      particle: particleIn(world, node, context, 0),
      attributes,
      openAttributes: open,
      simple: undefined,
    };
  }
  const step = derived.children.find((child) => child.local === "extension" || child.local === "restriction");
  const base = step?.attributes.get("base");
  if (step === undefined || base === undefined) throw broken("a derivation without base", derived, context);
  const from = typeNamed(world, readQName(base, step, context), step, context);
  const mixed = isTrue(derived.attributes.get("mixed")) || own.mixed || (from.mixed && step.local === "extension");
  return { ...derive(world, step, context, from, derived.local === "simpleContent"), ...own, mixed };
}

function derive(world: World, step: XsdNode, context: Context, base: Definition, isSimple: boolean): Definition {
  const { attributes, open, prohibited } = attributesOf(step, context, world.components, world.simple);
  const replaced = new Set([...attributes.map((use) => use.name), ...prohibited].map(keyOf));
  const inherited = base.attributes.filter((use) => !replaced.has(keyOf(use.name)));
  const extension = step.local === "extension";
  const result = {
    ...base,
    attributes: [...inherited, ...attributes],
    openAttributes: open || (extension && base.openAttributes),
  };
  if (isSimple) return { ...result, particle: undefined, simple: simpleContent(world, step, context, base) };
  const own = particleIn(world, step, context, 0);
  return { ...result, simple: undefined, particle: extension ? inSequence(base.particle, own) : own };
}

function simpleContent(world: World, step: XsdNode, context: Context, base: Definition): SimpleType | undefined {
  const inner = step.children.find((child) => child.local === "simpleType");
  const from = inner === undefined ? (base.simple ?? builtinType("string")) : world.simple.at(inner, context);
  if (from === undefined || step.local === "extension") return from;
  return world.simple.restricted(from, step, context, base.name);
}

// ── particles ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The model group of a type, a named group or a derivation. */
function particleIn(world: World, node: XsdNode, context: Context, depth: number): Particle | undefined {
  for (const child of node.children) {
    const particle = particleAt(world, child, context, depth);
    if (particle !== undefined) return particle;
  }
  return undefined;
}

function particleAt(world: World, node: XsdNode, context: Context, depth: number): Particle | undefined {
  if (depth > DEPTH_LIMIT) throw broken("groups nested more than 64 deep", node, context);
  const { least, most } = occurs(node);
  switch (node.local) {
    case "element":
      return elementParticle(world, node, context);
    case "any":
      return { kind: "any", least, most };
    case "sequence":
    case "choice":
    case "all": {
      const items = node.children.map((child) => particleAt(world, child, context, depth + 1));
      return { kind: node.local, items: items.filter((item) => item !== undefined), least, most };
    }
    case "group": {
      const group = resolve(
        world.components,
        "group",
        readQName(node.attributes.get("ref") ?? "", node, context),
        node,
        context,
      );
      const inner = particleIn(world, group.node, group.context, depth + 1);
      return inner && { kind: "sequence", items: [inner], least, most };
    }
    default:
      return undefined;
  }
}

/** A reference to the head of a substitution group is a choice between all that may stand in its place. */
function elementParticle(world: World, node: XsdNode, context: Context): Particle {
  const { least, most } = occurs(node);
  const reference = node.attributes.get("ref");
  if (reference === undefined) {
    const content = (): ModelContent => elementContent(world, node, context);
    return {
      kind: "element",
      name: localName(node, context),
      content,
      fixed: node.attributes.get("fixed"),
      least,
      most,
    };
  }
  const head = resolve(world.components, "element", readQName(reference, node, context), node, context);
  const usable = [head, ...world.members(head.name)].filter((it) => !isTrue(it.node.attributes.get("abstract")));
  // What to do without it is said where a template writes it.
  if (usable.length === 0) return { ...globalParticle(world, head), abstract: true, least, most };
  const items = usable.map((component) => globalParticle(world, component));
  const only = items[0];
  return items.length === 1 && only !== undefined ? { ...only, least, most } : { kind: "choice", items, least, most };
}

function globalParticle(world: World, component: Component): ElementParticle {
  const { name, node, context } = component;
  const content = (): ModelContent => elementContent(world, node, context);
  return { kind: "element", name, content, fixed: node.attributes.get("fixed"), least: 1, most: 1 };
}

const DEPTH_LIMIT = 64;

function contentOf(definition: Definition): ModelContent {
  const { children, orderFree } = flatten(definition.particle);
  const openChildren = definition.particle !== undefined && hasAny(definition.particle);
  return {
    typeName: definition.name,
    type: definition.type,
    nillable: false,
    simple: definition.simple,
    children,
    orderFree,
    attributes: definition.attributes,
    text: definition.simple ?? (definition.mixed ? MIXED : undefined),
    open: openChildren || definition.openAttributes,
    openChildren,
    openAttributes: definition.openAttributes,
    particle: definition.particle,
    abstract: definition.abstract,
  };
}

function typeName(node: XsdNode, context: Context): QName | undefined {
  const local = node.attributes.get("name");
  return local === undefined ? undefined : { namespace: context.target, local };
}

function textDefinition(type: SimpleType, name?: QName): Definition {
  return {
    name: type.name,
    type: name,
    particle: undefined,
    attributes: [],
    openAttributes: false,
    simple: type,
    mixed: false,
    abstract: false,
  };
}

function hasAny(particle: Particle): boolean {
  if (particle.kind === "any") return particle.most > 0;
  return particle.kind !== "element" && particle.items.some(hasAny);
}

/** Extension: the base's content, then its own (XSD part 1, 3.4.2). */
function inSequence(base: Particle | undefined, own: Particle | undefined): Particle | undefined {
  if (base === undefined || own === undefined) return base ?? own;
  return { kind: "sequence", items: [base, own], least: 1, most: 1 };
}

function localName(node: XsdNode, context: Context): QName {
  const form = node.attributes.get("form");
  const qualified = form === undefined ? context.elementsQualified : form === "qualified";
  return { namespace: qualified ? context.target : "", local: node.attributes.get("name") ?? "" };
}

function occurs(node: XsdNode): { readonly least: number; readonly most: number } {
  const read = (name: string): number => {
    const text = (node.attributes.get(name) ?? "1").trim();
    return text === "unbounded" ? Infinity : /^\d{1,15}$/.test(text) ? Number(text) : 1;
  };
  return { least: read("minOccurs"), most: read("maxOccurs") };
}

export function isTrue(text: string | undefined): boolean {
  return text === "true" || text === "1";
}

/** Members of a substitution group, with members of members; by the head's name. */
function substitutionMembers(components: Components): (head: QName) => readonly Component[] {
  const direct = new Map<string, Component[]>();
  for (const component of components.elements) {
    const head = component.node.attributes.get("substitutionGroup");
    if (head === undefined) continue;
    const key = keyOf(readQName(head, component.node, component.context));
    direct.set(key, [...(direct.get(key) ?? []), component]);
  }
  return (head) => {
    const found: Component[] = [];
    const seen = new Set<string>();
    const add = (name: QName): void => {
      const key = keyOf(name);
      if (seen.has(key)) return;
      seen.add(key);
      for (const member of direct.get(key) ?? []) {
        found.push(member);
        add(member.name);
      }
    };
    add(head);
    return found;
  };
}
