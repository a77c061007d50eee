// A server of files over a folder of this machine: the smallest honest implementation of the interface that SFTP and FTP implement, with
// the faults of real servers to switch on.

import { constants } from "node:fs";
import { link, lstat, mkdir, open, opendir, rename, unlink } from "node:fs/promises";
import { joinPath } from "../../src/adapters/shared/atomic.ts";
import type { FileServer, FileServers, RemoteEntry } from "../../src/adapters/shared/remote/server.ts";
import { BridgeError } from "../../src/core/errors.ts";

export interface Faults {
  /** The connection is cut when it has sent so many more bytes of files; each cut takes the next number. */
  readonly cuts: number[];
  /** Says no to calls of this kind for which it answers true. */
  refuse: (call: string, path: Buffer) => boolean;
  /** Cuts the connection behind calls for which it answers true: done, but the answer is lost. */
  loseAnswer: (call: string, path: Buffer) => boolean;
  /** No connection at all. */
  down: boolean;
  /** All connections that are open are dead from now on, and nobody has noticed yet. */
  cutIdle(): void;
}

export interface LocalServers extends FileServers {
  readonly faults: Faults;
  /** How many connections were made, and how many are open. */
  readonly made: number;
  readonly open: number;
}

export interface LocalOptions {
  readonly parallel?: number;
  /** Times as SFTP and FTP tell them. */
  readonly wholeSeconds?: boolean;
  /** A server that tells no times. */
  readonly timeless?: boolean;
}

function unreachable(what: string): BridgeError {
  return new BridgeError("SERVER_UNREACHABLE", what);
}

function codeOf(cause: unknown): string {
  return String((cause as { code?: unknown }).code);
}

async function refusing<T>(path: Buffer, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    const code = codeOf(cause);
    throw new BridgeError("SERVER_REFUSED", `the server said no (${code})`, { detail: path.toString("latin1"), cause });
  });
}

/** Paths are below `root`; absolute ones too, as in a chroot. */
export function localServers(root: string, options: LocalOptions = {}): LocalServers {
  const { parallel = 8, wholeSeconds = true, timeless = false } = options;
  let made = 0;
  let openNow = 0;
  let era = 0;
  const faults: Faults = {
    cuts: [],
    refuse: () => false,
    loseAnswer: () => false,
    down: false,
    cutIdle: () => void era++,
  };

  function connection(): FileServer {
    const born = era;
    let alive = true;
    let closed = false;
    const at = (path: Buffer): Buffer => joinPath(root, path);

    function begin(call: string, path: Buffer, signal: AbortSignal): void {
      signal.throwIfAborted();
      if (born !== era) alive = false;
      if (!alive || closed) throw unreachable("the connection was closed");
      if (faults.refuse(call, path)) {
        throw new BridgeError("SERVER_REFUSED", "the server said no", { detail: path.toString("latin1") });
      }
    }

    async function call<T>(name: string, path: Buffer, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
      begin(name, path, signal);
      const answer = await work();
      if (!faults.loseAnswer(name, path)) return answer;
      alive = false;
      throw unreachable("the connection was cut");
    }

    async function stat(path: Buffer): Promise<RemoteEntry | undefined> {
      const found = await lstat(at(path)).catch((cause: unknown) => {
        if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") return undefined;
        throw cause;
      });
      if (!found) return undefined;
      const milliseconds = Math.floor(found.mtimeMs);
      return {
        name: path.subarray(path.lastIndexOf(0x2f) + 1),
        kind: found.isFile() ? "file" : found.isDirectory() ? "folder" : found.isSymbolicLink() ? "link" : "special",
        size: found.size,
        modified: timeless ? undefined : wholeSeconds ? milliseconds - (milliseconds % 1000) : milliseconds,
      };
    }

    return {
      parallel,
      get alive() {
        return alive;
      },
      async *list(folder, signal) {
        begin("list", folder, signal);
        const entries = await refusing(
          folder,
          opendir(at(folder), { encoding: "buffer" as BufferEncoding, bufferSize: 512 }),
        );
        let some: RemoteEntry[] = [];
        for await (const entry of entries) {
          const name = entry.name as unknown as Buffer;
          const found = await stat(joinPath(folder, name));
          if (found) some.push({ ...found, name });
          if (some.length < 100) continue;
          signal.throwIfAborted();
          yield some;
          some = [];
        }
        yield some;
      },
      look: (path, signal) => call("look", path, signal, () => stat(path)),
      async *read(path, from, signal) {
        begin("read", path, signal);
        const handle = await refusing(path, open(at(path), constants.O_RDONLY | constants.O_NOFOLLOW));
        try {
          for (let place = from; ;) {
            begin("read", path, signal);
            const cut = faults.cuts[0];
            const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(65_536, cut ?? 65_536)), {
              position: place,
            });
            if (cut !== undefined && bytesRead >= cut) faults.cuts.shift();
            else if (cut !== undefined) faults.cuts[0] = cut - bytesRead;
            if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
            place += bytesRead;
            if (cut !== undefined && bytesRead >= cut) {
              alive = false;
              throw unreachable("the connection was cut");
            }
            if (bytesRead === 0) return;
          }
        } finally {
          await handle.close();
        }
      },
      write: (path, body, from, signal) =>
        call("write", path, signal, async () => {
          // Anew is a new file: what a process killed between `link` and `unlink` left is the final file's other name.
          if (from === undefined && (await stat(path))) await refusing(path, unlink(at(path)));
          const how = from === undefined ? constants.O_CREAT | constants.O_EXCL : 0;
          const handle = await refusing(path, open(at(path), constants.O_WRONLY | constants.O_NOFOLLOW | how, 0o660));
          try {
            await handle.truncate(from ?? 0);
            for (let done = 0; done < body.length;) {
              signal.throwIfAborted();
              const length = Math.min(262_144, body.length - done);
              done += (await handle.write(body, done, length, (from ?? 0) + done)).bytesWritten;
            }
          } finally {
            await handle.close();
          }
        }),
      rename: (from, to, signal) =>
        call("rename", to, signal, async () => {
          try {
            await link(at(from), at(to));
          } catch (cause) {
            if (codeOf(cause) === "EEXIST") return "exists";
            if (codeOf(cause) === "ENOENT" && !(await stat(from))) return "gone";
            return refusing(to, Promise.reject(cause as Error));
          }
          try {
            await unlink(at(from));
            return "done";
          } catch {
            // Another one renamed it at the same moment: as OpenSSH does, the one who comes second takes its own link away.
            await unlink(at(to));
            return "gone";
          }
        }),
      replace: (from, to, signal) => call("replace", to, signal, () => refusing(to, rename(at(from), at(to)))),
      remove: (path, signal) =>
        call("remove", path, signal, async () => {
          if (await stat(path)) await refusing(path, unlink(at(path)));
        }),
      makeFolder: (path, signal) =>
        call("makeFolder", path, signal, async () => {
          try {
            await mkdir(at(path));
          } catch (cause) {
            // Another connection may have made it in this very moment.
            if ((await stat(path))?.kind !== "folder") await refusing(path, Promise.reject(cause as Error));
          }
        }),
      close() {
        if (!closed) openNow--;
        closed = true;
        alive = false;
        return Promise.resolve();
      },
    };
  }

  return {
    address: "127.0.0.1:0",
    faults,
    get made() {
      return made;
    },
    get open() {
      return openNow;
    },
    async connect(signal) {
      await new Promise((resolve) => void setImmediate(resolve));
      signal.throwIfAborted();
      if (faults.down) throw unreachable("nobody listens there");
      made++;
      openNow++;
      return connection();
    },
  };
}
