// A message type as tables: at each level, which tags can stand where. Made once per type.

import type { GroupUse, MessageDef, SegmentDef, SegmentUse } from "../directory/types.ts";
import { planSegment, type SegmentPlan } from "./segment.ts";

/** A segment or a group at its level. */
export interface Child {
  /** Of a group that of its trigger. */
  readonly tag: string;
  /** `DTM`, `SG2` */
  readonly key: string;
  readonly most: number;
  readonly required: boolean;
  /** It stands in the record as a list. */
  readonly list: boolean;
  readonly plan: SegmentPlan;
  /** Of a group; its first child is the trigger. */
  readonly level: Level | undefined;
}

export interface Level {
  readonly children: readonly Child[];
  /** Numbers of the children that a tag can mean, rising. */
  readonly byTag: ReadonlyMap<string, readonly number[]>;
  /** How many required children stand before each one: what is passed over needs a look only where this differs. */
  readonly requiredBefore: readonly number[];
}

/** `service` gives the segments of the interchange's syntax version, where they differ from those of the directory. */
export function compileLevels(def: MessageDef, service?: (tag: string) => SegmentDef | undefined): Level {
  const plans = new Map<SegmentDef, SegmentPlan>();
  const planOf = (segment: SegmentDef): SegmentPlan => {
    let plan = plans.get(segment);
    if (plan === undefined) plans.set(segment, (plan = planSegment(segment)));
    return plan;
  };
  const segmentOf = (given: SegmentDef): SegmentDef => (/^U[A-Z]{2}$/.test(given.tag) && service?.(given.tag)) || given;
  const levelOf = (uses: readonly (SegmentUse | GroupUse)[]): Level => {
    const tags = uses.flatMap((use) => (use.kind === "segment" ? [use.segment.tag] : []));
    const children = uses.map((use): Child => {
      const trigger = use.kind === "segment" ? use : use.children[0];
      if (trigger?.kind !== "segment") throw new Error(`${def.type} ${def.release}: a group without a trigger`);
      const segment = segmentOf(trigger.segment);
      const { tag } = segment;
      const { required, most } = use;
      const base = { tag, required, most, plan: planOf(segment) };
      if (use.kind === "group") return { ...base, key: use.name, list: most > 1, level: levelOf(use.children) };
      // The same segment at two places of a level shares one key.
      return { ...base, key: tag, list: most > 1 || tags.indexOf(tag) !== tags.lastIndexOf(tag), level: undefined };
    });
    return { children, byTag: numbersByTag(children), requiredBefore: countRequired(children) };
  };
  return levelOf(def.children);
}

function numbersByTag(children: readonly Child[]): ReadonlyMap<string, readonly number[]> {
  const byTag = new Map<string, number[]>();
  for (const [number, { tag }] of children.entries()) {
    const numbers = byTag.get(tag);
    if (numbers) numbers.push(number);
    else byTag.set(tag, [number]);
  }
  return byTag;
}

function countRequired(children: readonly Child[]): readonly number[] {
  const counts = [0];
  for (const { required } of children) counts.push(counts.at(-1)! + (required ? 1 : 0));
  return counts;
}
