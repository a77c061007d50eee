// The segments of a message against its type, greedily: a position never goes back, except to the start of a group that repeats; a group
// is entered on its trigger only. What does not fit is told as CONTRL tells it (UCS), and reading goes on behind it.

import type { Rec } from "../../../core/contract.ts";
import type { MessageDef, SegmentDef } from "../directory/types.ts";
import { checkSegment } from "./check.ts";
import { type Child, compileLevels, type Level } from "./compile.ts";
import { isSound, readSegment } from "./segment.ts";
import type { GroupOpened, Matched, Matcher, MatchRules, ReadSegment, StructureFinding } from "./types.ts";

/** Of one message; whoever has to mend it does not read more. */
export const MOST_FINDINGS = 100;

type Fields = Record<string, unknown>;

/** One level that is open, and how far it has come. */
interface Frame {
  readonly level: Level;
  readonly fields: Fields;
  /** Number of the child that came last; -1 = none yet. */
  at: number;
  /** How often it came. */
  count: number;
}

/** `rules` are those of the interchange; `service` gives the service segments of its syntax version. */
export function compileMessage(
  def: MessageDef,
  rules: MatchRules,
  service?: (tag: string) => SegmentDef | undefined,
): Matcher {
  const top = compileLevels(def, service);
  return { match: (segments, opened) => new Run(def, top, rules, opened).match(segments) };
}

class Run {
  private readonly def: MessageDef;
  private readonly rules: MatchRules;
  private readonly opened: GroupOpened | undefined;
  private readonly frames: Frame[];
  private readonly findings: StructureFinding[] = [];
  private readonly report = (finding: StructureFinding): void => {
    if (this.findings.length < MOST_FINDINGS) this.findings.push(finding);
  };
  /** The last segment that had its place. */
  private last: ReadSegment | undefined;

  constructor(def: MessageDef, top: Level, rules: MatchRules, opened: GroupOpened | undefined) {
    this.def = def;
    this.opened = opened;
    this.rules = rules;
    this.frames = [{ level: top, fields: {}, at: -1, count: 0 }];
  }

  match(segments: Iterable<ReadSegment>): Matched {
    for (const segment of segments) this.take(segment);
    for (let depth = this.frames.length - 1; depth >= 0; depth--) {
      const { level, at } = this.frames[depth]!;
      this.tellMissing(level, at + 1, level.children.length);
    }
    return { record: this.frames[0]!.fields as Rec, findings: this.findings };
  }

  private take(segment: ReadSegment): void {
    const { frames } = this;
    for (let depth = frames.length - 1; depth >= 0; depth--) {
      const number = nextNumber(frames[depth]!, segment.tag);
      if (number !== -1) {
        this.place(depth, number, segment);
        return;
      }
    }
    this.misplaced(segment);
  }

  /** Closes the levels below `depth`, and reads the segment as this child. */
  private place(depth: number, number: number, segment: ReadSegment): void {
    const { frames } = this;
    while (frames.length - 1 > depth) {
      const { level, at } = frames.pop()!;
      this.tellMissing(level, at + 1, level.children.length);
    }
    const frame = frames[depth]!;
    this.tellMissing(frame.level, frame.at + 1, number);
    if (frame.at === number) frame.count++;
    else {
      frame.at = number;
      frame.count = 1;
    }
    this.last = segment;
    const child = frame.level.children[number]!;
    const elements = segment.elements();
    if (!isSound(child.plan, elements, this.rules))
      checkSegment(child.plan.definition, segment, elements, this.rules, this.report);
    const record = readSegment(child.plan, elements);
    if (child.level === undefined) {
      put(frame.fields, child, record);
      return;
    }
    const fields: Fields = {};
    put(fields, child.level.children[0]!, record);
    put(frame.fields, child, fields);
    this.opened?.(child.key, fields as Rec, segment.position);
    frames.push({ level: child.level, fields, at: 0, count: 1 });
  }

  private tellMissing({ children, requiredBefore }: Level, from: number, to: number): void {
    if (from >= to || requiredBefore[to] === requiredBefore[from]) return;
    for (let number = from; number < to; number++) {
      const { required, tag, key } = children[number]!;
      if (!required) continue;
      const what = key === tag ? tag : `${tag}, with which ${key} begins,`;
      const message = `${what} is missing behind ${this.last?.tag ?? "the start"} in ${this.name()}`;
      this.report({ code0085: 13, place: "UCS", tag, position: this.last?.position ?? 1, message });
    }
  }

  /** One too many of what stands here, or something that does not stand here. */
  private misplaced(segment: ReadSegment): void {
    const { tag, position } = segment;
    for (let depth = this.frames.length - 1; depth >= 0; depth--) {
      const { level, at } = this.frames[depth]!;
      const child = level.children[at];
      // A trigger is there once; too many are too many groups, one level up.
      if (child?.tag !== tag || (depth > 0 && at === 0)) continue;
      const [code0085, what] = child.level ? [36, `the group ${child.key} (${tag})`] : [35, tag];
      const message = `${what} stands there more often than ${child.most} times in ${this.name()}`;
      this.report({ code0085, place: "UCS", tag, position, message });
      if (child.list) this.place(depth, at, segment);
      return;
    }
    const known = this.def.segment(tag) !== undefined || isIn(this.frames[0]!.level, tag);
    const message = known
      ? `${tag} does not stand at this position in ${this.name()}`
      : `${tag} is no segment of ${this.name()}`;
    this.report({ code0085: 15, place: "UCS", tag, position, message });
  }

  private name(): string {
    return `${this.def.type} ${this.def.release}`;
  }
}

/** The first child from where the level stands on that the tag can mean; -1 = none. */
function nextNumber({ level, at, count }: Frame, tag: string): number {
  const numbers = level.byTag.get(tag);
  if (numbers === undefined) return -1;
  for (const number of numbers) {
    if (number > at || (number === at && count < level.children[number]!.most)) return number;
  }
  return -1;
}

function put(fields: Fields, { key, list }: Child, value: unknown): void {
  if (!list) fields[key] = value;
  else if (fields[key] === undefined) fields[key] = [value];
  else (fields[key] as unknown[]).push(value);
}

function isIn({ children }: Level, tag: string): boolean {
  return children.some((child) => child.tag === tag || (child.level !== undefined && isIn(child.level, tag)));
}
