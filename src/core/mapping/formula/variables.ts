// Variables are resolved when the formula is compiled. Every place that opens a scope (a block that binds something, a
// lambda, a step that carries bindings) has a frame: an array whose slot 0 is the frame around it. Reading a variable is
// then one or two array accesses.
//
// A name may be bound only on some ways through a block; until then JSONata sees the variable of the scope around it.
// Such slots begin as `unbound`, and reading goes on outwards from them.

import { children, type Ast } from "./ast.ts";
import type { Code, Frame } from "./runtime.ts";
import type { Native } from "./apply.ts";

export const unbound = Symbol("unbound");

export interface VariableScope {
  readonly parent: VariableScope | undefined;
  readonly slots: ReadonlyMap<string, number>;
  /** Names that always have a value: parameters. */
  readonly always: ReadonlySet<string>;
  readonly size: number;
}

/** What a node needs to know of its place. */
export interface Context {
  /** Compiles a node below this one. */
  readonly compile: (node: Ast, context: Context) => Code;
  readonly scope: VariableScope | undefined;
  /** How many evaluations this node is nested in, within its function body. */
  readonly depth: number;
  /** Variables from outside the formula; undefined = there is none of that name. */
  readonly global: (name: string) => Code | undefined;
  /** The library function behind an unbound name, if nothing can shadow it. */
  readonly native: (name: string) => Native | undefined;
  /** Compiles a call that the place treats specially ($date with a literal pattern, $eval); undefined = an ordinary call. */
  readonly special: (name: string, node: Ast, context: Context) => Code | undefined;
}

export function openScope(
  parent: VariableScope | undefined,
  names: Iterable<string>,
  parameters: Iterable<string> = [],
): VariableScope {
  const slots = new Map<string, number>();
  const always = new Set(parameters);
  for (const name of [...always, ...names]) if (!slots.has(name)) slots.set(name, slots.size + 1);
  return { parent, slots, always, size: slots.size + 1 };
}

export function openFrame(scope: VariableScope, outer: Frame): NonNullable<Frame> {
  const frame: NonNullable<Frame> = [outer];
  for (let slot = 1; slot < scope.size; slot += 1) frame.push(unbound);
  return frame;
}

interface Place {
  readonly hops: number;
  readonly slot: number;
  readonly always: boolean;
}

function placesOf(scope: VariableScope | undefined, name: string): Place[] {
  const places: Place[] = [];
  let hops = 0;
  for (let at = scope; at !== undefined; at = at.parent) {
    const slot = at.slots.get(name);
    if (slot !== undefined) {
      const always = at.always.has(name);
      places.push({ hops, slot, always });
      if (always) break;
    }
    hops += 1;
  }
  return places;
}

export function isLocal(scope: VariableScope | undefined, name: string): boolean {
  return placesOf(scope, name).length > 0;
}

function slotCode({ hops, slot }: Place): Code {
  if (hops === 0) return (_input, frame) => frame?.[slot];
  if (hops === 1) return (_input, frame) => frame?.[0][slot];
  if (hops === 2) return (_input, frame) => frame?.[0][0][slot];
  return (_input, frame) => {
    let at: Frame = frame;
    for (let hop = 0; hop < hops; hop += 1) at = at?.[0];
    return at?.[slot];
  };
}

export function readVariable(context: Context, name: string): Code {
  const places = placesOf(context.scope, name);
  let code: Code = places.at(-1)?.always === true ? absent : (context.global(name) ?? absent);
  for (const place of places.toReversed()) {
    const here = slotCode(place);
    if (place.always) {
      code = here;
      continue;
    }
    const outer = code;
    code = (input, frame, run) => {
      const value = here(input, frame, run);
      return value === unbound ? outer(input, frame, run) : value;
    };
  }
  return code;
}

export const absent: Code = () => undefined;

/** Slot of a name that is bound in the innermost scope. */
export function slotOf(context: Context, name: string): number {
  const slot = context.scope?.slots.get(name);
  if (slot === undefined) throw new Error(`no slot for $${name}`);
  return slot;
}

function collectFrom(node: Ast, found: Set<string>): void {
  if (node.type === "block") return;
  if (node.type === "lambda") {
    // A tail call's arguments are evaluated where the lambda stands; a real lambda has its own scope.
    if (node.thunk === true && node.body !== undefined) collectFrom(node.body, found);
    return;
  }
  if (node.type === "bind") found.add((node.lhs as Ast).value as string);
  for (const child of children(node)) collectFrom(child, found);
}

/**
 * Names that evaluating these nodes binds in the scope around them. Steps that carry bindings have scopes of their own;
 * naming their variables here too does no harm, the slots stay unbound.
 */
export function bindings(nodes: readonly Ast[]): Set<string> {
  const found = new Set<string>();
  for (const node of nodes) collectFrom(node, found);
  return found;
}
