// The files of one user: what is being written, what waits to be renamed, what waits to be taken.
//
// Two uploads of one name are two files: nothing that was acknowledged is ever written over. The newest of a name is what its client
// sees under it.

import { randomBytes } from "node:crypto";
import { readdir, stat, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { FileHandle } from "node:fs/promises";
import { syncFolder, unless } from "../shared/atomic.ts";
import { coveredTo } from "./covered.ts";
import { createGhosts } from "./ghosts.ts";
import type { Log } from "../../core/contract.ts";
import type { NameRule } from "./names.ts";
import {
  bytesPath,
  prepareRecord,
  publishRecord,
  readRecord,
  RECORD_ENDING,
  removeUpload,
  UPLOAD_ID,
  type Kept,
} from "./record.ts";
import { denied, failed, noSuchFile } from "./refusal.ts";
import type { UserRoom } from "./room.ts";
import { keyOf, type Seen, type Upload } from "./upload.ts";

export interface Shelf {
  readonly folder: string;
  readonly rule: NameRule;
  readonly room: UserRoom;
  /** The newest of this name that lies here. */
  find(name: Buffer): Upload | undefined;
  /**
   * Waits while a state of it is made durable: a connection that was lost a moment ago is perhaps just being put away. Who asks has to find
   * it again then, in the same turn as what is done with it: another one may have waited, too.
   */
  settled(name: Buffer): Promise<void>;
  /** The newest, or what was taken a moment ago. */
  see(name: Buffer): Seen | undefined;
  wasTaken(name: Buffer): boolean;
  /** The newest of each name. */
  all(): readonly Upload[];
  /** Uploads that are no drops yet. */
  readonly unfinished: number;
  /** A new, empty one that is being written. */
  create(name: Buffer): Upload;
  /** Makes a state durable, with the bytes where a handle is given; where it throws the upload is `moving`, for the caller to end. */
  keep(upload: Upload, state: Kept, handle?: FileHandle): Promise<void>;
  discard(upload: Upload): Promise<void>;
  rename(from: Buffer, to: Buffer, over: boolean): Promise<void>;
  remove(name: Buffer, mayRemoveDrops: boolean): Promise<void>;
  drops(): readonly Upload[];
  byId(id: string): Upload | undefined;
  /** Core has it: away with it. */
  taken(upload: Upload): Promise<void>;
  /** Removes what was cut off or never renamed, and not touched for so long; answers how many. */
  sweep(milliseconds: number): Promise<number>;
}

export interface ShelfParts {
  readonly folder: string;
  readonly rule: NameRule;
  readonly room: UserRoom;
  readonly nextOrder: (atLeast?: number) => number;
  /** Something was dropped. */
  readonly ring: () => void;
  /** Milliseconds that a taken file is still told of. */
  readonly remember: number;
  readonly log: Log;
}

/** Reads what earlier processes left there; the folder exists. */
export async function openShelf(parts: ShelfParts): Promise<Shelf> {
  const { folder, rule, room, nextOrder, ring } = parts;
  const ghosts = createGhosts(parts.remember);
  const uploads = new Map<string, Upload>();
  /** By name, the oldest first. */
  const named = new Map<string, Upload[]>();

  function enter(upload: Upload): void {
    uploads.set(upload.id, upload);
    const same = named.get(keyOf(upload.name));
    if (same) same.push(upload);
    else named.set(keyOf(upload.name), [upload]);
  }

  function leave(upload: Upload): void {
    uploads.delete(upload.id);
    const key = keyOf(upload.name);
    const rest = named.get(key)?.filter((each) => each !== upload) ?? [];
    if (rest.length > 0) named.set(key, rest);
    else named.delete(key);
  }

  const find = (name: Buffer): Upload | undefined => named.get(keyOf(name))?.at(-1);

  async function settled(name: Buffer): Promise<void> {
    await find(name)?.moving;
  }

  function keep(upload: Upload, state: Kept, handle?: FileHandle): Promise<void> {
    const work = keepDurably(upload, state, handle);
    upload.moving = work.catch(() => undefined);
    return work;
  }

  async function keepDurably(upload: Upload, state: Kept, handle: FileHandle | undefined): Promise<void> {
    const { id, name, size, modified } = upload;
    const order = state === "dropped" ? nextOrder() : 0;
    upload.state = "moving";
    upload.touched = Date.now();
    const bytes = handle?.sync() ?? Promise.resolve();
    const works = [bytes, prepareRecord(folder, id, { name, state, size, modified, order })];
    for (const work of await Promise.allSettled(works)) if (work.status === "rejected") throw work.reason;
    await publishRecord(folder, id);
    await syncFolder(folder);
    upload.order = order;
    upload.state = state;
    if (state !== "dropped") return;
    ghosts.forget(name);
    ring();
    // Earlier attempts that were cut off have been overtaken: nobody resumes them any more.
    const same = named.get(keyOf(name)) ?? [];
    const before = same.slice(0, same.indexOf(upload)).filter((each) => each.state === "cut");
    // What cannot be removed now is swept later; the drop stands.
    for (const each of before) await discard(each).catch(() => undefined);
  }

  async function discard(upload: Upload): Promise<void> {
    if (!uploads.has(upload.id)) return;
    leave(upload);
    room.gone(upload.size);
    await removeUpload(folder, upload.id);
  }

  function create(name: Buffer): Upload {
    room.open();
    const now = Date.now();
    const upload: Upload = {
      id: randomBytes(12).toString("hex"),
      name: Buffer.from(name),
      state: "writing",
      size: 0,
      modified: now,
      order: 0,
      covered: coveredTo(0),
      touched: now,
      taking: false,
    };
    enter(upload);
    return upload;
  }

  async function clearFor(to: Buffer, over: boolean, except: Upload): Promise<void> {
    const there = find(to);
    if (!there || there === except || there.state === "dropped") return;
    if (there.state === "writing" || there.state === "moving") return;
    if (there.state === "closed" && !over) throw failed("a file of that name lies there already");
    await discard(there);
  }

  async function rename(from: Buffer, to: Buffer, over: boolean): Promise<void> {
    const found = (): Upload | undefined => named.get(keyOf(from))?.findLast(({ state }) => state !== "dropped");
    await found()?.moving;
    const upload = found();
    if (!upload) throw missing(find(from), ghosts.find(from));
    if (upload.state === "writing" || upload.state === "moving") throw failed("the file is still being written");
    const kind = rule.kindOf(to);
    if (kind === "neither") throw denied(rule.says);
    if (kind === "drop" && upload.state === "cut")
      throw failed("the upload of this file was cut off; resume it or send it again, then rename it");
    if (from.equals(to) && kind !== "drop") return;
    const before = upload.state;
    const called = (name: Buffer): void => {
      leave(upload);
      upload.name = Buffer.from(name);
      enter(upload);
    };
    // From here on nobody else may have it, while the name is made free.
    upload.state = "moving";
    try {
      await clearFor(to, over, upload);
      called(to);
      await keep(upload, kind === "drop" ? "dropped" : before);
    } catch (cause) {
      called(from);
      upload.state = before;
      throw cause;
    }
  }

  async function remove(name: Buffer, mayRemoveDrops: boolean): Promise<void> {
    await settled(name);
    const upload = find(name);
    if (!upload) throw missing(upload, ghosts.find(name));
    if (upload.state === "writing" || upload.state === "moving") throw failed("the file is still being written");
    if (upload.state === "dropped") {
      if (!mayRemoveDrops) throw denied("what was dropped stays dropped: this user may only write");
      if (upload.taking) throw failed("the file is being taken");
    }
    const wasDrop = upload.state === "dropped";
    await discard(upload);
    // Else it could be taken after a crash, although its client heard that it is gone.
    if (wasDrop) await syncFolder(folder);
  }

  await load();
  return {
    folder,
    rule,
    room,
    find,
    settled,
    see: (name) => find(name) ?? ghosts.find(name),
    wasTaken: (name) => ghosts.find(name) !== undefined,
    all: () => [...named.values()].flatMap((same) => same.at(-1) ?? []),
    get unfinished() {
      let count = 0;
      for (const { state } of uploads.values()) if (state !== "dropped") count++;
      return count;
    },
    create,
    keep,
    discard,
    rename,
    remove,
    drops: () => [...uploads.values()].filter(({ state }) => state === "dropped").toSorted(byAge),
    byId: (id) => uploads.get(id),
    async taken(upload) {
      await removeUpload(folder, upload.id);
      await syncFolder(folder);
      if (!uploads.has(upload.id)) return;
      leave(upload);
      room.gone(upload.size);
      if (!find(upload.name)) ghosts.add(upload);
    },
    async sweep(milliseconds) {
      const until = Date.now() - milliseconds;
      let removed = 0;
      for (const upload of uploads.values()) {
        // Looked at one by one: meanwhile somebody may have resumed it.
        if ((upload.state !== "cut" && upload.state !== "closed") || upload.touched >= until) continue;
        await discard(upload);
        removed++;
      }
      return removed;
    },
  };

  async function load(): Promise<void> {
    const found = new Set(await readdir(folder));
    const uploadsFound: Upload[] = [];
    for (const file of found) {
      const id = file.replace(/\.json(?:\.new)?$/u, "");
      if (!UPLOAD_ID.test(id)) continue;
      const isWhole = found.has(id) && found.has(id + RECORD_ENDING);
      // What was under way when the process before ended, and what it did not finish to remove.
      if (!isWhole || file.endsWith(".new")) await unless("ENOENT", unlink(join(folder, file)));
      else if (file === id) uploadsFound.push(...(await reload(id)));
    }
    for (const upload of uploadsFound.toSorted(byAge)) enter(upload);
  }

  async function reload(id: string): Promise<readonly Upload[]> {
    const path = bytesPath(folder, id);
    const [record, stats] = await Promise.all([readRecord(folder, id), stat(path)]);
    if (!record || stats.size < record.size) {
      // Nothing that this program does leads here. It is left for people to look at, and not taken for what it is not.
      parts.log("error", "inbox.damaged", { upload: id });
      return [];
    }
    const { name, state, size, modified, order } = record;
    if (stats.size > size) await truncate(path, size);
    const touched = Math.min(Date.now(), stats.mtimeMs);
    room.count(size);
    nextOrder(order);
    return [{ id, name, state, size, modified, order, covered: coveredTo(size), touched, taking: false }];
  }
}

function byAge(a: Upload, b: Upload): number {
  return a.order - b.order || a.touched - b.touched;
}

function missing(dropped: Upload | undefined, taken: Seen | undefined): Error {
  if (dropped)
    return denied("the file was dropped when it was closed; to rename it afterwards, write it under a temporary name");
  if (taken)
    return noSuchFile(
      "the file was taken when it was closed; to rename it afterwards, write it under a temporary name",
    );
  return noSuchFile();
}
