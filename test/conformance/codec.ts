// What every codec keeps, whatever its format: the same records however the bytes were cut, exact borders, back-pressure,
// a signal that is heard, bounded memory, and no values in messages.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Batch, Codec, DecodeContext, Rec } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";

export interface CodecSample {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Records as plain data without absent names; a fault is its code. */
  readonly records: readonly unknown[];
  /** Code of the error that makes the rest unreadable. */
  readonly thrown?: string;
}

export interface CodecUnderTest {
  readonly name: string;
  /** `window` = how many bytes are decoded at a time; undefined = the codec's own choice. */
  readonly open: (window: number | undefined) => Codec;
  readonly samples: readonly CodecSample[];
  /** A drop without end: what stands before the records, and the record of a number with what stands behind it. */
  readonly endless?: Endless;
  /** Values that stand in bad records of the samples and must not stand in a message. */
  readonly secrets?: readonly string[];
}

export interface Endless {
  readonly head: string;
  record(number: number): string;
}

export interface Outcome {
  readonly records: readonly unknown[];
  readonly lines: readonly number[];
  readonly ends: readonly number[];
  readonly thrown: string | undefined;
  readonly messages: readonly string[];
  readonly detected: Readonly<Record<string, string>>;
  readonly batches: readonly Batch[];
}

/** A decode context that remembers what was detected. */
export function decodeContext(
  pinned?: Readonly<Record<string, string>>,
  signal: AbortSignal = new AbortController().signal,
): DecodeContext & { readonly found: Record<string, string> } {
  const found: Record<string, string> = {};
  return {
    signal,
    pinned,
    found,
    detected(option, value) {
      if (Object.hasOwn(found, option)) throw new Error(`${option} was detected twice`);
      found[option] = value;
    },
  };
}

/** Bytes in chunks of these lengths, the rest in one. */
export async function* chunked(bytes: Uint8Array, lengths: Iterable<number>): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const length of lengths) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + length);
    at += length;
  }
  if (at < bytes.length) yield bytes.subarray(at);
}

/** Decodes all of it; a thrown BridgeError is part of the outcome. */
export async function decodeAll(
  codec: Codec,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  context = decodeContext(),
): Promise<Outcome> {
  const batches: Batch[] = [];
  const messages: string[] = [];
  let thrown: string | undefined;
  try {
    for await (const batch of codec.decode(bytes instanceof Uint8Array ? chunked(bytes, []) : bytes, context)) {
      batches.push(batch);
    }
  } catch (cause) {
    if (!(cause instanceof BridgeError) || cause.stage !== "decode") throw cause;
    thrown = cause.code;
    messages.push(cause.message);
  }
  const records = batches.flatMap((batch) =>
    batch.records.map((record) => {
      if (!isFault(record)) return plain(record);
      expect(record.fault.stage).toBe("decode");
      messages.push(record.fault.message);
      return record.fault.code;
    }),
  );
  return {
    records,
    lines: batches.flatMap(({ lines }) => Array.from(lines)),
    ends: batches.flatMap(({ ends }) => Array.from(ends)),
    thrown,
    messages,
    detected: context.found,
    batches,
  };
}

export function isFault(record: Batch["records"][number]): record is { readonly fault: BridgeError } {
  return (record as { fault?: unknown }).fault instanceof BridgeError;
}

/** Plain data without absent names. */
function plain(record: Rec): unknown {
  return JSON.parse(JSON.stringify(record));
}

/** What must not depend on how the bytes came. */
function content({ records, lines, ends, thrown, messages }: Outcome) {
  return { records, lines, ends, thrown, messages };
}

export function codecConformance(codec: CodecUnderTest): void {
  describe(`codec ${codec.name}`, () => {
    for (const sample of codec.samples) sampleTests(codec, sample);
    if (codec.endless) streamTests(codec, codec.endless);
  });
}

function sampleTests(codec: CodecUnderTest, { name, bytes, records, thrown }: CodecSample): void {
  describe(`with ${name}`, () => {
    it("gives its records", async () => {
      const outcome = await decodeAll(codec.open(undefined), bytes);
      expect(outcome.records).toEqual(records);
      expect(outcome.thrown).toBe(thrown);
    });

    it("numbers records from 1 and says exactly where each ends", async () => {
      const opened = codec.open(undefined);
      expect(opened.version).toMatch(/\S/);
      const { batches, ends, lines } = await decodeAll(opened, bytes);
      let next = 1;
      for (const batch of batches) {
        expect(batch.first).toBe(next);
        expect(batch.records.length).toBeGreaterThan(0);
        expect(batch.lines.length).toBe(batch.records.length);
        expect(batch.ends.length).toBe(batch.records.length);
        expect(batch.fields).toBe(batches[0]!.fields);
        expect(opened.fields ?? batch.fields).toEqual(batch.fields);
        next += batch.records.length;
      }
      for (const [at, end] of ends.entries()) expect(end).toBeGreaterThan(ends[at - 1] ?? 0);
      for (const [at, line] of lines.entries()) expect(line).toBeGreaterThanOrEqual(lines[at - 1] ?? 0);
      expect(ends.at(-1) ?? 0).toBeLessThanOrEqual(bytes.length);
    });

    it("gives the same however the bytes are cut and however much is decoded at a time", async () => {
      const whole = content(await decodeAll(codec.open(undefined), bytes));
      const single = Array.from({ length: bytes.length }, () => 1);
      for (const window of [undefined, 1, 2, 3, 7, 16, 61, 64]) {
        expect(content(await decodeAll(codec.open(window), chunked(bytes, single)))).toEqual(whole);
      }
      const cuts = fc.array(fc.integer({ min: 1, max: Math.max(1, bytes.length) }), { maxLength: 40 });
      const property = fc.asyncProperty(cuts, fc.integer({ min: 1, max: 200 }), async (lengths, window) => {
        expect(content(await decodeAll(codec.open(window), chunked(bytes, lengths)))).toEqual(whole);
      });
      await fc.assert(property, { numRuns: 30 });
    });

    it("puts no values into messages", async () => {
      const { messages } = await decodeAll(codec.open(undefined), bytes);
      for (const message of messages) {
        expect(message).not.toBe("");
        for (const secret of codec.secrets ?? []) expect(message).not.toContain(secret);
      }
    });
  });
}

const CHUNK = 64 * 1024;

function streamTests({ open }: CodecUnderTest, endless: Endless): void {
  /** Chunks of records for ever; counts what was asked for. */
  function stream(most = Infinity) {
    const state = { bytes: 0, closed: false };
    async function* chunks(): AsyncGenerator<Uint8Array> {
      let number = 0;
      try {
        let text = endless.head;
        while (state.bytes < most) {
          while (text.length < CHUNK) text += endless.record(++number);
          const chunk = Buffer.from(text);
          text = "";
          state.bytes += chunk.length;
          yield chunk;
        }
      } finally {
        state.closed = true;
      }
    }
    return { state, chunks };
  }

  it("makes batches of some hundred records and reads no further than it is asked", async () => {
    const { state, chunks } = stream();
    let seen = 0;
    for await (const batch of open(undefined).decode(chunks(), decodeContext())) {
      expect(batch.records.length).toBeGreaterThan(100);
      expect(batch.records.length).toBeLessThan(5_000);
      if (++seen === 3) break;
    }
    expect(state.bytes).toBeLessThan(2 * 1024 * 1024);
    expect(state.closed).toBe(true);
  });

  it("hears the signal between chunks", async () => {
    const { state, chunks } = stream();
    const abort = new AbortController();
    const reason = new Error("stop");
    const decoding = (async () => {
      for await (const _ of open(undefined).decode(chunks(), decodeContext(undefined, abort.signal))) {
        abort.abort(reason);
      }
    })();
    await expect(decoding).rejects.toBe(reason);
    expect(state.closed).toBe(true);
  });

  it("passes on what the source throws", async () => {
    const cause = new Error("the disk is gone");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(endless.head);
      throw cause;
    }
    await expect(decodeAll(open(undefined), failing())).rejects.toBe(cause);
  });

  it("keeps no memory of what it handed over", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const retained = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const { state, chunks } = stream(24 * 1024 * 1024);
    const start = retained();
    let most = 0;
    let next = 8 * 1024 * 1024;
    try {
      for await (const _ of open(undefined).decode(chunks(), decodeContext())) {
        if (state.bytes < next) continue;
        next += 8 * 1024 * 1024;
        most = Math.max(most, retained() - start);
      }
    } catch (cause) {
      // The stream simply ends, which breaks formats that have a frame.
      if (!(cause instanceof BridgeError)) throw cause;
    }
    expect(state.bytes).toBeGreaterThanOrEqual(24 * 1024 * 1024);
    expect(most).toBeLessThan(6 * 1024 * 1024);
  });
}
