// The bytes of a file on a server, exactly as many as were listed. A connection that is cut in between is replaced, and reading goes
// on where it stopped, after a look whether the file is still the same.

import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "../../../core/errors.ts";
import { identityOf, isSame, type Identity } from "./entry.ts";
import { isCut, type Pool } from "./pool.ts";
import type { FileServer } from "./server.ts";

/** Attempts that brought nothing new; those that did are not counted. */
const MOST_ATTEMPTS = 5;
const FIRST_PAUSE = 200;

export function changedBefore(why: string): BridgeError {
  return new BridgeError("SOURCE_CHANGED", `the file ${why} between the look and the reading`, { stage: "receive" });
}

/** `cut` hears of each cut, and of how many bytes were there. */
export async function* readResuming(
  pool: Pool,
  path: Buffer,
  identity: Identity,
  signal: AbortSignal,
  cut: (at: number) => void = () => undefined,
): AsyncIterable<Uint8Array> {
  let at = 0;
  let last = 0;
  let isFirst = true;
  for (let fruitless = 0; ;) {
    try {
      const read = (server: FileServer): AsyncIterable<Uint8Array> =>
        isFirst ? readAtOnce(server, path, identity, signal) : readOn(server, path, identity, at, signal);
      for await (const piece of pool.stream(read, signal)) {
        at += piece.length;
        yield piece;
      }
      if (at >= identity.size) return;
      // An end that comes too early and says nothing: some servers end so where the connection was cut.
      throw new BridgeError("SERVER_UNREACHABLE", "the server ended the file before its end", { stage: "receive" });
    } catch (cause) {
      if (signal.aborted || !isCut(cause)) throw cause;
      cut(at);
      isFirst = false;
      fruitless = at > last ? 0 : fruitless + 1;
      last = at;
      if (fruitless >= MOST_ATTEMPTS) throw cause;
    }
    await sleep(FIRST_PAUSE * 2 ** fruitless, undefined, { signal, ref: false }).catch(() => signal.throwIfAborted());
  }
}

/** What was listed a moment ago is read without a further question, and looked at where that fails; all is looked at afterwards. */
async function* readAtOnce(
  server: FileServer,
  path: Buffer,
  identity: Identity,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  try {
    yield* readLength(server, path, 0, identity.size, signal);
  } catch (cause) {
    if (cause instanceof BridgeError && cause.code === "SERVER_REFUSED" && server.alive) {
      await mustBeSame(server, path, identity, signal);
    }
    throw cause;
  }
}

async function* readOn(
  server: FileServer,
  path: Buffer,
  identity: Identity,
  from: number,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  await mustBeSame(server, path, identity, signal);
  if (from < identity.size) yield* readLength(server, path, from, identity.size - from, signal);
}

async function mustBeSame(server: FileServer, path: Buffer, identity: Identity, signal: AbortSignal): Promise<void> {
  const now = await server.look(path, signal);
  if (!now) throw changedBefore("went away");
  if (now.kind !== "file") throw changedBefore("was replaced by a link or something special");
  if (!isSame(identityOf(now), identity)) throw changedBefore("changed");
}

async function* readLength(
  server: FileServer,
  path: Buffer,
  from: number,
  length: number,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  let left = length;
  // To the server's own end where that is where it should be: a transfer that is broken off costs FTP its connection.
  for await (const piece of server.read(path, from, signal, length)) {
    signal.throwIfAborted();
    if (left <= 0) return;
    if (piece.length === 0) continue;
    yield piece.length > left ? piece.subarray(0, left) : piece;
    left -= piece.length;
  }
}

/** Do these bytes stand there from this place on? What may follow them is not looked at. */
export async function standsThere(
  server: FileServer,
  path: Buffer,
  from: number,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  if (body.length === 0) return true;
  let at = 0;
  for await (const piece of server.read(path, from, signal)) {
    if (at === body.length) return true;
    const length = Math.min(piece.length, body.length - at);
    if (Buffer.compare(piece.subarray(0, length), body.subarray(at, at + length)) !== 0) return false;
    at += length;
  }
  return at === body.length;
}

/** Is it a plain file with exactly these bytes? */
export async function holds(server: FileServer, path: Buffer, body: Uint8Array, signal: AbortSignal): Promise<boolean> {
  const there = await server.look(path, signal);
  if (there?.kind !== "file" || there.size !== body.length) return false;
  return standsThere(server, path, 0, body, signal);
}
