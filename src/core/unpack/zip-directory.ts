// The directory at the end of a ZIP archive: it must say of every file what stood before the file, and nothing more.

import type { ByteReader } from "./byte-reader.ts";
import { refusedArchive } from "./limits.ts";

const CENTRAL = 0x02014b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const END = 0x06054b50;
const HUGE = 0xffffffff;
/** Longer records of the form ZIP64 are for uses that no drop has. */
const END64_MOST = 4_096;

/** What a local header says, as far as the directory must agree with it. */
export interface Entry {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  /** Offset of the local header. */
  readonly at: number;
  crc: number;
  packed: number;
  size: number;
}

const DISAGREES = "its directory does not say the same as its files";

/** The reader stands behind `signature`, the first that is no file's; afterwards at the end of the drop. */
export async function readDirectory(reader: ByteReader, signature: number, entries: readonly Entry[]): Promise<void> {
  let found = signature;
  const next = async (): Promise<number> => (await reader.take(4)).readUInt32LE(0);
  for (const entry of entries) {
    if (found !== CENTRAL) throw refusedArchive("damaged", DISAGREES);
    await compareEntry(reader, entry);
    found = await next();
  }
  if (found === CENTRAL) throw refusedArchive("damaged", DISAGREES);
  if (found === END64) {
    const length = Number((await reader.take(8)).readBigUInt64LE(0));
    if (length > END64_MOST) throw refusedArchive("damaged", "its directory is damaged");
    await reader.take(length);
    found = await next();
    if (found !== LOCATOR64) throw refusedArchive("damaged", "its directory is damaged");
    await reader.take(16);
    found = await next();
  }
  if (found !== END) throw refusedArchive("damaged", "its directory is damaged");
  const fixed = await reader.take(18);
  const count = fixed.readUInt16LE(6);
  if (count !== 0xffff && count !== entries.length) throw refusedArchive("damaged", DISAGREES);
  await reader.take(fixed.readUInt16LE(16));
  if ((await reader.next()) !== undefined) throw refusedArchive("damaged", "something stands behind its end");
}

async function compareEntry(reader: ByteReader, entry: Entry): Promise<void> {
  const fixed = await reader.take(42);
  const name = await reader.take(fixed.readUInt16LE(24));
  const extra = await reader.take(fixed.readUInt16LE(26));
  await reader.take(fixed.readUInt16LE(28));
  // The upper half of the attributes are Unix modes: 0120000 is a symbolic link.
  if (fixed.readUInt32LE(34) >>> 28 === 0xa) throw refusedArchive("names", "a file in it is a symbolic link");
  const zip64 = extraField(extra, 1);
  const same = (offset: number, value: number): boolean => {
    const written = fixed.readUInt32LE(offset);
    return written === value || (written === HUGE && zip64 !== undefined);
  };
  const agrees =
    name.equals(entry.name) &&
    fixed.readUInt16LE(6) === entry.method &&
    fixed.readUInt32LE(12) === entry.crc &&
    same(16, entry.packed) &&
    same(20, entry.size) &&
    same(38, entry.at);
  if (!agrees) throw refusedArchive("damaged", DISAGREES);
}

/** The field of this number among the extra fields of a header (4.5). */
export function extraField(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return undefined;
}
