// What a formula does with attachments, told before it runs: only where it can reach `.base64` are the files read into memory. Whoever
// gets an attachment whole may read it, so in doubt the answer is yes.

import type { AttachmentUse } from "../types.ts";
import { children, type Ast } from "./ast.ts";
import { literalOf } from "./operators.ts";

/** What is known of an attachment without reading it. */
export const ATTACHMENT_FACTS: readonly string[] = ["name", "size", "sha256", "mediaType"];
export const ATTACHMENT_MEMBERS: readonly string[] = [...ATTACHMENT_FACTS, "base64"];
const CONTENT = "base64";

/** They look only at whether and how many there are. */
const COUNTING: ReadonlySet<string> = new Set(["exists", "count", "not", "boolean"]);
/** They give what they were given: the first argument, or all of them. */
const PASSING: ReadonlySet<string> = new Set(["append", "reverse", "distinct"]);
/** With fewer arguments than this they take the item, and see all its fields. */
const WHOLE: ReadonlyMap<string, number> = new Map([
  ["each", 2],
  ["sift", 2],
  ["keys", 1],
  ["spread", 1],
  ["string", 1],
  ["clone", 1],
]);

interface Walk {
  readonly lets: ReadonlySet<string>;
  asks: boolean;
  content: boolean;
  gives: boolean;
}

/** `lets` are the names under map.let that are attachments as they are; `onItem` = the formula is asked for items of an =each. */
export function attachmentUse(tree: Ast, lets: ReadonlySet<string>, onItem: boolean): AttachmentUse {
  const walk: Walk = { lets, asks: false, content: false, gives: false };
  visit(tree, "result", walk);
  const { asks, gives } = walk;
  // However it got there: who asks for attachments and names their bytes means them.
  const content = walk.content || (asks && names(tree));
  return { asks, content, gives, itemContent: onItem && readsItem(tree) };
}

/** `result`: what it gives is what the formula gives; `fact`: only whether there is any; `other`: anything may be done with it. */
type Use = "result" | "fact" | "other";

function calledName(node: Ast): string | undefined {
  const { procedure } = node;
  if (node.type !== "function" && node.type !== "partial") return undefined;
  return procedure?.type === "variable" ? String(procedure.value) : undefined;
}

function isAttachment(node: Ast, walk: Walk): boolean {
  const name = calledName(node);
  const [first] = node.arguments ?? [];
  if (name === "required" && first !== undefined) return isAttachment(first, walk);
  return name === "attachment" || (node.type === "variable" && walk.lets.has(String(node.value)));
}

function visit(node: Ast, use: Use, walk: Walk): void {
  if (node.type === "path") {
    visitPath(node, use, walk);
    return;
  }
  if (isAttachment(node, walk)) {
    taken(node, use, walk);
    return;
  }
  // The function as a value: whoever calls it gets them whole.
  if (node.type === "variable" && node.value === "attachment") {
    walk.asks = true;
    walk.content = true;
  }
  const carried = carriedBy(node);
  // Filtered or grouped by what may be their bytes: as if anything were done with them.
  const how = node.group !== undefined || carried.some(readsItem) ? "other" : use;
  for (const [child, its] of parts(node, how)) visit(child, its, walk);
  for (const child of carried) visit(child, "other", walk);
}

/** Predicates of a node; their item is what the node gives. */
function carriedBy(node: Ast): readonly Ast[] {
  return [...(node.predicate ?? []), ...(node.stages ?? [])].flatMap(({ expr }) => expr ?? []);
}

/** Attachments as they are, and what stands around them. */
function taken(node: Ast, use: Use, walk: Walk): void {
  walk.asks = true;
  for (const argument of node.arguments ?? []) visit(argument, isAttachment(argument, walk) ? "fact" : "other", walk);
  for (const expr of carriedBy(node)) {
    if (readsItem(expr)) walk.content = true;
    visit(expr, "other", walk);
  }
  if (node.group !== undefined) walk.content = true;
  if (use === "other") walk.content = true;
  else if (use === "result") walk.gives = true;
}

function names(node: Ast): boolean {
  return ((node.type === "name" || node.type === "string") && node.value === CONTENT) || children(node).some(names);
}

/** What is below a node, and what the node does with it. */
function parts(node: Ast, use: Use): readonly (readonly [Ast, Use])[] {
  const name = calledName(node);
  if (name !== undefined && COUNTING.has(name)) return (node.arguments ?? []).map((child) => [child, "fact"]);
  if (name !== undefined && PASSING.has(name)) return (node.arguments ?? []).map((child) => [child, use]);
  if (node.type === "condition") {
    return children(node).map((child) => [child, child === node.condition ? "fact" : use]);
  }
  if (node.type === "block") {
    return children(node).map((child) => [child, child === node.expressions?.at(-1) ? use : "other"]);
  }
  if (node.type === "unary" && node.value === "[") return children(node).map((child) => [child, use]);
  return children(node).map((child) => [child, "other"]);
}

/** `$attachment('*.pdf')[0].name`: the step behind them says what is read. */
function visitPath(path: Ast, use: Use, walk: Walk): void {
  const [first, ...rest] = path.steps ?? [];
  if (first === undefined || !isAttachment(first, walk)) {
    for (const child of children(path)) visit(child, "other", walk);
    return;
  }
  const behind = rest.filter(({ type }) => type !== "sort");
  const [next] = behind;
  taken(first, next === undefined && path.group === undefined ? use : "fact", walk);
  for (const step of rest) if (step.type === "sort" && readsItem(step)) walk.content = true;
  // `@$a`: the steps behind see them under a name that is not followed.
  if (path.steps?.some(({ focus }) => focus !== undefined)) walk.content = true;
  // A name that is a fact: whatever comes behind it sees the fact only.
  const isFact = next?.type === "name" && ATTACHMENT_FACTS.includes(String(next.value));
  if (next !== undefined && !isFact && readsItem(next)) walk.content = true;
  for (const { expr } of path.predicate ?? [])
    if (expr !== undefined && !isFact && readsItem(expr)) walk.content = true;
  if (path.group !== undefined) walk.content = true;
  for (const child of children(path)) if (child !== first) visit(child, "other", walk);
}

/** Whether an expression whose item is an attachment may see its bytes: by their name, or because it looks at all there is. */
function readsItem(node: Ast): boolean {
  switch (node.type) {
    case "name":
    case "string":
      if (node.value === CONTENT) return true;
      break;
    case "wildcard":
    case "descendant":
    case "parent":
    case "transform":
      return true;
    case "variable":
      // `$` whole, and `$parent`: what is done with them is not followed. `$.name` is a path, and looked at below.
      if (node.value === "" || node.value === "parent") return true;
      break;
    case "path":
      return readsItemPath(node);
    case "function":
    case "partial":
      if (seesItem(node)) return true;
      break;
    default:
  }
  return children(node).some(readsItem);
}

function readsItemPath(path: Ast): boolean {
  const [first, next] = path.steps ?? [];
  const isItem = first?.type === "variable" && (first.value === "" || first.value === "parent");
  if (!isItem || next?.type !== "name" || !ATTACHMENT_FACTS.includes(String(next.value)))
    return children(path).some(readsItem);
  return children(path).some((child) => child !== first && readsItem(child));
}

/** Functions that take the item where an argument is missing, or look a field up whose name is computed. */
function seesItem(node: Ast): boolean {
  const name = calledName(node);
  if (name === undefined) return false;
  const { length } = node.arguments ?? [];
  if (name === "lookup") return typeof literalOf(node.arguments?.at(-1)) !== "string";
  return length < (WHOLE.get(name) ?? 0);
}
