// A server of files over an SFTP session: what sources and targets ask for, with requests side by side where one waits for none.

import type { FileServer, RemoteEntry } from "../shared/remote/server.ts";
import { createCalls, type Calls, type Until } from "./calls.ts";
import type { Connection } from "./connect.ts";
import { refused } from "./failure.ts";
import { StatusError, type NamedEntry, type Session } from "./session.ts";
import { readPieces, writePieces } from "./transfer.ts";
import { Flag, Status, type Attributes } from "../shared/ssh/wire.ts";

/** Calls side by side on one connection: what keeps a line with a long way busy when files are small. */
const PARALLEL = 16;
/** Requests for more of a listing under way at once; OpenSSH gives 100 names each. */
const LISTING_WINDOW = 4;

interface Surroundings {
  readonly session: Session;
  readonly address: string;
  readonly calls: Calls;
}

export function createFileServer(connection: Connection, address: string, totalTimeout: number): FileServer {
  const { session } = connection;
  const calls = createCalls(address, totalTimeout);
  const here: Surroundings = { session, address, calls };
  let closed = false;
  return {
    parallel: PARALLEL,
    get alive() {
      return !closed && session.failure === undefined;
    },
    list: (folder, signal) => list(here, folder, signal),
    look: (path, signal) =>
      calls.run("look at a file", path, signal, async (until) =>
        entryAt(path, await until(lookOrNothing(session, path))),
      ),
    read: (path, from, signal, length) => read(here, path, from, signal, length),
    write: (path, body, at, signal) =>
      calls.run("write a file", path, signal, (until) => write(here, path, body, at, until)),
    rename: (from, to, signal) => calls.run("rename a file", from, signal, (until) => rename(here, from, to, until)),
    replace: (from, to, signal) =>
      calls.run("replace a file", to, signal, (until) => replace(session, from, to, until)),
    remove: (path, signal) =>
      calls.run("remove a file", path, signal, (until) => until(unlessMissing(session.remove(path)))),
    makeFolder: (path, signal) => calls.run("make a folder", path, signal, (until) => makeFolder(session, path, until)),
    async close() {
      closed = true;
      await connection.close();
    },
  };
}

function isStatus(cause: unknown, status: number): boolean {
  return cause instanceof StatusError && cause.status === status;
}

/** Nothing there = undefined. */
async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (isStatus(cause, Status.noSuchFile)) return undefined;
    throw cause;
  }
}

function lookOrNothing(session: Session, path: Buffer): Promise<Attributes | undefined> {
  return unlessMissing(session.lstat(path));
}

/** POSIX: the bits that say what it is. */
const KIND_BITS = 0o170_000;
const KINDS: Readonly<Record<number, RemoteEntry["kind"]>> = {
  0o100_000: "file",
  0o040_000: "folder",
  0o120_000: "link",
};
/** The same in the first character of `ls -l`, for servers that give only the rights. */
const LETTERS: Readonly<Record<string, RemoteEntry["kind"]>> = { "-": "file", d: "folder", l: "link" };

function entryOf(name: Buffer, { size, mode = 0, times }: Attributes, longName: Buffer | undefined): RemoteEntry {
  const bits = mode & KIND_BITS;
  const letter = longName?.length ? String.fromCharCode(longName[0] as number) : "";
  const told = bits === 0 ? (LETTERS[letter] ?? "file") : (KINDS[bits] ?? "special");
  // A file without a size cannot be taken whole for sure.
  const kind = told === "file" && size === undefined ? "special" : told;
  return { name, kind, size: size ?? 0, modified: times && times.modified * 1_000 };
}

function entryAt(path: Buffer, found: Attributes | undefined): RemoteEntry | undefined {
  return found && entryOf(path.subarray(path.lastIndexOf(0x2f) + 1), found, undefined);
}

function isDots({ name }: NamedEntry): boolean {
  return name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e));
}

async function* list(
  { session, calls }: Surroundings,
  folder: Buffer,
  signal: AbortSignal,
): AsyncGenerator<readonly RemoteEntry[]> {
  yield* calls.stream("list a folder", folder, signal, async function* (until) {
    const handle = await openUntil(session, session.openFolder(folder), until);
    try {
      const more: Promise<readonly NamedEntry[] | undefined>[] = [];
      for (;;) {
        while (more.length < LISTING_WINDOW) more.push(handled(session.readFolder(handle)));
        const entries = await until(more.shift() as Promise<readonly NamedEntry[] | undefined>);
        // Some servers end with an empty answer instead of the status.
        if (!entries || entries.length === 0) return;
        yield entries
          .filter((each) => !isDots(each))
          .map(({ name, attributes, longName }) => entryOf(name, attributes, longName));
      }
    } finally {
      void handled(session.closeHandle(handle));
    }
  });
}

async function* read(
  { session, calls }: Surroundings,
  path: Buffer,
  from: number,
  signal: AbortSignal,
  length: number | undefined,
): AsyncGenerator<Uint8Array> {
  yield* calls.stream("read a file", path, signal, async function* (until) {
    const handle = await openUntil(session, session.open(path, Flag.read), until);
    try {
      yield* readPieces(session, handle, from, until, length);
    } finally {
      void handled(session.closeHandle(handle));
    }
  });
}

async function write(
  { session, address }: Surroundings,
  path: Buffer,
  body: Uint8Array,
  at: number | undefined,
  until: Until,
): Promise<void> {
  const handle = await (at === undefined ? makeAnew(session, path, until) : openPlain(session, address, path, until));
  let closing: Promise<void> | undefined;
  try {
    if (at !== undefined) {
      const { size } = await until(session.fstat(handle));
      if (size === undefined || size < at) {
        throw refused(address, "holds less of the file than was written to it", path.toString("latin1"));
      }
      // Cut first: what a crash left behind is gone before anything new lies there. Servers that let nobody set sizes are not asked
      // where there is nothing to cut.
      if (size > at) await until(session.setSize(handle, at));
    }
    await writePieces(session, handle, body, at ?? 0, until);
    await until(session.sync(handle));
    closing = handled(session.closeHandle(handle));
    await until(closing);
  } finally {
    if (!closing) void handled(session.closeHandle(handle));
  }
}

/**
 * What has the name goes first, and nothing may take it meanwhile: a link that a stranger planted there would be followed. Version 3 has
 * no word for "exists", so whatever a server says to that is looked into.
 */
async function makeAnew(session: Session, path: Buffer, until: Until): Promise<Buffer> {
  const open = (how: number): Promise<Buffer> =>
    openUntil(session, session.open(path, Flag.write | Flag.create | how), until);
  try {
    return await open(Flag.exclusive);
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause;
    if (await until(lookOrNothing(session, path))) {
      await until(unlessMissing(session.remove(path)));
      return await open(Flag.exclusive);
    }
    if (cause.status !== Status.unsupported) throw cause;
    // A server without exclusive opening, and nothing there a moment ago.
    return await open(Flag.truncate);
  }
}

/** Version 3 cannot open without following a link, so it is looked at in the same breath, before anything is written. */
async function openPlain(session: Session, address: string, path: Buffer, until: Until): Promise<Buffer> {
  const looking = handled(lookOrNothing(session, path));
  const handle = await openUntil(session, session.open(path, Flag.write), until);
  const there = entryAt(path, await until(looking));
  if (there?.kind === "file") return handle;
  void handled(session.closeHandle(handle));
  throw refused(address, "has a link or something special where a growing file was", path.toString("latin1"));
}

async function rename(
  { session }: Surroundings,
  from: Buffer,
  to: Buffer,
  until: Until,
): Promise<"done" | "exists" | "gone"> {
  // Version 3 says that rename fails where the new name is taken (6.5). OpenSSH does it by link and unlink, so that of two who rename
  // the same file one wins; others may do as they like, so the name is looked at first.
  if (!session.extensions.has("hardlink@openssh.com") && (await until(lookOrNothing(session, to)))) return "exists";
  try {
    await until(session.rename(from, to));
    return "done";
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause;
    if (await until(lookOrNothing(session, to))) return "exists";
    if (!(await until(lookOrNothing(session, from)))) return "gone";
    throw cause;
  }
}

async function replace(session: Session, from: Buffer, to: Buffer, until: Until): Promise<void> {
  if (session.replace) return until(session.replace(from, to));
  // Without the extension there is a moment without either file; the one who waits for it looks again.
  await until(unlessMissing(session.remove(to)));
  await until(session.rename(from, to));
}

async function makeFolder(session: Session, path: Buffer, until: Until): Promise<void> {
  try {
    await until(session.makeFolder(path));
  } catch (cause) {
    if (!(cause instanceof StatusError)) throw cause;
    const there = entryAt(path, await until(lookOrNothing(session, path)));
    if (there?.kind !== "folder" && there?.kind !== "link") throw cause;
  }
}

/** A handle that comes after the caller has gone is closed, or a server with few of them soon has none. */
async function openUntil(session: Session, opening: Promise<Buffer>, until: Until): Promise<Buffer> {
  try {
    return await until(opening);
  } catch (cause) {
    opening.then((handle) => handled(session.closeHandle(handle))).catch(() => undefined);
    throw cause;
  }
}

/** Its failure is somebody's who waits, or nobody's. */
function handled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}
