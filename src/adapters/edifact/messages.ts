// A message as a record, by the directory that knows it, or by position where none does; and what is wrong with it.
//
//   { UNB: {…}, UNG: {…}, UNO: [ { …, object: base64 } ], UNH: {…}, BGM: {…}, DTM: [ … ], SG2: [ { NAD: {…}, … } ], UNT: {…} }

import type { Rec } from "../../core/contract.ts";
import type { Directories, MessageDef, SegmentDef } from "./directory/types.ts";
import { envelopeFinding, type Interchange } from "./envelope.ts";
import type { EdifactFinding } from "./finding.ts";
import { messageByPosition, segmentByPosition } from "./positions.ts";
import type { MessageBody, OpenMessage } from "./sink.ts";
import type { Segment } from "./segment.ts";
import { compileMessage } from "./structure/match.ts";
import { compileSegment } from "./structure/segment.ts";
import type { Matcher, MessageRun, QuickText, StructureFinding } from "./structure/types.ts";
import type { OpenRecord } from "../shared/records/record.ts";

export interface MadeMessage {
  readonly record: Rec;
  /** Of envelope and structure, in the order of the message. */
  readonly findings: readonly EdifactFinding[];
  /** It was read by what a directory says of it. */
  readonly isKnown: boolean;
  /** The groups of the name that was asked for, in their order. */
  readonly groups: readonly OpenGroup[];
}

export interface OpenGroup {
  readonly fields: Rec;
  /** Where it begins: byte offset in the drop, and line. */
  readonly offset: number;
  readonly line: number;
}

export interface MessageMaker {
  begin(message: OpenMessage, interchange: Interchange): MessageBody;
  /** A segment of the envelope. */
  service(segment: Segment, syntax: number): Rec;
}

/** `group` names the segment group that is wanted apart, as `SG25`. */
export function messageMaker(directories: Directories, group: string | undefined): MessageMaker {
  const service = serviceReader(directories);
  const matcherOf = matchers(directories);
  /** Of the interchange that is read: all of its messages have the same one. */
  let last: { readonly header: Segment; readonly record: Rec } | undefined;

  function headOf({ group: around }: OpenMessage, { header, syntax }: Interchange): OpenRecord {
    if (last?.header !== header) last = { header, record: service(header, syntax) };
    const head: OpenRecord = { UNB: last.record };
    if (around) head["UNG"] = service(around.header, syntax);
    return head;
  }

  return {
    service,
    begin(message, interchange) {
      const head = headOf(message, interchange);
      const objects = (segments: readonly Segment[]): void => {
        if (segments.length > 0) head["UNO"] = segments.map((object) => service(object, 4));
      };
      if (message.header.tag === "UNO") return packageBody(head, objects);
      const def = directories.message(message.name);
      if (def) return new MatchedBody(matcherOf(def, interchange), head, objects, group);
      head["UNH"] = service(message.header, interchange.syntax);
      return unknownBody(head, objects);
    },
  };
}

function serviceReader(directories: Directories): MessageMaker["service"] {
  const readers = new Map<SegmentDef, (segment: Segment) => Rec>();
  return (segment, syntax) => {
    const def = directories.service(segment.tag, syntax);
    if (!def) return segmentByPosition(segment);
    let read = readers.get(def);
    if (!read) {
      const compiled = compileSegment(def);
      read = (one) => {
        const fields = compiled(one.elements());
        return one.object === undefined ? fields : { ...fields, object: one.object };
      };
      readers.set(def, read);
    }
    return read(segment);
  };
}

function matchers(directories: Directories): (def: MessageDef, interchange: Interchange) => Matcher {
  const known = new Map<MessageDef, Map<string, Matcher>>();
  return (def, { syntax, decimal }) => {
    let byRules = known.get(def);
    if (!byRules) known.set(def, (byRules = new Map()));
    const key = `${syntax} ${decimal}`;
    let matcher = byRules.get(key);
    if (!matcher) {
      // What UNA says of decimal marks holds in syntax 1 to 3 only.
      const rules = { syntax, ...(syntax < 4 && { decimal }) };
      matcher = compileMessage(def, rules, (tag) => directories.service(tag, syntax));
      byRules.set(key, matcher);
    }
    return matcher;
  };
}

/** Puts the objects of a message into its record. */
type PutObjects = (segments: readonly Segment[]) => void;

function packageBody(record: OpenRecord, putObjects: PutObjects): MessageBody {
  const objects: Segment[] = [];
  return {
    add(segment) {
      if (segment.tag === "UNO") objects.push(segment);
    },
    finish(findings) {
      putObjects(objects);
      return { record, findings, isKnown: true, groups: [] };
    },
  };
}

function unknownBody(record: OpenRecord, putObjects: PutObjects): MessageBody {
  const segments: Segment[] = [];
  return {
    add: (segment) => void segments.push(segment),
    finish(findings) {
      putObjects(segments.filter(({ tag }) => tag === "UNO"));
      messageByPosition(segments, record);
      return { record, findings, isKnown: false, groups: [] };
    },
  };
}

/** A class, because there is one for each message. */
class MatchedBody implements MessageBody {
  private readonly run: MessageRun;
  private readonly record: OpenRecord;
  private readonly putObjects: PutObjects;
  private readonly objects: Segment[] = [];
  private readonly groups: OpenGroup[] = [];
  private readonly findings: EdifactFinding[] = [];
  /** The segment that is taken, and the last one that had its place: findings are about one of the two. */
  private position = 1;
  private offset = 0;
  private line = 1;
  private lastOffset = 0;
  private lastLine = 1;

  constructor(matcher: Matcher, record: OpenRecord, putObjects: PutObjects, group: string | undefined) {
    this.record = record;
    this.putObjects = putObjects;
    this.run = matcher.begin(
      group === undefined
        ? undefined
        : (name, fields) => {
            if (name === group) this.groups.push({ fields, offset: this.offset, line: this.line });
          },
    );
  }

  add(segment: Segment): void {
    const { tag, position, offset, line } = segment;
    // They stand in no description of a message, and what has no tag was told already.
    if (tag === "UNO") this.objects.push(segment);
    if (tag === "UNO" || tag === "UNP" || tag === "") return;
    this.stand(position, offset, line);
    this.run.take(segment);
    this.listen();
  }

  addQuick(text: QuickText, from: number, position: number, offset: number, line: number): number {
    this.stand(position, offset, line);
    const end = this.run.takeQuick(text, from, position);
    if (end >= 0) this.listen();
    return end;
  }

  finish(findings: readonly EdifactFinding[]): MadeMessage {
    const { record } = this.run.finish();
    this.listen();
    this.putObjects(this.objects);
    const { findings: own } = this;
    // What the trailer lacks was told as the envelope's fault already.
    const all =
      own.length === 0
        ? findings
        : [...findings, ...own.filter((finding) => !findings.some((known) => isSame(known, finding)))].sort(
            (a, b) => a.at.offset - b.at.offset,
          );
    return { record: Object.assign(this.record, record), findings: all, isKnown: true, groups: this.groups };
  }

  private stand(position: number, offset: number, line: number): void {
    this.position = position;
    this.offset = offset;
    this.line = line;
  }

  /** What the run has found since, with its place in the drop. */
  private listen(): void {
    const { run, findings } = this;
    while (findings.length < run.findings.length) findings.push(this.placed(run.findings[findings.length]!));
    if (run.last !== this.position) return;
    this.lastOffset = this.offset;
    this.lastLine = this.line;
  }

  private placed(found: StructureFinding): EdifactFinding {
    const { code0085, place, tag, position, element = 0, component = 0, message } = found;
    const isHere = position === this.position;
    const [offset, line] = isHere ? [this.offset, this.line] : [this.lastOffset, this.lastLine];
    return {
      code: place === "UCS" ? "EDIFACT_STRUCTURE" : "EDIFACT_ELEMENT",
      error0085: String(code0085),
      level: place,
      what: message,
      at: { tag, position, offset, line },
      element,
      component,
    };
  }
}

function isSame(a: EdifactFinding, b: EdifactFinding): boolean {
  return a.error0085 === b.error0085 && a.at.tag === b.at.tag && a.element === b.element && b.at.tag === "UNT";
}

/** A message that the bridge does not take, or that nobody knows. */
export function messageFinding(
  message: OpenMessage,
  code: "EDIFACT_MESSAGE_OTHER" | "EDIFACT_MESSAGE_UNKNOWN",
  what: string,
): EdifactFinding {
  return {
    ...envelopeFinding("UCM", code === "EDIFACT_MESSAGE_OTHER" ? "14" : "12", message.header, what, 3, 1),
    code,
  };
}
