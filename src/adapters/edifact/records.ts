// What one record is: a message, an interchange, or a segment group of messages.

import type { Rec, Value } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import type { Batches } from "../shared/records/batches.ts";
import type { Interchange } from "./envelope.ts";
import { type EdifactFinding, errorOf } from "./finding.ts";
import { type MadeMessage, messageFinding, type MessageMaker } from "./messages.ts";
import { isWanted, type Wanted } from "./options.ts";
import type { MessageBody, OpenMessage, Sink } from "./sink.ts";
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
  const judge: Judge = (message) => judged(plan, message, notice);
  return {
    ...(plan.record === "interchange" ? interchanges(plan, maker, batch, judge) : messages(plan, batch, judge)),
    begin: (message, interchange) => beginning(plan, maker, message, interchange),
    get full() {
      return batch.full;
    },
  };
}

/** At least one. */
export interface Refused {
  readonly refused: readonly EdifactFinding[];
}

type Judge = (message: OpenMessage) => MadeMessage | Refused;
type Collector = Pick<Sink, "message" | "interchange">;

/** `Sink.begin`: a message that the bridge does not take is only counted. */
export function beginning(
  { messages }: Pick<RecordPlan, "messages">,
  maker: MessageMaker,
  message: OpenMessage,
  interchange: Interchange,
): MessageBody | undefined {
  const isTaken = !messages || messages.some((wanted) => isWanted(message.name, wanted));
  return isTaken ? maker.begin(message, interchange) : undefined;
}

function faultOf({ refused }: Refused): BridgeError {
  return errorOf(refused[0]!, refused.slice(1));
}

/** The message as a record, or why it is none. */
export function judged(
  plan: Omit<RecordPlan, "most">,
  message: OpenMessage,
  notice: (finding: EdifactFinding) => void,
): MadeMessage | Refused {
  const { strict, messages } = plan;
  if (message.tooLarge) return { refused: [message.tooLarge] };
  if (!message.body) {
    const what = "decode.edifact.messages does not name this message";
    return { refused: [messageFinding(message, "EDIFACT_MESSAGE_OTHER", what)] };
  }
  const made = message.body.finish(message.findings);
  const { findings, isKnown } = made;
  if (strict && findings.length > 0) return { refused: findings };
  if (!isKnown) {
    const unknown = messageFinding(message, "EDIFACT_MESSAGE_UNKNOWN", "no directory knows this message and version");
    if (plan.record.startsWith("SG") || (strict && messages)) return { refused: [unknown] };
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
      if ("refused" in made) batch.fault(faultOf(made), line, end, message.header.tag === "UNH");
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
      if ("refused" in made) fail(faultOf(made));
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
