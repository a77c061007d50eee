// What a caller hears of an accepted call: the same as one who waits, made of how delivering it ended.

import { describe, expect, it } from "vitest";
import { callCodec, writeCall } from "../../src/core/calls/call-record.ts";
import { createLaterAnswers, MOST_KEPT } from "../../src/core/calls/later-answers.ts";
import { readEnd } from "../../src/core/calls/kept-end.ts";
import type { CallEnd, Face, Parcel, Rec, Reply, Scope } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import type { FaceSection } from "../../src/core/bridge/types.ts";
import type { Final } from "../../src/core/pipeline/courier.ts";
import type { Message } from "../../src/core/pipeline/map-unit.ts";
import { never, stream } from "./journal-state.ts";

const section = {
  limits: { body: 1, reply: MOST_KEPT * 2, rate: undefined, inFlight: 1 },
  headersIn: ["x-amt", "x-fehlt"],
  headersOut: ["etag"],
} as unknown as FaceSection;

const request = {
  call: "POST /a",
  path: {},
  query: {},
  headers: { "x-amt": "33", "accept-language": "de" },
  body: { nr: "1" },
  caller: "portal",
  id: "i-1",
};

async function messageOf(trace: string): Promise<Message> {
  const context = { signal: never, pinned: undefined, detected: () => undefined };
  const bytes = trace === "" ? Buffer.from('{"body":{}}') : writeCall(request, trace);
  for await (const { records } of callCodec.decode(stream(bytes), context)) {
    const scope = { root: records[0] as Rec } as Scope;
    return { scope, way: {}, body: "{}" } as unknown as Message;
  }
  throw new Error("no record");
}

const delivered = (reply: Reply): Final => ({
  ending: "delivered",
  error: undefined,
  attempts: 1,
  refused: false,
  heard: { end: "delivered", reply },
});

const dead = (code: BridgeError["code"], stage: "map" | "deliver", heard?: Final["heard"]): [BridgeError, Final] => {
  const error = new BridgeError(code, "what is wrong", { stage, detail: "a value" });
  return [error, { ending: "dead", error, attempts: 3, refused: true, heard }];
};

const later = (answerFault?: Face["answerFault"]) => createLaterAnswers(section, answerFault ? { answerFault } : {});
const endOf = ({ bytes }: { readonly bytes: Uint8Array }): CallEnd => readEnd(bytes);

describe("the parcel of an accepted call", () => {
  const parcel = { key: "k-1", drop: "d" } as Parcel;

  it("asks for the answer itself, with the trace of the caller, the drop's key and the headers let through", async () => {
    expect(later().parcel(parcel, await messageOf("00-abc")).call).toEqual({
      traceparent: "00-abc",
      idempotencyKey: "k-1",
      headers: { "x-amt": "33" },
      mostReply: MOST_KEPT,
    });
  });

  it("is a plain one where the record is no such call", async () => {
    expect(later().parcel(parcel, await messageOf(""))).toBe(parcel);
  });
});

describe("a call that was delivered", () => {
  it("has the service's answer as it came, and of its headers those that are let through", async () => {
    const bytes = Buffer.from([0, 10, 255]);
    const reply = { status: 202, headers: { etag: '"7"', "x-intern": "y" }, bytes, contentType: "image/x" };
    const kept = later().delivered(await messageOf("t"), delivered(reply));
    expect(kept.failed).toBe(false);
    const end = { end: "answered", status: 202, headers: { etag: '"7"' }, contentType: "image/x" };
    expect(endOf(kept)).toMatchObject({ ...end, body: bytes });
  });

  it("is a problem where the answer is not what the face describes, and where it is larger than is kept", async () => {
    const fault = new BridgeError("REPLY_INVALID", "no name", { stage: "answer", detail: "Erika" });
    let seen: unknown;
    const checked = later((call) => {
      seen = call;
      return fault;
    });
    const kept = checked.delivered(await messageOf("t"), delivered({ status: 200, body: {} }));
    expect([kept.failed, endOf(kept)]).toMatchObject([true, { status: 502, code: "REPLY_INVALID" }]);
    expect(JSON.stringify(seen)).toBe(
      JSON.stringify({ name: "POST /a", path: {}, query: {}, headers: request.headers, body: { nr: "1" } }),
    );
    expect(Buffer.from(kept.bytes).toString()).not.toContain("Erika");
    const large = delivered({ bytes: Buffer.alloc(MOST_KEPT + 1), contentType: "text/plain" });
    expect(endOf(later().delivered(await messageOf("t"), large))).toMatchObject({ code: "REPLY_TOO_LARGE" });
  });
});

describe("a call that failed", () => {
  it.each([
    ["the mapping", dead("FORMULA_FAILED", "map"), { status: 422, code: "FORMULA_FAILED", detail: "what is wrong" }],
    [
      "a no of the service",
      dead("DELIVERY_REFUSED", "deliver", { end: "refused", message: "m", detail: "a value", reply: { status: 409 } }),
      { status: 409, code: "DELIVERY_REFUSED" },
    ],
    [
      "a no that the bridge words",
      dead("DELIVERY_REFUSED", "deliver", {
        end: "refused",
        message: "m",
        detail: "Schon da",
        status: 422,
        byRule: true,
      }),
      { status: 422, detail: "Schon da" },
    ],
    [
      "trouble that did not end",
      dead("DELIVERY_FAILED", "deliver", { end: "retry", message: "m", after: 9_000, reply: { status: 503 } }),
      { status: 503, code: "DELIVERY_FAILED" },
    ],
    [
      "doubt",
      dead("DELIVERY_UNSURE", "deliver", { end: "unreachable", unsure: true, message: "m" }),
      { status: 502, code: "DELIVERY_UNSURE" },
    ],
    ["doubt after a crash", [dead("DELIVERY_UNSURE", "deliver")[0], undefined] as const, { status: 502 }],
  ])("hears of %s, without when to come again", (_what, [error, final], expected) => {
    const kept = later().dead(error, final);
    expect(kept.failed).toBe(true);
    expect(endOf(kept)).toMatchObject(expected);
    expect(endOf(kept)).not.toHaveProperty("after");
    expect(Buffer.from(kept.bytes).toString()).not.toContain("a value");
  });

  it("hears of nothing where the bridge skips it", () => {
    expect(endOf(later().skipped())).toMatchObject({ end: "answered", status: 204 });
  });
});
