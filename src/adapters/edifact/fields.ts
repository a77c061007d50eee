// Names that records have at the top, where the bridge says which messages it takes: then formulas are checked before any data comes.

import type { Directories, GroupUse, MessageDef, SegmentUse } from "./directory/types.ts";
import type { RecordPlan } from "./records.ts";

type Child = SegmentUse | GroupUse;

/** undefined = only the data tells. */
export function fieldsOf({ record, strict, messages }: RecordPlan, directories: Directories): string[] | undefined {
  if (record === "interchange") return ["UNB", "messages", "UNZ"];
  if (!messages || !strict) return undefined;
  const names = new Set<string>(record === "message" ? ["UNB", "UNG", "UNO"] : ["message"]);
  for (const { type, version, release, agency = "UN", association = "" } of messages) {
    // Packages have no directory; UNB and UNO are all of them.
    if (type === "UNO") continue;
    if (version === undefined || release === undefined) return undefined;
    const def = directories.message({ type, version, release, agency, association });
    if (!def) return undefined;
    for (const child of childrenOf(def, record)) names.add(nameOf(child));
  }
  return [...names];
}

function childrenOf(def: MessageDef, record: string): readonly Child[] {
  return record === "message" ? def.children : (groupIn(def.children, record)?.children ?? []);
}

export function groupIn(children: readonly Child[], name: string): GroupUse | undefined {
  for (const child of children) {
    if (child.kind !== "group") continue;
    const found = child.name === name ? child : groupIn(child.children, name);
    if (found) return found;
  }
  return undefined;
}

function nameOf(child: Child): string {
  return child.kind === "group" ? child.name : child.segment.tag;
}
