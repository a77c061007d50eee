// A template in the options of an answer: what a partner is told of his records (`answer.edifact.aperak.template`).

import type { Saying, Value } from "../contract.ts";
import { asBridgeError, type Position } from "../errors.ts";
import { compileValues, placed, sketchOf } from "../mapping/template/written.ts";
import { formulaEnvironment } from "./loading.ts";
import type { Loading, Names } from "./loading.ts";
import type { Node } from "./tree.ts";

/** Beside what all formulas see. */
const VARIABLES = ["errors"];

export interface CompiledSaying extends Saying {
  readonly at: Position;
  /** The line of the bridge file that makes what is at this JSON pointer. */
  place(path: string): Position | undefined;
}

/** undefined after findings. */
export function compileSaying(loading: Loading, names: Names, node: Node): CompiledSaying | undefined {
  const environment = formulaEnvironment(loading, names, { lets: [], variables: VARIABLES });
  const { compileFormula } = loading;
  const template = compileValues(node, { ...environment, compileFormula, schema: undefined });
  if (!template) return undefined;
  return {
    at: node.at,
    sketch: sketchOf(node),
    place: (path) => template.locate(path)?.at,
    values([first, ...more], errors) {
      if (!first) return undefined;
      const group = [first, ...more].map(({ record }) => record);
      try {
        const text = template.render(first.record, { ...first.scope, group, lets: [], extra: { errors } });
        return text === undefined ? undefined : (JSON.parse(text) as Value);
      } catch (cause) {
        throw placed(asBridgeError(cause, "map"), template);
      }
    },
  };
}
