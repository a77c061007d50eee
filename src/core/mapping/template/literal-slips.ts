// Literals that were meant as formulas: a template would write them into every message as they stand, and nobody would
// notice until somebody reads one. Quotes say that a text is meant, except where YAML itself asks for them.

import { cut } from "../../bridge/finding.ts";
import type { ScalarNode } from "../../bridge/tree.ts";
import type { Code } from "../../errors.ts";
import type { Ast } from "../formula/ast.ts";
import { scopeVariables, written } from "../formula/check.ts";
import { extras } from "../formula/extra/index.ts";
import { natives } from "../formula/library/index.ts";
import { walkFormula } from "../formula/names.ts";
import { parseFormula } from "../formula/parse.ts";
import type { FormulaEnvironment } from "../types.ts";

export interface LiteralSlip {
  readonly code: Code;
  readonly message: string;
  readonly hint: string;
}

type Known = Pick<FormulaEnvironment, "fields" | "optional" | "lets">;

const MOST_SHOWN = 60;

/** undefined = the literal is what it looks like. `node` does not begin with `=`. */
export function literalSlip(node: ScalarNode, known: Known): LiteralSlip | undefined {
  const { text } = node;
  if (/\$\{(?:env|file):/.test(text)) {
    const message = "values from outside may stand in receive, deliver and answer only, not in map";
    return { code: "OUTSIDE_REFUSED", message, hint: "write the value out" };
  }
  const says = `every message will say "${cut(text, MOST_SHOWN)}"`;
  const formula = (source: string, why: string, meant: string): LiteralSlip => ({
    code: "LITERAL_IS_FORMULA",
    message: `${why}${says}`,
    hint: `The formula? Write: = ${cut(source, MOST_SHOWN)}   The text? ${meant}`,
  });
  if (/^\s+=/.test(text))
    return formula(text.trim().slice(1).trim(), "a blank stands before =, so ", `Write: = '${text}'`);
  const inBraces = bracesOf(text, known);
  if (inBraces !== undefined)
    return formula(inBraces, "formulas in braces are for url, path and name; ", `Write: = '${cut(text, MOST_SHOWN)}'`);
  if (node.quoted || node.type !== "text") return undefined;
  if (isField(text, known)) {
    const hint = `The column? Write: = ${written(text)}   The text? Put it in quotes.`;
    return { code: "LITERAL_IS_COLUMN", message: says, hint };
  }
  return readsAsFormula(text, known) ? formula(text, "", "Put it in quotes.") : undefined;
}

function isField(name: string, { fields, optional }: Known): boolean {
  return fields?.includes(name) === true || optional.includes(name);
}

/** `{FIRMA}` or `{$ort}`: what stands in the first braces, where it is known. */
function bracesOf(text: string, known: Known): string | undefined {
  for (const [, inside = ""] of text.matchAll(/\{([^{}]{1,200})\}/g)) {
    const name = inside.trim();
    const variable = /^\$([A-Za-z_]\w*)/.exec(name)?.[1];
    if (isField(name, known) || (variable !== undefined && isBound(variable, known))) return name;
  }
  return undefined;
}

function isBound(name: string, { lets }: Known): boolean {
  return lets.includes(name) || scopeVariables.includes(name);
}

/** Only what calls a function, reads a variable, or joins known columns: `Ort - Straße` is a text as long as no column is called so. */
function readsAsFormula(text: string, known: Known): boolean {
  if (text.length > 2_000 || !/[$&+\-*/?~.[(]/.test(text)) return false;
  let tree: Ast;
  try {
    tree = parseFormula(text);
  } catch {
    return false;
  }
  let fields = 0;
  let fits = true;
  let speaks = false;
  walkFormula(tree, true, {
    field(name) {
      fields += 1;
      fits &&= isField(name, known) || known.fields === undefined;
    },
    enter(node) {
      if (node.type === "variable") {
        const name = String(node.value);
        const fixed = name === "" || name === "$" || isBound(name, known);
        if (fixed || natives.has(name) || extras.has(name)) speaks = true;
        else fits = false;
      }
      return true;
    },
  });
  if (!fits) return false;
  return speaks || (fields > 0 && known.fields !== undefined && tree.type !== "string");
}
