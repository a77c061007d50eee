// Which bytes of an upload are there. Clients send pieces side by side; a file with a hole in it is not what they meant to send,
// whatever they say at the end.

export interface Covered {
  /** False = so scattered that nobody writes a file like this. */
  add(from: number, to: number): boolean;
  cut(size: number): void;
  /** Where the first byte lacks, from the beginning on. */
  readonly whole: number;
  /** Is every byte up to here there? */
  reaches(size: number): boolean;
}

const MOST_PIECES = 1_024;

/** `size` bytes are there from the beginning. */
export function coveredTo(size: number): Covered {
  /** Sorted, apart from each other, none empty. */
  let pieces: (readonly [from: number, to: number])[] = size > 0 ? [[0, size]] : [];

  const whole = (): number => {
    const first = pieces[0];
    return first?.[0] === 0 ? first[1] : 0;
  };

  return {
    add(from, to) {
      if (from >= to) return true;
      const last = pieces.at(-1);
      // What nearly every write is: the next piece.
      if (last && from >= last[0] && from <= last[1]) {
        pieces[pieces.length - 1] = [last[0], Math.max(last[1], to)];
        return true;
      }
      const apart = pieces.filter(([begin, end]) => end < from || begin > to);
      const touched = pieces.filter(([begin, end]) => end >= from && begin <= to);
      const begin = Math.min(from, ...touched.map((each) => each[0]));
      const end = Math.max(to, ...touched.map((each) => each[1]));
      pieces = [...apart, [begin, end] as const].toSorted((a, b) => a[0] - b[0]);
      return pieces.length <= MOST_PIECES;
    },
    cut(limit) {
      pieces = pieces.flatMap(([from, to]) => (from < limit ? [[from, Math.min(to, limit)] as const] : []));
    },
    get whole() {
      return whole();
    },
    reaches: (limit) => whole() >= limit,
  };
}
