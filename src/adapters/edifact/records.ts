// What one record is: a message, an interchange, or a segment group of messages.

import type { Rec, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { Batches } from "../shared/records/batches.ts";
import { type EdifactFinding, errorOf } from "./finding.ts";
import { type MadeMessage, messageFinding, type MessageMaker } from "./messages.ts";
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
  const judge = (message: OpenMessage): MadeMessage | BridgeError => judged(plan, message, notice);
  return {
    ...(plan.record === "interchange" ? interchanges(plan, maker, batch, judge) : messages(plan, batch, judge)),
    begin(message, interchange) {
      return isTaken(plan, message) ? maker.begin(message, interchange) : undefined;
    },
    get full() {
      return batch.full;
    },
  };
}

type Judge = (message: OpenMessage) => MadeMessage | BridgeError;
type Collector = Pick<Sink, "message" | "interchange">;

function isTaken({ messages }: RecordPlan, { name }: OpenMessage): boolean {
  return !messages || messages.some((wanted) => isWanted(name, wanted));
}

/** The message as a record, or why it is none. */
function judged(
  plan: RecordPlan,
  message: OpenMessage,
  notice: (finding: EdifactFinding) => void,
): MadeMessage | BridgeError {
  const { strict, messages } = plan;
  if (message.tooLarge) return errorOf(message.tooLarge);
  if (!message.body) {
    const what = "decode.edifact.messages does not name this message";
    return errorOf(messageFinding(message, "EDIFACT_MESSAGE_OTHER", what));
  }
  const made = message.body.finish(message.findings);
  const { findings, isKnown } = made;
  if (strict && findings.length > 0) return errorOf(findings[0]!, findings.slice(1));
  if (!isKnown) {
    const unknown = messageFinding(message, "EDIFACT_MESSAGE_UNKNOWN", "no directory knows this message and version");
    if (plan.record.startsWith("SG") || (strict && messages)) return errorOf(unknown);
    notice(unknown);
  }
  for (const finding of findings) notice(finding);
  return made;
}

function messages({ record }: RecordPlan, batch: Batches, judge: Judge): Collector {
  return {
    message(message, _, end) {
      const { line } = message.header;
      const made = judge(message);
      if (made instanceof BridgeError) batch.fault(made, line, end, message.header.tag === "UNH");
      else if (record === "message") batch.add(made.record, line, end);
      else addGroups(batch, record, made, end);
    },
    interchange() {},
  };
}

/** Each group ends where the next one begins, the last one with its message. */
function addGroups(batch: Batches, name: string, { record, groups }: MadeMessage, end: number): void {
  const rest: { [name: string]: Value } = {};
  for (const [key, value] of Object.entries(record)) if (key !== name) rest[key] = value;
  for (const [at, { fields, line }] of groups.entries()) {
    batch.add({ ...fields, message: rest }, line, groups[at + 1]?.offset ?? end);
  }
}

/** All messages of an interchange in one record; a message that is none makes a fault of it. */
function interchanges(plan: RecordPlan, maker: MessageMaker, batch: Batches, judge: Judge): Collector {
  let messages: Rec[] = [];
  let fault: BridgeError | undefined;
  const fail = (problem: BridgeError): void => {
    fault ??= problem;
    messages = [];
  };
  return {
    message(message, interchange, end) {
      if (fault) return;
      const made = judge(message);
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
