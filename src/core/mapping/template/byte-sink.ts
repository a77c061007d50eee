// Bytes that grow: messages written one behind the other.

/** What is written again and again, as words: four bytes cost what one does. */
export class Constant {
  readonly length: number;
  readonly words: Int32Array;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.words = new Int32Array(Math.ceil(bytes.length / WORD));
    const view = new DataView(this.words.buffer);
    for (const [at, byte] of bytes.entries()) view.setUint8(at, byte);
    for (let word = 0; word < this.words.length; word += 1) this.words[word] = view.getInt32(WORD * word);
  }
}

const WORD = 4;

export type MakeBytes = (size: number) => Buffer;

const ownBytes: MakeBytes = (size) => Buffer.allocUnsafeSlow(size);

/** Memory that threads see at the same time. */
export const sharedBytes: MakeBytes = (size) => Buffer.from(new SharedArrayBuffer(size));

export class ByteSink {
  bytes: Buffer;
  at = 0;
  /** How many characters had to be written as entities. */
  entities = 0;
  private view: DataView;
  private readonly make: MakeBytes;

  /** `first` = so many bytes, or these. */
  constructor(first: number | Buffer, make: MakeBytes = ownBytes) {
    this.bytes = typeof first === "number" ? make(first + WORD) : first;
    this.view = viewOf(this.bytes);
    this.make = make;
  }

  /** What another thread wrote into these bytes, which may be others than those it was given. */
  take(bytes: Buffer, at: number): void {
    if (bytes.buffer !== this.bytes.buffer) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    this.at = at;
  }

  /** Room for so many bytes more; whoever writes into `bytes` has asked for it. */
  reserve(count: number): void {
    const most = this.at + count + WORD;
    if (most <= this.bytes.length) return;
    const grown = this.make(Math.max(2 * this.bytes.length, most));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  /** Within what was reserved. The last word may reach beyond its text, to where nothing stands yet. */
  put({ length, words }: Constant): void {
    const { view } = this;
    let { at } = this;
    for (let word = 0; word < words.length; word += 1, at += WORD) view.setInt32(at, words[word] as number);
    this.at += length;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    this.reserve(3 * text.length);
    this.at += this.bytes.write(text, this.at, "utf8");
  }

  /** What was written. */
  taken(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
