// One transaction set in the making: its segments by name and loop where there is a profile, else in their order.

import { type OpenRecord, recordType } from "../shared/records/record.ts";
import type { Loop } from "./profiles.ts";
import type { SetCheck } from "./structure/check.ts";

const Body = recordType();

export interface Transaction {
  add(tag: string, segment: OpenRecord): void;
  /** All of its segments are there. */
  finish(): void;
  readonly record: OpenRecord;
}

interface OpenLoop {
  readonly loop: Loop;
  readonly record: OpenRecord;
  /** Of its last part: what comes before that in the standard comes no more. -1 = nothing came. */
  place: number;
  /** How often that part came. */
  times: number;
}

/** `head` is what stands in the record before its segments; `check` hears where each of them is put. */
export function openTransaction(profile: Loop | undefined, head: OpenRecord, check: SetCheck | undefined): Transaction {
  const record: OpenRecord = Object.assign(new Body(), head);
  if (!profile) {
    const segments: OpenRecord[] = [];
    record["segments"] = segments;
    const add = (tag: string, segment: OpenRecord): void => {
      segments.push(Object.assign(new Body(), { tag }, segment));
    };
    return { record, add, finish: () => undefined };
  }
  const open: OpenLoop[] = [openLoop(profile, record)];

  /** Leaves the loops below this one. */
  function leave(depth: number): void {
    if (check) {
      for (let at = open.length - 1; at > depth; at--) tellMissing(check, open[at]!, Infinity);
    }
    open.length = depth + 1;
  }

  return {
    record,
    add(tag, segment) {
      const depth = depthOf(open, tag);
      if (depth < 0) {
        check?.unplaced();
        put(open.at(-1)!.record, tag, segment, false);
        return;
      }
      leave(depth);
      const here = open[depth]!;
      const part = here.loop.parts.get(tag)!;
      const late = part.place < here.place;
      if (part.place > here.place) {
        if (check) tellMissing(check, here, part.place);
        here.place = part.place;
        here.times = 0;
      }
      if (!late) here.times++;
      check?.placed(part, here.loop, here.times, late);
      put(here.record, tag, segment, part.single);
      if (part.loop) open.push(openLoop(part.loop, segment));
    },
    finish: () => leave(-1),
  };
}

function openLoop(loop: Loop, record: OpenRecord): OpenLoop {
  return { loop, record, place: -1, times: 0 };
}

/** What the standard wants between the last part and `place`. */
function tellMissing(check: SetCheck, { loop, place }: OpenLoop, before: number): void {
  for (const part of loop.needed) if (part.place > place && part.place < before) check.missing(part, loop);
}

/** The innermost loop in which it may come next; where it comes too late everywhere, the innermost that has it. */
function depthOf(open: readonly OpenLoop[], tag: string): number {
  let known = -1;
  for (let depth = open.length - 1; depth >= 0; depth--) {
    const { loop, place } = open[depth]!;
    const part = loop.parts.get(tag);
    if (!part) continue;
    // It does not come before what came, and nothing that must stand there is passed over.
    if (
      part.place >= place &&
      !loop.needed.some((other) => other.must && other.place > place && other.place < part.place)
    )
      return depth;
    if (known < 0) known = depth;
  }
  return known;
}

/** What stands there once is an object; where another comes all the same, a list of both. */
function put(parent: OpenRecord, tag: string, segment: OpenRecord, single: boolean): void {
  const held = parent[tag];
  if (Array.isArray(held)) held.push(segment);
  else if (held !== undefined) parent[tag] = [held, segment];
  else parent[tag] = single ? segment : [segment];
}
