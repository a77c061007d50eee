// A connection is lost, its client comes back at once: what is being put away is waited for, so that the answer is the one it would get
// a moment later.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createDesk, type Desk } from "../../src/adapters/inbox/desk.ts";
import { nameRule, pathsBelow } from "../../src/adapters/inbox/names.ts";
import { openFile } from "../../src/adapters/inbox/opening.ts";
import { diskRoom, userRoom } from "../../src/adapters/inbox/room.ts";
import { openShelf, type Shelf } from "../../src/adapters/inbox/shelf.ts";
import { openWriter, type Writer } from "../../src/adapters/inbox/writer.ts";
import { Flag } from "../../src/adapters/shared/ssh/wire.ts";
import { bytes } from "../peers/inbox-scene.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function emptyShelf(): Promise<Shelf> {
  const folder = mkdtempSync(join(tmpdir(), "steg-shelf-"));
  folders.push(folder);
  let order = 0;
  return await openShelf({
    folder,
    rule: nameRule(["*.csv"], ["*.filepart"]),
    room: userRoom({ quota: 1e6, maxFile: 1e6, names: 10 }, diskRoom(folder, 0)),
    nextOrder: () => ++order,
    ring: () => undefined,
    remember: 0,
    log: () => undefined,
  });
}

const NAME = bytes("a.csv.filepart");

/** The upload is being put away when this resolves; `done` once it is. */
async function losing(shelf: Shelf): Promise<{ readonly done: Promise<void> }> {
  const upload = shelf.create(NAME);
  const writer = await openWriter(shelf, upload, false, false);
  await writer.write(0, bytes("anfang"));
  const done = writer.cut();
  expect(upload.state).toBe("moving");
  return { done };
}

it("renaming hears that the upload was cut off", async () => {
  const shelf = await emptyShelf();
  const { done } = await losing(shelf);
  await expect(shelf.rename(NAME, bytes("a.csv"), false)).rejects.toThrow(/^the upload of this file was cut off/u);
  await done;
  expect(shelf.find(NAME)?.state).toBe("cut");
});

it("removing removes it", async () => {
  const shelf = await emptyShelf();
  const { done } = await losing(shelf);
  await shelf.remove(NAME, false);
  await done;
  expect([shelf.all(), readdirSync(shelf.folder)]).toEqual([[], []]);
});

/** A session of the user whose shelf it is. */
function session(shelf: Shelf): Desk {
  return createDesk({
    user: "kasse",
    credentials: { keys: [], password: undefined, passwordHash: undefined },
    writeOnly: false,
    connections: 2,
    idle: 60_000,
    paths: pathsBelow("/"),
    rule: shelf.rule,
    disk: diskRoom(shelf.folder, 0),
    shelf,
    closed: () => undefined,
    log: () => undefined,
  });
}

async function opened(shelf: Shelf, flags: number): Promise<Writer> {
  const open = await openFile(session(shelf), NAME, Flag.write | flags);
  if (open.kind !== "writer") throw new Error(`a ${open.kind} was opened`);
  return open.writer;
}

it.each([
  ["removes it", (shelf: Shelf) => shelf.remove(NAME, false)],
  ["begins anew", (shelf: Shelf) => opened(shelf, Flag.create | Flag.truncate)],
])("is not resumed where another session, which waited as well, %s", async (_name, first) => {
  const shelf = await emptyShelf();
  const { done } = await losing(shelf);
  const [, resumed] = await Promise.all([first(shelf), opened(shelf, Flag.create), done]);
  await resumed.write(0, bytes("von vorn"));
  await resumed.close();
  expect(shelf.byId(resumed.upload.id)?.state).toBe("closed");
  expect(readdirSync(shelf.folder)).toContain(resumed.upload.id);
});
