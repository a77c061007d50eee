// One transaction set in the making: its segments by name and loop where there is a profile, else in their order.

import { type OpenRecord, recordType } from "../shared/records/record.ts";
import { type Loop, profileOf } from "./profiles.ts";

const Body = recordType();

export interface Transaction {
  add(tag: string, segment: OpenRecord): void;
  readonly record: OpenRecord;
}

interface OpenLoop {
  readonly loop: Loop;
  readonly record: OpenRecord;
  /** Of its last part: what comes before that in the standard comes no more. */
  place: number;
}

/** `set` is ST01, `head` what stands in the record before its segments. */
export function openTransaction(set: string, head: OpenRecord): Transaction {
  const profile = profileOf(set);
  const record: OpenRecord = Object.assign(new Body(), head);
  if (!profile) {
    const segments: OpenRecord[] = [];
    record["segments"] = segments;
    return { record, add: (tag, segment) => void segments.push(Object.assign(new Body(), { tag }, segment)) };
  }
  const open: OpenLoop[] = [{ loop: profile, record, place: 0 }];
  return {
    record,
    add(tag, segment) {
      const depth = depthOf(open, tag);
      if (depth < 0) {
        put(open.at(-1)!.record, tag, segment, false);
        return;
      }
      open.length = depth + 1;
      const here = open[depth]!;
      const part = here.loop.parts.get(tag)!;
      here.place = Math.max(here.place, part.place);
      put(here.record, tag, segment, part.single);
      if (part.loop) open.push({ loop: part.loop, record: segment, place: 0 });
    },
  };
}

/** The innermost loop in which it may come next; where it comes too late everywhere, the innermost that has it. */
function depthOf(open: readonly OpenLoop[], tag: string): number {
  const next = open.findLastIndex((one) => comesNext(one, tag));
  return next >= 0 ? next : open.findLastIndex(({ loop }) => loop.parts.has(tag));
}

/** It does not come before what came, and nothing that must stand there is passed over. */
function comesNext({ loop, place }: OpenLoop, tag: string): boolean {
  const part = loop.parts.get(tag);
  if (!part || part.place < place) return false;
  for (const other of loop.parts.values()) {
    if (other.must && other.place > place && other.place < part.place) return false;
  }
  return true;
}

/** What stands there once is an object; where another comes all the same, a list of both. */
function put(parent: OpenRecord, tag: string, segment: OpenRecord, single: boolean): void {
  const held = parent[tag];
  if (Array.isArray(held)) held.push(segment);
  else if (held !== undefined) parent[tag] = [held, segment];
  else parent[tag] = single ? segment : [segment];
}
