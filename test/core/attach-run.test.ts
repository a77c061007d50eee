// Joining against the real journal: what is written before a message is made, what is used again, what is found to be gone.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Attach, LoadedBridge } from "../../src/core/bridge/types.ts";
import type { DropRow, OpenState } from "../../src/core/journal/types.ts";
import { compileGlobPieces } from "../../src/core/options/glob.ts";
import { openDesk, type Desk } from "../../src/core/pipeline/attach-desk.ts";
import { joinUnits, withContent, type AttachDeps } from "../../src/core/pipeline/attach-run.ts";
import type { DropFacts, OpenWay } from "../../src/core/pipeline/map-unit.ts";
import type { Unit } from "../../src/core/pipeline/unit.ts";
import { content, DAY, never, stream, takeBytes, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
let desk: Desk;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(async () => {
  desk.close();
  await test.remove();
});

const attach: Attach = {
  source: { name: "folder", at: { file: "", line: 1, column: 1 }, build: () => Promise.reject(new Error("not here")) },
  claims: [],
  at: { file: "bridge.yaml", line: 1, column: 1 },
  files: "{ID}_*",
  least: 1,
  wait: 1_000,
  wants(record) {
    const id = record["ID"] as string;
    const pieces = [
      { text: id, literal: true },
      { text: "_*", literal: false },
    ];
    return { ...compileGlobPieces(pieces), shown: `${id}_*` };
  },
};
const ways = [{ way: { number: 0 }, validators: [] }] as unknown as readonly OpenWay[];
const facts = { file: {}, bridge: "gewerbe" } as DropFacts;

const unit = (first: number, ...ids: readonly string[]): Unit => ({
  first,
  last: first + ids.length - 1,
  line: 0,
  end: first * 10,
  records: ids.map((ID) => ({ ID })),
  fault: undefined,
});

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const id = state.newDropId();
  const { inline, ...written } = await state.spool.write(id, "gewerbe", stream(bytes), never);
  const row = { id, bridge: "gewerbe", name, hint: "", received: Date.now(), mediaType: "text/plain", ...written };
  await state.journal.takeAttachment({ ...row, inline: inline !== undefined }, inline);
  return id;
}

async function depsFor(drop: string, more: Partial<AttachDeps> = {}): Promise<AttachDeps> {
  const { journal, spool } = state;
  desk = await openDesk({
    bridge: { name: "gewerbe" },
    journal,
    hasSource: false,
    wake: () => undefined,
    unassigned: () => undefined,
  });
  const bridge = { name: "gewerbe", attachContent: true } as LoadedBridge;
  const row = (await journal.drop(drop)) as DropRow;
  return { bridge, attach, ways, facts, drop: row, journal, spool, desk, ...more };
}

const kinds = (joined: Awaited<ReturnType<typeof joinUnits>>): [number, unknown][] =>
  [...joined].map(([first, files]) => [
    first,
    files.kind === "found" ? files.attachments.map(({ name }) => name) : files.kind,
  ]);

describe("joining", () => {
  it("writes what it finds, and finds what it wrote, whatever has come since", async () => {
    const drop = await takeNew(state, content("a"));
    await file("1_a.pdf", content("eins"));
    const deps = await depsFor(drop);
    const units = [unit(1, "1"), unit(2, "2"), unit(3, "1", "1")];
    expect(kinds(await joinUnits(deps, units))).toEqual([
      [1, ["1_a.pdf"]],
      [2, "waits"],
      [3, ["1_a.pdf"]],
    ]);
    await file("1_b.pdf", content("zwei"));
    await file("2_a.pdf", content("drei"));
    desk.close();
    const later = await depsFor(drop);
    expect(new Map(kinds(await joinUnits(later, units)))).toEqual(
      new Map([
        [1, ["1_a.pdf"]],
        [2, ["2_a.pdf"]],
        [3, ["1_a.pdf"]],
      ]),
    );
    expect(kinds(await joinUnits(later, [unit(4, "1")]))).toEqual([[4, ["1_a.pdf", "1_b.pdf"]]]);
  });

  it("looks anew for what cannot have been sent, and lets go of what it had", async () => {
    const drop = await takeNew(state, content("a"));
    const old = await file("1_a.pdf", content("falsch"));
    await state.journal.join(drop, [{ first: 1, attachments: [old] }]);
    const right = await file("1_a.pdf", content("richtig"));
    const deps = await depsFor(drop);
    const idsIn = (joined: Awaited<ReturnType<typeof joinUnits>>): unknown => {
      const files = joined.get(1);
      return files?.kind === "found" ? files.attachments.map(({ id }) => id) : files?.kind;
    };
    expect(idsIn(await joinUnits(deps, [unit(1, "1")]))).toEqual([old]);
    expect(idsIn(await joinUnits(deps, [unit(1, "1")], true))).toEqual([right]);
    expect(idsIn(await joinUnits(deps, [unit(1, "1")]))).toEqual([right]);
    const states = (await state.journal.attachments({})).map(({ id, state: is }) => [id, is]);
    expect(states).toEqual([
      [old, "unassigned"],
      [right, "joined"],
    ]);
    expect((await state.journal.sums())[0]).toMatchObject({ attachmentsJoined: 1, attachmentsUnassigned: 1 });
  });

  it("looks again where a file was erased since it was seen", async () => {
    const drop = await takeNew(state, content("a"));
    const [lost, other] = [await file("1_a.pdf", content("eins")), await file("2_a.pdf", content("zwei"))];
    const deps = await depsFor(drop);
    await state.journal.unassign([lost]);
    await state.journal.purge(Date.now() + DAY, () => ({ payload: 7 * DAY, dead: 7 * DAY, held: DAY }));
    expect(kinds(await joinUnits(deps, [unit(1, "1"), unit(2, "2")]))).toEqual([
      [1, "waits"],
      [2, ["2_a.pdf"]],
    ]);
    expect(desk.shelf.get(lost)).toBeUndefined();
    expect(desk.shelf.get(other)).toBeDefined();
  });

  it("writes nothing when it is only tried", async () => {
    const drop = await takeNew(state, content("a"));
    await file("1_a.pdf", content("eins"));
    const deps = await depsFor(drop, { dry: true });
    expect(kinds(await joinUnits(deps, [unit(1, "1")]))).toEqual([[1, ["1_a.pdf"]]]);
    expect(await state.journal.joined(drop, 1, 9)).toEqual([]);
  });

  it("has for a second coming what the first had, as long as it is there", async () => {
    const first = await takeNew(state, content("a"));
    const [old] = [await file("1_a.pdf", content("eins"))];
    await state.journal.join(first, [{ first: 1, attachments: [old] }]);
    await file("1_b.pdf", content("zwei"));
    const second = await takeBytes(state, content("a"), { occurrence: 1 });
    const earlier = await state.journal.drop(first);
    const deps = await depsFor(second.drop.id, { earlier });
    expect(kinds(await joinUnits(deps, [unit(1, "1"), unit(2, "1")]))).toEqual([
      [1, ["1_a.pdf"]],
      [2, ["1_a.pdf", "1_b.pdf"]],
    ]);
  });

  it("reads the bytes, and refuses what would be too much of them", async () => {
    const drop = await takeNew(state, content("a"));
    await file("1_a.txt", content("eins"));
    await file("2_a.txt", Buffer.alloc(9 << 20));
    await file("2_b.txt", Buffer.alloc(9 << 20));
    const deps = await depsFor(drop);
    const joined = await joinUnits(deps, [unit(1, "1"), unit(2, "2")]);
    expect(joined.get(2)).toMatchObject({ kind: "dead", error: { code: "ATTACHMENT_TOO_LARGE" } });
    const files = joined.get(1);
    const found = files?.kind === "found" ? files.attachments : [];
    expect(found[0]?.content).toBeUndefined();
    const [read] = await withContent(deps, found, never);
    expect(Buffer.from(read?.content ?? []).toString()).toBe("eins");
  });
});
