// Bytes that grow: messages written one behind the other.

export class ByteSink {
  bytes: Buffer;
  at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Room for so many bytes more; whoever writes into `bytes` has asked for it. */
  reserve(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, this.at + count));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  /** For a few bytes, for which a call of the system's copy would cost more. Within what was reserved. */
  put(text: Uint8Array): void {
    const { bytes } = this;
    const { length } = text;
    let { at } = this;
    for (let index = 0; index < length; index += 1) bytes[at++] = text[index] as number;
    this.at = at;
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
