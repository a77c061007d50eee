// The segments of a message against its type, greedily: a position never goes back, except to the start of a group that repeats; a group
// is entered on its trigger only. What does not fit is told as CONTRL tells it (UCS), and reading goes on behind it.

import type { Rec } from "../../../core/contract.ts";
import type { MessageDef, SegmentDef } from "../directory/types.ts";
import { checkSegment } from "./check.ts";
import { type Child, compileTable, type Level, type Table } from "./compile.ts";
import { listOf } from "./lists.ts";
import { QuickReader } from "./quick.ts";
import { isSound, readSegment } from "./segment.ts";
import type {
  GroupOpened,
  Matched,
  Matcher,
  MatchRules,
  MessageRun,
  QuickText,
  ReadSegment,
  StructureFinding,
} from "./types.ts";

/** Of one message; whoever has to mend it does not read more. */
export const MOST_FINDINGS = 100;

type Fields = Record<string, unknown>;

/** One level that is open, and how far it has come. */
interface Frame {
  level: Level;
  fields: Fields;
  /** Number of the child that came last; -1 = none yet. */
  at: number;
  /** How often it came, and the list that holds it, where it stands in one. */
  count: number;
  list: unknown[] | undefined;
}

/** `rules` are those of the interchange; `service` gives the service segments of its syntax version. */
export function compileMessage(
  def: MessageDef,
  rules: MatchRules,
  service?: (tag: string) => SegmentDef | undefined,
): Matcher {
  const table = compileTable(def, service);
  const quick = new QuickReader(rules);
  const begin = (opened?: GroupOpened): Run => new Run(def, table, rules, quick, opened);
  return {
    begin,
    match(segments) {
      const run = begin();
      for (const segment of segments) run.take(segment);
      return run.finish();
    },
  };
}

class Run implements MessageRun {
  readonly findings: StructureFinding[] = [];
  last = 1;
  private lastTag = "the start";
  private readonly def: MessageDef;
  private readonly tags: Table["tags"];
  private readonly rules: MatchRules;
  private readonly quick: QuickReader;
  private readonly opened: GroupOpened | undefined;
  /** Those behind `depth` are used again. */
  private readonly frames: Frame[];
  private depth = 0;
  private readonly report = (finding: StructureFinding): void => {
    if (this.findings.length < MOST_FINDINGS) this.findings.push(finding);
  };

  constructor(
    def: MessageDef,
    { top, tags }: Table,
    rules: MatchRules,
    quick: QuickReader,
    opened: GroupOpened | undefined,
  ) {
    this.def = def;
    this.tags = tags;
    this.rules = rules;
    this.quick = quick;
    this.opened = opened;
    this.frames = [{ level: top, fields: new top.Type(), at: -1, count: 0, list: undefined }];
  }

  finish(): Matched {
    for (; this.depth >= 0; this.depth--) {
      const { level, at } = this.frames[this.depth]!;
      this.tellMissing(level, at + 1, level.children.length);
    }
    return { record: this.frames[0]!.fields as Rec, findings: this.findings };
  }

  take(segment: ReadSegment): void {
    const tag = this.tags.of(segment.tag);
    for (let depth = this.depth; depth >= 0; depth--) {
      const child = tag === -1 ? -1 : nextChild(this.frames[depth]!, tag);
      if (child !== -1) {
        this.takeAs(depth, child, segment);
        return;
      }
    }
    this.misplaced(segment);
  }

  takeQuick(text: QuickText, from: number, position: number): number {
    const { bytes } = text;
    const tag = this.tags.at(bytes[from]!, bytes[from + 1]!, bytes[from + 2]!);
    if (tag === -1) return -1;
    for (let depth = this.depth; depth >= 0; depth--) {
      const frame = this.frames[depth]!;
      const child = nextChild(frame, tag);
      if (child === -1) continue;
      const record = this.quick.read(frame.level.children[child]!.plan.quick, text, from);
      if (record === undefined) return -1;
      this.moveTo(depth, child);
      this.put(depth, child, record, position);
      return this.quick.end;
    }
    return -1;
  }

  private takeAs(depth: number, number: number, segment: ReadSegment): void {
    this.moveTo(depth, number);
    const { plan } = this.frames[depth]!.level.children[number]!;
    const elements = segment.elements();
    if (!isSound(plan, elements, this.rules)) checkSegment(plan.definition, segment, elements, this.rules, this.report);
    this.put(depth, number, readSegment(plan, elements), segment.position);
  }

  /** Closes the levels below `depth`, and goes on to this child of it. */
  private moveTo(depth: number, number: number): void {
    const { frames } = this;
    for (; this.depth > depth; this.depth--) {
      const { level, at } = frames[this.depth]!;
      this.tellMissing(level, at + 1, level.children.length);
    }
    const frame = frames[depth]!;
    this.tellMissing(frame.level, frame.at + 1, number);
    if (frame.at === number) frame.count++;
    else {
      frame.at = number;
      frame.count = 1;
      frame.list = undefined;
    }
  }

  private put(depth: number, number: number, record: Rec, position: number): void {
    const frame = this.frames[depth]!;
    const child = frame.level.children[number]!;
    const { level } = child;
    this.last = position;
    this.lastTag = child.tag;
    if (level === undefined) {
      add(frame, child, record);
      return;
    }
    const fields: Fields = new level.Type();
    add(frame, child, fields);
    const inner = this.open(level, fields);
    add(inner, level.children[0]!, record);
    this.opened?.(child.key, fields as Rec, position);
  }

  private open(level: Level, fields: Fields): Frame {
    const known = this.frames[++this.depth];
    if (known === undefined) {
      const frame = { level, fields, at: 0, count: 1, list: undefined };
      this.frames.push(frame);
      return frame;
    }
    known.level = level;
    known.fields = fields;
    known.at = 0;
    known.count = 1;
    known.list = undefined;
    return known;
  }

  private tellMissing({ children, requiredBefore }: Level, from: number, to: number): void {
    if (from >= to || requiredBefore[to] === requiredBefore[from]) return;
    for (let number = from; number < to; number++) {
      const { required, tag, key } = children[number]!;
      if (!required) continue;
      const what = key === tag ? tag : `${tag}, with which ${key} begins,`;
      const message = `${what} is missing behind ${this.lastTag} in ${this.name()}`;
      this.report({ code0085: 13, place: "UCS", tag, position: this.last, message });
    }
  }

  /** One too many of what stands here, or something that does not stand here. */
  private misplaced(segment: ReadSegment): void {
    const { tag, position } = segment;
    for (let { depth } = this; depth >= 0; depth--) {
      const { level, at } = this.frames[depth]!;
      const child = level.children[at];
      // A trigger is there once; too many are too many groups, one level up.
      if (child?.tag !== tag || (depth > 0 && at === 0)) continue;
      const [code0085, what] = child.level ? [36, `the group ${child.key} (${tag})`] : [35, tag];
      const message = `${what} stands there more often than ${child.most} times in ${this.name()}`;
      this.report({ code0085, place: "UCS", tag, position, message });
      if (child.list) this.takeAs(depth, at, segment);
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

/** The first child from where the level stands on that the tag of this number can mean; -1 = none. */
function nextChild({ level, at, count }: Frame, tag: number): number {
  let number = level.first[tag]!;
  while (number !== -1 && (number < at || (number === at && count >= level.most[number]!)))
    number = level.next[number]!;
  return number;
}

function add(frame: Frame, { key, list, shared }: Child, value: unknown): void {
  if (!list) frame.fields[key] = value;
  else if (frame.list !== undefined) frame.list.push(value);
  else {
    // It may have been there before, at another place of the level.
    const known = shared ? (frame.fields[key] as unknown[] | undefined) : undefined;
    if (known === undefined) frame.fields[key] = frame.list = listOf(value);
    else (frame.list = known).push(value);
  }
}

function isIn({ children }: Level, tag: string): boolean {
  return children.some((child) => child.tag === tag || (child.level !== undefined && isIn(child.level, tag)));
}
