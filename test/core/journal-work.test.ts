import * as fc from "fast-check";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deadLetterId } from "../../src/core/journal/ids.ts";
import type { OpenState, Step } from "../../src/core/journal/types.ts";
import {
  DAY,
  content,
  copyOfJournal,
  finishDrop,
  letter,
  progressTo,
  takeBytes,
  takeNew,
  testState,
} from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

describe("progress", () => {
  it("is what was committed last, also after a restart", async () => {
    const drop = await takeNew(state, content("a"));
    const progress = progressTo(
      5,
      {
        ranges: [
          [7, 8],
          [10, 10],
        ],
        splits: [[11, 20]],
        appenders: { "file:///ziel": "ziel/erika.csv 120" },
      },
      { delivered: 6, skipped: 1, dead: 1 },
    );
    await state.journal.pin(drop, { encoding: "cp850" });
    await state.journal.commit({ drop, progress, dead: [{ ...letter, first: 8, last: 8 }] });
    await state.journal.trouble(drop, "DECODE_CHANGED");
    await state.close();
    state = await test.open();
    expect(await state.journal.progress(drop)).toEqual(progress);
    expect(await state.journal.drop(drop)).toMatchObject({
      pinned: { encoding: "cp850" },
      trouble: "DECODE_CHANGED",
      delivered: 6,
      complete: false,
    });
    await state.journal.trouble(drop, undefined);
    expect((await state.journal.drop(drop))?.trouble).toBeUndefined();
  });

  it("starts at nothing", async () => {
    const drop = await takeNew(state, content("a"));
    expect(await state.journal.progress(drop)).toEqual(progressTo(0));
  });

  it("ends a drop, which then waits for its answer", async () => {
    const drop = await takeNew(state, content("a"));
    await finishDrop(state, drop, 4, [2]);
    expect(await state.journal.open("gewerbe")).toEqual([]);
    expect(await state.journal.unanswered("gewerbe")).toMatchObject([
      { id: drop, state: "done", records: 4, delivered: 3, dead: 1, complete: true, answered: false },
    ]);
    await state.journal.answered(drop);
    expect(await state.journal.unanswered("gewerbe")).toEqual([]);
    expect((await state.journal.sums())[0]).toMatchObject({
      records: 4,
      delivered: 3,
      dead: 1,
      pending: 0,
      openDead: 1,
    });
  });
});

const dead = (first: number, last = first) => ({ ...letter, first, last });

describe("invariants", () => {
  const broken: readonly (readonly [string, Omit<Step, "drop">])[] = [
    ["fewer outcomes than finished records", { progress: progressTo(10, {}, { delivered: 9 }), dead: [] }],
    ["more outcomes than finished records", { progress: progressTo(10, {}, { skipped: 1 }), dead: [] }],
    [
      "ranges that overlap",
      {
        progress: progressTo(
          5,
          {
            ranges: [
              [7, 9],
              [9, 10],
            ],
          },
          { delivered: 10 },
        ),
        dead: [],
      },
    ],
    ["ranges below the watermark", { progress: progressTo(5, { ranges: [[5, 6]] }, { delivered: 7 }), dead: [] }],
    ["a range that runs backwards", { progress: progressTo(5, { ranges: [[9, 8]] }, { delivered: 5 }), dead: [] }],
    ["a watermark that goes back", { progress: progressTo(4), dead: [] }],
    ["an offset that goes back", { progress: progressTo(6, { offset: 3 }), dead: [] }],
    ["a dead record without a letter", { progress: progressTo(6, {}, { delivered: 5, dead: 1 }), dead: [] }],
    ["a letter without a dead record", { progress: progressTo(6), dead: [dead(6)] }],
    ["a letter for an unfinished record", { progress: progressTo(6, {}, { delivered: 5, dead: 1 }), dead: [dead(7)] }],
    ["a letter for no record", { progress: progressTo(6), dead: [dead(6, 5)] }],
    [
      "two letters for one record",
      { progress: progressTo(8, {}, { delivered: 4, dead: 4 }), dead: [dead(5, 6), dead(6, 7)] },
    ],
    ["an end before the end", { progress: progressTo(6), dead: [], finished: 1 }],
    [
      "an end with a gap",
      {
        progress: progressTo(5, { complete: true, ranges: [[7, 7]] }, { records: 7, delivered: 6 }),
        dead: [],
        finished: 1,
      },
    ],
    ["more finished than there are", { progress: progressTo(7, { complete: true }, { records: 6 }), dead: [] }],
    ["fractions", { progress: progressTo(5.5), dead: [] }],
  ];

  it.each(broken)("refuses %s, and changes nothing", async (_, step) => {
    const drop = await takeNew(state, content("a"));
    await state.journal.commit({ drop, progress: progressTo(5), dead: [] });
    await expect(state.journal.commit({ drop, ...step })).rejects.toMatchObject({ code: "INTERNAL" });
    expect(await state.journal.progress(drop)).toEqual(progressTo(5));
    expect(await state.journal.dead({ drop })).toEqual([]);
    expect((await state.journal.sums())[0]).toMatchObject({ records: 5, delivered: 5, dead: 0, openDead: 0 });
  });

  it("refuses a second letter for a record of an earlier step", async () => {
    const drop = await takeNew(state, content("a"));
    await state.journal.commit({
      drop,
      progress: progressTo(5, { ranges: [[8, 9]] }, { delivered: 5, dead: 2 }),
      dead: [{ ...letter, first: 8, last: 9 }],
    });
    const again = {
      drop,
      progress: progressTo(9, {}, { delivered: 6, dead: 3 }),
      dead: [{ ...letter, first: 9, last: 9 }],
    };
    await expect(state.journal.commit(again)).rejects.toMatchObject({ code: "INTERNAL" });
  });

  it("refuses work on what is done, and other numbers of records", async () => {
    const drop = await takeNew(state, content("a"));
    const complete = progressTo(2, { complete: true }, { records: 4 });
    await state.journal.commit({ drop, progress: complete, dead: [] });
    const other = progressTo(3, { complete: true }, { records: 5 });
    await expect(state.journal.commit({ drop, progress: other, dead: [] })).rejects.toMatchObject({ code: "INTERNAL" });
    const incomplete = state.journal.commit({ drop, progress: progressTo(3), dead: [] });
    await expect(incomplete).rejects.toMatchObject({ code: "INTERNAL" });
    await finishDrop(state, drop, 4);
    await expect(finishDrop(state, drop, 4)).rejects.toMatchObject({ code: "INTERNAL" });
    await expect(finishDrop(state, "0000000000000000", 4)).rejects.toMatchObject({ code: "INTERNAL" });
  });
});

/** The sums as one would count them from the rows. */
function counted(dir: string): Record<string, unknown> {
  const db = copyOfJournal(dir, join(dir, "copy.db"));
  try {
    const rows = db
      .prepare(
        `WITH c AS (SELECT d.*, coalesce(p.delivered, 0) AS delivered, coalesce(p.skipped, 0) AS skipped,
           coalesce(p.dead, 0) AS dead, coalesce(p.records, 0) AS records, coalesce(p.complete, 0) AS complete
         FROM drops d LEFT JOIN progress p ON p.drop_id = d.id)
         SELECT bridge, count(*) AS drops,
           sum(CASE WHEN complete THEN records ELSE delivered + skipped + dead END) AS records,
           sum(delivered + replay_delivered) AS delivered, sum(skipped + replay_skipped) AS skipped,
           sum(dead - replay_delivered - replay_skipped) AS dead,
           sum(CASE WHEN complete THEN records - delivered - skipped - dead ELSE 0 END) AS pending,
           (SELECT coalesce(sum(last - first + 1), 0) FROM dead_letters l WHERE l.bridge = c.bridge AND state = 'open') AS open_dead,
           sum(state = 'held') AS held, sum(CASE WHEN kept = 2 THEN size ELSE 0 END) AS spool_bytes,
           (SELECT count(*) FROM attachments a WHERE a.bridge = c.bridge AND state = 'waiting') AS attachments_waiting,
           (SELECT count(*) FROM attachments a WHERE a.bridge = c.bridge AND state = 'joined') AS attachments_joined,
           (SELECT count(*) FROM attachments a WHERE a.bridge = c.bridge AND state = 'unassigned') AS attachments_unassigned
         FROM c GROUP BY bridge`,
      )
      .all()
      .map((row) => ({ ...row }));
    const kept = db
      .prepare("SELECT * FROM sums ORDER BY bridge")
      .all()
      .map((row) => ({ ...row }));
    const closed = db
      .prepare(
        `SELECT d.id FROM drops d WHERE replay_delivered + replay_skipped <>
         (SELECT coalesce(sum(last - first + 1), 0) FROM dead_letters l WHERE l.drop_id = d.id AND l.state = 'delivered')`,
      )
      .all();
    return { rows, kept, closed };
  } finally {
    db.close();
  }
}

const KINDS = [
  "take",
  "duplicate",
  "hold",
  "release",
  "commit",
  "finish",
  "replay",
  "skip",
  "fail",
  "dismiss",
  "purge",
] as const;
type Kind = (typeof KINDS)[number];

interface Act {
  readonly kind: Kind;
  /** Which of the drops or letters that fit. */
  readonly which: number;
  readonly step: number;
  readonly dead: number;
  readonly days: number;
}

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(...KINDS, "take" as const, "commit" as const, "commit" as const, "finish" as const),
  which: fc.nat(50),
  step: fc.integer({ min: 1, max: 9 }),
  dead: fc.nat(4),
  days: fc.constantFrom(0, 5, 8, 31, 95),
});

function pick<T>(list: readonly T[], which: number): T | undefined {
  return list[which % Math.max(1, list.length)];
}

async function workOn(open: OpenState, id: string, { kind, step, dead }: Act): Promise<void> {
  const before = await open.journal.progress(id);
  const { watermark: from, counts } = before;
  if (kind === "finish") {
    const progress = { ...before, complete: true, counts: { ...counts, records: from } };
    await open.journal.commit({ drop: id, progress, dead: [], finished: Date.now() });
    await open.journal.answered(id);
    return;
  }
  const died = Math.min(dead, step);
  const letters = Array.from({ length: died }, (_, index) => ({
    ...letter,
    first: from + 1 + index,
    last: from + 1 + index,
  }));
  const next = { delivered: counts.delivered + step - died, dead: counts.dead + died };
  // Sometimes decoding has reached the end, and records are pending.
  const complete = before.complete
    ? { complete: true, records: counts.records }
    : { complete: step === 9, records: from + 20 };
  if (complete.complete && from + step > complete.records) return;
  const records = complete.complete ? complete.records : 0;
  const progress = progressTo(from + step, { complete: complete.complete }, { ...next, records });
  await open.journal.commit({ drop: id, progress, dead: letters });
}

/** Does what the act says, where there is something it can be done to; answers whether there was. */
async function perform(open: OpenState, one: Act, number: number): Promise<boolean> {
  const { journal } = open;
  const { kind, which, days } = one;
  if (kind === "take" || kind === "hold" || kind === "duplicate") {
    const text = kind === "duplicate" ? which % Math.max(1, number) : number;
    await takeBytes(open, content(`Nr. ${text}`), { ended: kind === "hold" ? "held" : undefined });
    return true;
  }
  if (kind === "purge") {
    const keep = { payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY };
    const { drops } = await journal.purge(Date.now() + days * DAY, () => keep);
    return drops > 0;
  }
  if (kind === "release" || kind === "commit" || kind === "finish") {
    const drops = await journal.drops({ state: kind === "release" ? "held" : "open" });
    const progress = await Promise.all(drops.map((drop) => journal.progress(drop.id)));
    // A complete drop with pending records can only be worked on.
    const fit = drops.filter((_, index) => kind !== "finish" || progress[index]?.complete === false);
    const drop = pick(fit, which);
    if (drop === undefined) return false;
    if (kind === "release") await journal.release(drop.id, "a.muster");
    else await workOn(open, drop.id, one);
    return true;
  }
  const letters = await journal.dead({});
  const chosen = pick(
    letters.filter(({ state }) => state !== "delivered"),
    which,
  );
  if (chosen === undefined) return false;
  if (kind === "dismiss") return (await journal.dismiss([chosen.id], "a.muster", "geklärt")) > 0;
  const failure = { ...letter, message: "FORMULA_FAILED again" };
  const outcome = {
    deadLetter: chosen.id,
    delivered: kind === "replay",
    skipped: kind === "skip",
    failure,
    raiseGeneration: false,
  };
  await journal.replayed([outcome], "a.muster");
  return true;
}

describe("sums", () => {
  it("are always what one would count, whatever happens in whatever order", async () => {
    const performed = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 100, maxLength: 100 }), async (acts) => {
        const own = testState();
        try {
          const open = await own.open();
          for (const [number, one] of acts.entries()) {
            if (await perform(open, one, number)) performed.set(one.kind, (performed.get(one.kind) ?? 0) + 1);
          }
          const { rows, kept, closed } = counted(own.dir);
          expect(kept).toEqual(rows);
          expect(closed).toEqual([]);
          for (const { records, delivered, skipped, dead, pending } of await open.journal.sums()) {
            expect(delivered + skipped + dead + pending).toBe(records);
          }
          expect((await open.journal.auditVerify()).broken).toBeUndefined();
        } finally {
          await own.remove();
        }
      }),
      { numRuns: 8 },
    );
    // Random acts that find nothing to be done to would prove nothing.
    for (const kind of KINDS) expect([kind, (performed.get(kind) ?? 0) > 5]).toEqual([kind, true]);
  });

  it("stay cheap with many dead letters", async () => {
    const drop = await takeNew(state, content("a"));
    const count = 20_000;
    const dead = Array.from({ length: count }, (_, index) => ({ ...letter, first: index + 1, last: index + 1 }));
    await state.journal.commit({
      drop,
      progress: progressTo(count, { complete: true }, { records: count, delivered: 0, dead: count }),
      dead,
      finished: Date.now(),
    });
    const before = performance.now();
    for (let index = 0; index < 50; index += 1) await state.journal.sums();
    // A count over the letters would take milliseconds for each of these calls.
    expect((performance.now() - before) / 50).toBeLessThan(5);
    expect((await state.journal.sums())[0]?.openDead).toBe(count);
    expect(await state.journal.deadLetter(deadLetterId(drop, count))).toMatchObject({ state: "open" });
  });
});
