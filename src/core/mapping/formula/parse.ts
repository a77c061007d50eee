// The parser of the `jsonata` package gives the syntax tree; the package's evaluator is not used.

import jsonata from "jsonata";
import { children, type Ast } from "./ast.ts";
import { Fault } from "./runtime.ts";

/** Longer formulas are programs; and the parser recurses, so length bounds its stack too. */
const mostSource = 65_536;

/**
 * `?:` and `??` copy their left side by way of JSON, which loses regular expressions. Both copies know the position of
 * the token, and the original keeps the expression.
 */
function restorePatterns(root: Ast): void {
  const patterns = new Map<number | undefined, RegExp>();
  const lost: Ast[] = [];
  const visit = (node: Ast): void => {
    if (node.type === "regex") {
      if (node.value instanceof RegExp) patterns.set(node.position, node.value);
      else lost.push(node);
    }
    for (const child of children(node)) visit(child);
  };
  visit(root);
  for (const node of lost) {
    const pattern = patterns.get(node.position);
    if (pattern !== undefined) (node as { value: unknown }).value = pattern;
  }
}

/** Characters that the parser may come to hold by copying. */
const mostCopied = 500_000;

/** Strings, names in backticks, brackets, separators, and the operators that copy. */
const tokens = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\?\?|\?:|[([{)\]},;:?]|[^"'`()[\]{},;:?]+|["'`]/gs;

/**
 * What `?:` and `??` copy: their left side each, so that nesting them on the left doubles the tree at every level. The
 * count is by characters and a little too high; it keeps a formula of a few hundred characters from holding the loader.
 */
function copiedSize(source: string): number {
  const outer: { size: number; operand: number }[] = [];
  let group = { size: 0, operand: 0 };
  for (const [token] of source.matchAll(tokens)) {
    if (token === "?:" || token === "??") {
      group.size += group.operand;
      group.operand = 0;
    } else if (/^[([{]$/.test(token)) {
      outer.push(group);
      group = { size: 0, operand: 0 };
    } else if (/^[)\]}]$/.test(token)) {
      const { size } = group;
      group = outer.pop() ?? { size: 0, operand: 0 };
      group.size += size;
      group.operand += size;
    } else if (/^[,;:?]$/.test(token)) group.operand = 0;
    else {
      group.size += token.length;
      group.operand += token.length;
    }
    if (group.size > mostCopied) break;
  }
  return group.size;
}

/** Throws a Fault with the parser's code and position. */
export function parseFormula(source: string): Ast {
  if (source.length > mostSource) throw new Fault("S0500", { position: 0, note: `more than ${mostSource} characters` });
  if (copiedSize(source) > mostCopied)
    throw new Fault("S0500", { position: 0, note: "?: and ?? are nested too deeply" });
  try {
    const root = jsonata(source).ast() as unknown as Ast;
    restorePatterns(root);
    return root;
  } catch (error) {
    if (error instanceof RangeError) throw new Fault("S0500", { position: 0, note: "it is nested too deeply" });
    if (error instanceof SyntaxError) throw new Fault("S0303", { position: 0, note: "a pattern with this syntax" });
    const { code, position, token, value } = error as Record<string, unknown>;
    if (typeof code !== "string") throw new Fault("S0206", { position: 0 });
    throw new Fault(code, {
      position: typeof position === "number" ? position : 0,
      value,
      ...(token === undefined ? {} : { token: typeof token === "string" ? token : JSON.stringify(token) }),
    });
  }
}
