// Tags of a message type as small numbers, looked up by their three characters.

export interface TagNumbers {
  readonly count: number;
  /** -1 = the message has no such tag. */
  of(tag: string): number;
  /** The same by its characters. */
  at(a: number, b: number, c: number): number;
}

export function tagNumbers(tags: readonly string[]): TagNumbers {
  const known = [...new Set(tags)];
  // At most a quarter of the slots is taken, so that few have to be looked at.
  const size = 2 ** Math.ceil(Math.log2(4 * known.length + 1));
  const keys = new Int32Array(size);
  const numbers = new Int32Array(size).fill(-1);
  const at = (a: number, b: number, c: number): number => {
    const key = (a << 16) | (b << 8) | c;
    let slot = (a * 7 + b * 31 + c * 131) & (size - 1);
    while (numbers[slot] !== -1 && keys[slot] !== key) slot = (slot + 1) & (size - 1);
    return slot;
  };
  for (const [number, tag] of known.entries()) {
    const [a, b, c] = [0, 1, 2].map((index) => tag.charCodeAt(index)) as [number, number, number];
    const slot = at(a, b, c);
    keys[slot] = (a << 16) | (b << 8) | c;
    numbers[slot] = number;
  }
  return {
    count: known.length,
    of: (tag) => (tag.length === 3 ? numbers[at(tag.charCodeAt(0), tag.charCodeAt(1), tag.charCodeAt(2))]! : -1),
    at: (a, b, c) => numbers[at(a, b, c)]!,
  };
}
