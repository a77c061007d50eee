// `| pattern | update, delete |`: a function that copies its argument and changes the parts that match.

import type { Ast } from "./ast.ts";
import { apply, makeFunction } from "./apply.ts";
import { Fault, isFunction, put, tick, type Code, type Data, type Run } from "./runtime.ts";
import { parseSignature } from "./signature.ts";
import { readVariable, type Context } from "./variables.ts";

const signature = parseSignature("<(oa):o>");

/** Objects of the copy; a pattern like `$$.X` finds others, and those belong to the record. */
function own(value: Data, found: Set<Data>, run: Run): Set<Data> {
  if (value === null || typeof value !== "object") return found;
  tick(run, 1);
  found.add(value);
  for (const item of Object.values(value)) own(item, found, run);
  return found;
}

function update(match: Data, changes: Data, position: number | undefined): void {
  if (changes === undefined) return;
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw new Fault("T2011", { value: changes, position });
  }
  for (const key of Object.keys(changes)) put(match, key, changes[key]);
}

function remove(match: Data, names: Data, position: number | undefined): void {
  if (names === undefined) return;
  const list: Data[] = Array.isArray(names) ? names : [names];
  if (!list.every((name) => typeof name === "string")) throw new Fault("T2012", { value: names, position });
  for (const name of list) delete match[name];
}

export function compileTransform(node: Ast, context: Context): Code {
  const pattern = context.compile(node.pattern as Ast, context);
  const updates = context.compile(node.update as Ast, context);
  const deletions = node.delete === undefined ? undefined : context.compile(node.delete, context);
  const clone = readVariable(context, "clone");
  return (input, frame) =>
    makeFunction(
      (args, outer, run) => {
        const [object] = signature.validate(args, outer);
        if (object === undefined) return undefined;
        const copy = clone(input, frame, run);
        if (!isFunction(copy)) throw new Fault("T2013", { position: node.position });
        const result = apply(copy, [object], null, run);
        const matches = pattern(result, frame, run);
        if (matches === undefined) return result;
        const parts = own(result, new Set(), run);
        for (const match of Array.isArray(matches) ? matches : [matches]) {
          tick(run, 1);
          const changes = updates(match, frame, run);
          const mine = parts.has(match);
          update(mine ? match : {}, changes, node.update?.position);
          if (deletions !== undefined) remove(mine ? match : {}, deletions(match, frame, run), node.delete?.position);
        }
        return result;
      },
      { arity: 1, contextual: false },
    );
}
