// Order-by: `list^(<NAME, >AMOUNT)`. Stable; items without the term come last.

import type { Ast } from "./ast.ts";
import { mergeSort } from "./library/lists.ts";
import { Fault, tick, type Code, type Data } from "./runtime.ts";
import { isTupleStream, type TupleScope } from "./tuples.ts";
import type { Context } from "./variables.ts";

function isSortable(value: Data): boolean {
  return typeof value === "string" || typeof value === "number";
}

/** 1 where left belongs behind right. */
function compare(left: Data, right: Data, position: number | undefined): number {
  if (left === undefined) return right === undefined ? 0 : 1;
  if (right === undefined) return -1;
  if (!isSortable(left) || !isSortable(right)) {
    throw new Fault("T2008", { value: isSortable(left) ? right : left, position });
  }
  if (typeof left !== typeof right) throw new Fault("T2007", { value: left, position });
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function compileSort(node: Ast, context: Context, tuples: TupleScope | undefined): Code {
  const inner = tuples?.context ?? context;
  const terms = (node.terms ?? []).map((term) => ({
    code: context.compile(term.expression, inner),
    descending: term.descending,
  }));
  return (input, frame, run) => {
    const list = input as Data[];
    if (list.length <= 1) return list;
    const carries = isTupleStream(list);
    const valueOf = (item: Data, code: Code): Data => {
      const around = tuples === undefined ? frame : tuples.frame(carries ? item : undefined, frame);
      return code(carries ? item["@"] : item, around, run);
    };
    return mergeSort(list, (left, right) => {
      tick(run, terms.length);
      for (const { code, descending } of terms) {
        const a = valueOf(left, code);
        const b = valueOf(right, code);
        const order = compare(a, b, node.position);
        if (order === 0) continue;
        // Absent values stay last in both directions.
        return (a === undefined || b === undefined || !descending ? order : -order) === 1;
      }
      return false;
    });
  };
}
