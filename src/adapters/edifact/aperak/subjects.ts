// Records of a drop → the messages that they come from: one each, or several where a record is a segment group, or all of an interchange.

import type { EndedRecord, Rec, Value } from "../../../core/contract.ts";
import { MOST_ERRORS } from "./errors.ts";

export interface Subject {
  /** Of the interchange that it stands in: the same object for all of its messages. */
  readonly unb: Rec;
  /** Of its first record, from 1. */
  readonly number: number;
  /** At most as many as are told. */
  readonly failed: readonly EndedRecord[];
  /** The first that was. */
  readonly delivered: EndedRecord | undefined;
}

/** They answer themselves, and are not answered. */
const ANSWERS: readonly Value[] = ["APERAK", "CONTRL"];

interface Open {
  readonly message: Rec;
  readonly unb: Rec;
  readonly number: number;
  readonly failed: EndedRecord[];
  delivered: EndedRecord | undefined;
}

/** `record` as decode has it. In the order of the drop; answers are left out. */
export async function* subjects(records: AsyncIterable<EndedRecord>, record: string): AsyncGenerator<Subject> {
  let open: Open | undefined;
  for await (const one of records) {
    const message = record.startsWith("SG") ? recordOf(one.record["message"]) : one.record;
    if (open && message !== open.message) {
      yield open;
      open = undefined;
    }
    const unb = recordOf(message?.["UNB"]);
    if (!message || !unb || isAnswer(message)) continue;
    open ??= { message, unb, number: one.number, failed: [], delivered: undefined };
    if (one.end === "delivered") open.delivered ??= one;
    else if (one.end === "failed" && open.failed.length < MOST_ERRORS) open.failed.push(one);
  }
  if (open) yield open;
}

function isAnswer(message: Rec): boolean {
  const { messages } = message;
  if (Array.isArray(messages)) return (messages as readonly Value[]).some((one) => isAnswer(recordOf(one) ?? {}));
  const type = recordOf(recordOf(message["UNH"])?.["S009"])?.["de0065"];
  return ANSWERS.includes(type);
}

function recordOf(value: Value): Rec | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Rec) : undefined;
}
