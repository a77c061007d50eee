// Opening a file (draft-ietf-secsh-filexfer-02, section 6.3).

import { open } from "node:fs/promises";
import { Flag } from "../shared/ssh/wire.ts";
import type { Account } from "./account.ts";
import type { Desk } from "./desk.ts";
import type { Open } from "./handles.ts";
import { bytesPath } from "./record.ts";
import { denied, failed, noSuchFile } from "./refusal.ts";
import type { Shelf } from "./shelf.ts";
import type { Upload } from "./upload.ts";
import { onDisk, openWriter } from "./writer.ts";

export async function openFile(desk: Desk, path: Buffer, flags: number): Promise<Open> {
  desk.handles.need();
  if ((flags & (Flag.write | Flag.append)) === 0) return await openToRead(desk.account, desk.fileName(path));
  const name = desk.writableName(path);
  desk.needOpen();
  await desk.account.disk.need(0);
  const opened = await openToWrite(desk.account, name, flags);
  desk.wrote(name);
  return opened;
}

/** Between the look and the state that the writer sets nothing else has its turn: two sessions never get the same upload. */
async function openToWrite({ shelf, writeOnly }: Account, name: Buffer, flags: number): Promise<Open> {
  await shelf.settled(name);
  const there = shelf.find(name);
  if ((flags & Flag.exclusive) !== 0 && (there ?? shelf.wasTaken(name))) throw failed("a file of that name exists");
  if ((flags & Flag.create) === 0 && !there) throw noSuchFile();
  const fresh = (flags & Flag.truncate) !== 0 || !there;
  const upload = fresh ? await freshUpload(shelf, name, there) : resumable(there);
  const writer = await openWriter(shelf, upload, !fresh, (flags & Flag.append) !== 0);
  return { kind: "writer", writer, readable: (flags & Flag.read) !== 0 && !writeOnly };
}

/** Of an earlier attempt under that name nothing is left; what was dropped or is being written elsewhere is another file. */
async function freshUpload(shelf: Shelf, name: Buffer, there: Upload | undefined): Promise<Upload> {
  if (there && (there.state === "cut" || there.state === "closed")) await shelf.discard(there);
  return shelf.create(name);
}

function resumable(there: Upload): Upload {
  if (there.state === "dropped") throw failed("the file was dropped already; send another one under its own name");
  if (there.state !== "cut" && there.state !== "closed")
    throw failed("the file is still being written in another session; try again in a minute");
  return there;
}

async function openToRead({ shelf, writeOnly }: Account, name: Buffer): Promise<Open> {
  if (writeOnly) throw denied("this user may only write");
  await shelf.settled(name);
  const there = shelf.find(name);
  if (!there) throw noSuchFile();
  if (there.state === "writing" || there.state === "moving") throw failed("the file is still being written");
  try {
    const file = await open(bytesPath(shelf.folder, there.id), "r");
    return { kind: "reader", file, seen: { name, size: there.size, modified: there.modified } };
  } catch (cause) {
    // It was taken between the look and the opening.
    throw shelf.byId(there.id) ? onDisk(cause) : noSuchFile();
  }
}
