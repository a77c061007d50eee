// Calls that are accepted, below the server: what the journal keeps of them and for how long, and what an offer ends with.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptedSource, type AcceptedSource } from "../../src/core/calls/accepted.ts";
import { acceptedTrace, callCodec, requestBehind, writeCall } from "../../src/core/calls/call-record.ts";
import { failed } from "../../src/core/calls/failed.ts";
import { keptEnd, readEnd } from "../../src/core/calls/kept-end.ts";
import type { CallEnd } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import type { LoadedBridge } from "../../src/core/bridge/types.ts";
import type { NewCall, OpenState, Retention } from "../../src/core/journal/types.ts";
import { deadLetterId } from "../../src/core/journal/ids.ts";
import { dropRegister, lookOnce } from "../../src/core/pipeline/intake.ts";
import {
  DAY,
  content,
  filesWith,
  letter,
  never,
  progressTo,
  stream,
  takeBytes,
  takeNew,
  testState,
} from "./journal-state.ts";
import type { TestState } from "./journal-state.ts";

const retention = (): Retention => ({ payload: 7 * DAY, dead: 30 * DAY, held: 90 * DAY });
const bridge = "gewerbe";

let test: TestState;
let state: OpenState;
let now = 0;
beforeEach(async () => {
  now = 1_795_000_000_000;
  test = testState();
  state = await test.open({ clock: () => now });
});
afterEach(() => test.remove());

const newCall = (over: Partial<NewCall> = {}): NewCall => ({
  id: "6b1f2a60-0000-4000-8000-000000000001",
  caller: "portal",
  key: "Schluessel",
  request: "r1",
  ...over,
});

function answerOf(text: string): CallEnd {
  return { end: "answered", status: 201, headers: { etag: '"1"' }, contentType: "text/plain", body: text };
}

async function finish(drop: string, text: string): Promise<void> {
  const progress = progressTo(1, { complete: true }, { records: 1, delivered: 1 });
  await state.journal.commit({ drop, progress, dead: [], finished: now, answer: keptEnd(answerOf(text)) });
  await state.journal.answered(drop);
}

const find = async (id = newCall().id, caller = "portal") => await state.journal.call({ bridge, caller, id });
const byKey = async (request = "r1", caller = "portal", key = "Schluessel") =>
  await state.journal.callByKey({ bridge, caller, key, request });
const used = async (): Promise<number | undefined> => (await state.journal.sums())[0]?.spoolBytes;

describe("the journal", () => {
  it("shows a call to its caller only, and knows its key", async () => {
    const drop = await takeNew(state, content("a"), { call: newCall() });
    expect(await find()).toEqual({
      id: newCall().id,
      drop,
      received: expect.any(Number),
      open: true,
      answer: undefined,
    });
    expect(await find(newCall().id, "other")).toBeUndefined();
    expect(await state.journal.call({ bridge: "b", caller: "portal", id: newCall().id })).toBeUndefined();
    expect(await byKey()).toEqual({ id: newCall().id, same: true });
    expect(await byKey("r2")).toEqual({ id: newCall().id, same: false });
    expect(await byKey("r1", "other")).toBeUndefined();
    // The transaction of a second one under the same key is not there at all.
    await expect(takeBytes(state, content("b"), { call: newCall({ id: "x" }) })).rejects.toBeDefined();
    expect(await state.journal.drops({})).toHaveLength(1);
    await state.close();
    for (const secret of ["Schluessel", "portal"]) expect(filesWith(test.dir, Buffer.from(secret))).toEqual([]);
    state = await test.open({ clock: () => now });
    expect(await byKey()).toMatchObject({ same: true });
  });

  it("keeps the answer with the outcome, sealed, counts it, and erases it with the call", async () => {
    const drop = await takeNew(state, content("a", 100), { call: newCall() });
    const progress = progressTo(2, { complete: true }, { records: 1, delivered: 1 });
    const wrong = state.journal.commit({ drop, progress, dead: [], answer: keptEnd(answerOf("x")) });
    await expect(wrong).rejects.toMatchObject({ code: "INTERNAL" });
    expect(await state.journal.callAnswer(drop)).toBeUndefined();
    await finish(drop, "Antwort-4711");
    expect(await find()).toMatchObject({ open: false, answer: { failed: false, stored: now } });
    const bytes = (await state.journal.callAnswer(drop)) ?? new Uint8Array();
    expect(readEnd(bytes)).toMatchObject({ ...answerOf(""), body: new Uint8Array(Buffer.from("Antwort-4711")) });
    expect(filesWith(test.dir, Buffer.from("Antwort-4711"))).toEqual([]);
    expect([state.spool.used(bridge), await used()]).toEqual([100 + bytes.length, 100 + bytes.length]);
    now += 7 * DAY - 1;
    expect(await state.journal.purge(now, retention)).toMatchObject({ drops: 0 });
    now += 1;
    expect(await state.journal.purge(now, retention)).toMatchObject({ drops: 1, bytes: 100 + bytes.length });
    expect([await find(), await byKey(), await state.journal.callAnswer(drop)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([state.spool.used(bridge), await used()]).toEqual([0, 0]);
    // The same key is a new one then, also for the same bytes: no caller is told that nothing was done.
    const again = await takeBytes(state, content("a", 100), { call: newCall() });
    expect(again).toMatchObject({ taken: true, drop: { occurrence: 1, state: "open" } });
  });

  it("gives a caller the time to fetch what a replay brought", async () => {
    const drop = await takeNew(state, content("a"), { call: newCall() });
    await state.journal.commit({
      drop,
      progress: progressTo(1, { complete: true }, { records: 1, delivered: 0, dead: 1 }),
      dead: [{ ...letter, first: 1, last: 1 }],
      finished: now,
      answer: keptEnd(failed(422, "FORMULA_FAILED")),
    });
    await state.journal.answered(drop);
    now += 20 * DAY;
    expect(await state.journal.purge(now, retention)).toMatchObject({ drops: 0 });
    expect(await find()).toMatchObject({ answer: { failed: true } });
    const outcome = { deadLetter: deadLetterId(drop, 1), delivered: true, raiseGeneration: false };
    await state.journal.replayed([{ ...outcome, answer: keptEnd(answerOf("da")) }], "anna");
    expect(await find()).toMatchObject({ answer: { failed: false, stored: now } });
    // Delivered is final: what a second replay says changes nothing.
    await state.journal.replayed([{ ...outcome, answer: keptEnd(failed(500, "INTERNAL")) }], "anna");
    expect(await find()).toMatchObject({ answer: { failed: false } });
    now += 7 * DAY - 1;
    expect(await state.journal.purge(now, retention)).toMatchObject({ drops: 0 });
    now += 1;
    expect(await state.journal.purge(now, retention)).toMatchObject({ drops: 1 });
    expect(await used()).toBe(0);
  });

  it("keeps no answer for bytes that people took anew", async () => {
    const drop = await takeNew(state, content("a"));
    await finish(drop, "x");
    expect(await state.journal.callAnswer(drop)).toBeUndefined();
  });
});

describe("the end of a call", () => {
  it.each<CallEnd>([
    { ...answerOf(""), body: "" } as CallEnd,
    { ...answerOf(""), body: Buffer.from([0, 10, 13, 255, 10]) } as CallEnd,
    failed(409, "DELIVERY_REFUSED", { detail: "Zeile 1\nZeile 2", fault: { code: "X", text: "ä", detail: [1, null] } }),
  ])("comes back as it was kept", (end) => {
    const { bytes } = keptEnd(end);
    const comparable = (one: CallEnd): unknown => ("body" in one ? { ...one, body: Buffer.from(one.body) } : one);
    expect(comparable(readEnd(bytes))).toEqual(comparable(end));
  });
});

describe("a call as a drop", () => {
  const context = { signal: never, pinned: undefined, detected: () => undefined };
  const request = {
    call: "POST /a",
    path: { x: "1" },
    query: {},
    headers: { "x-amt": "33" },
    body: { ["__proto__"]: [1.5, "ä", null], leer: "" },
    caller: "portal",
    id: "i-1",
  };

  it("is the same record again", async () => {
    const bytes = writeCall(request, "00-abc");
    for await (const { records } of callCodec.decode(stream(bytes, 7), context)) {
      const [record = {}] = records;
      expect(JSON.stringify(requestBehind(record as never))).toBe(JSON.stringify(request));
      expect(acceptedTrace(record as never)).toBe("00-abc");
      expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    }
  });

  it("has no trace where it is only an example", async () => {
    for await (const { records } of callCodec.decode(stream(Buffer.from('{"body":{}}')), context))
      expect(acceptedTrace(records[0] as never)).toBeUndefined();
  });
});

describe("an offer", () => {
  let source: AcceptedSource;
  let full: string | undefined;
  beforeEach(() => {
    source = acceptedSource();
    full = undefined;
  });

  const offer = async (id: string, bytes: Uint8Array = content(id), signal = never): Promise<string> => {
    try {
      return await source.offer("POST /a", newCall({ id, key: id }), bytes, signal);
    } catch (cause) {
      return cause instanceof BridgeError ? cause.code : "unexpected";
    }
  };

  async function look(spool: Pick<OpenState["spool"], "write" | "discard"> = state.spool): Promise<void> {
    const loaded = { name: bridge, version: "v1", answers: [] as const } as unknown as LoadedBridge;
    await lookOnce(
      {
        bridge: loaded,
        register: dropRegister(
          loaded,
          "call-1",
          state.journal,
          () => true,
          (hint) => source.callOf(hint),
        ),
        source,
        inOrder: false,
        spool: spool as OpenState["spool"],
        newDropId: () => state.newDropId(),
        full: async () => full,
        taken: () => undefined,
        gone: () => undefined,
        unread: () => undefined,
        log: () => undefined,
      },
      never,
    );
  }

  it("ends when the journal has it, small or large, and is never held", async () => {
    const ends = [offer("a"), offer("b", content("b", 200_000))];
    await look();
    const drops = await Promise.all(ends);
    for (const [at, id] of ["a", "b"].entries()) {
      expect(await find(id)).toMatchObject({ drop: drops[at], open: true });
      expect(await state.journal.drop(drops[at] ?? "")).toMatchObject({
        name: "POST /a",
        state: "open",
        settled: true,
      });
    }
    expect(source.callOf("a")).toBeUndefined();
  });

  it("is refused where the bridge is full, with all that wait behind it", async () => {
    full = "the spool holds as much as spool.most allows";
    const ends = Promise.all([offer("a"), offer("b"), offer("c")]);
    await look();
    expect(await ends).toEqual(["CALLS_TOO_MANY", "CALLS_TOO_MANY", "CALLS_TOO_MANY"]);
    expect(await state.journal.drops({})).toEqual([]);
  });

  it("is refused after the look in which it could not be written, and others are taken", async () => {
    const broken: Pick<OpenState["spool"], "write" | "discard"> = {
      discard: (id) => state.spool.discard(id),
      write: async (id, of, bytes, signal) => {
        const parts: Uint8Array[] = [];
        for await (const part of bytes) parts.push(Buffer.from(part));
        const whole = Buffer.concat(parts);
        if (whole.includes("kaputt")) throw new BridgeError("DISK_LOW", "no room", { stage: "receive" });
        return await state.spool.write(id, of, stream(whole), signal);
      },
    };
    const ends = [offer("kaputt"), offer("gut")];
    await look(broken);
    await source.wait(AbortSignal.abort());
    expect(await ends[0]).toBe("CALLS_TOO_MANY");
    expect(await find("gut")).toMatchObject({ drop: await ends[1] });
  });

  it("can be taken back until the intake has it, and comes too late for a source that stopped", async () => {
    const caller = new AbortController();
    const end = offer("a", content("a"), caller.signal);
    caller.abort();
    expect(await end).toBe("CALLS_TOO_MANY");
    const waiting = offer("b");
    source.stop();
    expect([await waiting, await offer("c"), await offer("d", content("d"), caller.signal)]).toEqual([
      "CALLS_TOO_MANY",
      "CALLS_TOO_MANY",
      "CALLS_TOO_MANY",
    ]);
    await look();
    expect(await state.journal.drops({})).toEqual([]);
  });

  it("wakes whoever waits for the next one", async () => {
    const woken = source.wait(never);
    const end = offer("a");
    await woken;
    await look();
    expect(await find("a")).toMatchObject({ drop: await end });
  });
});
