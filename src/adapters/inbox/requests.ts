// The requests of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 6), for a user who has one flat folder and drops files there.

import { Status, Type, type Attributes, type Reader } from "../shared/ssh/wire.ts";
import type { Account } from "./account.ts";
import { createDesk, NO_FOLDERS, type Desk } from "./desk.ts";
import { MOST_HANDLES, type Open } from "./handles.ts";
import { openFile } from "./opening.ts";
import { denied, failed, noSuchFile, Refusal, unsupported } from "./refusal.ts";
import {
  attributesPacket,
  dataPacket,
  fileAttributes,
  filesystemPacket,
  folderAttributes,
  handlePacket,
  limitsPacket,
  LONGEST_DATA,
  namesPacket,
  okPacket,
} from "./replies.ts";
import { onDisk, type Writer } from "./writer.ts";

export interface Requests {
  /** Answers with a packet. Throws Refusal for a no, WireError for nonsense, and what the system throws. */
  answer(type: number, id: number, reader: Reader): Promise<Buffer>;
  /** The connection is gone: what is open was not closed. */
  end(): Promise<void>;
  /** For the log. */
  readonly written: { readonly files: number; readonly bytes: number };
}

type Handler = (desk: Desk, id: number, reader: Reader) => Promise<Buffer> | Buffer;

const NAMES_AT_A_TIME = 128;
const NO_LINKS = "there are no links here";

export function createRequests(account: Account): Requests {
  const desk = createDesk(account);
  return {
    async answer(type, id, reader) {
      const handler = handlers.get(type);
      if (!handler) throw unsupported("this request is not known here");
      return await handler(desk, id, reader);
    },
    async end() {
      const ends = desk.handles.clear().map(async (open) => {
        if (open.kind === "writer") await open.writer.cut();
        else if (open.kind === "reader") await open.file.close();
      });
      // One that fails keeps no other from being put away.
      for (const end of await Promise.allSettled(ends)) if (end.status === "rejected") throw end.reason;
    },
    written: desk.written,
  };
}

const refusing =
  (refusal: () => Error): Handler =>
  () => {
    throw refusal();
  };

const handlers: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [
    Type.open,
    async (desk, id, reader) => {
      const path = reader.string();
      return handlePacket(id, desk.handles.add(await openFile(desk, path, reader.uint32())));
    },
  ],
  [Type.close, close],
  [Type.read, read],
  [
    Type.write,
    async (desk, id, reader) => {
      await writerOf(desk, reader.string()).write(reader.uint64(), reader.string());
      return okPacket(id);
    },
  ],
  [Type.stat, stat],
  [Type.lstat, stat],
  [Type.fstat, statOpen],
  [Type.setstat, setAttributes],
  [Type.fsetstat, setOpenAttributes],
  [
    Type.opendir,
    (desk, id, reader) => {
      desk.handles.need();
      return handlePacket(id, desk.handles.add({ kind: "folder", listed: desk.listing(reader.string()) }));
    },
  ],
  [Type.readdir, readFolder],
  [
    Type.remove,
    async (desk, id, reader) => {
      await desk.account.shelf.remove(desk.fileName(reader.string()), !desk.account.writeOnly);
      return okPacket(id);
    },
  ],
  [
    Type.mkdir,
    (desk, _id, reader) => {
      const { kind } = desk.account.paths.placeOf(reader.string());
      throw kind === "home" || kind === "above" ? failed("the folder exists") : denied(NO_FOLDERS);
    },
  ],
  [Type.rmdir, refusing(() => denied(NO_FOLDERS))],
  [
    Type.realpath,
    (desk, id, reader) => {
      const name = desk.account.paths.canonical(reader.string());
      return namesPacket(id, [{ name, attributes: {} }], desk.account.user);
    },
  ],
  [Type.rename, (desk, id, reader) => rename(desk, id, reader, false)],
  [Type.readlink, refusing(() => unsupported(NO_LINKS))],
  [Type.symlink, refusing(() => unsupported(NO_LINKS))],
  [
    Type.extended,
    (desk, id, reader) => {
      const handler = extensions.get(reader.string().toString("latin1"));
      if (!handler) throw unsupported("this extension is not known here");
      return handler(desk, id, reader);
    },
  ],
]);

/** PROTOCOL of OpenSSH, section 4. */
const extensions: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["posix-rename@openssh.com", (desk, id, reader) => rename(desk, id, reader, true)],
  [
    "fsync@openssh.com",
    async (desk, id, reader) => {
      await writerOf(desk, reader.string()).sync();
      return okPacket(id);
    },
  ],
  ["lsetstat@openssh.com", setAttributes],
  ["limits@openssh.com", (_desk, id) => limitsPacket(id, MOST_HANDLES)],
  [
    "statvfs@openssh.com",
    (desk, id, reader) => {
      desk.attributesAt(reader.string());
      return filesystem(desk, id);
    },
  ],
  [
    "fstatvfs@openssh.com",
    (desk, id, reader) => {
      desk.handles.get(reader.string());
      return filesystem(desk, id);
    },
  ],
  ["hardlink@openssh.com", refusing(() => unsupported(NO_LINKS))],
]);

function writerOf(desk: Desk, handle: Buffer): Writer {
  const open = desk.handles.get(handle);
  if (open.kind !== "writer") throw denied("this handle is not open for writing");
  return open.writer;
}

async function close(desk: Desk, id: number, reader: Reader): Promise<Buffer> {
  const open = desk.handles.take(reader.string());
  if (open.kind === "reader") await open.file.close();
  if (open.kind === "writer") {
    const { size } = open.writer.upload;
    await open.writer.close();
    desk.written.files++;
    desk.written.bytes += size;
  }
  return okPacket(id);
}

async function read(desk: Desk, id: number, reader: Reader): Promise<Buffer> {
  const open = desk.handles.get(reader.string());
  const at = reader.uint64();
  const length = Math.min(reader.uint32(), LONGEST_DATA);
  if (open.kind === "folder" || (open.kind === "writer" && !open.readable))
    throw denied("this handle is not open for reading");
  const piece = open.kind === "writer" ? await open.writer.read(at, length) : await readFrom(open, at, length);
  if (piece.length === 0 && length > 0) throw new Refusal(Status.endOfFile, "end of file");
  return dataPacket(id, piece);
}

async function readFrom({ file, seen }: Open & { kind: "reader" }, at: number, length: number): Promise<Buffer> {
  const most = Math.max(0, Math.min(length, seen.size - at));
  const buffer = Buffer.alloc(most);
  const { bytesRead } = await file.read(buffer, 0, most, at);
  return buffer.subarray(0, bytesRead);
}

function stat(desk: Desk, id: number, reader: Reader): Buffer {
  return attributesPacket(id, desk.attributesAt(reader.string()));
}

function statOpen(desk: Desk, id: number, reader: Reader): Buffer {
  const open = desk.handles.get(reader.string());
  if (open.kind === "folder") return attributesPacket(id, folderAttributes(desk.begun));
  return attributesPacket(id, fileAttributes(open.kind === "writer" ? open.writer.upload : open.seen));
}

/**
 * Clients set times and modes after sending, and take a no for a failure: it is a yes, also for what was just taken. Owner and mode are
 * ours alone.
 */
function setAttributes(desk: Desk, id: number, reader: Reader): Buffer {
  const { paths, shelf } = desk.account;
  const place = paths.placeOf(reader.string());
  const { size, times } = reader.attributes();
  if (place.kind === "nowhere") throw noSuchFile();
  if (place.kind !== "file") return okPacket(id);
  const there = shelf.find(place.name);
  if (!there && !shelf.wasTaken(place.name)) throw noSuchFile();
  if (size !== undefined && size !== shelf.see(place.name)?.size)
    throw denied("the size of a closed file does not change");
  if (there && there.state !== "dropped" && times) there.modified = times.modified * 1_000;
  return okPacket(id);
}

async function setOpenAttributes(desk: Desk, id: number, reader: Reader): Promise<Buffer> {
  const open = desk.handles.get(reader.string());
  const { size, times }: Attributes = reader.attributes();
  if (open.kind !== "writer") return okPacket(id);
  if (size !== undefined) await open.writer.truncate(size);
  if (times) open.writer.upload.modified = times.modified * 1_000;
  return okPacket(id);
}

function readFolder(desk: Desk, id: number, reader: Reader): Buffer {
  const open = desk.handles.get(reader.string());
  if (open.kind !== "folder") throw failed("this is no folder");
  if (open.listed.length === 0) throw new Refusal(Status.endOfFile, "end of list");
  return namesPacket(id, open.listed.splice(0, NAMES_AT_A_TIME), desk.account.user);
}

async function rename(desk: Desk, id: number, reader: Reader, over: boolean): Promise<Buffer> {
  const from = desk.fileName(reader.string());
  const to = desk.writableName(reader.string());
  desk.needOpen();
  try {
    await desk.account.shelf.rename(from, to, over);
  } catch (cause) {
    throw onDisk(cause);
  }
  desk.wrote(to);
  return okPacket(id);
}

/** The user's quota looks like a disk. */
async function filesystem({ account }: Desk, id: number): Promise<Buffer> {
  const { used, files, limits } = account.shelf.room;
  const free = Math.min(limits.quota - used, await account.disk.free());
  return filesystemPacket(id, { quota: limits.quota, free, names: limits.names, freeNames: limits.names - files });
}
