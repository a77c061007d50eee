// What one record is: a message, an interchange, or a segment group of messages.

import type { Rec, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { Batches } from "../shared/records/batches.ts";
import type { Interchange } from "./envelope.ts";
import { type EdifactFinding, errorOf } from "./finding.ts";
import { messageFinding, type MadeMessage, type MessageMaker } from "./messages.ts";
import { isWanted, type Wanted } from "./options.ts";
import type { OpenMessage, Sink } from "./reader.ts";
import type { Segment } from "./segment.ts";

export interface RecordPlan {
  /** message, interchange, or the name of a group. */
  readonly record: string;
  readonly strict: boolean;
  readonly messages: readonly Wanted[] | undefined;
  readonly most: number;
}

/** Collects what is read into the batch; `notice` is told what costs nothing. */
export function recordSink(
  plan: RecordPlan,
  maker: MessageMaker,
  batch: Batches,
  notice: (finding: EdifactFinding) => void,
): Sink {
  const judge = judgeOf(plan, maker, notice);
  if (plan.record === "interchange") return interchangeSink(plan, maker, batch, judge);
  return {
    get full() {
      return batch.full;
    },
    message(message, interchange, end) {
      const { line } = message.header;
      const made = judge(message, interchange);
      if (made instanceof BridgeError) batch.fault(made, line, end, message.header.tag === "UNH");
      else if (plan.record === "message") batch.add(made.record, line, end);
      else addGroups(batch, plan.record, made, message.segments, end);
    },
    interchange() {},
  };
}

type Judge = (message: OpenMessage, interchange: Interchange) => MadeMessage | BridgeError;

/** The message as a record, or why it is none. */
function judgeOf(plan: RecordPlan, maker: MessageMaker, notice: (finding: EdifactFinding) => void): Judge {
  const { strict, messages } = plan;
  return (message, interchange) => {
    const { name, tooLarge } = message;
    if (tooLarge) return errorOf(tooLarge);
    if (messages && !messages.some((wanted) => isWanted(name, wanted))) {
      return errorOf(
        messageFinding(message, "EDIFACT_MESSAGE_OTHER", "decode.edifact.messages does not name this message"),
      );
    }
    const made = maker.message(message, interchange);
    const { findings, def } = made;
    if (strict && findings.length > 0) return errorOf(findings[0]!, findings.slice(1));
    if (!def && message.header.tag === "UNH") {
      const unknown = messageFinding(message, "EDIFACT_MESSAGE_UNKNOWN", "no directory knows this message and version");
      if (plan.record.startsWith("SG") || (strict && messages)) return errorOf(unknown);
      notice(unknown);
    }
    for (const finding of findings) notice(finding);
    return made;
  };
}

/** Each group ends where the next one begins, the last one with its message. */
function addGroups(batch: Batches, name: string, made: MadeMessage, segments: readonly Segment[], end: number): void {
  const { groups } = made;
  const rest: { [name: string]: Value } = {};
  for (const [key, value] of Object.entries(made.record)) if (key !== name) rest[key] = value;
  for (const [at, { fields, position }] of groups.entries()) {
    const next = groups[at + 1];
    const segment = segments[position - 1]!;
    batch.add({ ...fields, message: rest }, segment.line, next ? segments[next.position - 1]!.offset : end);
  }
}

/** All messages of an interchange in one record; a message that is none makes a fault of it. */
function interchangeSink(plan: RecordPlan, maker: MessageMaker, batch: Batches, judge: Judge): Sink {
  let messages: Rec[] = [];
  let fault: BridgeError | undefined;
  const fail = (problem: BridgeError): void => {
    fault ??= problem;
    messages = [];
  };
  return {
    get full() {
      return batch.full;
    },
    message(message, interchange, end) {
      if (fault) return;
      const made = judge(message, interchange);
      if (made instanceof BridgeError) fail(made);
      else if (end - interchange.header.offset > plan.most) fail(tooLarge(interchange.header, plan.most));
      else {
        const { UNB: _, ...record } = made.record;
        messages.push(record);
      }
    },
    interchange({ header, syntax }, trailer, end) {
      const { line } = header;
      if (fault) batch.fault(fault, line, end);
      else {
        const record: Rec = {
          UNB: maker.service(header, syntax),
          messages,
          ...(trailer && { UNZ: maker.service(trailer, syntax) }),
        };
        batch.add(record, line, end);
      }
      messages = [];
      fault = undefined;
    },
  };
}

function tooLarge({ line, offset }: Segment, most: number): BridgeError {
  const message = `line ${line}, byte ${offset}, UNB: the interchange is longer than ${most} bytes`;
  return new BridgeError("RECORD_TOO_LARGE", message, { stage: "decode" });
}
