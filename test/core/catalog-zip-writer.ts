// A ZIP writer for tests: honest by default, and able to lie in every field a reader must not trust.

import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly content: string | Uint8Array;
  readonly stored?: boolean;
  /** What the directory says instead of the truth. */
  readonly size?: number;
  readonly packed?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly attributes?: number;
  /** The numbers stand behind the bytes, with or without the signature that introduces them. */
  readonly streamed?: "signed" | "unsigned";
  /** What stands before the file instead of the name in the directory. */
  readonly localName?: string;
  /** The bytes as they stand in the archive, instead of the packed content. */
  readonly raw?: Uint8Array;
  /** Points to the place of this earlier entry. */
  readonly shares?: number;
}

export function zip(entries: readonly ZipEntry[], tail: Uint8Array = new Uint8Array()): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content);
    const packed = entry.raw ? Buffer.from(entry.raw) : entry.stored === true ? content : deflateRawSync(content);
    const flags = (entry.flags ?? 0x800) | (entry.streamed === undefined ? 0 : 8);
    const method = entry.method ?? (entry.stored === true ? 0 : 8);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    const localName = entry.localName === undefined ? name : Buffer.from(entry.localName);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    if (entry.streamed === undefined) writeNumbers(local, 14, entry, content, packed);
    local.writeUInt16LE(localName.length, 26);
    const behind = Buffer.alloc(entry.streamed === undefined ? 0 : entry.streamed === "signed" ? 16 : 12);
    if (entry.streamed === "signed") behind.writeUInt32LE(0x08074b50, 0);
    if (entry.streamed !== undefined) writeNumbers(behind, behind.length - 12, entry, content, packed);
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt16LE(flags, 8);
    head.writeUInt16LE(method, 10);
    writeNumbers(head, 16, entry, content, packed);
    head.writeUInt16LE(name.length, 28);
    head.writeUInt32LE(entry.attributes ?? 0, 38);
    head.writeUInt32LE(entry.shares === undefined ? offset : (offsets[entry.shares] ?? 0), 42);
    offsets.push(offset);
    locals.push(local, localName, packed, behind);
    central.push(head, name);
    offset += local.length + localName.length + packed.length + behind.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(tail.length, 20);
  return Buffer.concat([...locals, directory, end, tail]);
}

function writeNumbers(into: Buffer, at: number, entry: ZipEntry, content: Buffer, packed: Uint8Array): void {
  into.writeUInt32LE(entry.crc ?? crc32(content), at);
  into.writeUInt32LE(entry.packed ?? packed.length, at + 4);
  into.writeUInt32LE(entry.size ?? content.length, at + 8);
}
