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
  const open: OpenLoop[] = [{ loop: profile, record }];
  return {
    record,
    add(tag, segment) {
      const depth = open.findLastIndex(({ loop }) => loop.parts.has(tag));
      if (depth < 0) {
        put(open.at(-1)!.record, tag, segment, false);
        return;
      }
      open.length = depth + 1;
      const part = open[depth]!.loop.parts.get(tag)!;
      put(open[depth]!.record, tag, segment, part.single);
      if (part.loop) open.push({ loop: part.loop, record: segment });
    },
  };
}

/** What stands there once is an object; where another comes all the same, a list of both. */
function put(parent: OpenRecord, tag: string, segment: OpenRecord, single: boolean): void {
  const held = parent[tag];
  if (Array.isArray(held)) held.push(segment);
  else if (held !== undefined) parent[tag] = [held, segment];
  else parent[tag] = single ? segment : [segment];
}
