// A reader of ZIP archives for `steg schema add`: whole in memory, deflate and stored only, and suspicious of every
// number the archive says about itself (APPNOTE.TXT, 4.3). It yields files; it never writes any.

import { crc32, inflateRawSync } from "node:zlib";
import { BridgeError } from "../errors.ts";
import { decodeName, safePath } from "../unpack/member-name.ts";

export interface ArchiveFile {
  /** With `/`, relative, without `.` and `..`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface ArchiveLimits {
  readonly entries: number;
  /** Bytes of one file and of all together, unpacked. */
  readonly file: number;
  readonly total: number;
  /** Unpacked to packed; XML reaches 30, a bomb 1,000. */
  readonly ratio: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 5_000,
  file: 32 * 1024 * 1024,
  total: 256 * 1024 * 1024,
  ratio: 200,
};

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_SIZE = 22;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;

export function isZip(bytes: Uint8Array): boolean {
  return bytes.length > 4 && bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

function refuse(why: string): BridgeError {
  return new BridgeError("SCHEMA_BUNDLE_REFUSED", `the archive is refused: ${why}`, { stage: "validate" });
}

const refuseName = (why: string, name: string): BridgeError => refuse(`${why}: ${name}`);

interface Entry {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** All files for which `wanted` is true. Throws SCHEMA_BUNDLE_REFUSED. */
export function readZip(
  bytes: Uint8Array,
  wanted: (path: string) => boolean,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): readonly ArchiveFile[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = readDirectory(view, limits);
  const starts = new Set<number>();
  let total = 0;
  const files: ArchiveFile[] = [];
  for (const entry of entries) {
    // Many entries that share one packed block make a bomb out of little.
    if (starts.has(entry.offset)) throw refuse("two entries share one place");
    starts.add(entry.offset);
    if (entry.path.endsWith("/") || !wanted(entry.path)) continue;
    if (entry.size > limits.file) throw refuse(`${entry.path} is larger than ${mebibytes(limits.file)}`);
    total += entry.size;
    if (total > limits.total) throw refuse(`unpacked it is larger than ${mebibytes(limits.total)}`);
    files.push({ path: entry.path, bytes: unpack(view, entry, limits) });
  }
  return files;
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1024 / 1024)} MiB`;
}

// ── directory ───────────────────────────────────────────────────────────────────────────────────────────────────

function readDirectory(view: Buffer, limits: ArchiveLimits): readonly Entry[] {
  const end = findEnd(view);
  const count = view.readUInt16LE(end + 10);
  const size = view.readUInt32LE(end + 12);
  const start = view.readUInt32LE(end + 16);
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff)
    throw refuse("it is in ZIP64 form, which no schema bundle needs");
  if (view.readUInt16LE(end + 4) !== 0 || view.readUInt16LE(end + 8) !== count)
    throw refuse("it is one part of several");
  if (count > limits.entries) throw refuse(`it has more than ${limits.entries} entries`);
  if (start + size > end) throw refuse("its directory is damaged");
  const entries: Entry[] = [];
  const seen = new Set<string>();
  let at = start;
  for (let index = 0; index < count; index++) {
    const { entry, next } = readEntry(view, at, start + size);
    if (seen.has(entry.path.toLowerCase())) throw refuse(`${entry.path} occurs twice`);
    seen.add(entry.path.toLowerCase());
    entries.push(entry);
    at = next;
  }
  return entries;
}

/** The end record stands last, before a comment of at most 65,535 bytes. */
function findEnd(view: Buffer): number {
  const lowest = Math.max(0, view.length - END_SIZE - 0xffff);
  for (let at = view.length - END_SIZE; at >= lowest; at--) {
    if (view.readUInt32LE(at) === END_SIGNATURE && at + END_SIZE + view.readUInt16LE(at + 20) === view.length)
      return at;
  }
  throw refuse("it is no ZIP archive, or not whole");
}

function readEntry(view: Buffer, at: number, end: number): { readonly entry: Entry; readonly next: number } {
  if (at + CENTRAL_SIZE > end || view.readUInt32LE(at) !== CENTRAL_SIGNATURE) throw refuse("its directory is damaged");
  const flags = view.readUInt16LE(at + 8);
  const nameLength = view.readUInt16LE(at + 28);
  const next = at + CENTRAL_SIZE + nameLength + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32);
  if (next > end) throw refuse("its directory is damaged");
  const name = view.subarray(at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength);
  const path = safePath(decodeName(name, (flags & 0x800) !== 0, refuseName), refuseName);
  if ((flags & 1) !== 0) throw refuse(`${path} is encrypted`);
  // The upper half of the attributes are Unix modes: 0120000 is a symbolic link.
  if (view.readUInt32LE(at + 38) >>> 28 === 0xa) throw refuse(`${path} is a symbolic link`);
  const entry: Entry = {
    path,
    method: view.readUInt16LE(at + 10),
    crc: view.readUInt32LE(at + 16),
    packed: view.readUInt32LE(at + 20),
    size: view.readUInt32LE(at + 24),
    offset: view.readUInt32LE(at + 42),
  };
  if ([entry.packed, entry.size, entry.offset].includes(0xffffffff))
    throw refuse("it is in ZIP64 form, which no schema bundle needs");
  return { entry, next };
}

// ── contents ────────────────────────────────────────────────────────────────────────────────────────────────────

function unpack(view: Buffer, entry: Entry, limits: ArchiveLimits): Uint8Array {
  const at = entry.offset;
  if (at + LOCAL_SIZE > view.length || view.readUInt32LE(at) !== LOCAL_SIGNATURE)
    throw refuse(`${entry.path} is damaged`);
  const start = at + LOCAL_SIZE + view.readUInt16LE(at + 26) + view.readUInt16LE(at + 28);
  if (start + entry.packed > view.length) throw refuse(`${entry.path} is damaged`);
  if (entry.size > 4096 && entry.size > entry.packed * limits.ratio)
    throw refuse(`${entry.path} is packed more than ${limits.ratio} to 1`);
  const bytes = inflate(view.subarray(start, start + entry.packed), entry);
  if (bytes.length !== entry.size || crc32(bytes) !== entry.crc)
    throw refuse(`${entry.path} is damaged (its checksum differs)`);
  return bytes;
}

function inflate(packed: Buffer, entry: Entry): Uint8Array {
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw refuse(`${entry.path} is packed by method ${entry.method}; only deflate is read`);
  try {
    // One byte more than announced is enough to notice a lie, and all that is ever allocated for it.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch {
    throw refuse(`${entry.path} is damaged or larger than it says`);
  }
}
