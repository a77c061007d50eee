// A growing file: written under a temporary name, fsynced at the pipeline's pace, named when it is complete.
//
//   growing ──sync──▶ growing (token = name and length)  ──finish──▶ named
//
// Reopened with a token:   the temporary file is there     → cut to the token's length, growing
//                          only the final one is there     → named; what is written again must be what stands there
//                          neither                         → TARGET_GONE: somebody has taken it, nobody knows how far
// Tokens are committed with the progress, so the bytes behind the last token are written again after a crash.

import { constants } from "node:fs";
import { open, unlink, type FileHandle } from "node:fs/promises";
import type { Appender } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { createTemporary, errorCode, joinPath, look, publish, syncFolder, unless } from "../shared/atomic.ts";
import {
  growingTrouble,
  partName,
  readGrowingToken,
  type GrowingPlace,
  type GrowingToken,
} from "../shared/growing-file.ts";

/** Temporary files that an appender of this process has open: two writers in one file would mix. */
const openParts = new Set<string>();

export async function openAppender(request: GrowingPlace): Promise<Appender> {
  const { folder, shown } = request;
  request.signal.throwIfAborted();
  const token = request.token === undefined ? undefined : readGrowingToken(request.token);
  const name = token?.name ?? request.name;
  const part = token?.part ?? partName(request);
  const temporary = joinPath(folder, part);
  const key = temporary.toString("latin1");
  if (openParts.has(key))
    throw growingTrouble("TARGET_BUSY", `another drop writes the same file of the folder ${shown}`, name);
  openParts.add(key);
  try {
    const final = joinPath(folder, name);
    const handle = token
      ? await unless("ENOENT", open(temporary, constants.O_RDWR | constants.O_NOFOLLOW))
      : await begin(temporary, final, shown, name);
    if (handle && token) await cut(handle, token.length, shown, name);
    const release = (): void => void openParts.delete(key);
    const { kept } = request;
    if (handle)
      return growing({ handle, temporary, final, folder, kept, shown, part, name, release }, token?.length ?? 0);
    return await named(final, token as GrowingToken, shown, release);
  } catch (cause) {
    openParts.delete(key);
    throw cause;
  }
}

/** undefined where the bridge file alone says where the file lies. */
export function folderOfToken(token: string): string | undefined {
  return readGrowingToken(token).folder;
}

async function begin(temporary: Buffer, final: Buffer, shown: string, name: string): Promise<FileHandle> {
  if (await look(final)) {
    throw growingTrouble("TARGET_EXISTS", `the folder ${shown} has a file of this name already`, name);
  }
  const handle = await createTemporary(temporary);
  await handle.close();
  return open(temporary, constants.O_RDWR | constants.O_NOFOLLOW);
}

async function cut(handle: FileHandle, length: number, shown: string, name: string): Promise<void> {
  const stats = await handle.stat();
  if (!stats.isFile() || stats.size < length) {
    await handle.close();
    throw growingTrouble(
      "TARGET_GONE",
      `the unfinished file in the folder ${shown} is shorter than what was made durable`,
      name,
    );
  }
  await handle.truncate(length);
}

interface Growing {
  readonly handle: FileHandle;
  readonly temporary: Buffer;
  readonly final: Buffer;
  readonly folder: string;
  readonly kept: string | undefined;
  readonly shown: string;
  readonly part: string;
  readonly name: string;
  release(): void;
}

function growing(file: Growing, from: number): Appender {
  const { handle, temporary, final, folder } = file;
  let length = from;
  let synced = -1;
  /** After a failed fsync nobody knows what the disk has, and the next one may say yes: only reopening by token helps. */
  let state: "open" | "broken" | "named" | "closed" = "open";
  /** A write that failed half-way leaves bytes behind `length`; they are cut before anything follows. */
  let torn = false;

  function mustBeOpen(): void {
    if (state === "broken")
      throw new BridgeError("TARGET_UNREACHABLE", `an fsync in the folder ${file.shown} failed`, { stage: "deliver" });
    if (state !== "open")
      throw new BridgeError("INTERNAL", "written to a growing file that is finished", { stage: "deliver" });
  }

  async function sync(): Promise<string> {
    const token: GrowingToken = { part: file.part, name: file.name, length, folder: file.kept };
    if (state === "named") return JSON.stringify(token);
    mustBeOpen();
    if (torn) {
      await handle.truncate(length);
      torn = false;
    }
    if (synced !== length) {
      state = "broken";
      await handle.sync();
      // The name of a new temporary file must survive as well, else the token points to nothing.
      if (synced < 0) await syncFolder(folder);
      synced = length;
      state = "open";
    }
    return JSON.stringify(token);
  }

  return {
    async write(body) {
      mustBeOpen();
      try {
        if (torn) await handle.truncate(length);
        torn = true;
        await writeAt(handle, body, length);
        torn = false;
        length += body.length;
      } catch (cause) {
        throw unwritable(cause, file.shown);
      }
    },
    async sync() {
      try {
        return await sync();
      } catch (cause) {
        throw unwritable(cause, file.shown);
      }
    },
    async finish() {
      if (state === "named") return;
      try {
        await sync();
        if ((await publish(temporary, final)) === "exists") await sameFile(temporary, final, file);
        await syncFolder(folder);
      } catch (cause) {
        throw unwritable(cause, file.shown);
      }
      state = "named";
    },
    async close() {
      if (state === "closed") return;
      state = "closed";
      file.release();
      await handle.close();
    },
  };
}

/** A crash between link and unlink leaves one file with two names; anything else of the final name is a stranger's. */
async function sameFile(temporary: Buffer, final: Buffer, file: Growing): Promise<void> {
  const [ours, there] = await Promise.all([look(temporary), look(final)]);
  if (!ours || ours.ino !== there?.ino || ours.dev !== there.dev) {
    throw growingTrouble("TARGET_EXISTS", `the folder ${file.shown} has a file of this name already`, file.name);
  }
  await unless("ENOENT", unlink(temporary));
}

async function writeAt(handle: FileHandle, body: Uint8Array, position: number): Promise<void> {
  for (let from = 0; from < body.length;) {
    const { bytesWritten } = await handle.write(body, from, body.length - from, position + from);
    from += bytesWritten;
  }
}

/** The file had its name before the crash: what comes again is compared, and nothing is written. */
async function named(final: Buffer, token: GrowingToken, shown: string, release: () => void): Promise<Appender> {
  const handle = await unless("ENOENT", open(final, constants.O_RDONLY | constants.O_NOFOLLOW));
  const size = handle ? (await handle.stat()).size : -1;
  if (!handle || size < token.length) {
    await handle?.close();
    throw growingTrouble("TARGET_GONE", `the unfinished file in the folder ${shown} is gone`, token.name);
  }
  let at = token.length;
  const other = (): BridgeError =>
    growingTrouble("TARGET_EXISTS", `the folder ${shown} has a file of this name with other content`, token.name);
  let isOpen = true;
  return {
    async write(body) {
      const there = Buffer.alloc(body.length);
      for (let from = 0; from < body.length;) {
        const { bytesRead } = await handle.read(there, from, body.length - from, at + from);
        if (bytesRead === 0) throw other();
        from += bytesRead;
      }
      if (Buffer.compare(there, body) !== 0) throw other();
      at += body.length;
    },
    sync: () => Promise.resolve(JSON.stringify({ ...token, length: at } satisfies GrowingToken)),
    finish: () => (at === size ? Promise.resolve() : Promise.reject(other())),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      release();
      await handle.close();
    },
  };
}

function unwritable(cause: unknown, shown: string): BridgeError {
  if (cause instanceof BridgeError) return cause;
  const code = errorCode(cause) ?? "unknown";
  const reason = code === "ENOSPC" || code === "EDQUOT" ? " (the disk is full)" : "";
  return new BridgeError("TARGET_UNREACHABLE", `the folder ${shown} cannot be written: ${code}${reason}`, {
    stage: "deliver",
    cause,
  });
}
