// The thread that writes documents of many rows while the appliance's own reads on and delivers. It sees the memory of rows and of documents;
// nothing is copied. What it cannot write it leaves: the general way needs more than rows.

import { parentPort } from "node:worker_threads";
import type { Cells } from "../contract.ts";
import { BridgeError } from "../errors.ts";
import { ByteSink, sharedBytes } from "../mapping/template/byte-sink.ts";
import { documentWriter, type DocumentWriter } from "../mapping/template/straight-xml.ts";
import type { Answer, PlanMessage, ThreadMessage, WriteMessage } from "./document-desk.ts";

interface Opened {
  readonly names: readonly string[];
  readonly write: DocumentWriter;
}

const plans = new Map<number, Opened>();

parentPort?.on("message", (message: ThreadMessage) => {
  if (message.kind === "plan") open(message);
  else if (message.kind === "forget") plans.delete(message.plan);
  else parentPort?.postMessage(write(message), []);
});

function open({ plan, names, document }: PlanMessage): void {
  plans.set(plan, { names, write: documentWriter(document, names) });
}

function write({ job, plan, runs, out }: WriteMessage): Answer {
  const opened = plans.get(plan) as Opened;
  const sink = new ByteSink(Buffer.from(out.buffer, out.byteOffset, out.length), sharedBytes);
  const rows = runs.map(({ bytes, places, from, to }) => ({ cells: cellsOf(bytes, places, opened.names), from, to }));
  const outcome = opened.write(rows, undefined, sink);
  return { job, outcome, at: sink.at, ...(sink.bytes.buffer !== out.buffer && { bytes: sink.bytes }) };
}

function cellsOf(bytes: Uint8Array, places: Int32Array, names: readonly string[]): Cells {
  return { bytes, places, names, others: [], record: noRecord, hold: nothing, release: nothing };
}

function noRecord(): never {
  throw new BridgeError("INTERNAL", "a thread that writes documents has no records", { stage: "map" });
}

function nothing(): void {}
