// A client of SFTP version 3 on a channel that somebody opened: requests in flight side by side, answers by their number.

import type { Duplex } from "node:stream";
import {
  attributes,
  createCutter,
  packetOf,
  readerOf,
  Status,
  text,
  Type,
  uint32,
  uint64,
  WireError,
  type Attributes,
  type Field,
  type Reader,
} from "../shared/ssh/wire.ts";

/** The server's no (section 7); `status` says which. */
export class StatusError extends Error {
  readonly status: number;
  /** The server's own words: foreign text. */
  readonly said: string;
  constructor(status: number, said: string) {
    super(`status ${status}`);
    this.status = status;
    this.said = said;
  }
}

export interface NamedEntry {
  readonly name: Buffer;
  /** As `ls -l` would print it; servers that give no mode tell the kind of a file only here. */
  readonly longName: Buffer;
  readonly attributes: Attributes;
}

export interface Session {
  /** What the server can do beyond version 3, with its versions. */
  readonly extensions: ReadonlyMap<string, string>;
  /** Bytes that one read or write may have. */
  readonly readLength: number;
  readonly writeLength: number;
  /** Requests without an answer yet. */
  readonly inFlight: number;
  lstat(path: Buffer): Promise<Attributes>;
  fstat(handle: Buffer): Promise<Attributes>;
  openFolder(path: Buffer): Promise<Buffer>;
  /** Undefined = no more. */
  readFolder(handle: Buffer): Promise<readonly NamedEntry[] | undefined>;
  open(path: Buffer, flags: number): Promise<Buffer>;
  /** Undefined = end of file; may be shorter than asked for, never empty. */
  read(handle: Buffer, at: number, length: number): Promise<Buffer | undefined>;
  write(handle: Buffer, at: number, bytes: Uint8Array): Promise<void>;
  /** The memory of an answer to `read` that nobody looks at any more: for the next ones. */
  reuse(piece: Buffer): void;
  setSize(handle: Buffer, size: number): Promise<void>;
  /** Nothing where the server does not know it. */
  sync(handle: Buffer): Promise<void>;
  closeHandle(handle: Buffer): Promise<void>;
  rename(from: Buffer, to: Buffer): Promise<void>;
  /** Over what lies there; undefined where the server does not know it. */
  readonly replace: ((from: Buffer, to: Buffer) => Promise<void>) | undefined;
  remove(path: Buffer): Promise<void>;
  makeFolder(path: Buffer): Promise<void>;
  /** The first failure of the channel; every call fails with it from then on. */
  readonly failure: Error | undefined;
  /** From now on every call, those under way included, fails with this. */
  fail(cause: Error): void;
}

/** Lengths that every server takes (section 3 asks for packets of 34,000 bytes). */
const SAFE_LENGTH = 32_768;
const LONGEST = 255 * 1024;
/** Section 6.3: a handle has at most 256 bytes. */
const LONGEST_HANDLE = 256;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (cause: Error) => void;
}
interface Answer {
  readonly type: number;
  readonly reader: Reader;
}

interface Wire {
  ask(type: number, fields: readonly Field[]): Promise<Answer>;
  fail(cause: Error): void;
  reuse(piece: Buffer): void;
  readonly hello: Promise<ReadonlyMap<string, string>>;
  readonly failure: Error | undefined;
  readonly inFlight: number;
}

/** Requests with their numbers, answers to whom they belong. `patience`: milliseconds that a request waits while nothing is answered. */
function openWire(channel: Duplex, patience: number): Wire {
  const waiting = new Map<number, Waiting>();
  const hello = Promise.withResolvers<ReadonlyMap<string, string>>();
  let greeted = false;
  let failure: Error | undefined;
  let last = 0;
  let heard = performance.now();

  function fail(cause: Error): void {
    if (failure) return;
    failure = cause;
    clearInterval(watch);
    hello.reject(failure);
    for (const each of waiting.values()) each.reject(failure);
    waiting.clear();
    channel.destroy();
  }

  function take(packet: Buffer, own: boolean): void {
    if (failure) return;
    heard = performance.now();
    const reader = readerOf(own ? packet : Buffer.from(packet));
    const type = reader.byte();
    if (!greeted) {
      if (type !== Type.version) throw new WireError(`an answer of type ${type} before the hello`);
      if (reader.uint32() < 3) throw new WireError("a version below 3");
      greeted = true;
      hello.resolve(extensionsIn(reader));
      return;
    }
    const id = reader.uint32();
    const request = waiting.get(id);
    if (!request) throw new WireError("an answer to nothing");
    waiting.delete(id);
    request.resolve({ type, reader });
  }

  const { cut, reuse } = createCutter(take);
  const watch = setInterval(
    () => {
      if (waiting.size === 0 || performance.now() - heard < patience) return;
      fail(new Error(`no answer for ${patience / 1_000} s`));
    },
    Math.min(1_000, patience),
  ).unref();
  channel.on("data", (piece: Buffer) => {
    if (failure) return;
    try {
      cut(piece);
    } catch (cause) {
      fail(cause as Error);
    }
  });
  channel.on("error", fail);
  for (const end of ["end", "close"]) channel.on(end, () => fail(new Error("the connection was closed")));
  channel.write(packetOf(Type.init, [uint32(3)]));

  return {
    ask(type, fields) {
      if (failure) return Promise.reject(failure);
      if (waiting.size === 0) heard = performance.now();
      last = (last + 1) >>> 0;
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      waiting.set(last, { resolve, reject });
      channel.write(packetOf(type, [uint32(last), ...fields]));
      return promise;
    },
    fail,
    reuse,
    hello: hello.promise,
    get failure() {
      return failure;
    },
    get inFlight() {
      return waiting.size;
    },
  };
}

/** Says hello and resolves when the server did. Rejects with the channel's failure, or with a WireError. */
export async function openSession(channel: Duplex, patience: number): Promise<Session> {
  const wire = openWire(channel, patience);
  const extensions = await wire.hello;

  /** An answer of the wanted type as `parse` reads it, or what its status says. Nonsense ends the session: nobody knows what follows. */
  async function answered<T>(
    type: number,
    fields: readonly Field[],
    wanted: number,
    parse: (reader: Reader) => T,
  ): Promise<T> {
    const answer = await wire.ask(type, fields);
    try {
      if (answer.type === wanted) return parse(answer.reader);
      if (answer.type !== Type.status) throw new WireError(`an answer of type ${answer.type} that was not asked for`);
      throw statusError(answer.reader);
    } catch (cause) {
      if (cause instanceof WireError) wire.fail(cause);
      throw cause;
    }
  }

  const done = (type: number, fields: readonly Field[]): Promise<void> =>
    answered(type, fields, Type.status, (reader) => {
      const error = statusError(reader);
      if (error.status !== Status.ok) throw error;
    });
  const extended = (name: string, ...fields: readonly Field[]): Promise<void> =>
    done(Type.extended, [text(name), ...fields]);
  const attributesOf = (type: number, of: Buffer): Promise<Attributes> =>
    answered(type, [of], Type.attributes, (reader) => reader.attributes());

  const [readLength, writeLength] = extensions.has("limits@openssh.com")
    ? await answered(Type.extended, [text("limits@openssh.com")], Type.extendedReply, limitsIn)
    : [SAFE_LENGTH, SAFE_LENGTH];

  return {
    extensions,
    readLength,
    writeLength,
    get inFlight() {
      return wire.inFlight;
    },
    lstat: (path) => attributesOf(Type.lstat, path),
    fstat: (handle) => attributesOf(Type.fstat, handle),
    openFolder: (path) => answered(Type.opendir, [path], Type.handle, handleIn),
    readFolder: (handle) => unlessEnd(answered(Type.readdir, [handle], Type.name, namesIn)),
    open: (path, flags) => answered(Type.open, [path, uint32(flags), attributes({})], Type.handle, handleIn),
    read: (handle, at, length) =>
      unlessEnd(
        answered(Type.read, [handle, uint64(at), uint32(length)], Type.data, (reader) => {
          const piece = reader.string();
          if (piece.length === 0 || piece.length > length)
            throw new WireError("a piece of another length than asked for");
          return piece;
        }),
      ),
    reuse: (piece) => wire.reuse(piece),
    write: (handle, at, bytes) => done(Type.write, [handle, uint64(at), bytes]),
    setSize: (handle, size) => done(Type.fsetstat, [handle, attributes({ size })]),
    sync: async (handle) => {
      if (extensions.has("fsync@openssh.com")) await extended("fsync@openssh.com", handle);
    },
    closeHandle: (handle) => done(Type.close, [handle]),
    rename: (from, to) => done(Type.rename, [from, to]),
    replace: extensions.has("posix-rename@openssh.com")
      ? (from, to) => extended("posix-rename@openssh.com", from, to)
      : undefined,
    remove: (path) => done(Type.remove, [path]),
    makeFolder: (path) => done(Type.mkdir, [path, attributes({})]),
    get failure() {
      return wire.failure;
    },
    fail: (cause) => wire.fail(cause),
  };
}

/** The end as an answer. */
async function unlessEnd<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof StatusError && cause.status === Status.endOfFile) return undefined;
    throw cause;
  }
}

function extensionsIn(reader: Reader): ReadonlyMap<string, string> {
  const extensions = new Map<string, string>();
  while (!reader.atEnd) extensions.set(reader.string().toString("latin1"), reader.string().toString("latin1"));
  return extensions;
}

function handleIn(reader: Reader): Buffer {
  const handle = reader.string();
  if (handle.length > LONGEST_HANDLE) throw new WireError("a handle of more than 256 bytes");
  return handle;
}

function namesIn(reader: Reader): readonly NamedEntry[] {
  const entries: NamedEntry[] = [];
  // Two lengths and the flags of the attributes: what one entry has at the least.
  for (let left = reader.count(12); left > 0; left--) {
    const name = reader.string();
    if (name.length === 0 || name.includes(0x2f) || name.includes(0)) throw new WireError("a name that is none");
    entries.push({ name, longName: reader.string(), attributes: reader.attributes() });
  }
  return entries;
}

/** PROTOCOL of OpenSSH, 4.8: packet, read, write, handles; 0 = no limit said. All beyond ours is the same to us, also beyond 2^53. */
function limitsIn(reader: Reader): readonly [number, number] {
  const next = (): number => {
    const [high, low] = [reader.uint32(), reader.uint32()];
    return high > 0 ? LONGEST : low;
  };
  next();
  return [withinOurs(next()), withinOurs(next())];
}

function withinOurs(length: number): number {
  return Math.max(1_024, Math.min(LONGEST, length || SAFE_LENGTH));
}

function statusError(reader: Reader): StatusError {
  const status = reader.uint32();
  // Version 3 has a text behind it; some servers leave it out.
  const said = reader.atEnd ? "" : reader.string().toString("utf8").slice(0, 200);
  return new StatusError(status, said);
}
