// deliver.sftp and deliver.ftp: one file per message (or batch), or one growing file per drop or term (appender.ts).
//
// temporary name ─▶ durable, where the server can promise it ─▶ final name, only where it is free ─▶ delivered
//
// What has the name already decides the rest: the same bytes are a delivery whose answer was lost; other bytes are refused. Nothing is
// ever overwritten. Files that go with a message are written beside it, all of them before it.

import type { Attempt, Pattern, Target } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { filesOf, type DeliveredFile } from "../delivered-files.ts";
import { destinationOf, nameOf } from "../naming.ts";
import { readGrowingToken } from "../growing-file.ts";
import { openRemoteAppender } from "./appender.ts";
import { atPath } from "./at-path.ts";
import { remoteFolders } from "./folders.ts";
import { nameCodeOf, unwritable, type NameCode, type NameEncoding } from "./name-code.ts";
import { clearRemains, findRemote, placeRemote } from "./placing.ts";
import type { Pool } from "./pool.ts";
import type { FileServer } from "./server.ts";

export interface RemoteTargetOptions {
  readonly path: Pattern;
  readonly name: Pattern;
  readonly nameEncoding?: NameEncoding | undefined;
}

/** What an attempt that fails has come to. */
interface Step {
  /** A file was about to get its name: that name may be what was refused. */
  names: boolean;
  /** It was the message's: it may have got it. */
  mayHaveArrived: boolean;
}

/** The target has the pool for itself and closes it. `protocol` is its key in the bridge file. */
export function createRemoteTarget(given: RemoteTargetOptions, pool: Pool, protocol: string): Target {
  const names = nameCodeOf(given.nameEncoding ?? "utf-8");
  const folders = remoteFolders(given.path, names);
  const shown = `${pool.address}, path ${JSON.stringify(given.path.source ?? "path")}`;
  const reserved = new Set<string>();

  function exists(name: string): Attempt {
    const message = `the folder of ${shown} has a file of this name with other content`;
    return { end: "refused", code: "TARGET_EXISTS", message, detail: name };
  }

  async function write(
    server: FileServer,
    files: readonly DeliveredFile[],
    folder: string,
    step: Step,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const place = { server, folder: names.bytes(folder), names, reserved, signal };
    const missing: DeliveredFile[] = [];
    // With several, all are looked for before the first is written: where one of them cannot be, none shall be.
    for (const file of files) {
      const found = files.length === 1 ? "nothing" : await findRemote(place, file);
      if (found === "other") return exists(file.name);
      if (found === "nothing") missing.push(file);
      else await clearRemains(place, file);
    }
    for (const file of missing) {
      step.names = false;
      const end = await placeRemote(place, file, () => {
        step.names = true;
        step.mayHaveArrived = file === files.at(-1);
      });
      if (end === "other") return exists(file.name);
      if (end === "gone") {
        const message = `somebody removed the temporary file in the folder of ${shown}`;
        return { end: "retry", code: "TARGET_UNREACHABLE", message };
      }
    }
    return { end: "delivered" };
  }

  return {
    locality: "remote",
    server: pool.address,
    address: () => `${protocol}:${pool.address}`,
    destination: destinationOf(given),
    async deliver(parcel, signal) {
      const step: Step = { names: false, mayHaveArrived: false };
      let folder = "";
      try {
        signal.throwIfAborted();
        folder = folders.folder(parcel.scope);
        const files = filesOf(parcel, nameOf(given.name, parcel.scope));
        for (const file of files) writableIn(names, file.name);
        const work = pool.use(async (server) => {
          await folders.prepare(server, folder, signal);
          return write(server, files, folder, step, signal);
        }, signal);
        return await atPath(given.path.source ?? "path", work);
      } catch (cause) {
        folders.doubt(folder);
        return failed(cause, shown, step, signal);
      }
    },
    async append(scope, token, signal) {
      const kept = token === undefined ? undefined : readGrowingToken(token).folder;
      const folder = kept ?? folders.folder(scope);
      const name = token === undefined ? writableIn(names, nameOf(given.name, scope)) : "";
      await pool.use((server) => folders.prepare(server, folder, signal), signal);
      return openRemoteAppender({ pool, names, folder, kept: folders.kept(folder), name, scope, token, signal, shown });
    },
    close: () => pool.close(),
  };
}

/** Throws TARGET_ADDRESS where the server's encoding has no such name. */
function writableIn({ encoding }: NameCode, name: string): string {
  const fault = unwritable(encoding, name);
  if (fault === undefined) return name;
  const message = `the file's name is not usable: it ${fault}`;
  throw new BridgeError("TARGET_ADDRESS", message, { stage: "deliver", detail: name });
}

function failed(cause: unknown, shown: string, { names, mayHaveArrived }: Step, signal: AbortSignal): Attempt {
  if (signal.aborted) {
    const message = "stopped before the server had said that the file has its name";
    return { end: "unreachable", unsure: mayHaveArrived, code: "TARGET_UNREACHABLE", message };
  }
  if (!(cause instanceof BridgeError)) {
    return {
      end: "unreachable",
      unsure: mayHaveArrived,
      code: "TARGET_UNREACHABLE",
      message: `no delivery to ${shown}`,
    };
  }
  const { code, message } = cause;
  const said = { code, message, ...(cause.detail !== undefined && { detail: cause.detail }) };
  // The temporary name has nothing of the message: refused there, the place refuses all. Refused the final one, it may be the name.
  if (code === "SERVER_REFUSED" && names) return { end: "retry", ...said };
  return cause.retry ? { end: "unreachable", unsure: mayHaveArrived, ...said } : { end: "refused", ...said };
}
