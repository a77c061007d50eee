// `deliver.split`: named callers or municipalities whose messages go to the successor already, the others where they went before.
//
// It becomes two ways, the moved one before the other, so that everything else (keys, circuits, order, replays) is as with cases: which
// one a message goes is decided by the message and by the version of the bridge file alone, and that is pinned with the drop.

import type { Scope, Value } from "../contract.ts";
import { truthy } from "../mapping/formula/runtime.ts";
import type { CompiledFormula } from "../mapping/types.ts";
import { formulaOf, part, texts } from "../options/checked.ts";
import type { CheckedObject } from "../options/checked.ts";
import { formula, list, object, oneKeyBeside, required, text } from "../options/shape.ts";
import type { AnyShape } from "../options/shape.ts";
import { finding } from "./finding.ts";
import { boundAdapter, chosenAdapter, entryOf, type Loading } from "./loading.ts";
import type { Node } from "./tree.ts";
import type { Deliver, Way } from "./types.ts";

export interface Split {
  readonly by: CompiledFormula;
  readonly values: readonly string[];
  /** Protocol and place as written, for people. */
  readonly shown: string;
  readonly target: Deliver["target"];
}

/** Of a way that a split made. */
export interface SplitSide {
  readonly side: "moved" | "stayed";
  /** The formula as written. */
  readonly by: string;
  readonly values: readonly string[];
  readonly to: string;
}

const MOST_VALUES = 10_000;

export function splitShape(targets: Readonly<Record<string, AnyShape>>): AnyShape {
  return object(
    {
      by: required(
        formula("what a message is told apart by: = AGS, or of calls = $request.caller", { example: "= AGS" }),
      ),
      values: required(
        list(text("value", { most: 200 }), "whose messages go to the successor; take one out, and it goes back", {
          most: MOST_VALUES,
          example: '["09162000"]',
        }),
      ),
      to: required(
        oneKeyBeside(targets, {}, "the successor: one target, with the message that deliver's own would get"),
      ),
    },
    "who goes to the successor already; all others go to deliver's own target",
    { example: '{ by: = AGS, values: ["09162000"], to: { http: { url: https://neu.example/api } } }' },
  );
}

/** undefined = there is none, or after findings. `identify` says where a target leads, as written. */
export function loadSplit(
  loading: Loading,
  deliver: Node,
  checked: CheckedObject,
  identify: (protocol: string, options: CheckedObject) => string,
): Split | undefined {
  const entry = entryOf(deliver, "split");
  const split = part(checked, "split");
  if (!entry || !split) return undefined;
  const batch = entryOf(deliver, "batch")?.value;
  const other = ["drop", "at", "every"].find((key) => entryOf(batch, key));
  if (other !== undefined) {
    const message = `deliver.split and deliver.batch.${other} exclude each other: a file that grows belongs to one target`;
    loading.report(
      finding("WRONG_VALUE", entry.keyAt, message, { hint: "batch: { records: 500 }, or none", length: 5 }),
    );
  }
  const by = formulaOf(split, "by");
  const to = entryOf(entry.value, "to")?.value;
  const chosen = to?.kind === "map" ? chosenAdapter(loading, to, "target") : undefined;
  const options = chosen && part(split, "to")?.entries.get(chosen.adapter.name);
  if (!by || !chosen || options?.kind !== "object") return undefined;
  return {
    by,
    values: texts(split, "values"),
    shown: identify(chosen.adapter.name, options),
    target: boundAdapter<"target">(loading, chosen.adapter, chosen.at, options),
  };
}

/** Numbers of moved ways begin here: there are no more than 1,000 cases, and a number means one way. */
const MOVED = 10_000;

export function splitWays(ways: readonly Way[]): readonly Way[] {
  return ways.flatMap((way): readonly Way[] => {
    const { split } = way.deliver;
    if (!split || way.skip !== undefined) return [way];
    const { by, values, shown: to, target } = split;
    const side = { by: by.source.trim(), values, to };
    const moved: Way = {
      ...way,
      number: MOVED + way.number,
      when: isMoved(split, way.when),
      deliver: { ...way.deliver, target },
      split: { side: "moved", ...side },
    };
    return [moved, { ...way, split: { side: "stayed", ...side } }];
  });
}

/** The case fits, and its message is one of those named. */
function isMoved({ by, values }: Split, when: CompiledFormula | undefined): CompiledFormula {
  const named = new Set(values);
  const evaluate = (item: Value, scope: Scope): boolean => {
    if (when && !truthy(when.evaluate(item, scope))) return false;
    const value = by.evaluate(item, scope);
    return (typeof value === "string" || typeof value === "number") && named.has(String(value));
  };
  return { source: by.source, at: by.at, names: [...(when?.names ?? []), ...by.names], evaluate };
}
