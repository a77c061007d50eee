// A message as UNECE publishes it: its segment table, in which lines at the right show how far groups reach.
//
//   00210       ---- Segment group 3  ------------------ C   9999--------+|
//   00220   RFF Reference                                M   1           ||
//   00230   DTM Date/time/period                         C   5-----------+|

import { LIMITS, plainName, type Service } from "../release.ts";
import type { GroupUse, SegmentUse } from "../types.ts";
import { refuseLine, type TextFile, type TextLine } from "./text-lines.ts";

export interface MessageText {
  readonly file: string;
  /** `INVOIC` */
  readonly type: string;
  /** `D01B` */
  readonly release: string;
  /** `Invoice message`; "" where it does not say. */
  readonly title: string;
  readonly tree: readonly (SegmentUse | GroupUse)[];
}

type Children = (SegmentUse | GroupUse)[];

const GROUP = /^\s*(?:\d{4,5})?\s*[*+X|#]{0,2}\s+-+\s*Segment group\s+(\d{1,3})\s*-*\s*([MC])\s+(\d{1,7})([-+| ]*)$/;
const SEGMENT = /^\s*(?:\d{4,5})?\s*[*+X|#]{0,2}\s*([A-Z][A-Z0-9]{2})\s+(\S.*?)\s+([MC])\s+(\d{1,7})([-+| ]*)$/;

/** Throws EDIFACT_DIRECTORY with file and line. */
export function messageOfText(file: TextFile, segmentOf: Service): MessageText {
  const type = valueOf(file, /^\s*Message Type\s*:\s*([A-Z]{6})\b/);
  const version = valueOf(file, /^\s*Version\s*:\s*([A-Z0-9]{1,3})\b/);
  const release = valueOf(file, /^\s*Release\s*:\s*([A-Z0-9]{1,3})\b/);
  // The table of contents names it, too.
  const start = file.lines.findLastIndex(({ text }) => /^\s*[*+X|#]?\s*\d(?:\.\d)*\.?\s+Segment table\s*$/i.test(text));
  if (start === -1) throw refuseLine(file, file.lines[0]!, "there is no segment table");
  const tree = treeOf(file, file.lines.slice(start + 1), segmentOf);
  const title = file.lines
    .map(({ text }) => /^\s+([A-Z][a-z].{2,60} message)$/.exec(text)?.[1])
    .find((found) => found !== undefined);
  return { file: file.name, type, release: version + release, title: plainName(title ?? ""), tree };
}

function valueOf(file: TextFile, pattern: RegExp): string {
  for (const { text } of file.lines) {
    const value = pattern.exec(text)?.[1];
    if (value !== undefined) return value;
  }
  throw refuseLine(file, file.lines[0]!, "it does not say its Message Type, Version and Release");
}

function treeOf(file: TextFile, lines: readonly TextLine[], segmentOf: Service): Children {
  const top: Children = [];
  const open: Children[] = [top];
  for (const line of lines) {
    const [, number, groupStatus, groupMost, groupBars = ""] = GROUP.exec(line.text) ?? [];
    if (number !== undefined) {
      const children: Children = [];
      const use = { required: groupStatus === "M", most: Number(groupMost) };
      open.at(-1)!.push({ kind: "group", name: `SG${number}`, ...use, children });
      open.push(children);
      checkBars(file, line, groupBars, open.length - 1);
      if (open.length > LIMITS.depth) throw refuseLine(file, line, `deeper than ${LIMITS.depth} groups`);
      continue;
    }
    const [, tag, , status, most, bars = ""] = SEGMENT.exec(line.text) ?? [];
    if (tag === undefined) continue;
    const segment = segmentOf(tag);
    if (segment === undefined) throw refuseLine(file, line, `${tag} is not in the segment directory`);
    const into = open.at(-1)!;
    if (open.length > 1 && into.length === 0 && (status !== "M" || Number(most) !== 1))
      throw refuseLine(file, line, `${tag} begins a group, but is not required once`);
    into.push({ kind: "segment", segment, required: status === "M", most: Number(most) });
    checkBars(file, line, bars, open.length - 1);
    open.length -= bars.split("+").length - 1;
  }
  if (open.length !== 1) throw refuseLine(file, lines.at(-1) ?? file.lines[0]!, "a group does not end");
  if (top.length === 0) throw refuseLine(file, file.lines[0]!, "the segment table has no segments");
  return top;
}

/** One bar per open group, or the lines were read wrongly. */
function checkBars(file: TextFile, line: TextLine, bars: string, depth: number): void {
  const found = bars.replaceAll(/[^+|]/g, "").length;
  if (found !== depth)
    throw refuseLine(
      file,
      line,
      `${found} lines of groups at the right, but ${depth} groups are open`,
      "Import the file as UNECE published it; editors sometimes cut the right side.",
    );
}
