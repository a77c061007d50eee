// A drop as a sequence of windows of text in which one character stands for one byte (or, of a drop in UTF-16, for two), so that every
// place in the text is a place in the drop. What the characters really are is asked later, segment by segment: each interchange
// declares its own repertoire.
//
// Windows end where the bytes say, not where a chunk of the stream happened to end: the same drop gives the same windows however it was
// cut. A rest that fills half a window doubles the next one.

const WINDOW = 128 * 1024;
const ZEROS = 4;

export interface Window {
  readonly text: string;
  /** Nothing follows. */
  readonly last: boolean;
  /** Byte offset in the drop of the first character. */
  readonly base: number;
  /** Bytes per character. */
  readonly unit: 1 | 2;
  /** Of one byte per character: the bytes, and four zeros behind them; good until the next window. */
  readonly bytes: Uint8Array | undefined;
  /** Set by the reader before it asks for the next window: where the first character stands that it is not done with. */
  consumed: number;
}

type Form = "bytes" | "utf-16le" | "utf-16be";

/** By its byte order mark, or because it begins with UNA or UNB written so. */
function formOf([a, b]: Uint8Array): Form {
  if ((a === 0xff && b === 0xfe) || (a === 0x55 && b === 0)) return "utf-16le";
  return (a === 0xfe && b === 0xff) || (a === 0 && b === 0x55) ? "utf-16be" : "bytes";
}

/** Honours the signal between chunks. `size` in bytes is for tests. */
export async function* windows(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  size: number = WINDOW,
): AsyncGenerator<Window, void, undefined> {
  let target = Math.max(size, 4);
  let held = Buffer.allocUnsafe(target + ZEROS);
  let length = 0;
  let base = 0;
  let form: Form | undefined;

  const show = (last: boolean): Window => {
    form ??= formOf(held.subarray(0, length));
    return { ...textOf(held, length, form), last, base, consumed: 0 };
  };
  const letGo = ({ consumed, unit }: Window): void => {
    const count = consumed * unit;
    held.copyWithin(0, count, length);
    length -= count;
    base += count;
    target = Math.max(size, 4, 2 * length);
    if (target + ZEROS <= held.length) return;
    const grown = Buffer.allocUnsafe(target + ZEROS);
    held.copy(grown, 0, 0, length);
    held = grown;
  };
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    for (let from = 0; from < chunk.length;) {
      const count = Math.min(target - length, chunk.length - from);
      held.set(chunk.subarray(from, from + count), length);
      length += count;
      from += count;
      if (length < target) break;
      const window = show(false);
      yield window;
      letGo(window);
    }
  }
  signal.throwIfAborted();
  yield show(true);
}

function textOf(held: Buffer, length: number, form: Form): Pick<Window, "text" | "unit" | "bytes"> {
  if (form === "bytes") {
    held.fill(0, length, length + ZEROS);
    return { text: held.toString("latin1", 0, length), unit: 1, bytes: held.subarray(0, length + ZEROS) };
  }
  const even = length - (length % 2);
  if (form === "utf-16le") return { text: held.toString("utf16le", 0, even), unit: 2, bytes: undefined };
  const swapped = Buffer.from(held.subarray(0, even)).swap16();
  return { text: swapped.toString("utf16le", 0, even), unit: 2, bytes: undefined };
}
