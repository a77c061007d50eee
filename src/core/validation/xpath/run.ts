// What an expression is after compiling, and what it is evaluated in.

import type { Regex } from "./regex.ts";
import { BudgetFault, XPathFault } from "./fault.ts";
import type { XNode, XTree } from "./tree.ts";
import type { Item, Sequence } from "./values.ts";

/** What is known of a result before there is a document. `nodes`: nothing but nodes, in document order. */
export type Kind = "nodes" | "boolean" | "number" | "text" | "any";

export interface Expression {
  readonly kind: Kind;
  /** The value, where no document changes it. */
  readonly fixed?: Sequence;
  items(run: Run): Sequence;
  /** The effective boolean value; often known long before all items are. */
  truth(run: Run): boolean;
}

/** A variable whose value is computed when it is first asked for, as XSLT's processors do: what nobody reads cannot fail. */
export interface Lazy {
  readonly expression: Expression;
  /** The context it is computed in; a function's body has none. */
  readonly item: Item | undefined;
  readonly position: number;
  readonly size: number;
  readonly locals: Slot[];
  state: "new" | "busy" | "done" | "failed";
  value: Sequence;
  fault: unknown;
}

export type Slot = Sequence | Lazy | undefined;

/** Items of one sequence: a document has half as many nodes. */
const ITEMS_LIMIT = 2_000_000;
/** Characters of one text: as many as a message may have. */
const TEXT_LIMIT = 16 * 1024 * 1024;
/** Calls of user functions inside each other. */
const CALLS_LIMIT = 1_000;

/** One document being looked at. Evaluation is synchronous and eager, so that one mutable place is enough. */
export class Run {
  readonly tree: XTree;
  readonly globals: Slot[];
  /** Variables of the rule, of for, some, every, and of a function's body. */
  locals: Slot[] = [];
  item: Item | undefined;
  position = 1;
  size = 1;
  /** XSLT's current(): what the whole expression was started for. */
  current: Item | undefined;
  /** Indexes of xsl:key. */
  readonly keys = new Map<string, Map<string, XNode[]> | "busy">();
  /** Patterns that were computed, not written in the rules. */
  readonly patterns = new Map<string, Regex>();
  #left: number;
  readonly #budget: number;
  #calls = 0;

  constructor(tree: XTree, globals: number, budget: number) {
    this.tree = tree;
    this.globals = Array.from({ length: globals });
    this.#left = budget;
    this.#budget = budget;
  }

  /** Steps: nodes looked at, items made, 64 characters written. Whoever loops spends. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < this.tree.worked) throw new BudgetFault(`more than ${this.#budget.toLocaleString("en")} steps`);
  }

  /** Before a sequence of so many items is made, or grows to it. */
  room(items: number): void {
    if (items > ITEMS_LIMIT) throw new BudgetFault(`more than ${ITEMS_LIMIT.toLocaleString("en")} values at once`);
  }

  /** Before a text of so many characters is gone through. */
  text(length: number): void {
    this.spend((length >> 6) + 1);
    this.roomForText(length);
  }

  /** Before a text is made, or grows to so many characters. */
  roomForText(length: number): void {
    if (length > TEXT_LIMIT) throw new BudgetFault("a text of more than 16 MiB");
  }

  spent(): number {
    return this.#budget - this.#left + this.tree.worked;
  }

  /** Evaluates with another context, and comes back. */
  within<T>(item: Item | undefined, position: number, size: number, evaluate: () => T): T {
    const { item: before, position: at, size: of } = this;
    this.item = item;
    this.position = position;
    this.size = size;
    try {
      return evaluate();
    } finally {
      this.item = before;
      this.position = at;
      this.size = of;
    }
  }

  /** The start of an expression of its own: a test, a let. */
  start<T>(item: Item | undefined, locals: Slot[], evaluate: () => T): T {
    const { current, locals: before } = this;
    this.current = item;
    this.locals = locals;
    try {
      return this.within(item, 1, 1, evaluate);
    } finally {
      this.current = current;
      this.locals = before;
    }
  }

  /** The body of a user function, which has no context. */
  called<T>(locals: Slot[], evaluate: () => T): T {
    const { current, locals: before } = this;
    if (++this.#calls > CALLS_LIMIT) throw new BudgetFault(`functions call each other more than ${CALLS_LIMIT} deep`);
    this.current = undefined;
    this.locals = locals;
    try {
      return this.within(undefined, 1, 1, evaluate);
    } finally {
      this.#calls--;
      this.current = current;
      this.locals = before;
    }
  }
}

export function lazy(expression: Expression, item: Item | undefined, locals: Slot[]): Lazy {
  return { expression, item, position: 1, size: 1, locals, state: "new", value: [], fault: undefined };
}

/** In the context of now, whichever item of a loop that is. */
export function lazyHere(expression: Expression, { item, position, size, locals }: Run): Lazy {
  return { ...lazy(expression, item, locals), position, size };
}

/** The value of a slot. */
export function valueOf(slot: Slot, run: Run): Sequence {
  if (slot === undefined) throw new XPathFault("XPST0008", "a variable has no value yet");
  if (!("state" in slot)) return slot;
  if (slot.state === "done") return slot.value;
  if (slot.state === "busy") throw new XPathFault("XTDE0640", "a variable depends on itself");
  if (slot.state === "failed") throw slot.fault;
  slot.state = "busy";
  try {
    const { item, position, size, expression } = slot;
    const compute = (): Sequence => run.within(item, position, size, () => expression.items(run));
    slot.value = run.start(item, slot.locals, compute);
    slot.state = "done";
    return slot.value;
  } catch (cause) {
    slot.state = "failed";
    slot.fault = cause;
    throw cause;
  }
}

export function contextOf(run: Run): Item {
  if (run.item === undefined) throw new XPathFault("XPDY0002", "there is no context here");
  return run.item;
}
