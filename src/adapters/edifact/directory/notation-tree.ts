// The tree of a message in our notation: lines of segments, lines of groups, what belongs into a group indented below it.

import { nearest } from "../../../core/options/nearest.ts";
import { invalid, LIMITS, type Service } from "./release.ts";
import type { GroupUse, SegmentUse } from "./types.ts";

export interface TreeLine {
  readonly number: number;
  /** Blanks before the text: 4 at the top, two more per level. */
  readonly indent: number;
  readonly text: string;
}

type Children = (SegmentUse | GroupUse)[];

/** `known` = tags, for "did you mean". Throws EDIFACT_DIRECTORY. */
export function readTree(
  lines: readonly TreeLine[],
  file: string,
  segmentOf: Service,
  known: readonly string[],
): Children {
  const top: Children = [];
  const levels: Children[] = [top];
  for (const line of lines) {
    const depth = line.indent / 2 - 2;
    if (!Number.isInteger(depth) || depth < 0 || depth >= levels.length)
      throw invalid(file, line.number, line.indent + 1, "the indentation is two blanks per group");
    levels.length = depth + 1;
    const into = levels[depth]!;
    const group = /^(\S+) +(\d+)\.\.(\d+): */.exec(line.text);
    const offset = group?.[0].length ?? 0;
    const segments = segmentsOf(line, file, offset, segmentOf, known);
    if (group) {
      into.push(groupOf(line, file, group, segments));
      levels.push(segments);
      if (levels.length > LIMITS.depth) throw invalid(file, line.number, 1, `more than ${LIMITS.depth} levels`);
    } else into.push(...segments);
    if (into.length > LIMITS.children) throw invalid(file, line.number, 1, `more than ${LIMITS.children} at one level`);
  }
  return top;
}

function groupOf(line: TreeLine, file: string, found: RegExpExecArray, children: Children): GroupUse {
  const [, name = "", least, most] = found;
  const fault = (message: string): Error => invalid(file, line.number, line.indent + 1, message);
  if (!/^SG\d{1,3}$/.test(name)) throw fault(`a group has a name and how often it stands there, as: SG2 0..99: NAD!`);
  if (least !== "0" && least !== "1") throw fault(`${name} stands there 0 or 1 times at least`);
  if (Number(most) < 1 || Number(most) > LIMITS.most) throw fault(`${name} stands there 1 to ${LIMITS.most} times`);
  const trigger = children[0];
  if (trigger === undefined || !trigger.required || trigger.most !== 1)
    throw fault(`${name} begins with its trigger: one segment that is required and stands there once, as NAD!`);
  return { kind: "group", name, required: least === "1", most: Number(most), children };
}

function segmentsOf(
  line: TreeLine,
  file: string,
  offset: number,
  segmentOf: Service,
  known: readonly string[],
): Children {
  const uses: Children = [];
  for (const { 0: token, index } of line.text.slice(offset).matchAll(/\S+/g)) {
    const column = line.indent + 1 + offset + index;
    const last = uses.at(-1);
    if (/^\d+$/.test(token)) {
      if (last === undefined || last.most !== 1 || Number(token) < 1 || Number(token) > LIMITS.most)
        throw invalid(file, line.number, column, `${token.slice(0, 20)} does not say how often something stands there`);
      uses[uses.length - 1] = { ...last, most: Number(token) };
      continue;
    }
    const [, tag, mark] = /^([A-Z][A-Z0-9]{2})(!?)$/.exec(token) ?? [];
    if (tag === undefined) throw invalid(file, line.number, column, `${token.slice(0, 20)} is no segment`);
    const segment = segmentOf(tag);
    if (segment === undefined) {
      const near = nearest(tag, known);
      const hint = near === undefined ? "Define it in the section segments, above." : `Did you mean ${near}?`;
      throw invalid(file, line.number, column, `there is no segment ${tag}`, hint);
    }
    uses.push({ kind: "segment", segment, required: mark === "!", most: 1 });
  }
  if (uses.length === 0) throw invalid(file, line.number, line.indent + 1, "there are no segments");
  return uses;
}
