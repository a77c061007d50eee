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
    const packed = entry.stored === true ? content : deflateRawSync(content);
    const method = entry.method ?? (entry.stored === true ? 0 : 8);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt16LE(entry.flags ?? 0x800, 8);
    head.writeUInt16LE(method, 10);
    head.writeUInt32LE(entry.crc ?? crc32(content), 16);
    head.writeUInt32LE(entry.packed ?? packed.length, 20);
    head.writeUInt32LE(entry.size ?? content.length, 24);
    head.writeUInt16LE(name.length, 28);
    head.writeUInt32LE(entry.attributes ?? 0, 38);
    head.writeUInt32LE(entry.shares === undefined ? offset : (offsets[entry.shares] ?? 0), 42);
    offsets.push(offset);
    locals.push(local, name, packed);
    central.push(head, name);
    offset += local.length + name.length + packed.length;
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
