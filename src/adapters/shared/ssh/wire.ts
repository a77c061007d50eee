// Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02) as they lie on the wire: reading, writing, and cutting a stream into them.
//
// An own layer on the channels of ssh2, because ssh2 reads and writes names as UTF-8 and names are bytes: one in Latin-1 would come
// out as another and could never be opened.

export const Type = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 200,
  extendedReply: 201,
} as const;

export const Status = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
} as const;

/** Flags of open (section 6.3). */
export const Flag = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 } as const;

/** What attributes are there (section 5). */
const Has = { size: 1, owner: 2, mode: 4, times: 8, extended: 0x8000_0000 } as const;

/** OpenSSH takes and gives up to 256 KiB; who announces more does not speak SFTP, or wants our memory. */
export const LONGEST_PACKET = 257 * 1024;

export interface Attributes {
  readonly size?: number | undefined;
  readonly owner?: { readonly user: number; readonly group: number } | undefined;
  /** POSIX mode, the kind of the file included. */
  readonly mode?: number | undefined;
  /** Seconds since 1970. */
  readonly times?: { readonly accessed: number; readonly modified: number } | undefined;
}

/** What the other side sent is no SFTP. */
export class WireError extends Error {}

/** Reads one packet from its type on. Strings are views of it, not copies. */
export interface Reader {
  byte(): number;
  uint32(): number;
  /** Sizes and offsets; above 2^53 nothing real lies. */
  uint64(): number;
  string(): Buffer;
  attributes(): Attributes;
  /** How many things follow, each of them at least so many bytes long: who announces more than can be there is not believed. */
  count(least: number): number;
  readonly atEnd: boolean;
}

export function readerOf(packet: Buffer): Reader {
  let at = 0;
  const step = (count: number): number => {
    const from = at;
    if (count > packet.length - from) throw new WireError("a packet ends before its content");
    at += count;
    return from;
  };
  const uint32 = (): number => packet.readUInt32BE(step(4));
  function uint64(): number {
    const value = packet.readBigUInt64BE(step(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new WireError("a size is beyond 2^53");
    return Number(value);
  }
  function string(): Buffer {
    const length = uint32();
    const from = step(length);
    return packet.subarray(from, from + length);
  }
  function count(least: number): number {
    const things = uint32();
    if (things * least > packet.length - at) throw new WireError("a packet announces more than it holds");
    return things;
  }
  function attributes(): Attributes {
    const has = uint32();
    const size = has & Has.size ? uint64() : undefined;
    const owner = has & Has.owner ? { user: uint32(), group: uint32() } : undefined;
    const mode = has & Has.mode ? uint32() : undefined;
    const times = has & Has.times ? { accessed: uint32(), modified: uint32() } : undefined;
    if (has & Has.extended) {
      for (let pairs = count(8); pairs > 0; pairs--) {
        string();
        string();
      }
    }
    return { size, owner, mode, times };
  }
  return {
    byte: () => packet[step(1)] as number,
    uint32,
    uint64,
    string,
    attributes,
    count,
    get atEnd() {
      return at >= packet.length;
    },
  };
}

/** One field of a packet: bytes are a string with its length before it. */
export type Field =
  | { readonly byte: number }
  | { readonly uint32: number }
  | { readonly uint64: number }
  | Uint8Array
  | Attributes_;
interface Attributes_ {
  readonly attributes: Attributes;
}

export const byte = (value: number): Field => ({ byte: value });
export const uint32 = (value: number): Field => ({ uint32: value });
export const uint64 = (value: number): Field => ({ uint64: value });
export const text = (value: string): Field => Buffer.from(value);
export const attributes = (value: Attributes): Field => ({ attributes: value });

/** A packet with its length and type. */
export function packetOf(type: number, fields: readonly Field[]): Buffer {
  let length = 1;
  for (const field of fields) length += lengthOf(field);
  const packet = Buffer.allocUnsafe(4 + length);
  packet.writeUInt32BE(length, 0);
  packet[4] = type;
  let at = 5;
  for (const field of fields) at = write(packet, at, field);
  return packet;
}

function lengthOf(field: Field): number {
  if (field instanceof Uint8Array) return 4 + field.length;
  if ("byte" in field) return 1;
  if ("uint32" in field) return 4;
  if ("uint64" in field) return 8;
  const { size, owner, mode, times } = field.attributes;
  return 4 + (size === undefined ? 0 : 8) + (owner ? 8 : 0) + (mode === undefined ? 0 : 4) + (times ? 8 : 0);
}

function write(packet: Buffer, at: number, field: Field): number {
  if (field instanceof Uint8Array) {
    packet.writeUInt32BE(field.length, at);
    packet.set(field, at + 4);
    return at + 4 + field.length;
  }
  if ("byte" in field) return packet.writeUInt8(field.byte, at);
  if ("uint32" in field) return packet.writeUInt32BE(field.uint32, at);
  if ("uint64" in field) return packet.writeBigUInt64BE(BigInt(field.uint64), at);
  const { size, owner, mode, times } = field.attributes;
  const has =
    (size === undefined ? 0 : Has.size) |
    (owner ? Has.owner : 0) |
    (mode === undefined ? 0 : Has.mode) |
    (times ? Has.times : 0);
  let end = packet.writeUInt32BE(has, at);
  if (size !== undefined) end = packet.writeBigUInt64BE(BigInt(size), end);
  if (owner) end = packet.writeUInt32BE(owner.group, packet.writeUInt32BE(owner.user, end));
  if (mode !== undefined) end = packet.writeUInt32BE(mode, end);
  if (times) end = packet.writeUInt32BE(times.modified, packet.writeUInt32BE(times.accessed, end));
  return end;
}

export interface Cutter {
  /** Takes the next piece of the stream. */
  cut(this: void, piece: Buffer): void;
  /** The memory of a packet, or of a part of it, that nobody looks at any more: for packets to come. */
  reuse(this: void, part: Buffer): void;
}

/** Smaller packets come from Node's own pool, whose memory others have a share in. */
const LEAST_REUSED = 64 * 1024;
const MOST_SPARE = 16;

/**
 * Cuts what comes into packets, each given from its type on. `own` = its memory is nobody else's and may be kept; else it is a view
 * of the piece, good until the call returns. A packet that comes in many pieces takes the memory of one packet, however small they are.
 */
export function createCutter(take: (packet: Buffer, own: boolean) => void): Cutter {
  const spare: ArrayBuffer[] = [];
  const ours = new WeakSet<ArrayBufferLike>();
  const head = Buffer.alloc(4);
  let headed = 0;
  let body: Buffer | undefined;
  let filled = 0;

  function room(length: number): Buffer {
    if (length < LEAST_REUSED) return Buffer.allocUnsafe(length);
    const old = spare.pop();
    if (old && old.byteLength >= length) return Buffer.from(old, 0, length);
    const made = Buffer.allocUnsafeSlow(length);
    ours.add(made.buffer);
    return made;
  }

  /** The part of a packet that is under way; returns what is behind it. */
  function fill(piece: Buffer): Buffer {
    if (!body) {
      const part = Math.min(4 - headed, piece.length);
      piece.copy(head, headed, 0, part);
      headed += part;
      if (headed === 4) body = room(checkedLength(head.readUInt32BE(0)));
      return piece.subarray(part);
    }
    const part = Math.min(body.length - filled, piece.length);
    piece.copy(body, filled, 0, part);
    filled += part;
    if (filled === body.length) {
      const whole = body;
      [headed, body, filled] = [0, undefined, 0];
      take(whole, true);
    }
    return piece.subarray(part);
  }

  function cut(piece: Buffer): void {
    let rest = piece;
    while (rest.length > 0) {
      if (headed === 0 && rest.length >= 4) {
        const end = 4 + checkedLength(rest.readUInt32BE(0));
        if (rest.length >= end) {
          take(rest.subarray(4, end), false);
          rest = rest.subarray(end);
          continue;
        }
      }
      rest = fill(rest);
    }
  }

  return {
    cut,
    reuse({ buffer }) {
      if (buffer instanceof ArrayBuffer && ours.has(buffer) && spare.length < MOST_SPARE) spare.push(buffer);
    },
  };
}

function checkedLength(length: number): number {
  if (length < 1 || length > LONGEST_PACKET) throw new WireError(`a packet of ${length} bytes`);
  return length;
}
