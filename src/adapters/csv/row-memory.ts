// Memory of rows that stay cells, which other threads may look at. It lies outside V8's heap, where hardly anything else makes V8 collect
// what nobody needs any more; so whoever is done with rows says so, and the next rows take the same places.

/** As many of each kind lie ready, for messages of many rows and those that are on their way; more are left to V8. */
const MOST_SPARE = 16;

/** The bytes of a window, as long as somebody holds them. */
export interface RowBytes {
  readonly bytes: Buffer;
  hold(): void;
  drop(): void;
}

export interface RowMemory {
  /** A copy, held once. */
  copy(window: Buffer): RowBytes;
  places(length: number): Int32Array;
  takeBack(places: Int32Array): void;
}

export function rowMemory(): RowMemory {
  const spareBytes: Buffer[] = [];
  const sparePlaces: Int32Array[] = [];
  return {
    copy(window) {
      const spare = spareBytes.pop();
      const whole = spare && spare.length >= window.length ? spare : Buffer.from(new SharedArrayBuffer(window.length));
      const bytes = whole.subarray(0, window.length);
      bytes.set(window);
      let holders = 1;
      return {
        bytes,
        hold: () => void holders++,
        drop() {
          if (--holders === 0 && spareBytes.length < MOST_SPARE) spareBytes.push(whole);
        },
      };
    },
    places(length) {
      const spare = sparePlaces.pop();
      return spare && spare.length >= length
        ? spare
        : new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT * length));
    },
    takeBack(places) {
      if (sparePlaces.length < MOST_SPARE) sparePlaces.push(places);
    },
  };
}
