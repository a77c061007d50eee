// FTP as a server of files, one connection. What FTP cannot do, and what stands in for it:
//
// - It has no fsync: when a write resolves, the server has said that it has all, and its size was compared; whether that survives
//   a power cut there is the server's.
// - RNTO replaces what has the name on some servers (vsftpd, and ProFTPD with AllowOverwrite) and refuses on others. So a rename
//   that must not replace looks first; whoever makes a file of that name between the look and the rename loses it. Names that must
//   not collide therefore hold what nobody else writes (a drop's id, a mark).
// - Where RNTO refuses, a replacement removes the old file first; a reader then finds none for a moment.
// - STOR follows a link, and some servers let nobody write over a file (ProFTPD without AllowOverwrite): what is made anew is removed
//   first. Whoever plants a link between the two is in time; no client of FTP can keep it from that.
// - A listing tells links from files, but a look at one file does not: MLST (ProFTPD), SIZE and MDTM follow a link that took the
//   place of a listed file, and so does RETR; no client of FTP can keep it from that. What the server's user must not read, its
//   account has to forbid. Folders are looked up in the listing above them.
// - It cannot cut a file: what has to go behind an offset goes with a copy of what stays, through a second connection.

import { BridgeError } from "../../core/errors.ts";
import { joinRemote } from "../shared/remote/entry.ts";
import type { FileServer, FileServers, RemoteEntry } from "../shared/remote/server.ts";
import { addressOf, type FtpAccess } from "./access.ts";
import { openControl, type Control } from "./control.ts";
import { faultOf, isRefusal } from "./faults.ts";
import { createEyes, type Eyes } from "./look.ts";
import { createTimes, type Times } from "./times.ts";
import { download, upload } from "./transfer.ts";

export function ftpServers(access: FtpAccess): FileServers {
  const times = createTimes();
  const servers: FileServers = {
    address: addressOf(access),
    async connect(signal) {
      return fileServerOf(await openControl(access, signal), times, servers);
    },
  };
  return servers;
}

function fileServerOf(control: Control, times: Times, servers: FileServers): FileServer {
  const eyes = createEyes(control, times);
  const absolute = (path: Buffer): Buffer =>
    path[0] === 0x2f || control.home.length === 0 ? path : joinRemote(control.home, path);

  async function run<T>(word: string, path: Buffer, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw faultOf(cause, control.address, { word, path }, signal);
    }
  }

  async function* flow<T>(
    word: string,
    path: Buffer,
    signal: AbortSignal,
    make: () => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    try {
      yield* make();
    } catch (cause) {
      throw faultOf(cause, control.address, { word, path }, signal);
    }
  }

  const changes = changesOf(control, eyes);
  const writer = writerOf(control, eyes, changes, servers);
  return {
    list: (folder, signal, wanted) =>
      flow("a listing", folder, signal, () => eyes.list(absolute(folder), wanted, signal)),
    look: (path, signal) => run("a look", path, signal, () => eyes.look(absolute(path), signal)),
    read: (path, from, signal) =>
      flow("RETR", path, signal, () => download(control, `RETR ${control.argument(absolute(path))}`, from, signal)),
    write: (path, body, at, signal) => run("STOR", path, signal, () => writer(absolute(path), body, at, signal)),
    rename: (from, to, signal) =>
      run("a rename", from, signal, () => changes.rename(absolute(from), absolute(to), signal)),
    replace: (from, to, signal) =>
      run("a rename", from, signal, () => changes.replace(absolute(from), absolute(to), signal)),
    remove: (path, signal) => run("DELE", path, signal, () => changes.remove(absolute(path), signal)),
    makeFolder: (path, signal) => run("MKD", path, signal, () => changes.makeFolder(absolute(path), signal)),
    parallel: 1,
    get alive() {
      return control.alive;
    },
    async close() {
      control.close();
    },
  };
}

interface Changes {
  rename(from: Buffer, to: Buffer, signal: AbortSignal): Promise<"done" | "exists" | "gone">;
  replace(from: Buffer, to: Buffer, signal: AbortSignal): Promise<void>;
  remove(path: Buffer, signal: AbortSignal): Promise<void>;
  /** Removes what is there, where the server lets us. */
  clear(path: Buffer, signal: AbortSignal): Promise<void>;
  makeFolder(path: Buffer, signal: AbortSignal): Promise<void>;
}

function changesOf(control: Control, eyes: Eyes): Changes {
  /** Undefined = done; else what the server said. */
  async function refusalOf(signal: AbortSignal, ...commands: readonly string[]): Promise<Error | undefined> {
    for (const command of commands) {
      try {
        await control.ask(command, signal);
      } catch (cause) {
        if (isRefusal(cause) && control.alive) return cause;
        throw cause;
      }
    }
    return undefined;
  }
  const move = (from: Buffer, to: Buffer, signal: AbortSignal): Promise<Error | undefined> =>
    refusalOf(signal, `RNFR ${control.argument(from)}`, `RNTO ${control.argument(to)}`);

  return {
    async rename(from, to, signal) {
      control.argument(to);
      if (await eyes.look(to, signal)) return "exists";
      const refusal = await move(from, to, signal);
      if (!refusal) return "done";
      if (!(await eyes.look(from, signal))) return "gone";
      if (await eyes.look(to, signal)) return "exists";
      throw refusal;
    },
    async replace(from, to, signal) {
      const refusal = await move(from, to, signal);
      if (!refusal) return;
      // Only where the name is what the server minds; without the new file the old one must stay.
      if (!(await eyes.look(from, signal)) || (await eyes.look(to, signal))?.kind !== "file") throw refusal;
      const again = (await refusalOf(signal, `DELE ${control.argument(to)}`)) ?? (await move(from, to, signal));
      if (again) throw again;
    },
    async remove(path, signal) {
      const refusal = await refusalOf(signal, `DELE ${control.argument(path)}`);
      if (refusal && (await eyes.look(path, signal))) throw refusal;
    },
    async clear(path, signal) {
      await refusalOf(signal, `DELE ${control.argument(path)}`);
    },
    async makeFolder(path, signal) {
      const refusal = await refusalOf(signal, `MKD ${control.argument(path)}`);
      if (refusal && (await eyes.look(path, signal))?.kind !== "folder") throw refusal;
    },
  };
}

type Writer = (path: Buffer, body: Uint8Array, at: number | undefined, signal: AbortSignal) => Promise<void>;

function writerOf(control: Control, eyes: Eyes, changes: Changes, servers: FileServers): Writer {
  async function send(
    command: string,
    path: Buffer,
    from: number,
    body: AsyncIterable<Uint8Array>,
    whole: number,
    signal: AbortSignal,
  ) {
    await upload(control, `${command} ${control.argument(path)}`, from, body, signal);
    // A data connection that was cut politely looks to the server like the end of the file.
    const size = (await eyes.sizeOf(path, signal)) ?? (await eyes.look(path, signal))?.size;
    if (size === whole) return;
    throw new BridgeError("SERVER_UNREACHABLE", `ftp ${control.address}: the server has another size than was sent`, {
      facts: { sent: whole, found: size ?? -1 },
    });
  }

  /** Whether there was nothing, or it must stay, makes no difference: what STOR says counts. */
  async function makeAnew(
    path: Buffer,
    body: AsyncIterable<Uint8Array>,
    length: number,
    signal: AbortSignal,
  ): Promise<void> {
    await changes.clear(path, signal);
    await send("STOR", path, 0, body, length, signal);
  }

  /** The first bytes of a file alone: copied beside it, then in its place. */
  async function cut(path: Buffer, length: number, signal: AbortSignal): Promise<void> {
    const copy = Buffer.concat([path, Buffer.from(".cut")]);
    const other = await servers.connect(signal);
    try {
      await makeAnew(copy, headOf(other.read(path, 0, signal), length), length, signal);
    } finally {
      await other.close();
    }
    await changes.replace(copy, path, signal);
  }

  return async (path, body, at, signal) => {
    if (at === undefined || at === 0) return await makeAnew(path, once(body), body.length, signal);
    const size = sizeIn(await eyes.look(path, signal));
    const whole = at + body.length;
    if (size === undefined || size < at)
      throw new BridgeError(
        "SERVER_REFUSED",
        `ftp ${control.address}: a growing file is shorter than what was written to it`,
        {
          facts: { known: at, found: size ?? -1 },
        },
      );
    if (size > whole) await cut(path, at, signal);
    // What lies behind the offset is overwritten whole, or there is nothing.
    if (size === at || size > whole) await send("APPE", path, 0, once(body), whole, signal);
    else await send("STOR", path, at, once(body), whole, signal);
  };
}

function sizeIn(entry: RemoteEntry | undefined): number | undefined {
  return entry?.kind === "file" ? entry.size : undefined;
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

async function* headOf(pieces: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let left = length;
  for await (const piece of pieces) {
    yield piece.subarray(0, left);
    left -= piece.length;
    if (left <= 0) return;
  }
}
