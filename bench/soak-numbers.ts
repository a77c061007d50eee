// Which whole numbers came, a bit each: millions of records are looked for one by one.

export interface NumberFigures {
  /** Different ones. */
  readonly came: number;
  /** How often one came that was there already. */
  readonly twice: number;
}

export class Numbers {
  #bits = new Uint8Array(1 << 16);
  #came = 0;
  #twice = 0;

  add(number: number): void {
    if (!Number.isSafeInteger(number) || number < 0) throw new Error("what came is no number of the soak");
    const at = number >> 3;
    if (at >= this.#bits.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(at + 1)));
      larger.set(this.#bits);
      this.#bits = larger;
    }
    const bit = 1 << (number & 7);
    if (((this.#bits[at] ?? 0) & bit) === 0) this.#came++;
    else this.#twice++;
    this.#bits[at] = (this.#bits[at] ?? 0) | bit;
  }

  figures(): NumberFigures {
    return { came: this.#came, twice: this.#twice };
  }
}
