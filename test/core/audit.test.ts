import * as fc from "fast-check";
import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkpointBytes, verifyFrom, verifyPage } from "../../src/core/journal/store/trail.ts";
import type { VerifyState } from "../../src/core/journal/store/trail.ts";
import type { AuditCheckpoint, OpenState } from "../../src/core/journal/types.ts";
import { content, copyOfJournal, finishDrop, letter, progressTo, takeNew, testState } from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

function verifyAll(db: DatabaseSync, publicKey: string, against?: AuditCheckpoint, page = 64): VerifyState {
  let at = verifyFrom(publicKey);
  while (!at.done) at = verifyPage(db, publicKey, at, page, against);
  return at;
}

async function history(open: OpenState, label = "Nr."): Promise<AuditCheckpoint> {
  for (let index = 0; index < 12; index += 1) {
    const drop = await takeNew(open, content(`${label} ${index}`), {
      bridge: index % 2 === 0 ? "gewerbe" : "wohngeld",
    });
    await finishDrop(open, drop, 3, [2]);
    await open.journal.dismiss([`dl-${drop}-2`], `person ${index % 3}`, "erledigt");
    if (index % 5 === 4) await open.journal.auditCheckpoint();
  }
  return open.journal.auditCheckpoint();
}

describe("the trail", () => {
  it("is whole, goes on over a restart, and names events in order", async () => {
    const drop = await takeNew(state, content("a"));
    await state.close();
    state = await test.open();
    await finishDrop(state, drop, 2);
    await state.journal.audit({
      at: 17.9,
      event: "lifecycle.seen",
      bridge: undefined,
      drop: undefined,
      actor: "system",
      facts: { b: null, a: 'ä"\\', z: true, n: 1.5 },
    });
    const entries = await state.journal.auditEntries({});
    expect(entries.map(({ seq, event }) => [seq, event])).toEqual([
      [1, "drop.taken"],
      [2, "drop.finished"],
      [3, "lifecycle.seen"],
    ]);
    expect(entries[2]).toMatchObject({
      at: 17,
      actor: "system",
      pseudonym: "system",
      facts: { a: 'ä"\\', b: null, n: 1.5 },
    });
    expect(await state.journal.auditEntries({ after: 1, limit: 1 })).toHaveLength(1);
    expect(await state.journal.auditVerify()).toEqual({ entries: 3, head: entries[2]?.hash, broken: undefined });
  });

  it("can be recomputed by anybody who knows the rule", async () => {
    await history(state);
    let previous = createHash("sha256").update(`steg audit 1\n${state.publicKey}`).digest();
    for (const entry of await state.journal.auditEntries({})) {
      const facts = Object.fromEntries(Object.entries(entry.facts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      const text = JSON.stringify({
        actor: entry.pseudonym,
        at: entry.at,
        bridge: entry.bridge ?? null,
        drop: entry.drop ?? null,
        event: entry.event,
        facts,
        seq: entry.seq,
      });
      previous = createHash("sha256").update(previous).update(text).digest();
      expect(entry.hash).toBe(previous.toString("hex"));
    }
  });

  it("has people as pseudonyms, the same for the same person, and forgets them", async () => {
    const drop = await takeNew(state, content("a"));
    await finishDrop(state, drop, 3, [1, 2, 3]);
    await state.journal.dismiss([`dl-${drop}-1`], "erika.muster", "x");
    await state.close();
    state = await test.open();
    await state.journal.dismiss([`dl-${drop}-2`], "erika.muster", "x");
    await state.journal.dismiss([`dl-${drop}-3`], "max.muster", "x");
    const before = (await state.journal.auditEntries({})).filter(({ event }) => event === "dead.dismissed");
    expect(before.map(({ actor }) => actor)).toEqual(["erika.muster", "erika.muster", "max.muster"]);
    expect(before[0]?.pseudonym).toMatch(/^p-[0-9a-f]{16}$/);
    expect(before[0]?.pseudonym).toBe(before[1]?.pseudonym);
    expect(before[0]?.pseudonym).not.toBe(before[2]?.pseudonym);
    expect(await state.journal.eraseActor("erika.muster")).toBe(true);
    const after = (await state.journal.auditEntries({})).filter(({ event }) => event === "dead.dismissed");
    expect(after.map(({ actor }) => actor)).toEqual([before[0]?.pseudonym, before[0]?.pseudonym, "max.muster"]);
    expect((await state.journal.auditVerify()).broken).toBeUndefined();
    await state.journal.release(await takeNew(state, content("b"), { ended: "held" }), "erika.muster");
    expect((await state.journal.auditEntries({})).at(-1)?.pseudonym).not.toBe(before[0]?.pseudonym);
  });

  it("gives checkpoints that the public key verifies", async () => {
    const checkpoint = await history(state);
    const signature = Buffer.from(checkpoint.signature, "base64");
    expect(verify(null, checkpointBytes(checkpoint), state.publicKey, signature)).toBe(true);
    expect(await state.journal.auditVerify(checkpoint)).toMatchObject({ broken: undefined });
    await history(state, "later");
    expect(await state.journal.auditVerify(checkpoint)).toMatchObject({ broken: undefined });
    const { publicKey } = state;
    await state.close();
    state = await test.open();
    expect(state.publicKey).toBe(publicKey);
    expect(await state.journal.auditVerify(checkpoint)).toMatchObject({ broken: undefined });
  });

  it("shares its event's transaction: what is refused leaves no entry", async () => {
    const drop = await takeNew(state, content("a"));
    const [refused, done] = await Promise.allSettled([
      state.journal.replayed([{ deadLetter: `dl-${drop}-1`, delivered: true, raiseGeneration: false }], "a.muster"),
      state.journal.release(await takeNew(state, content("b"), { ended: "held" }), "a.muster"),
    ]);
    expect([refused.status, done.status]).toEqual(["rejected", "fulfilled"]);
    expect((await state.journal.auditEntries({})).map(({ event }) => event)).toEqual([
      "drop.taken",
      "drop.taken",
      "drop.released",
    ]);
    expect((await state.journal.auditVerify()).broken).toBeUndefined();
  });

  it("is whole after operations that failed when they had already entered something", async () => {
    const drop = await takeNew(state, content("a"));
    const tooEarly = {
      drop,
      progress: progressTo(2, {}, { delivered: 1, dead: 1 }),
      dead: [{ ...letter, first: 2, last: 2 }],
    };
    await expect(state.journal.commit({ ...tooEarly, finished: 1 })).rejects.toMatchObject({ code: "INTERNAL" });
    await state.journal.commit(tooEarly);
    const delivered = { deadLetter: `dl-${drop}-2`, delivered: true, raiseGeneration: false };
    const unknown = { ...delivered, deadLetter: `dl-${drop}-1` };
    await expect(state.journal.replayed([delivered, unknown], "erika.muster")).rejects.toMatchObject({
      code: "INTERNAL",
    });
    await state.journal.replayed([delivered], "erika.muster");
    expect((await state.journal.auditEntries({})).map(({ seq, event, actor }) => [seq, event, actor])).toEqual([
      [1, "drop.taken", "system"],
      [2, "dead.added", "system"],
      [3, "dead.delivered", "erika.muster"],
    ]);
    expect((await state.journal.auditVerify()).broken).toBeUndefined();
  });

  it("does not let itself be changed by the journal's own connection", async () => {
    await takeNew(state, content("a"));
    const db = copyOfJournal(test.dir, join(test.dir, "copy.db"));
    expect(() => db.exec("UPDATE audit SET at = 0")).toThrow("append-only");
    expect(() => db.exec("DELETE FROM audit")).toThrow("append-only");
    db.close();
  });
});

describe("manipulations", () => {
  const other = generateKeyPairSync("ed25519");
  let db: DatabaseSync;
  let checkpoint: AuditCheckpoint;
  let last: number;

  beforeEach(async () => {
    checkpoint = await history(state);
    await takeNew(state, content("after the last checkpoint"));
    last = checkpoint.seq;
    db = copyOfJournal(test.dir, join(test.dir, "copy.db"));
    db.exec("DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete");
  });
  afterEach(() => db.close());

  /** What somebody who can write the file, but not sign, would do to hide a change. */
  function rehash(from: number): void {
    const entries = db.prepare("SELECT * FROM audit WHERE seq >= ? ORDER BY seq").all(from);
    const before = db.prepare("SELECT hash FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1").get(from);
    let previous =
      (before?.["hash"] as Uint8Array | undefined) ??
      createHash("sha256").update(`steg audit 1\n${state.publicKey}`).digest();
    for (const row of entries) {
      const text =
        `{"actor":${JSON.stringify(row["actor"])},"at":${String(row["at"])},"bridge":${JSON.stringify(row["bridge"])},` +
        `"drop":${JSON.stringify(row["drop_id"])},"event":${JSON.stringify(row["event"])},"facts":${String(row["facts"])},"seq":${String(row["seq"])}}`;
      previous = createHash("sha256").update(previous).update(text).digest();
      db.prepare("UPDATE audit SET hash = ? WHERE seq = ?").run(previous, row["seq"] as number);
    }
  }

  const flip = fc.record({
    kind: fc.constant("flip" as const),
    at: fc.nat(),
    column: fc.constantFrom("at", "event", "bridge", "drop_id", "actor", "facts", "hash", "seq"),
    rehashed: fc.boolean(),
  });
  const drop = fc.record({
    kind: fc.constant("drop" as const),
    at: fc.nat(),
    renumber: fc.boolean(),
    rehashed: fc.boolean(),
  });
  const reorder = fc.record({
    kind: fc.constant("reorder" as const),
    at: fc.nat(),
    to: fc.nat(),
    rehashed: fc.boolean(),
  });
  const truncate = fc.record({ kind: fc.constant("truncate" as const), at: fc.nat(), rehashed: fc.boolean() });
  const insert = fc.record({ kind: fc.constant("insert" as const), at: fc.nat(), rehashed: fc.boolean() });
  const stray = fc.record({ kind: fc.constant("stray" as const), at: fc.nat(), rehashed: fc.boolean() });
  const signed = fc.record({ kind: fc.constant("signed" as const), at: fc.nat(), rehashed: fc.boolean() });
  const changes = fc.oneof(flip, drop, reorder, truncate, insert, stray, signed);
  type Change = typeof changes extends fc.Arbitrary<infer C> ? C : never;

  function shift(seq: number, by: number): void {
    // By way of negative numbers, because the column is unique.
    db.prepare("UPDATE audit SET seq = -seq WHERE seq >= ?").run(seq);
    db.prepare("UPDATE audit SET seq = -seq + ? WHERE seq < 0").run(by);
  }

  function flipColumn(seq: number, column: Extract<Change, { kind: "flip" }>["column"]): void {
    if (column === "hash") db.prepare("UPDATE audit SET hash = zeroblob(32) WHERE seq = ?").run(seq);
    else if (column === "at") db.prepare("UPDATE audit SET at = at + 1 WHERE seq = ?").run(seq);
    else if (column === "seq") db.prepare("UPDATE audit SET seq = seq + 1000000 WHERE seq = ?").run(seq);
    else if (column === "facts")
      db.prepare("UPDATE audit SET facts = replace(facts, '{', '{\"x\":1,') WHERE seq = ?").run(seq);
    else db.prepare(`UPDATE audit SET ${column} = coalesce(${column}, '') || 'x' WHERE seq = ?`).run(seq);
  }

  function manipulate(change: Change): void {
    const seq = 1 + (change.at % last);
    if (change.kind === "flip") flipColumn(seq, change.column);
    else if (change.kind === "drop") {
      db.prepare("DELETE FROM audit WHERE seq = ?").run(seq);
      if (change.renumber) shift(seq + 1, -1);
    } else if (change.kind === "reorder") {
      const target = 1 + (change.to % last);
      const aim = target === seq ? (seq % last) + 1 : target;
      db.prepare("UPDATE audit SET seq = -1 WHERE seq = ?").run(seq);
      db.prepare("UPDATE audit SET seq = ? WHERE seq = ?").run(seq, aim);
      db.prepare("UPDATE audit SET seq = ? WHERE seq = -1").run(aim);
    } else if (change.kind === "truncate") {
      db.prepare("DELETE FROM audit WHERE seq >= ?").run(seq);
    } else if (change.kind === "insert") {
      shift(seq, 1);
      db.prepare(
        "INSERT INTO audit SELECT ?, at, event, bridge, drop_id, actor, facts, hash FROM audit WHERE seq = ?",
      ).run(seq, seq + 1);
    } else if (change.kind === "stray") {
      db.prepare(
        "INSERT INTO audit SELECT ?, at, event, bridge, drop_id, actor, facts, hash FROM audit WHERE seq = ?",
      ).run(-seq, seq);
    } else {
      const row = db
        .prepare("SELECT seq, at FROM audit WHERE event = 'audit.checkpoint' ORDER BY seq LIMIT 1")
        .get() as { seq: number; at: number };
      const forged = sign(null, Buffer.from(`forged ${row.at}`), other.privateKey).toString("base64");
      const facts = JSON.stringify({ of: row.seq - 1, signature: forged });
      db.prepare("UPDATE audit SET facts = ? WHERE seq = ?").run(facts, row.seq);
    }
    // Hashing anew would mend a changed hash, and a stray entry is no part of the chain.
    const mends = change.kind === "stray" || (change.kind === "flip" && change.column === "hash");
    if (change.rehashed && !mends) rehash(1);
  }

  it("are all found, 1,000 of them, by the checkpoint held elsewhere", () => {
    expect(verifyAll(db, state.publicKey, checkpoint).broken).toBeUndefined();
    let count = 0;
    fc.assert(
      fc.property(changes, (change) => {
        db.exec("BEGIN");
        try {
          manipulate(change);
          count += 1;
          expect(verifyAll(db, state.publicKey, checkpoint).broken).toBeDefined();
        } finally {
          db.exec("ROLLBACK");
        }
      }),
      { numRuns: 1_000 },
    );
    expect(count).toBeGreaterThanOrEqual(1_000);
    expect(verifyAll(db, state.publicKey, checkpoint).broken).toBeUndefined();
  });

  it("are found without one too, unless the end was cut off or all signatures with it", () => {
    db.exec("BEGIN");
    flipColumn(3, "actor");
    expect(verifyAll(db, state.publicKey).broken).toEqual({ seq: 3, why: "the entry or one before it was changed" });
    rehash(3);
    expect(verifyAll(db, state.publicKey).broken).toMatchObject({ why: "the checkpoint's signature does not fit" });
    db.exec("ROLLBACK");
    db.prepare("DELETE FROM audit WHERE seq > 10").run();
    expect(verifyAll(db, state.publicKey).broken).toBeUndefined();
    expect(verifyAll(db, state.publicKey, checkpoint).broken).toEqual({
      seq: 11,
      why: "the trail ends before the checkpoint held elsewhere",
    });
  });

  it("of the checkpoint handed in are found", () => {
    const forged = { ...checkpoint, hash: "0".repeat(64) };
    const own = { ...forged, signature: sign(null, checkpointBytes(forged), other.privateKey).toString("base64") };
    for (const one of [forged, own, { ...checkpoint, seq: checkpoint.seq + 1 }, { ...checkpoint, signature: "" }]) {
      expect(verifyAll(db, state.publicKey, one).broken).toMatchObject({
        why: "the checkpoint to compare with was not signed by this appliance",
      });
    }
  });

  it("do not depend on the size of the pages", () => {
    flipColumn(30, "at");
    for (const page of [1, 7, 29, 30, 31, 1_000]) {
      expect(verifyAll(db, state.publicKey, checkpoint, page).broken?.seq).toBe(30);
    }
  });
});
