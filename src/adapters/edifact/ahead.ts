// What the first bytes of a drop tell before it is read: its characters, where they are to be detected, and whether its lines are wrapped.

import type { DecodeContext } from "../../core/contract.ts";
import { type EdifactFinding, errorOf } from "./finding.ts";
import type { Options } from "./options.ts";
import { sniff, SNIFFED } from "./sniff.ts";
import { type Wrapping, WRAPPING_SEEN, wrappingOf } from "./wrapping.ts";

interface Ahead {
  readonly found: {
    /** A repertoire's name, or declared. */
    readonly charset: string;
    /** undefined = line breaks inside of segments are part of texts, or the bridge reads strictly. */
    readonly wrapping: Wrapping | undefined;
  };
  /** All of the drop. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** With `charset: detect` the choice is reported once, and a pinned one is taken as it is. */
export async function lookAhead(
  { charset, strict }: Pick<Options, "charset" | "strict">,
  bytes: AsyncIterable<Uint8Array>,
  context: DecodeContext,
): Promise<Ahead> {
  const known = charset === "detect" ? context.pinned?.["charset"] : charset;
  const most = known === undefined ? SNIFFED : strict ? 0 : WRAPPING_SEEN;
  if (most === 0) return { found: { charset: known!, wrapping: undefined }, bytes };
  const { start, rest } = await startOf(bytes, most, context.signal);
  const wrapping = strict ? undefined : wrappingOf(start.subarray(0, WRAPPING_SEEN));
  return { found: { charset: known ?? detected(start, context), wrapping }, bytes: rest };
}

function detected(start: Buffer, context: DecodeContext): string {
  const found = sniff(start, start.length === SNIFFED);
  context.detected("charset", found);
  if (found !== "declared") context.notice?.(errorOf(sniffedFinding(found)));
  return found;
}

/** Up to `most` bytes, and all of them again. */
async function startOf(
  bytes: AsyncIterable<Uint8Array>,
  most: number,
  signal: AbortSignal,
): Promise<{ readonly start: Buffer; readonly rest: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  const start = Buffer.allocUnsafe(most);
  let length = 0;
  let rest: Uint8Array | undefined;
  while (length < most) {
    const step = await iterator.next();
    if (step.done === true) break;
    signal.throwIfAborted();
    const count = Math.min(step.value.length, most - length);
    start.set(step.value.subarray(0, count), length);
    length += count;
    // A piece is good only until the next one is asked for.
    if (count < step.value.length) rest = Buffer.from(step.value.subarray(count));
  }
  const whole = start.subarray(0, length);
  return { start: whole, rest: joined(whole, rest, iterator) };
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
