// A backup onto a disk without room: refused beforehand, or while it is written, with nothing left of it and the appliance going on.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { content, never, takeNew, testState } from "../core/journal-state.ts";
import { describeWithSmallDisk, mountSmallDisk } from "./small-disk.ts";
import type { SmallDisk } from "./small-disk.ts";

const MiB = 1 << 20;

describeWithSmallDisk("a backup onto a full disk", () => {
  let disk: SmallDisk | undefined;
  afterEach(() => disk?.remove());

  it("fails in clear words, leaves nothing, and is made once there is room", async () => {
    disk = mountSmallDisk(160);
    const full = disk;
    const test = testState();
    try {
      const state = await test.open();
      for (let index = 0; index < 8; index++) await takeNew(state, content(`${index}`, 3 * MiB));
      mkdirSync(join(full.dir, "backups"));
      const left = (): readonly string[] => readdirSync(join(full.dir, "backups"));
      const target = join(full.dir, "backups", "today");
      const request = { target, actor: "local:anna", version: "0", signal: never };
      full.fill(40 * MiB);
      const refusal = {
        code: "BACKUP_FAILED",
        message: expect.stringMatching(/today: about \d+ MiB are needed/) as string,
      };
      await expect(state.backup({ ...request, payload: true })).rejects.toMatchObject(refusal);
      full.makeRoom();
      const onProgress = (): void => full.fill(0);
      await expect(state.backup({ ...request, payload: true, onProgress })).rejects.toMatchObject({
        code: "BACKUP_FAILED",
        message: expect.stringContaining("the disk is full") as string,
      });
      expect(left()).toEqual([]);
      await takeNew(state, content("goes on"));
      // Without payload it is small, and may be written before anybody else takes the room.
      full.fill(0);
      await expect(state.backup({ ...request, payload: false })).rejects.toMatchObject({ code: "BACKUP_FAILED" });
      expect(left()).toEqual([]);
      await takeNew(state, content("goes on"), { occurrence: 1 });
      full.makeRoom();
      await state.backup({ ...request, payload: true });
      expect(left()).toEqual(["today"]);
    } finally {
      await test.remove();
    }
  });
});
