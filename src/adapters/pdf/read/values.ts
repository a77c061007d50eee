// What a PDF is made of (ISO 32000-1, 7.3). Strings stay bytes: what they mean is the business of whoever reads them.

export class Name {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A reference to an object of the file. */
export class Ref {
  readonly number: number;
  readonly generation: number;
  constructor(number: number, generation: number) {
    this.number = number;
    this.generation = generation;
  }
}

export type Dict = ReadonlyMap<string, PdfValue>;

export class Stream {
  readonly dict: Dict;
  /** As they stand in the file, behind the decryption. */
  readonly bytes: Uint8Array;
  constructor(dict: Dict, bytes: Uint8Array) {
    this.dict = dict;
    this.bytes = bytes;
  }
}

export type PdfValue = null | boolean | number | Name | Uint8Array | Ref | readonly PdfValue[] | Dict | Stream;

export function isDict(value: PdfValue | undefined): value is Dict {
  return value instanceof Map;
}

export function isList(value: PdfValue | undefined): value is readonly PdfValue[] {
  return Array.isArray(value);
}
