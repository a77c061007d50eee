// A message as a record, by the directory that knows it, or by position where none does; and what is wrong with it.
//
//   { UNB: {…}, UNG: {…}, UNO: [ { …, object: base64 } ], UNH: {…}, BGM: {…}, DTM: [ … ], SG2: [ { NAD: {…}, … } ], UNT: {…} }

import type { Rec } from "../../core/contract.ts";
import type { Directories, MessageDef, SegmentDef } from "./directory/types.ts";
import { envelopeFinding, type Interchange, placeOf } from "./envelope.ts";
import type { EdifactFinding } from "./finding.ts";
import { messageByPosition, segmentByPosition } from "./positions.ts";
import type { OpenMessage } from "./reader.ts";
import type { Segment } from "./segment.ts";
import { compileMessage } from "./structure/match.ts";
import { compileSegment } from "./structure/segment.ts";
import type { Matcher, StructureFinding } from "./structure/types.ts";
import type { OpenRecord } from "../shared/records/record.ts";

export interface MadeMessage {
  readonly record: Rec;
  /** Of envelope and structure, in the order of the message. */
  readonly findings: readonly EdifactFinding[];
  readonly def: MessageDef | undefined;
  /** The groups of the name that was asked for, in their order: what each holds, and the trigger's position. */
  readonly groups: readonly OpenGroup[];
}

export interface OpenGroup {
  readonly fields: Rec;
  readonly position: number;
}

export interface MessageMaker {
  message(message: OpenMessage, interchange: Interchange): MadeMessage;
  /** A segment of the envelope. */
  service(segment: Segment, syntax: number): Rec;
}

/** `group` names the segment group that is wanted apart, as `SG25`. */
export function messageMaker(directories: Directories, group: string | undefined): MessageMaker {
  const matchers = new Map<MessageDef, Map<string, Matcher>>();
  const readers = new Map<SegmentDef, (segment: Segment) => Rec>();

  function service(segment: Segment, syntax: number): Rec {
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
  }

  function matcherOf(def: MessageDef, { syntax, decimal }: Interchange): Matcher {
    let bySyntax = matchers.get(def);
    if (!bySyntax) matchers.set(def, (bySyntax = new Map()));
    const key = `${syntax} ${decimal}`;
    let matcher = bySyntax.get(key);
    if (!matcher) {
      // What UNA says of decimal marks holds in syntax 1 to 3 only.
      const rules = { syntax, ...(syntax < 4 && { decimal }) };
      matcher = compileMessage(def, rules, (tag) => directories.service(tag, syntax));
      bySyntax.set(key, matcher);
    }
    return matcher;
  }

  function headOf(message: OpenMessage, interchange: Interchange): OpenRecord {
    const head: OpenRecord = { UNB: service(interchange.header, interchange.syntax) };
    if (message.group) head["UNG"] = service(message.group.header, interchange.syntax);
    const objects = message.segments.filter(({ tag }) => tag === "UNO");
    if (objects.length > 0) head["UNO"] = objects.map((object) => service(object, 4));
    return head;
  }

  return {
    service,
    message(message, interchange) {
      const record = headOf(message, interchange);
      const { segments, header } = message;
      if (header.tag === "UNO") return { record, findings: message.findings, def: undefined, groups: [] };
      const def = directories.message(message.name);
      if (!def) {
        record["UNH"] = service(header, interchange.syntax);
        messageByPosition(segments, record);
        return { record, findings: message.findings, def, groups: [] };
      }
      const groups: OpenGroup[] = [];
      const opened = (key: string, fields: Rec, position: number): void => {
        if (key === group) groups.push({ fields, position });
      };
      const matched = matcherOf(def, interchange).match(
        segments.filter(({ tag }) => tag !== "" && tag !== "UNO" && tag !== "UNP"),
        group === undefined ? undefined : opened,
      );
      const findings = [...message.findings];
      for (const found of matched.findings) {
        const finding = findingOf(found, segments);
        // What the trailer lacks was told as the envelope's fault already.
        if (!message.findings.some((known) => isSame(known, finding))) findings.push(finding);
      }
      findings.sort((a, b) => a.at.offset - b.at.offset);
      return { record: Object.assign(record, matched.record), findings, def, groups };
    },
  };
}

function findingOf(found: StructureFinding, segments: readonly Segment[]): EdifactFinding {
  const { code0085, place, tag, position, element = 0, component = 0, message } = found;
  const segment = segments[position - 1]!;
  return {
    code: place === "UCS" ? "EDIFACT_STRUCTURE" : "EDIFACT_ELEMENT",
    error0085: String(code0085),
    level: place,
    what: message,
    at: { ...placeOf(segment), tag },
    element,
    component,
  };
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
