// Object constructors and group-by: `{ "a": b }` is one object, `list{ key: value }` one object over all items.

import type { Ast, Group } from "./ast.ts";
import { append, Fault, put, tick, type Code, type Data, type Frame, type Run } from "./runtime.ts";
import { isTupleStream, reduceTuples, type Tuple, type TupleScope } from "./tuples.ts";
import type { Context } from "./variables.ts";

interface Pair {
  readonly key: Code;
  readonly value: Code;
}
interface Entry {
  data: Data;
  readonly pair: number;
}

function checkKey(key: Data, position: number | undefined): void {
  if (typeof key !== "string") throw new Fault("T1003", { value: key, position });
  // The package's restriction; kept, so that a formula means the same in both.
  if (key === "_jsonata_lambda" || key === "_jsonata_function") throw new Fault("D1013", { value: key, position });
}

/** Literal, different keys and one item, the usual case: no grouping is needed. */
function plainObject(keys: readonly Ast[], pairs: readonly Pair[]): Code | undefined {
  const names: string[] = [];
  for (const key of keys) {
    if (key.type !== "string" || key.predicate !== undefined || key.group !== undefined) return undefined;
    const name = key.value as string;
    if (names.includes(name) || name.startsWith("_jsonata_")) return undefined;
    names.push(name);
  }
  return (input, frame, run) => {
    const result = Object.create(null);
    for (let index = 0; index < pairs.length; index += 1) {
      const value = pairs[index]?.value(input, frame, run);
      if (value !== undefined) put(result, names[index] as string, value);
    }
    return result;
  };
}

export function compileGroup(group: Group, context: Context, tuples: TupleScope | undefined): Code {
  const inner = tuples?.context ?? context;
  const pairs: Pair[] = group.lhs.map(([key, value]) => ({
    key: context.compile(key, inner),
    value: context.compile(value, inner),
  }));
  const plain =
    tuples === undefined
      ? plainObject(
          group.lhs.map(([key]) => key),
          pairs,
        )
      : undefined;
  const frameFor = (tuple: Tuple | undefined, frame: Frame): Frame =>
    tuples === undefined ? frame : tuples.frame(tuple, frame);

  function collect(list: readonly Data[], carries: boolean, frame: Frame, run: Run): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const item of list) {
      tick(run, pairs.length);
      const around = frameFor(carries ? item : undefined, frame);
      for (const [number, pair] of pairs.entries()) {
        const key = pair.key(carries ? item["@"] : item, around, run);
        if (key === undefined) continue;
        checkKey(key, group.position);
        const entry = entries.get(key);
        if (entry === undefined) entries.set(key, { data: item, pair: number });
        else if (entry.pair !== number) throw new Fault("D1009", { value: key, position: group.position });
        else entry.data = append(entry.data, item, run);
      }
    }
    return entries;
  }

  return (input, frame, run) => {
    if (plain !== undefined && !Array.isArray(input)) return plain(input, frame, run);
    const carries = isTupleStream(input);
    let list: readonly Data[] = Array.isArray(input) ? input : [input];
    if (list.length === 0 && !carries) list = [undefined];
    const result = Object.create(null);
    for (const [key, entry] of collect(list, carries, frame, run)) {
      const tuple = carries ? reduceTuples(entry.data, run) : undefined;
      const around = frameFor(tuple, frame);
      const context = tuple === undefined ? entry.data : tuple["@"];
      const value = pairs[entry.pair]?.value(context, around, run);
      if (value !== undefined) put(result, key, value);
    }
    return result;
  };
}
