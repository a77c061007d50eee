// The syntax tree as the parser of the `jsonata` package gives it, after its post-processing: paths are lists of steps,
// predicates are stages, tail calls are thunks. Only what the compiler reads is named here.

export interface AncestorSlot {
  readonly label: string;
}

export interface Stage {
  readonly type: "filter" | "index";
  /** filter */
  readonly expr?: Ast;
  /** index: name of the variable */
  readonly value?: string;
}

export interface SortTerm {
  readonly descending: boolean;
  readonly expression: Ast;
}

export interface Group {
  readonly lhs: readonly (readonly [Ast, Ast])[];
  readonly position?: number;
}

export interface Ast {
  readonly type: string;
  readonly value?: any;
  /** Offset just behind the token, as the tokenizer counts. */
  readonly position?: number;
  readonly lhs?: any;
  readonly rhs?: Ast;
  readonly expression?: Ast;
  readonly expressions?: readonly Ast[];
  readonly steps?: readonly Ast[];
  readonly stages?: readonly Stage[];
  readonly predicate?: readonly Stage[];
  readonly group?: Group;
  readonly terms?: readonly SortTerm[];
  readonly arguments?: readonly Ast[];
  readonly procedure?: Ast;
  readonly body?: Ast;
  readonly signature?: { readonly definition: string };
  readonly thunk?: boolean;
  readonly condition?: Ast;
  readonly then?: Ast;
  readonly else?: Ast;
  readonly pattern?: Ast;
  readonly update?: Ast;
  readonly delete?: Ast;
  readonly consarray?: boolean;
  readonly keepArray?: boolean;
  readonly keepSingletonArray?: boolean;
  readonly tuple?: boolean;
  readonly focus?: string;
  readonly index?: string;
  readonly ancestor?: AncestorSlot;
  /** parent operator */
  readonly slot?: AncestorSlot;
}

/** The nodes directly below a node, whatever its type. */
export function children(node: Ast): readonly Ast[] {
  const found: Ast[] = [];
  const add = (child: Ast | undefined): void => {
    if (child !== undefined) found.push(child);
  };
  const addPairs = (pairs: readonly (readonly [Ast, Ast])[]): void => {
    for (const [key, value] of pairs) found.push(key, value);
  };
  if (Array.isArray(node.lhs)) addPairs(node.lhs);
  else add(node.lhs as Ast | undefined);
  add(node.rhs);
  add(node.expression);
  for (const child of node.expressions ?? []) add(child);
  add(node.procedure);
  for (const child of node.arguments ?? []) add(child);
  for (const child of node.steps ?? []) add(child);
  for (const stage of node.stages ?? []) add(stage.expr);
  for (const stage of node.predicate ?? []) add(stage.expr);
  for (const term of node.terms ?? []) add(term.expression);
  if (node.group !== undefined) addPairs(node.group.lhs);
  for (const child of [node.condition, node.then, node.else, node.pattern, node.update, node.delete, node.body]) {
    add(child);
  }
  return found;
}

/** Where the node begins in the source: the parser keeps only where its token ends. */
export function startOf(node: Ast, source: string): number {
  const end = node.position ?? 0;
  switch (node.type) {
    case "name": {
      const quoted = source[end - 1] === "`";
      return Math.max(0, end - String(node.value).length - (quoted ? 2 : 0));
    }
    case "variable":
      return Math.max(0, end - String(node.value).length - 1);
    case "path":
      return startOf(node.steps?.[0] ?? { type: "none", position: end }, source);
    case "function":
    case "partial":
      return node.procedure === undefined ? end : startOf(node.procedure, source);
    case "binary":
      return node.lhs === undefined ? end : startOf(node.lhs as Ast, source);
    case "condition":
      return node.condition?.position === undefined ? end : startOf(node.condition, source);
    case "string": {
      const opening = source[end - 1];
      let at = end - 2;
      while (at > 0 && (source[at] !== opening || source[at - 1] === "\\")) at -= 1;
      return Math.max(0, at);
    }
    case "number":
      return Math.max(0, end - String(node.value).length);
    default:
      return Math.max(0, end - String(node.value ?? " ").length);
  }
}
