// ZIP archives (APPNOTE.TXT 6.3) read forward, file by file, in bounded memory: the spool is read from its beginning to its end.
//
// What stands before each file (the local header) is believed only until the directory at the end was read: the two must say the same,
// or an archive could show one thing to us and another to the tools of people.

import { crc32 } from "node:zlib";
import type { ByteReader } from "./byte-reader.ts";
import { inflate } from "./inflate.ts";
import { refusedArchive, type Gauge } from "./limits.ts";
import { decodeName, safePath } from "./member-name.ts";
import { extraField, readDirectory, type Entry } from "./zip-directory.ts";

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const ZIP64_EXTRA = 1;
const HUGE = 0xffffffff;
const METHODS: Readonly<Record<number, string>> = {
  9: "Deflate64",
  12: "bzip2",
  14: "LZMA",
  93: "Zstandard",
  95: "XZ",
};

export interface Member {
  readonly path: string;
  /** Read to its end by whoever comes first: the caller, or the archive before its next file. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

interface Header extends Entry {
  readonly path: string;
  readonly zip64: boolean;
  /** The numbers stand behind the bytes. */
  readonly streamed: boolean;
}

/** Files in their order, without folders. Throws ARCHIVE_REFUSED, also behind the last one. */
export async function* readZip(reader: ByteReader, gauge: Gauge): AsyncGenerator<Member> {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  for (;;) {
    const at = reader.position;
    const signature = (await reader.take(4)).readUInt32LE(0);
    if (signature !== LOCAL) {
      await readDirectory(reader, signature, entries);
      return;
    }
    gauge.member();
    const header = await readHeader(reader, at);
    const known = header.path.toLowerCase();
    if (seen.has(known)) throw refusedArchive("names", "a file name occurs twice", header.path);
    seen.add(known);
    entries.push(header);
    const contents = readContents(reader, header, gauge);
    if (!isBeside(header.path)) yield { path: header.path, bytes: keptOpen(contents) };
    for await (const _ of contents);
  }
}

/** Folders, and what macOS puts beside each file. */
function isBeside(path: string): boolean {
  return path.endsWith("/") || path.startsWith("__MACOSX/") || path.endsWith("/.DS_Store") || path === ".DS_Store";
}

/** Whoever reads it may stop: what is left is read by the archive. */
function keptOpen(contents: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => contents.next() }) };
}

const refusedName = (why: string, name: string): Error => refusedArchive("names", why, name);

async function readHeader(reader: ByteReader, at: number): Promise<Header> {
  const fixed = await reader.take(26);
  const flags = fixed.readUInt16LE(2);
  const name = await reader.take(fixed.readUInt16LE(22));
  const extra = await reader.take(fixed.readUInt16LE(24));
  const path = safePath(decodeName(name, (flags & 0x800) !== 0, refusedName), refusedName);
  if ((flags & 0x2041) !== 0) throw refusedArchive("password", "a file in it is encrypted", path);
  const method = fixed.readUInt16LE(4);
  if (method !== 0 && method !== 8) {
    const found = METHODS[method] ?? `method ${method}`;
    throw refusedArchive("packing", `a file in it is packed by ${found}; only Deflate is read`, path);
  }
  const streamed = (flags & 8) !== 0;
  if (streamed && method === 0)
    throw refusedArchive("packing", "a file in it is stored without saying how long it is; pack it with Deflate", path);
  const sizes = sizesOf(fixed.readUInt32LE(14), fixed.readUInt32LE(18), extra);
  return { name, path, flags, method, at, streamed, crc: fixed.readUInt32LE(10), ...sizes };
}

/** In the form ZIP64, which files beyond 4 GiB need, the extra field holds the numbers: unpacked before packed. */
function sizesOf(packed: number, size: number, extra: Buffer): Pick<Header, "packed" | "size" | "zip64"> {
  const field = extraField(extra, ZIP64_EXTRA);
  if (!field) return { packed, size, zip64: false };
  let at = 0;
  const next = (): number => {
    if (at + 8 > field.length) throw refusedArchive("damaged", "it is damaged (its ZIP64 field is too short)");
    const value = Number(field.readBigUInt64LE(at));
    at += 8;
    return value;
  };
  const trueSize = size === HUGE ? next() : size;
  return { size: trueSize, packed: packed === HUGE ? next() : packed, zip64: true };
}

async function* readContents(reader: ByteReader, header: Header, gauge: Gauge): AsyncGenerator<Uint8Array> {
  const begin = reader.position;
  let crc = 0;
  let size = 0;
  for await (const piece of header.method === 0 ? stored(reader, header.packed) : inflate(reader, "deflate")) {
    size += piece.length;
    gauge.unpacked(piece.length);
    crc = crc32(piece, crc);
    yield piece;
  }
  const packed = reader.position - begin;
  if (header.streamed) await readDescriptor(reader, header);
  if (header.crc !== crc || header.size !== size || header.packed !== packed)
    throw refusedArchive("damaged", "a file in it is damaged: its checksum or its length differs", header.path);
}

async function* stored(reader: ByteReader, length: number): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0;) {
    const piece = await reader.next(left);
    if (!piece) throw refusedArchive("damaged", "it ends in the middle: it is damaged or was not copied to its end");
    left -= piece.length;
    yield piece;
  }
}

/** Its signature may lack (4.3.9.3). */
async function readDescriptor(reader: ByteReader, header: Header): Promise<void> {
  const first = (await reader.take(4)).readUInt32LE(0);
  header.crc = first === DESCRIPTOR ? (await reader.take(4)).readUInt32LE(0) : first;
  const sizes = await reader.take(header.zip64 ? 16 : 8);
  header.packed = header.zip64 ? Number(sizes.readBigUInt64LE(0)) : sizes.readUInt32LE(0);
  header.size = header.zip64 ? Number(sizes.readBigUInt64LE(8)) : sizes.readUInt32LE(4);
}
