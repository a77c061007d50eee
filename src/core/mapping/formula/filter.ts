// Predicates: `list[2]` picks by position, `list[AGE > 18]` by truth, `list[[0..2]]` by positions.

import type { Ast } from "./ast.ts";
import { isNumeric, sequence, sequenceOf, tick, truthy, type Data, type Frame, type Run } from "./runtime.ts";
import { isTupleStream, tupleStream, type TupleScope } from "./tuples.ts";
import type { Context } from "./variables.ts";

export type Filter = (input: Data, frame: Frame, run: Run) => Data;

function pick(index: number): Filter {
  return (input) => {
    const results = isTupleStream(input) ? tupleStream() : sequence();
    const list: Data[] = Array.isArray(input) ? input : sequenceOf(input);
    const item = list[index < 0 ? list.length + index : index];
    if (item === undefined) return results;
    if (Array.isArray(item)) return item;
    results.push(item);
    return results;
  };
}

/** Numbers are positions, counted from the end where negative; an item stands as often as it is named. */
function positions(value: Data, index: number, length: number): number | undefined {
  const list: Data[] | undefined =
    typeof value === "number" && isNumeric(value) ? [value] : Array.isArray(value) ? value : undefined;
  if (list === undefined || !list.every(isNumeric)) return undefined;
  let times = 0;
  for (const position of list as number[]) {
    const whole = Math.floor(position);
    if ((whole < 0 ? length + whole : whole) === index) times += 1;
  }
  return times;
}

/** `tuples` where the list may carry bindings: the predicate sees them. */
export function compileFilter(predicate: Ast, context: Context, tuples: TupleScope | undefined): Filter {
  if (predicate.type === "number") return pick(Math.floor(predicate.value as number));
  const code = context.compile(predicate, tuples?.context ?? context);
  return (input, frame, run) => {
    const carries = isTupleStream(input);
    const results = carries ? tupleStream() : sequence();
    const list: Data[] = Array.isArray(input) ? input : [input];
    for (let index = 0; index < list.length; index += 1) {
      tick(run, 1);
      const item = list[index];
      const inner = tuples === undefined ? frame : tuples.frame(carries ? item : undefined, frame);
      const value = code(carries ? item["@"] : item, inner, run);
      if (value === true) results.push(item);
      else if (value !== false && value !== undefined) {
        const times = positions(value, index, list.length);
        if (times === undefined) {
          if (truthy(value)) results.push(item);
        } else for (let time = 0; time < times; time += 1) results.push(item);
      }
    }
    return results;
  };
}
