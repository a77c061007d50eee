// Files beside the records, as the journal keeps them: recognised by name and bytes, joined for good, erased with the last drop that
// has them.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrate } from "../../src/core/journal/store/database.ts";
import { MIGRATIONS } from "../../src/core/journal/store/schema.ts";
import { readSums } from "../../src/core/journal/store/sums.ts";
import type { AttachmentTaken, OpenState, Retention } from "../../src/core/journal/types.ts";
import { content, DAY, finishDrop, never, readAll, sha256, stream, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

const retention: Retention = { payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY };
const keep = (): Retention => retention;

let test: TestState;
let state: OpenState;
let now = 1_795_000_000_000;
beforeEach(async () => {
  now = 1_795_000_000_000;
  test = testState();
  state = await test.open({ clock: () => now });
});
afterEach(() => test.remove());

async function take(name: string, bytes: Uint8Array, received = now): Promise<AttachmentTaken> {
  const id = state.newDropId();
  const { size, sha256: hash, inline } = await state.spool.write(id, "gewerbe", stream(bytes), never);
  const file = { id, bridge: "gewerbe", name, hint: `hint ${name}`, size, sha256: hash, received };
  return await state.journal.takeAttachment(
    { ...file, mediaType: "application/pdf", inline: inline !== undefined },
    inline,
  );
}

async function done(bytes: Uint8Array): Promise<string> {
  const drop = await takeNew(state, bytes);
  await finishDrop(state, drop, 3);
  await state.journal.answered(drop);
  return drop;
}

const spooled = (): readonly string[] => readdirSync(join(test.dir, "spool"));
const sums = async () => (await state.journal.sums())[0];

it("comes into a journal that knew nothing of files beside the records", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, MIGRATIONS.slice(0, 2));
  db.exec("INSERT INTO sums VALUES ('gewerbe', 3, 30, 28, 0, 2, 0, 2, 0, 900)");
  migrate(db);
  expect(readSums(db)).toEqual([
    {
      bridge: "gewerbe",
      drops: 3,
      records: 30,
      delivered: 28,
      skipped: 0,
      dead: 2,
      pending: 0,
      openDead: 2,
      held: 0,
      spoolBytes: 900,
      attachmentsWaiting: 0,
      attachmentsJoined: 0,
      attachmentsUnassigned: 0,
      oldestDead: null,
    },
  ]);
  db.close();
});

describe("taking", () => {
  it("keeps a file whole, small or large, with its name sealed", async () => {
    const small = await take("1_Müller.pdf", content("klein"));
    const large = await take("2.pdf", content("gross", 200_000));
    expect(small).toMatchObject({ taken: true, attachment: { name: "1_Müller.pdf", state: "waiting" } });
    expect(sha256(await readAll(state, large.attachment.id))).toBe(large.attachment.sha256);
    expect((await readAll(state, small.attachment.id)).toString()).toBe("klein");
    expect(spooled()).toEqual([`${large.attachment.id}.spool`]);
    expect(await sums()).toMatchObject({ attachmentsWaiting: 2, drops: 0, spoolBytes: 200_005 });
    expect(await state.journal.attachmentHints("gewerbe")).toEqual(new Set(["hint 1_Müller.pdf", "hint 2.pdf"]));
    await state.journal.attachmentSettled(small.attachment.id);
    await state.journal.attachmentSettled(large.attachment.id, true);
    expect(await state.journal.unsettledAttachments("gewerbe")).toEqual([]);
    expect(await state.journal.attachmentHints("gewerbe")).toEqual(new Set(["hint 2.pdf"]));
  });

  it("recognises the same file, and leaves nothing of it behind", async () => {
    const first = await take("1.pdf", content("a", 100_000));
    const again = await take("1.pdf", content("a", 100_000));
    expect(again).toMatchObject({
      taken: false,
      attachment: { state: "duplicate", duplicateOf: first.attachment.id, payload: "purged" },
    });
    expect(spooled()).toHaveLength(1);
    expect(await sums()).toMatchObject({ attachmentsWaiting: 1, spoolBytes: 100_000 });
  });

  it("lets the newest of a name count: the older is unassigned, a joined one stays", async () => {
    const old = await take("1.pdf", content("alt"));
    const young = await take("1.pdf", content("neu"));
    expect(young).toMatchObject({ taken: true, superseded: [old.attachment.id] });
    const drop = await takeNew(state, content("drop"));
    expect(await state.journal.join(drop, [{ first: 1, attachments: [young.attachment.id] }])).toEqual([]);
    expect(await take("1.pdf", content("noch neuer"))).toMatchObject({ taken: true, superseded: [] });
    // Sent once more after another came: it is the newest again.
    expect(await take("1.pdf", content("alt"))).toMatchObject({ taken: true });
    expect(await sums()).toMatchObject({ attachmentsWaiting: 1, attachmentsJoined: 1, attachmentsUnassigned: 2 });
  });

  it("survives a restart, also where it was written and never entered", async () => {
    const kept = await take("1.pdf", content("a", 100_000));
    await state.spool.write(state.newDropId(), "gewerbe", stream(content("b", 100_000)), never);
    await state.close();
    state = await test.open({ clock: () => now });
    expect(spooled()).toEqual([`${kept.attachment.id}.spool`]);
    expect(await state.journal.attachments({ bridge: "gewerbe", kept: true })).toEqual([
      { ...kept.attachment, messages: 0 },
    ]);
    expect(state.newDropId() > kept.attachment.id).toBe(true);
  });
});

describe("joining", () => {
  it("is all or nothing, and tells which file is gone", async () => {
    const there = await take("1.pdf", content("a"));
    const drop = await takeNew(state, content("drop"));
    const joins = [
      { first: 1, attachments: [there.attachment.id] },
      { first: 2, attachments: ["0000000000000000"] },
    ];
    expect(await state.journal.join(drop, joins)).toEqual(["0000000000000000"]);
    expect(await state.journal.joined(drop, 1, 9)).toEqual([]);
    expect(await sums()).toMatchObject({ attachmentsWaiting: 1, attachmentsJoined: 0 });
  });

  it("remembers also that a message has no file", async () => {
    const one = await take("1.pdf", content("a"));
    const drop = await takeNew(state, content("drop"));
    await state.journal.join(drop, [
      { first: 1, attachments: [one.attachment.id] },
      { first: 2, attachments: [] },
      { first: 3, attachments: [one.attachment.id] },
    ]);
    const found = await state.journal.joined(drop, 1, 2);
    expect(found.map(({ first, attachments }) => [first, attachments.map(({ name }) => name)])).toEqual([
      [1, ["1.pdf"]],
      [2, []],
    ]);
    expect((await state.journal.attachments({}))[0]).toMatchObject({ state: "joined", messages: 2 });
  });
});

describe("erasing", () => {
  it("takes a joined file with the last drop that has it, its name and hash with it", async () => {
    const file = await take("Muster_Erika.pdf", content("a", 100_000));
    const { id } = file.attachment;
    const [early, late] = [await done(content("frueh")), await done(content("spaet"))];
    for (const drop of [early, late]) await state.journal.join(drop, [{ first: 1, attachments: [id] }]);
    now += DAY;
    await state.journal.answered(late);
    expect(await state.journal.purge(now + 5 * DAY, keep)).toMatchObject({ drops: 0 });
    const third = await takeNew(state, content("offen"));
    await state.journal.join(third, [{ first: 7, attachments: [id] }]);
    now += 7 * DAY;
    // Two of the three drops go; the open one still has it.
    expect(await state.journal.purge(now, keep)).toMatchObject({ drops: 2 });
    expect(await readAll(state, id)).toHaveLength(100_000);
    await finishDrop(state, third, 7);
    await state.journal.answered(third);
    now += 7 * DAY;
    expect(await state.journal.purge(now, keep)).toMatchObject({ drops: 1, attachments: [id] });
    const [row] = await state.journal.attachments({});
    expect(row).toMatchObject({ state: "erased", payload: "purged", messages: 0 });
    expect(row?.name).toMatch(/^[0-9a-f]{64}$/);
    expect(row?.sha256).not.toBe(file.attachment.sha256);
    await expect(readAll(state, id)).rejects.toMatchObject({ code: "PAYLOAD_PURGED" });
    expect(spooled()).toEqual([]);
    expect(await sums()).toMatchObject({ attachmentsJoined: 0, spoolBytes: 0 });
    expect(state.spool.used("gewerbe")).toBe(0);
  });

  it("lets what has no record expire after the time of held drops, in the trail", async () => {
    const file = await take("1.pdf", content("a"));
    expect((await state.journal.unassign([file.attachment.id])).map(({ state: is }) => is)).toEqual(["unassigned"]);
    expect(await state.journal.unassign([file.attachment.id])).toEqual([]);
    expect(await state.journal.purge(now + 90 * DAY - 1, keep)).toEqual({ drops: 0, expired: 0, bytes: 0 });
    const gone = await state.journal.purge(now + 90 * DAY, keep);
    expect(gone).toEqual({ drops: 0, expired: 0, bytes: 1, attachments: [file.attachment.id] });
    const events = (await state.journal.auditEntries({})).map(({ event }) => event);
    expect(events).toEqual(["attachment.taken", "attachment.unassigned", "attachment.expired"]);
    expect((await state.journal.auditVerify()).broken).toBeUndefined();
  });

  it("is bounded: a drop with thousands of joins goes in steps", async () => {
    const drop = await done(content("drop"));
    const files = await Promise.all([take("1.pdf", content("a")), take("2.pdf", content("b"))]);
    const ids = files.map(({ attachment }) => attachment.id);
    for (let from = 1; from < 2_000; from += 500) {
      const joins = Array.from({ length: 500 }, (_, at) => ({ first: from + at, attachments: ids }));
      await state.journal.join(drop, joins);
    }
    expect(await state.journal.purge(now + 8 * DAY, keep)).toMatchObject({ drops: 1, attachments: ids });
    expect(await state.journal.joined(drop, 1, 10_000)).toEqual([]);
  });
});
