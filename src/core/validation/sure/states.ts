// What may stand in an element, as states: in each of them the elements that may come next, and whether it may end here. Made of the
// model when a document first comes to such an element. What the model knows only roughly makes the element one that is asked about.

import type { Attribute, Attributes, Inside, State, Step, SureText } from "../../mapping/surely.ts";
import type { ModelContent } from "../model/complex-types.ts";
import { keyOf, type ElementParticle, type Particle } from "../model/particle.ts";
import type { SimpleType } from "../model/simple-type.ts";
import { just, sureText } from "./texts.ts";

const NODES_MOST = 2_000;
const STATES_MOST = 500;
const UNSURE: Inside = { kind: "unsure" };

const known = new WeakMap<ModelContent, Inside>();

export function insideOf(content: ModelContent): Inside {
  let inside = known.get(content);
  if (inside === undefined) {
    inside = makeInside(content);
    known.set(content, inside);
  }
  return inside;
}

function makeInside({ abstract, attributes, openChildren, particle, simple, text }: ModelContent): Inside {
  const named = abstract || openChildren ? undefined : attributesOf(attributes);
  if (named === undefined) return UNSURE;
  if (simple !== undefined) {
    const sure = sureText(simple);
    return sure === undefined ? UNSURE : { kind: "text", text: sure, attributes: named };
  }
  // Mixed with text.
  if (text !== undefined) return UNSURE;
  try {
    return { kind: "elements", start: determine(particle), attributes: named };
  } catch (cause) {
    if (cause === UNSURE) return UNSURE;
    throw cause;
  }
}

/** undefined where one has to be there of which nothing can surely be said. */
function attributesOf(uses: ModelContent["attributes"]): Attributes | undefined {
  const known: Attribute[] = [];
  let required = 0;
  for (const { name, type, fixed, required: needed } of uses) {
    const text = name.namespace === "" ? attributeText(type, fixed) : undefined;
    if (text !== undefined && known.length < ATTRIBUTES_MOST) {
      if (needed) required |= 1 << known.length;
      known.push({ start: encoder.encode(` ${name.local}="`), text });
    } else if (needed) return undefined;
  }
  return { known, required };
}

/** A fixed value needs no more than its letters, where they mean nothing beyond themselves. */
function attributeText(type: SimpleType, fixed: string | undefined): SureText | undefined {
  if (fixed === undefined) return sureText(type);
  return sureText(type) !== undefined || type.primitive === "anyURI" ? just(fixed) : undefined;
}

const encoder = new TextEncoder();
/** Bits of a small number. */
const ATTRIBUTES_MOST = 30;

// ── occurrences → nodes with edges ──────────────────────────────────────────────────────────────────────────────

interface Graph {
  /** By node: where it leads without reading anything. */
  readonly free: number[][];
  readonly edges: { readonly element: ElementParticle; readonly to: number }[][];
}

function node(graph: Graph): number {
  // Large counts written out would be more than they are worth.
  if (graph.free.length >= NODES_MOST) throw UNSURE;
  graph.edges.push([]);
  return graph.free.push([]) - 1;
}

function link(graph: Graph, from: number, to: number): void {
  (graph.free[from] as number[]).push(to);
}

/** Adds the particle behind the node; answers the node behind the particle. */
function add(graph: Graph, particle: Particle, from: number): number {
  if (particle.most === 0) return from;
  let at = from;
  for (let i = 0; i < particle.least; i++) at = once(graph, particle, at);
  if (particle.most === Infinity) {
    const again = node(graph);
    link(graph, at, again);
    link(graph, once(graph, particle, again), again);
    return again;
  }
  const end = node(graph);
  link(graph, at, end);
  for (let i = particle.least; i < particle.most; i++) {
    at = once(graph, particle, at);
    link(graph, at, end);
  }
  return end;
}

function once(graph: Graph, particle: Particle, from: number): number {
  switch (particle.kind) {
    case "element": {
      if (particle.abstract) throw UNSURE;
      const to = node(graph);
      (graph.edges[from] as Graph["edges"][number]).push({ element: particle, to });
      return to;
    }
    case "sequence":
      return particle.items.reduce((at, item) => add(graph, item, at), from);
    case "choice": {
      if (particle.items.length === 0) throw UNSURE;
      const end = node(graph);
      for (const item of particle.items) {
        const start = node(graph);
        link(graph, from, start);
        link(graph, add(graph, item, start), end);
      }
      return end;
    }
    // In any order, or anything: both are rare.
    default:
      throw UNSURE;
  }
}

// ── nodes → states ──────────────────────────────────────────────────────────────────────────────────────────────

function determine(particle: Particle | undefined): State {
  const graph: Graph = { free: [], edges: [] };
  const start = node(graph);
  const end = particle === undefined ? start : add(graph, particle, start);
  const states = new Map<string, State>();
  const stateOf = (nodes: readonly number[]): State => {
    const all = closure(graph, nodes);
    const key = all.join();
    const done = states.get(key);
    if (done !== undefined) return done;
    if (states.size >= STATES_MOST) throw UNSURE;
    const next: Step[] = [];
    const state: State = { next, mayEnd: all.includes(end) };
    states.set(key, state);
    const byName = new Map<string, { element: ElementParticle; to: number[] }>();
    for (const edge of all.flatMap((one) => graph.edges[one] ?? [])) {
      const name = keyOf(edge.element.name);
      const same = byName.get(name);
      if (same === undefined) byName.set(name, { element: edge.element, to: [edge.to] });
      else if (same.element.content() === edge.element.content() && same.element.fixed === edge.element.fixed)
        same.to.push(edge.to);
      else throw UNSURE;
    }
    for (const { element, to } of byName.values()) {
      // A fixed value may be written in several ways.
      const inside = (): Inside => (element.fixed === undefined ? insideOf(element.content()) : UNSURE);
      next.push({ name: element.name, inside, to: stateOf(to) });
    }
    return state;
  };
  return stateOf([start]);
}

function closure(graph: Graph, nodes: readonly number[]): readonly number[] {
  const found = new Set(nodes);
  for (const one of found) for (const to of graph.free[one] ?? []) found.add(to);
  return [...found].toSorted((a, b) => a - b);
}
