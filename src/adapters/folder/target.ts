// deliver.folder: one file per message (or batch), or one growing file per drop or term (appender.ts).
//
// temporary name ─▶ fsync ─▶ final name, only where it is free ─▶ fsync of the folder ─▶ delivered
//
// What has the name already decides the rest: the same bytes are a delivery that a crash kept us from noting; other bytes
// are refused. Nothing is ever overwritten. The folder's fsync is shared by deliveries that are under way together.

import { open, unlink } from "node:fs/promises";
import { constants } from "node:fs";
import {
  adapter,
  type AdapterContext,
  type Attempt,
  type Known,
  type Parcel,
  type Refuse,
  type Target,
} from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { object, pattern, required, type Infer } from "../../core/options/shape.ts";
import {
  createTemporary,
  errorCode,
  joinPath,
  publish,
  reserveTemporary,
  syncFolder,
  writeAll,
} from "../shared/atomic.ts";
import { checkNaming, destinationOf, nameOf } from "../shared/naming.ts";
import { hasFormula, sampleOf } from "../shared/patterns.ts";
import { LEADS_OUT, leadsOut } from "../shared/taking.ts";
import { folderOfToken, openAppender } from "./appender.ts";
import { folderOfMessage } from "./place.ts";

const options = object(
  {
    path: required(pattern("path", "folder that files are written to; relative to STEG_DATA", { example: "out" })),
    name: required(pattern("name", "name of the file of a message or batch", { example: "{$file.stem}-{$index}.xml" })),
  },
  "A folder on this machine or on a mount",
);
type Options = NonNullable<Infer<typeof options>>;

export const folderTarget = adapter({
  name: "folder",
  role: "target",
  grows: true,
  summary: "Writes messages as files, each whole and under its final name at once; never over another file.",
  options: required(options),
  check: checkFolderTarget,
  build: async (given: Options, context: AdapterContext) => createFolderTarget(given, context),
});

/** What is wrong whatever the record says is wrong with the bridge file: no record shall become a dead letter of it. */
function checkFolderTarget(known: Known<Options>, refuse: Refuse): void {
  checkNaming(known, refuse);
  const { path } = known;
  if (path?.source === undefined || hasFormula(path.source)) return;
  if (leadsOut(sampleOf(path))) refuse("path", LEADS_OUT);
}

function createFolderTarget(given: Options, context: AdapterContext): Target {
  const folders = folderOfMessage(given.path, context);
  const shown = JSON.stringify(given.path.source ?? "path");

  async function write(parcel: Parcel, folder: string, name: string, signal: AbortSignal): Promise<Attempt> {
    const { path: temporary, release } = reserveTemporary(folder, parcel.key.replaceAll(/[^A-Za-z0-9-]/gu, "_"));
    const final = joinPath(folder, name);
    let published = false;
    try {
      const handle = await createTemporary(temporary);
      try {
        await writeAll(handle, parcel.body, signal);
        await handle.sync();
      } finally {
        await handle.close();
      }
      signal.throwIfAborted();
      published = (await publish(temporary, final)) === "published";
      if (!published && !(await holds(final, parcel.body))) {
        return {
          end: "refused",
          code: "TARGET_EXISTS",
          message: `the folder ${shown} has a file of this name with other content`,
          detail: name,
        };
      }
    } finally {
      if (!published) await unlink(temporary).catch(() => undefined);
      release();
    }
    await syncFolder(folder);
    return { end: "delivered" };
  }

  return {
    locality: "local",
    address: () => `folder:${given.path.source ?? ""}`,
    destination: destinationOf(given),
    async deliver(parcel, signal) {
      try {
        signal.throwIfAborted();
        const folder = folders.folder(parcel.scope);
        const name = nameOf(given.name, parcel.scope);
        await folders.prepare(folder);
        return await write(parcel, folder, name, signal);
      } catch (cause) {
        return failed(cause, shown, signal);
      }
    },
    async append(scope, token, signal) {
      const folder =
        (token === undefined ? undefined : folders.reopened(folderOfToken(token))) ?? folders.folder(scope);
      const name = token === undefined ? nameOf(given.name, scope) : "";
      try {
        await folders.prepare(folder);
        return await openAppender({ folder, kept: folders.kept(folder), name, scope, token, signal, shown });
      } catch (cause) {
        if (cause instanceof BridgeError || signal.aborted) throw cause;
        throw new BridgeError("TARGET_UNREACHABLE", why(cause, shown), { stage: "deliver", cause });
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Does the file hold exactly these bytes? Anything but a plain file does not. */
async function holds(path: Buffer, body: Uint8Array): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((cause: unknown) => {
    if (["ELOOP", "ENXIO", "EISDIR"].includes(errorCode(cause) ?? "")) return undefined;
    throw cause;
  });
  if (!handle) return false;
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size !== body.length) return false;
    const buffer = Buffer.allocUnsafeSlow(Math.min(1024 * 1024, Math.max(1, body.length)));
    for (let at = 0; at < body.length;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, body.length - at), at);
      if (bytesRead === 0 || Buffer.compare(buffer.subarray(0, bytesRead), body.subarray(at, at + bytesRead)) !== 0)
        return false;
      at += bytesRead;
    }
    // Our own earlier attempt may have been stopped before its fsync of the folder; the file's own came before its name.
    return true;
  } finally {
    await handle.close();
  }
}

function failed(cause: unknown, shown: string, signal: AbortSignal): Attempt {
  if (signal.aborted) {
    return {
      end: "unreachable",
      unsure: false,
      code: "TARGET_UNREACHABLE",
      message: "stopped before the file had its name",
    };
  }
  if (cause instanceof BridgeError) {
    const detail = cause.detail === undefined ? {} : { detail: cause.detail };
    return { end: "refused", code: cause.code, message: cause.message, ...detail };
  }
  if (errorCode(cause) === "ENAMETOOLONG") {
    return { end: "refused", code: "TARGET_ADDRESS", message: `the file's name is too long for the folder ${shown}` };
  }
  return { end: "unreachable", unsure: false, code: "TARGET_UNREACHABLE", message: why(cause, shown) };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "no right to write there",
  EPERM: "no right to write there",
  ENOENT: "it does not exist; an absolute path is a mount and is not made",
  ENOTDIR: "a part of the path is no folder",
  EIO: "the disk reports an error; look at it and restart, a failed fsync is not tried again",
  ESTALE: "the mount is gone",
};

/** The table holds plain errors of the system; nothing of the record is in them. */
function why(cause: unknown, shown: string): string {
  const code = errorCode(cause) ?? "unknown";
  const reason = Object.hasOwn(REASONS, code) ? ` (${REASONS[code]})` : "";
  return `the folder ${shown} cannot be written: ${code}${reason}`;
}
