// What lies on the server: listings, and one file.
//
// A listing is MLSD where the server has it, else LIST of the folder that was changed into: an argument of LIST is taken for a
// pattern, or for an option of ls, by some servers. All of it is read before the first entry goes on, because MDTM needs the
// control connection.

import { BridgeError } from "../../core/errors.ts";
import { joinRemote } from "../shared/remote/entry.ts";
import type { RemoteEntry } from "../shared/remote/server.ts";
import type { Control } from "./control.ts";
import { isRefusal } from "./faults.ts";
import { parseFacts, parseLine, parseTime, roughTime, type Listed } from "./listing.ts";
import type { Times } from "./times.ts";
import { download } from "./transfer.ts";

/** Limits of one listing; a folder beyond them is nobody's drop folder. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_LINE = 16 * 1024;
const PIECE = 500;

export interface Eyes {
  list(
    folder: Buffer,
    wanted: ((name: Buffer) => boolean) | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly RemoteEntry[]>;
  look(path: Buffer, signal: AbortSignal): Promise<RemoteEntry | undefined>;
  /** Size in bytes; undefined where nothing, or no file, is there. */
  sizeOf(path: Buffer, signal: AbortSignal): Promise<number | undefined>;
}

export function createEyes(control: Control, times: Times): Eyes {
  const has = (feature: string): boolean => control.features.has(feature);
  /** Servers may answer MDTM and SIZE without naming them; a 5xx for the word itself settles it. */
  let tellsTimes = true;
  let tellsSizes = true;

  async function linesOf(folder: Buffer, signal: AbortSignal): Promise<readonly Listed[]> {
    await control.ask(`CWD ${control.argument(folder)}`, signal);
    if (has("MLST")) return await readListing(control, "MLSD", parseFacts, signal);
    // Files whose name begins with a dot are not shown without; not every server knows the option.
    try {
      return await readListing(control, "LIST -a", parseLine, signal);
    } catch (cause) {
      if (!isRefusal(cause) || !control.alive) throw cause;
      return await readListing(control, "LIST", parseLine, signal);
    }
  }

  async function timeOf(path: Buffer, signal: AbortSignal): Promise<number | undefined> {
    if (!tellsTimes) return undefined;
    try {
      const { message } = await control.ask(`MDTM ${control.argument(path)}`, signal);
      return parseTime(/^213[ -](\S+)/u.exec(message)?.[1] ?? "");
    } catch (cause) {
      if (!isRefusal(cause) || !control.alive) throw cause;
      if (isUnknownWord(cause.code)) tellsTimes = false;
      return undefined;
    }
  }

  async function sizeOf(path: Buffer, signal: AbortSignal): Promise<number | undefined> {
    if (!tellsSizes) return undefined;
    try {
      const { message } = await control.ask(`SIZE ${control.argument(path)}`, signal);
      const size = Number(/^213[ -](\d{1,16})/u.exec(message)?.[1] ?? Number.NaN);
      return Number.isSafeInteger(size) ? size : undefined;
    } catch (cause) {
      if (!isRefusal(cause) || !control.alive) throw cause;
      if (isUnknownWord(cause.code)) tellsSizes = false;
      return undefined;
    }
  }

  /** A line's entry with the finest time that the server tells. */
  async function complete(folder: Buffer, line: Listed, signal: AbortSignal): Promise<RemoteEntry> {
    const { name, kind, size, time } = line;
    if (line.modified !== undefined || kind !== "file") return { name, kind, size, modified: line.modified };
    const path = joinRemote(folder, name);
    const text = time ?? "";
    const known = times.known(path, size, text);
    if (known !== undefined) return { name, kind, size, modified: known };
    const modified = await timeOf(path, signal);
    if (modified === undefined) return { name, kind, size, modified: roughTime(text, Date.now()) };
    times.learn(path, size, text, modified);
    return { name, kind, size, modified };
  }

  async function inListing(path: Buffer, signal: AbortSignal): Promise<RemoteEntry | undefined> {
    const [folder, name] = parted(path);
    const line = (await linesOf(folder, signal)).find((each) => each.name.equals(name));
    return line && (await complete(folder, line, signal));
  }

  async function canEnter(folder: Buffer, signal: AbortSignal): Promise<boolean> {
    try {
      await control.ask(`CWD ${control.argument(folder)}`, signal);
      return true;
    } catch (cause) {
      if (!isRefusal(cause) || !control.alive) throw cause;
      return false;
    }
  }

  /** `No such file` and `no right to look` have the same number: what is missing lies in a folder that lets us in. */
  async function missing(path: Buffer, signal: AbortSignal): Promise<undefined> {
    const [folder] = parted(path);
    if (await canEnter(folder, signal)) return undefined;
    if (folder.length <= 1 || !(await inListing(folder, signal))) return undefined;
    throw new BridgeError("SERVER_REFUSED", `ftp ${control.address} does not let us into the folder of a file`, {
      detail: folder.toString("latin1"),
    });
  }

  /**
   * Servers say `folder` of a link to one (ProFTPD's MLST, every CWD), and values may choose where files go; the listing above tells
   * them apart. Folders are few and seldom looked at.
   */
  async function folderOrLink(path: Buffer, signal: AbortSignal): Promise<RemoteEntry> {
    const [, name] = parted(path);
    const folder = { name, kind: "folder", size: 0, modified: undefined } as const;
    try {
      return (await inListing(path, signal)) ?? folder;
    } catch (cause) {
      // A folder above that shows nothing to this user; what lies below may still be theirs.
      if (!isRefusal(cause) || !control.alive) throw cause;
      return folder;
    }
  }

  async function lookByFacts(path: Buffer, signal: AbortSignal): Promise<RemoteEntry | undefined> {
    try {
      const { message } = await control.ask(`MLST ${control.argument(path)}`, signal);
      // ` type=file;size=1; /a/name`: a path, or a name, as the server likes. Only its last part is ours to judge.
      const facts = /\n ?([^ \n]+;) /u.exec(message)?.[1];
      const [folder, name] = parted(path);
      const line = facts === undefined ? undefined : parseFacts(`${facts} ${name.toString("latin1")}`);
      if (line && line.kind !== "folder") return await complete(folder, line, signal);
      return await folderOrLink(path, signal);
    } catch (cause) {
      if (!isRefusal(cause) || !control.alive) throw cause;
      return await missing(path, signal);
    }
  }

  /** Without MLST. A listing would be a long answer to a short question, where the folder holds thousands. */
  async function lookBySize(path: Buffer, signal: AbortSignal): Promise<RemoteEntry | undefined> {
    const size = await sizeOf(path, signal);
    if (!tellsSizes || !tellsTimes) return await inListing(path, signal);
    const [, name] = parted(path);
    if (size === undefined) {
      if (!(await canEnter(path, signal))) return await missing(path, signal);
      return await folderOrLink(path, signal);
    }
    const modified = await timeOf(path, signal);
    return modified === undefined ? await inListing(path, signal) : { name, kind: "file", size, modified };
  }

  return {
    async *list(folder, wanted, signal) {
      const lines = await linesOf(folder, signal);
      let piece: RemoteEntry[] = [];
      for (const line of lines) {
        if (wanted && !wanted(line.name)) continue;
        piece.push(await complete(folder, line, signal));
        if (piece.length < PIECE) continue;
        yield piece;
        piece = [];
      }
      if (piece.length > 0) yield piece;
    },
    look: (path, signal) => (has("MLST") ? lookByFacts(path, signal) : lookBySize(path, signal)),
    sizeOf,
  };
}

/** RFC 959, 4.2.2: the command is not known, not implemented, or not for this. */
function isUnknownWord(code: number): boolean {
  return code === 500 || code === 502 || code === 504;
}

function parted(path: Buffer): readonly [folder: Buffer, name: Buffer] {
  const slash = path.lastIndexOf(0x2f);
  if (slash < 0) return [Buffer.from("."), path];
  return [slash === 0 ? Buffer.from("/") : path.subarray(0, slash), path.subarray(slash + 1)];
}

async function readListing(
  control: Control,
  command: string,
  parse: (line: string) => Listed | undefined,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const entries: Listed[] = [];
  let bytes = 0;
  let rest = "";
  const take = (line: string): void => {
    const entry = parse(line.endsWith("\r") ? line.slice(0, -1) : line);
    if (entry) entries.push(entry);
  };
  for await (const piece of download(control, command, 0, signal)) {
    bytes += piece.length;
    const lines = (rest + piece.toString("latin1")).split("\n");
    rest = lines.pop() ?? "";
    if (bytes > MOST_BYTES || rest.length > MOST_LINE)
      throw new BridgeError("SERVER_REFUSED", `ftp ${control.address} sends a listing that is too large to be one`);
    for (const line of lines) take(line);
  }
  if (rest !== "") take(rest);
  return entries;
}
