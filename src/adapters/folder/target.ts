// deliver.folder: one file per message (or batch), or one growing file per drop or term (appender.ts).
//
// temporary name ─▶ fsync ─▶ final name, only where it is free ─▶ fsync of the folder ─▶ delivered
//
// What has the name already decides the rest: the same bytes are a delivery that a crash kept us from noting; other bytes
// are refused. Nothing is ever overwritten. The folder's fsync is shared by deliveries that are under way together.
// Files that go with a message are written beside it, all of them before it.

import {
  adapter,
  type AdapterContext,
  type Attempt,
  type Known,
  type Refuse,
  type Target,
} from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { object, pattern, required, type Infer } from "../../core/options/shape.ts";
import { errorCode, syncFolder } from "../shared/atomic.ts";
import { filesOf, type DeliveredFile } from "../shared/delivered-files.ts";
import { checkNaming, destinationOf, nameOf } from "../shared/naming.ts";
import { hasFormula, sampleOf } from "../shared/patterns.ts";
import { LEADS_OUT, leadsOut } from "../shared/taking.ts";
import { folderOfToken, openAppender } from "./appender.ts";
import { folderOfMessage } from "./place.ts";
import { clearRemains, findFile, placeFile } from "./placing.ts";

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

  function exists(name: string): Attempt {
    const message = `the folder ${shown} has a file of this name with other content`;
    return { end: "refused", code: "TARGET_EXISTS", message, detail: name };
  }

  async function write(files: readonly DeliveredFile[], folder: string, signal: AbortSignal): Promise<Attempt> {
    const isAlone = files.length === 1;
    const missing: DeliveredFile[] = [];
    // With several, all are looked for before the first is written: where one of them cannot be, none shall be.
    for (const file of files) {
      const found = isAlone ? "nothing" : await findFile(folder, file);
      if (found === "other") return exists(file.name);
      if (found === "nothing") missing.push(file);
      else await clearRemains(folder, file);
    }
    for (const file of missing) {
      // The names of the files before it are durable before the message has its own.
      if (!isAlone && file === files.at(-1)) await syncFolder(folder);
      if (!(await placeFile(folder, file, signal))) return exists(file.name);
    }
    await syncFolder(folder);
    return { end: "delivered" };
  }

  return {
    locality: "local",
    releasesBody: true,
    address: () => `folder:${given.path.source ?? ""}`,
    destination: destinationOf(given),
    async deliver(parcel, signal) {
      try {
        signal.throwIfAborted();
        const folder = folders.folder(parcel.scope);
        const files = filesOf(parcel, nameOf(given.name, parcel.scope));
        await folders.prepare(folder);
        return await write(files, folder, signal);
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
