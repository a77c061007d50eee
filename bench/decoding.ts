// What benchmarks of codecs share: a drop in chunks, its records counted, the best of some rounds.

import type { Codec } from "../src/core/contract.ts";

/** Bytes of a read. */
export const CHUNK = 64 * 1024;
const ROUNDS = 5;

export async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

export async function countOf(codec: Codec, bytes: Buffer): Promise<number> {
  const context = { signal: new AbortController().signal, pinned: undefined, detected: () => {} };
  let count = 0;
  for await (const { records } of codec.decode(chunks(bytes), context)) count += records.length;
  return count;
}

/** Records per second, the best of some rounds after one to warm up. */
export async function rate(records: number, work: () => number | Promise<number>): Promise<number> {
  let best = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now();
    const done = await work();
    if (done !== records) throw new Error(`${done} records were read instead of ${records}`);
    if (round > 0) best = Math.max(best, (records / (performance.now() - started)) * 1000);
  }
  return Math.round(best);
}
