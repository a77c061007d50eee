// A message type as tables: at each level, which tags can stand where. Made once per type.

import type { GroupUse, MessageDef, SegmentDef, SegmentUse } from "../directory/types.ts";
import { type RecordType, recordType } from "../../shared/records/record.ts";
import { type TagNumbers, tagNumbers } from "./tag-numbers.ts";
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
  /** Another child of the level has the same key. */
  readonly shared: boolean;
  readonly plan: SegmentPlan;
  /** Of a group; its first child is the trigger. */
  readonly level: Level | undefined;
}

export interface Level {
  /** Its records. */
  readonly Type: RecordType;
  readonly children: readonly Child[];
  /** Number of the first child that a tag can mean, by the tag's number; -1 = none. */
  readonly first: Int32Array;
  /** Of each child the number of the next one with the same tag, -1 = none; and how often it may stand there. */
  readonly next: Int32Array;
  readonly most: Float64Array;
  /** How many required children stand before each one: what is passed over needs a look only where this differs. */
  readonly requiredBefore: readonly number[];
}

export interface Table {
  readonly top: Level;
  readonly tags: TagNumbers;
}

/** `service` gives the segments of the interchange's syntax version, where they differ from those of the directory. */
export function compileLevels(def: MessageDef, service?: (tag: string) => SegmentDef | undefined): Level {
  return compileTable(def, service).top;
}

export function compileTable(def: MessageDef, service?: (tag: string) => SegmentDef | undefined): Table {
  const tags = tagNumbers(tagsOf(def.children));
  const plans = new Map<SegmentDef, SegmentPlan>();
  const planOf = (segment: SegmentDef): SegmentPlan => {
    let plan = plans.get(segment);
    if (plan === undefined) plans.set(segment, (plan = planSegment(segment)));
    return plan;
  };
  const segmentOf = (given: SegmentDef): SegmentDef => (/^U[A-Z]{2}$/.test(given.tag) && service?.(given.tag)) || given;
  const levelOf = (uses: readonly (SegmentUse | GroupUse)[]): Level => {
    const own = uses.flatMap((use) => (use.kind === "segment" ? [use.segment.tag] : []));
    const children = uses.map((use): Child => {
      const trigger = use.kind === "segment" ? use : use.children[0];
      if (trigger?.kind !== "segment") throw new Error(`${def.type} ${def.release}: a group without a trigger`);
      const segment = segmentOf(trigger.segment);
      const { tag } = segment;
      const { required, most } = use;
      const base = { tag, required, most, plan: planOf(segment) };
      if (use.kind === "group") {
        return { ...base, key: use.name, list: most > 1, shared: false, level: levelOf(use.children) };
      }
      // The same segment at two places of a level shares one key.
      const shared = own.indexOf(tag) !== own.lastIndexOf(tag);
      return { ...base, key: tag, list: most > 1 || shared, shared, level: undefined };
    });
    return { Type: recordType(), children, ...places(children, tags), requiredBefore: countRequired(children) };
  };
  return { top: levelOf(def.children), tags };
}

function tagsOf(uses: readonly (SegmentUse | GroupUse)[]): readonly string[] {
  return uses.flatMap((use) => (use.kind === "segment" ? [use.segment.tag] : tagsOf(use.children)));
}

function places(children: readonly Child[], tags: TagNumbers): Pick<Level, "first" | "next" | "most"> {
  const first = new Int32Array(tags.count).fill(-1);
  const next = new Int32Array(children.length).fill(-1);
  const most = Float64Array.from(children, (child) => child.most);
  for (let number = children.length - 1; number >= 0; number--) {
    const tag = tags.of(children[number]!.tag);
    next[number] = first[tag]!;
    first[tag] = number;
  }
  return { first, next, most };
}

function countRequired(children: readonly Child[]): readonly number[] {
  const counts = [0];
  for (const { required } of children) counts.push(counts.at(-1)! + (required ? 1 : 0));
  return counts;
}
