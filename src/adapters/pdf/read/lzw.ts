// LZW as PDF has it (ISO 32000-1, 7.4.4): codes of 9 to 12 bits, 256 empties the table, 257 ends. Old scanners and printers write it.

import { type Budget, tooInflated } from "./budget.ts";
import { broken } from "./faults.ts";

const CLEAR = 256;
const END = 257;
const TABLE = 4096;

/** `early` = the width of codes grows one code early (1, the default) or not (0). */
export function lzw(bytes: Uint8Array, early: number, budget: Budget): Uint8Array {
  const out = growing(budget);
  // A code stands for a piece that was written before: where it begins in the output, and how long it is.
  const starts = new Uint32Array(TABLE);
  const lengths = new Uint32Array(TABLE);
  let next = END + 1;
  let width = 9;
  let previous: { start: number; length: number } | undefined;
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    if (bits < width) continue;
    const code = (held >> (bits - width)) & ((1 << width) - 1);
    bits -= width;
    held &= (1 << bits) - 1;
    if (code === END) break;
    if (code === CLEAR) {
      next = END + 1;
      width = 9;
      previous = undefined;
      continue;
    }
    const start = out.length;
    if (code < CLEAR) out.byte(code);
    else if (code < next) out.again(starts[code]!, lengths[code]!);
    else if (code === next && previous) out.again(previous.start, previous.length + 1);
    else throw broken("a packed stream (LZW) cannot be unpacked");
    if (previous && next < TABLE) {
      // The piece before and the first byte of this one, which stand one behind the other.
      starts[next] = previous.start;
      lengths[next] = previous.length + 1;
      next++;
    }
    previous = { start, length: out.length - start };
    const wanted = next + early;
    width = wanted >= 2048 ? 12 : wanted >= 1024 ? 11 : wanted >= 512 ? 10 : 9;
  }
  return out.bytes();
}

interface Growing {
  readonly length: number;
  byte(code: number): void;
  /** Repeats what stands there; it may reach into what it writes. */
  again(start: number, length: number): void;
  bytes(): Uint8Array;
}

function growing(budget: Budget): Growing {
  let buffer = new Uint8Array(4096);
  let length = 0;
  const reserve = (more: number): void => {
    if (length + more > budget.inflatable) throw tooInflated(budget.limits);
    if (length + more <= buffer.length) return;
    const larger = new Uint8Array(Math.max(buffer.length * 2, length + more));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  return {
    get length() {
      return length;
    },
    byte(code) {
      reserve(1);
      buffer[length++] = code;
    },
    again(start, count) {
      reserve(count);
      for (let at = 0; at < count; at++) buffer[length++] = buffer[start + at]!;
    },
    bytes: () => buffer.subarray(0, length),
  };
}
