// Cells as places in UTF-8 bytes: what the tokenizer would say of a row, found without making a text of it. Rows that are not plain are
// left to the tokenizer, which knows what to say of them: line breaks in quotes, text behind a closing quote, too many cells or too few.

const LF = 10;
const CR = 13;

/** The end of the row is not in these bytes. */
export const MORE = -1;
/** A row for the tokenizer. */
export const OTHER = -2;

export interface Scanner {
  /**
   * Reads the row that begins at `from` and writes begin and end of its cells from `places[slot]` on; a doubled quote becomes one, in the
   * bytes themselves. Answers the index behind the row's line end, MORE or OTHER.
   */
  readonly scan: (bytes: Uint8Array, from: number, last: boolean, places: Int32Array, slot: number) => number;
}

/** undefined = this dialect's delimiter is more than one byte. */
export function scanner(delimiter: string, quote: string, columns: number): Scanner | undefined {
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 0x7f || quote.charCodeAt(0) > 0x7f) return undefined;
  const delimiterByte = delimiter.charCodeAt(0);
  const quoteByte = quote === "" ? -2 : quote.charCodeAt(0);
  /** By byte: 1 = it ends a cell. */
  const ends = Uint8Array.from({ length: 256 }, (_, byte) =>
    Number(byte === delimiterByte || byte === LF || byte === CR),
  );
  /** Slots of cells with doubled quotes. Its length is not set back: an array that is emptied takes new memory with the next row. */
  const doubled: number[] = [];
  let doubles = 0;

  /** The index of the quote that closes the cell which opened before `from`. */
  function closing(bytes: Uint8Array, from: number, last: boolean, slot: number): number {
    const { length } = bytes;
    let isDoubled = false;
    for (let at = from; at < length; at++) {
      const byte = bytes[at]!;
      if (byte === LF || byte === CR) return OTHER;
      if (byte !== quoteByte) continue;
      if (at + 1 === length && !last) return MORE;
      if (bytes[at + 1] !== quoteByte) {
        if (isDoubled) doubled[doubles++] = slot;
        return at;
      }
      isDoubled = true;
      at++;
    }
    return last ? OTHER : MORE;
  }

  function scan(bytes: Uint8Array, from: number, last: boolean, places: Int32Array, slot: number): number {
    const { length } = bytes;
    const end = slot + 2 * columns;
    let cell = slot;
    let at = from;
    doubles = 0;
    for (;;) {
      let byte = at < length ? bytes[at]! : -1;
      if (cell === end) return OTHER;
      if (byte === quoteByte) {
        const close = closing(bytes, at + 1, last, cell);
        if (close < 0) return close;
        places[cell] = at + 1;
        places[cell + 1] = close;
        at = close + 1;
        byte = at < length ? bytes[at]! : -1;
        if (byte !== delimiterByte && byte !== LF && byte !== CR && byte !== -1) return OTHER;
      } else {
        places[cell] = at;
        byte = -1;
        for (; at < length; at++) {
          byte = bytes[at]!;
          if (ends[byte] === 1) break;
        }
        places[cell + 1] = at;
        if (at === length) byte = -1;
      }
      cell += 2;
      if (byte === delimiterByte) {
        at++;
        continue;
      }
      if (byte === -1 && !last) return MORE;
      if (byte === CR && at + 1 === length && !last) return MORE;
      if (cell < end) return OTHER;
      for (let each = 0; each < doubles; each++) undouble(bytes, places, doubled[each]!);
      if (byte === -1) return length;
      return byte === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
    }
  }

  /** Only once the row is known to be plain: nobody reads its bytes again. */
  function undouble(bytes: Uint8Array, places: Int32Array, cell: number): void {
    const end = places[cell + 1]!;
    let to = places[cell]!;
    for (let at = to; at < end; at++) {
      bytes[to++] = bytes[at]!;
      if (bytes[at] === quoteByte) at++;
    }
    places[cell + 1] = to;
  }

  return { scan };
}
