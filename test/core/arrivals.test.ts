// That a drop came: who is owed it, until when, and that nothing of its end goes out before, or twice.

import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Acknowledger, AnswerFile, ReceiptTarget } from "../../src/core/contract.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { migrate } from "../../src/core/journal/store/database.ts";
import { MIGRATIONS } from "../../src/core/journal/store/schema.ts";
import type { OpenState } from "../../src/core/journal/types.ts";
import { type Answering, type AnsweringRuntime, createAnswering } from "../../src/core/pipeline/answering.ts";
import { rawCodec } from "../../src/core/pipeline/raw.ts";
import { createServerBook } from "../../src/core/pipeline/server-health.ts";
import { content, finishDrop, newDrop, takeBytes, takeNew, testState, type TestState } from "./journal-state.ts";

let test: TestState;
let state: OpenState;
beforeEach(async () => {
  test = testState();
  state = await test.open();
});
afterEach(() => test.remove());

const owed = async (): Promise<readonly string[]> =>
  (await state.journal.unanswered("gewerbe")).filter(({ arrivalDue }) => arrivalDue).map(({ id }) => id);

describe("the journal owes it", () => {
  it("from the moment that it has the drop, open or held, across restarts, until it was told", async () => {
    const open = await takeNew(state, content("a"), { arrival: true });
    const held = await takeNew(state, content("b"), { arrival: true, ended: "held" });
    await takeNew(state, content("c"));
    await state.close();
    state = await test.open();
    expect(await owed()).toEqual([open, held]);
    await state.journal.arrivalTold(open);
    await state.journal.arrivalTold(open);
    expect(await owed()).toEqual([held]);
    await state.journal.answered(held);
    await state.journal.release(held, "a.muster");
    expect(await owed()).toEqual([]);
  });

  it("never for what came before, was refused, or is wanted again by a person", async () => {
    const bytes = content("a");
    const first = await takeNew(state, bytes, { arrival: true });
    await finishDrop(state, first, 2, [1]);
    await takeBytes(state, bytes, { arrival: true });
    await takeBytes(state, bytes, { arrival: true, wanted: true, ended: "held" });
    await takeBytes(state, content("b"), { arrival: true, ended: "refused" });
    await takeBytes(state, bytes, { occurrence: 1, again: { of: first, actor: "a.muster" } });
    expect(await owed()).toEqual([first]);
    // Sent again after it was refused, it is taken.
    const again = await takeBytes(state, content("b"), { arrival: true });
    expect(await owed()).toEqual([first, again.drop.id]);
  });

  it("no more where the end was told, or the drop is gone", async () => {
    const drop = await takeNew(state, content("a"), { arrival: true });
    await finishDrop(state, drop, 1);
    await state.journal.answered(drop);
    expect((await state.journal.drop(drop))?.arrivalDue).toBe(false);
    await expect(state.journal.arrivalTold("nobody")).rejects.toThrow("no such drop");
  });

  it("to nobody of what an older version took", () => {
    const db = new DatabaseSync(":memory:");
    migrate(db, MIGRATIONS.slice(0, 5));
    const { id } = newDrop(state);
    const given = [id, "gewerbe", "a", 1, "", Buffer.from("a"), 0, "open", 0, 0, "v", "c", 2, 0];
    db.prepare(
      `INSERT INTO drops (id, bridge, name, size, sha256, identity, occurrence, state, received, settled, bridge_version,
       codec_version, kept, inline) VALUES (${given.map(() => "?").join(", ")})`,
    ).run(...given);
    migrate(db);
    expect(db.prepare("SELECT arrival_due FROM drops").all()).toEqual([{ arrival_due: 0 }]);
    db.close();
  });
});

/** Where answers go: a folder in memory that may be slow, away, or the last thing that a process saw. */
interface Place extends ReceiptTarget {
  readonly written: [name: string, text: string][];
  before: (name: string) => Promise<void>;
  after: () => void;
}

function placeOf(): Place {
  const place: Place = {
    written: [],
    before: async () => undefined,
    after: () => undefined,
    async put(name, body) {
      await place.before(name);
      place.written.push([name, Buffer.from(body).toString()]);
      place.after();
    },
    close: async () => undefined,
  };
  return place;
}

const file = (kind: string, text: string): AnswerFile => ({ kind, extension: "edi", body: Buffer.from(text) });
const contrl: Acknowledger = {
  arrival: async ({ id }) => [file("arrived.contrl", `${id} 8`)],
  acknowledge: async ({ id, state: end }) => [file("contrl", `${id} ${end}`)],
};

function answeringTo(target: Place, as: Acknowledger | "json" = contrl): Answering {
  const bridge = { name: "gewerbe", title: "Gewerbe", timezone: "Europe/Berlin" } as LoadedBridge;
  const today: AnsweringRuntime = { bridge, codec: rawCodec, ways: [], answers: [{ as, name: "edifact", target }] };
  return createAnswering({
    bridge,
    today,
    versionOf: async () => today,
    journal: state.journal,
    spool: state.spool,
    notices: () => [],
    signal: new AbortController().signal,
    servers: createServerBook(),
    log: () => undefined,
  });
}

const said = ({ written }: Place): readonly string[] => written.map(([, text]) => text.split(" ")[1]!);
const rest = async (answering: Answering, busy = false): Promise<readonly unknown[]> => {
  const causes: unknown[] = [];
  await answering.answerRest(
    () => busy,
    (_, cause) => void causes.push(cause),
    0,
  );
  return causes;
};

describe("a sender hears", () => {
  it("that it came while it is worked on, once", async () => {
    const place = placeOf();
    const answering = answeringTo(place);
    const drop = await takeNew(state, content("a"), { arrival: true });
    await rest(answering, true);
    await rest(answering);
    expect(said(place)).toEqual(["8"]);
    await finishDrop(state, drop, 1);
    await rest(answering, true);
    expect(said(place)).toEqual(["8"]);
    await rest(answering);
    expect(said(place)).toEqual(["8", "done"]);
  });

  it("first that it came, however slow that is and whatever is done at the same time", async () => {
    const place = placeOf();
    const answering = answeringTo(place);
    const drop = await takeNew(state, content("a"), { arrival: true });
    const gate = Promise.withResolvers<void>();
    place.before = async (name) => (name.includes("arrived") ? await gate.promise : undefined);
    const looking = rest(answering);
    await finishDrop(state, drop, 1);
    const ending = answering.answer(drop);
    const again = rest(answering);
    setTimeout(gate.resolve, 50);
    await Promise.all([looking, ending, again]);
    expect(said(place).slice(0, 2)).toEqual(["8", "done"]);
    expect(said(place).filter((one) => one === "8")).toHaveLength(1);
  });

  it("nothing of the end where that it came cannot be written, and both later", async () => {
    const place = placeOf();
    const answering = answeringTo(place);
    const drop = await takeNew(state, content("a"), { arrival: true });
    await finishDrop(state, drop, 1);
    place.before = async (name) => {
      if (name.includes("arrived")) throw new BridgeError("TARGET_UNREACHABLE", "there is no room");
    };
    expect(await rest(answering)).toMatchObject([{ code: "TARGET_UNREACHABLE" }]);
    expect(said(place)).toEqual([]);
    place.before = async () => undefined;
    await rest(answering);
    expect(said(place)).toEqual(["8", "done"]);
  });

  it("the same file again where the process died before it was noted, and never behind the end", async () => {
    const place = placeOf();
    const drop = await takeNew(state, content("a"), { arrival: true });
    const died = new Error("the process died");
    place.after = () => {
      throw died;
    };
    expect(await rest(answeringTo(place))).toEqual([died]);
    await state.close();
    state = await test.open();
    place.after = () => undefined;
    await rest(answeringTo(place));
    expect(place.written[1]).toEqual(place.written[0]);
    await finishDrop(state, drop, 1);
    place.after = () => {
      throw died;
    };
    expect(await rest(answeringTo(place))).toEqual([died]);
    await state.close();
    state = await test.open();
    place.after = () => undefined;
    await rest(answeringTo(place));
    expect(said(place)).toEqual(["8", "8", "done", "done"]);
  });

  it("of many open drops only the first tries a server that is away; what has its end is tried each", async () => {
    const place = placeOf();
    const answering = answeringTo(place);
    const tried: string[] = [];
    place.before = async (name) => {
      tried.push(name);
      throw new BridgeError("SERVER_UNREACHABLE", "nobody is there");
    };
    const drops = [];
    for (const text of ["a", "b", "c"]) drops.push(await takeNew(state, content(text), { arrival: true }));
    await finishDrop(state, drops[2]!, 1);
    expect(await rest(answering)).toHaveLength(2);
    expect(tried).toHaveLength(2);
    place.before = async () => undefined;
    await rest(answering);
    expect(said(place)).toEqual(["8", "8", "8", "done"]);
  });
});

describe("a receipt", () => {
  const stem = (name: string): string => name.split(".").at(-3)!;

  it("that went out while others were written is not written again: its reader may have taken it away", async () => {
    const place = placeOf();
    const answering = answeringTo(place, "json");
    const drops = [];
    for (const text of ["a", "b"]) {
      drops.push(await takeNew(state, content(text)));
      await finishDrop(state, drops.at(-1)!, 1);
    }
    const [first, second] = drops as [string, string];
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    place.before = async (name) => {
      if (!name.includes(first)) return;
      started.resolve();
      await gate.promise;
    };
    const looking = rest(answering);
    await started.promise;
    await answering.answer(second);
    gate.resolve();
    expect(await looking).toEqual([]);
    expect(place.written.map(([name]) => stem(name))).toEqual([second, first]);
    expect(await state.journal.unanswered("gewerbe")).toEqual([]);
  });

  it("that a replay made out of date is owed again, once", async () => {
    const place = placeOf();
    const drop = await takeNew(state, content("a"));
    await finishDrop(state, drop, 1, [1]);
    await rest(answeringTo(place, "json"));
    expect(await state.journal.drop(drop)).toMatchObject({ answered: true, answerDue: false });
    const [letter] = await state.journal.dead({ drop });
    await state.journal.replayed([{ deadLetter: letter!.id, delivered: true, raiseGeneration: false }], "a.muster");
    expect(await state.journal.drop(drop)).toMatchObject({ answered: true, answerDue: true });
    await rest(answeringTo(place, "json"));
    await rest(answeringTo(place, "json"));
    expect(place.written).toHaveLength(2);
  });
});
