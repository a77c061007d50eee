// The end of an accepted call as it is kept until its caller fetches it: a line of JSON, then the body as it goes out.

import type { CallEnd } from "../contract.ts";
import type { KeptAnswer } from "../journal/types.ts";

const LINE_END = 0x0a;

export function keptEnd(end: CallEnd): KeptAnswer {
  const isAnswer = end.end === "answered";
  const head = isAnswer ? { ...end, body: undefined } : end;
  // JSON has no line end but where it is laid out.
  const line = Buffer.from(`${JSON.stringify(head)}\n`);
  const bytes = isAnswer ? Buffer.concat([line, Buffer.from(end.body)]) : line;
  return { failed: !isAnswer, bytes };
}

export function readEnd(bytes: Uint8Array): CallEnd {
  const at = bytes.indexOf(LINE_END);
  const head = JSON.parse(Buffer.from(bytes.subarray(0, at)).toString("utf8")) as CallEnd;
  return head.end === "answered" ? { ...head, body: bytes.subarray(at + 1) } : { ...head, detail: head.detail };
}
