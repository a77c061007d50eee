// deliver.sftp and deliver.ftp: one file per message (or batch), or one growing file per drop or term (appender.ts).
//
// temporary name ─▶ durable, where the server can promise it ─▶ final name, only where it is free ─▶ delivered
//
// What has the name already decides the rest: the same bytes are a delivery whose answer was lost; other bytes are refused. Nothing is
// ever overwritten.

import type { Attempt, Parcel, Pattern, Target } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { destinationOf, nameOf } from "../naming.ts";
import { OWN_PREFIX } from "../names.ts";
import { openRemoteAppender, readRemoteToken } from "./appender.ts";
import { atPath } from "./at-path.ts";
import { joinRemote } from "./entry.ts";
import { remoteFolders } from "./folders.ts";
import { nameCodeOf, unwritable, type NameCode, type NameEncoding } from "./name-code.ts";
import type { Pool } from "./pool.ts";
import { holds } from "./reading.ts";
import type { FileServer } from "./server.ts";

export interface RemoteTargetOptions {
  readonly path: Pattern;
  readonly name: Pattern;
  readonly nameEncoding?: NameEncoding | undefined;
}

/** Clearing away after a failure must not hold up who waits for the attempt. */
const CLEAR_AWAY = 2_000;

/** The target has the pool for itself and closes it. `protocol` is its key in the bridge file. */
export function createRemoteTarget(given: RemoteTargetOptions, pool: Pool, protocol: string): Target {
  const names = nameCodeOf(given.nameEncoding ?? "utf-8");
  const folders = remoteFolders(given.path, names);
  const shown = `${pool.address}, path ${JSON.stringify(given.path.source ?? "path")}`;
  const reserved = new Set<string>();

  async function write(
    server: FileServer,
    parcel: Parcel,
    folder: string,
    name: string,
    step: { renames: boolean },
    signal: AbortSignal,
  ): Promise<Attempt> {
    const base = names.bytes(folder);
    const final = joinRemote(base, names.bytes(name));
    const { path: temporary, release } = reserve(reserved, base, parcel.key.replaceAll(/[^A-Za-z0-9-]/gu, "_"));
    let isAway = false;
    try {
      await server.write(temporary, parcel.body, undefined, signal);
      signal.throwIfAborted();
      step.renames = true;
      const end = await server.rename(temporary, final, signal);
      isAway = end !== "exists";
      if (end === "done" || (await holds(server, final, parcel.body, signal))) return { end: "delivered" };
      if (end === "gone") {
        const message = `somebody removed the temporary file in the folder of ${shown}`;
        return { end: "retry", code: "TARGET_UNREACHABLE", message };
      }
      return {
        end: "refused",
        code: "TARGET_EXISTS",
        message: `the folder of ${shown} has a file of this name with other content`,
        detail: name,
      };
    } finally {
      if (!isAway && server.alive) {
        await server.remove(temporary, AbortSignal.timeout(CLEAR_AWAY)).catch(() => undefined);
      }
      release();
    }
  }

  return {
    locality: "remote",
    server: pool.address,
    address: () => `${protocol}:${pool.address}`,
    destination: destinationOf(given),
    async deliver(parcel, signal) {
      const step = { renames: false };
      let folder = "";
      try {
        signal.throwIfAborted();
        folder = folders.folder(parcel.scope);
        const name = writableIn(names, nameOf(given.name, parcel.scope));
        const work = pool.use(async (server) => {
          await folders.prepare(server, folder, signal);
          return write(server, parcel, folder, name, step, signal);
        }, signal);
        return await atPath(given.path.source ?? "path", work);
      } catch (cause) {
        folders.doubt(folder);
        return failed(cause, shown, step.renames, signal);
      }
    },
    async append(scope, token, signal) {
      const kept = token === undefined ? undefined : readRemoteToken(token).folder;
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

/**
 * A temporary name that is always the same for the same thing, so that what a crash leaves is written over when the thing is written
 * again; while another attempt of this process has it, a further one.
 */
export function reserve(
  reserved: Set<string>,
  folder: Buffer,
  stem: string,
): { readonly path: Buffer; readonly release: () => void } {
  const at = (name: string): Buffer => joinRemote(folder, Buffer.from(name));
  let path = at(`${OWN_PREFIX}${stem}.part`);
  for (let other = 2; reserved.has(path.toString("latin1")); other++) path = at(`${OWN_PREFIX}${stem}-${other}.part`);
  const key = path.toString("latin1");
  reserved.add(key);
  return { path, release: () => void reserved.delete(key) };
}

function failed(cause: unknown, shown: string, mayHaveArrived: boolean, signal: AbortSignal): Attempt {
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
  if (code === "SERVER_REFUSED" && mayHaveArrived) return { end: "retry", ...said };
  return cause.retry ? { end: "unreachable", unsure: mayHaveArrived, ...said } : { end: "refused", ...said };
}
