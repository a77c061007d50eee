// Bytes → windows → segments → messages → records.

import type { Batch, Codec, DecodeContext } from "../../core/contract.ts";
import { batches } from "../shared/records/batches.ts";
import { readRecords } from "../shared/records/reading.ts";
import type { Directories } from "./directory/types.ts";
import { explainer } from "./explain.ts";
import { type EdifactFinding, errorOf } from "./finding.ts";
import { fieldsOf } from "./fields.ts";
import { messageMaker } from "./messages.ts";
import { type Options, wantedOf } from "./options.ts";
import { Reader } from "./reader.ts";
import { recordSink } from "./records.ts";
import { sniff, SNIFFED } from "./sniff.ts";
import { windows } from "./windows.ts";

/** Bytes of a batch: a byte of EDIFACT becomes some forty of objects. */
const BATCH = 64 * 1024;

/** `window` is for tests: how many bytes are shown at a time. */
export function edifactCodec(options: Options, directories: Directories, window?: number): Codec {
  const { record, strict, most, charset } = options;
  const plan = { record, strict, most, messages: options.messages?.map(wantedOf) };
  const group = record.startsWith("SG") ? record : undefined;
  const maker = messageMaker(directories, group);
  const fields = fieldsOf(plan, directories);

  async function* decode(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncGenerator<Batch> {
    const sniffed = await sniffedCharset(charset, bytes, context);
    const batch = batches(BATCH);
    batch.fields = fields;
    const sink = recordSink(plan, maker, batch, (finding) => context.notice?.(errorOf(finding)));
    const reader = new Reader({ strict, most, charset: sniffed.charset }, context, sink);
    yield* readRecords(windows(sniffed.bytes, context.signal, window), batch, (shown) => reader.read(shown));
  }

  async function checkFrame(bytes: AsyncIterable<Uint8Array>, context: DecodeContext): Promise<void> {
    // What decoding detects it will say itself.
    const { signal, pinned } = context;
    const sniffed = await sniffedCharset(charset, bytes, { signal, pinned, detected: () => undefined });
    const reader = new Reader({ strict, most, charset: sniffed.charset }, context, undefined);
    for await (const shown of windows(sniffed.bytes, signal, window)) reader.read(shown);
  }

  const explain = explainer(directories, group);
  return { version: "edifact 1", remembers: options.duplicates, fields, decode, checkFrame, explain };
}

interface Sniffed {
  readonly charset: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** With `detect` the choice is reported once, and a pinned one is taken as it is. */
export async function sniffedCharset(
  charset: Options["charset"],
  bytes: AsyncIterable<Uint8Array>,
  context: DecodeContext,
): Promise<Sniffed> {
  if (charset !== "detect") return { charset, bytes };
  const pinned = context.pinned?.["charset"];
  if (pinned !== undefined) return { charset: pinned, bytes };
  const iterator = bytes[Symbol.asyncIterator]();
  const start = Buffer.allocUnsafe(SNIFFED);
  let length = 0;
  let rest: Uint8Array | undefined;
  while (length < SNIFFED) {
    const step = await iterator.next();
    if (step.done === true) break;
    context.signal.throwIfAborted();
    const count = Math.min(step.value.length, SNIFFED - length);
    start.set(step.value.subarray(0, count), length);
    length += count;
    // A piece is good only until the next one is asked for.
    if (count < step.value.length) rest = Buffer.from(step.value.subarray(count));
  }
  const found = sniff(start.subarray(0, length), length === SNIFFED);
  context.detected("charset", found);
  if (found !== "declared") context.notice?.(errorOf(sniffedFinding(found)));
  return { charset: found, bytes: joined(start.subarray(0, length), rest, iterator) };
}

function sniffedFinding(name: string): EdifactFinding {
  return {
    code: "EDIFACT_CHARACTER",
    error0085: "21",
    level: "UCI",
    what: `read as ${name}, because it looks so, whatever UNB says`,
    at: { tag: "UNB", position: 0, offset: 0, line: 1 },
    element: 0,
    component: 0,
  };
}

async function* joined(
  start: Uint8Array,
  rest: Uint8Array | undefined,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield start;
    if (rest) yield rest;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) yield step.value;
  } finally {
    await iterator.return?.();
  }
}
