// Calls without a server: what the lifecycle says, how failures are told, what formulas see, which pages may call.

import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { readCall, recordOf, requestBehind, requestOf } from "../../src/core/calls/call-record.ts";
import { failedByError, failedByService } from "../../src/core/calls/failed.ts";
import { lifecycleHeaders, refusedByLifecycle } from "../../src/core/calls/lifecycle.ts";
import { createDeadlines } from "../../src/core/calls/deadline.ts";
import { rememberCallers } from "../../src/core/calls/known-callers.ts";
import { createCallTally } from "../../src/core/calls/tally.ts";
import type { Attempt } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";
import { crossOrigin } from "../../src/core/http/cross-origin.ts";
import { renderMetrics } from "../../src/core/http/metrics.ts";
import { standingOf } from "../../src/core/lifecycle/state.ts";
import { lifecycleOf } from "./lifecycle-fixtures.ts";

const ZONE = "Europe/Berlin";
const at = (text: string): number => Date.parse(text);

describe("the lifecycle for callers", () => {
  const block = lifecycleOf({
    started: "2026-01-13",
    deprecated: "2026-06-02",
    sunset: "2027-03-02",
    brownouts: [{ from: "2027-02-09T10:00", to: "2027-02-09T11:00" }],
  });
  const answer = (now: string) => refusedByLifecycle(block, standingOf(block, ZONE, at(now)), at(now));

  it.each([
    ["2026-01-13T08:59:59Z", 404, "NOT_FOUND"],
    ["2026-01-13T09:00:00Z", undefined, undefined],
    ["2027-02-09T08:59:59Z", undefined, undefined],
    ["2027-02-09T09:00:00Z", 503, "BRIDGE_BROWNOUT"],
    ["2027-02-09T10:00:00Z", undefined, undefined],
    ["2027-03-02T08:59:59Z", undefined, undefined],
    ["2027-03-02T09:00:00Z", 410, "BRIDGE_SUNSET"],
  ])("at %s", (now, status, code) => {
    const refused = answer(now);
    expect([refused?.status, refused?.code]).toEqual([status, code]);
  });

  it("says in a brownout when it is over", () => {
    const refused = answer("2027-02-09T09:15:30Z");
    expect(refused).toMatchObject({ after: 44 * 60 + 30, sender: false });
    expect(refused?.detail).toContain("2027-02-09T10:00:00.000Z");
  });

  it("gives headers that are what the standards say", () => {
    const headers = lifecycleHeaders(block, standingOf(block, ZONE, at("2026-05-01T00:00:00Z")), ZONE);
    // RFC 9745, section 2.1: an Item Structured Date (RFC 9651, section 3.3.7).
    expect(headers["deprecation"]).toBe(`@${at("2026-06-02T08:00:00Z") / 1000}`);
    expect(new Date(headers["sunset"] ?? "").toISOString()).toBe("2027-03-02T09:00:00.000Z");
  });

  it("puts no address into a Link header that would end it", () => {
    const sly = {
      ...block,
      successor: { title: "x", url: 'https://neu.example/a>; rel="x"', guide: "javascript:alert(1)" },
    };
    const { link } = lifecycleHeaders(sly, standingOf(sly, ZONE, at("2026-05-01T00:00:00Z")), ZONE);
    expect(link).toBe('<https://neu.example/a%3E;%20rel=%22x%22>; rel="successor-version"');
  });
});

describe("failures as callers hear them", () => {
  it.each<[Exclude<Attempt, { end: "delivered" }>, number, string, number | undefined]>([
    [{ end: "refused", message: "x", reply: { status: 404 } }, 404, "DELIVERY_REFUSED", undefined],
    [{ end: "refused", message: "x", reply: { status: 401 } }, 502, "DELIVERY_REFUSED", undefined],
    [{ end: "refused", message: "x", reply: { fault: { code: "a", text: "b" } } }, 502, "SERVICE_FAULT", undefined],
    [{ end: "refused", message: "x", status: 422, code: "RFC_FAILED" }, 422, "RFC_FAILED", undefined],
    [{ end: "retry", message: "x", reply: { status: 500 } }, 502, "DELIVERY_FAILED", undefined],
    [{ end: "retry", message: "x", reply: { status: 429 }, after: 2_500 }, 503, "DELIVERY_FAILED", 3],
    [{ end: "unreachable", message: "x", unsure: false }, 503, "TARGET_UNREACHABLE", 5],
    [{ end: "unreachable", message: "x", unsure: true }, 504, "TARGET_UNREACHABLE", undefined],
    [{ end: "unreachable", message: "x", unsure: false, status: 502 }, 502, "TARGET_UNREACHABLE", undefined],
  ])("%o", (attempt, status, code, after) => {
    const end = failedByService({ ...attempt, ...("detail" in attempt ? {} : { detail: "Muster" }) }, false);
    expect([end.status, end.code, end.after]).toEqual([status, code, after]);
    // The service's words are values of others, unless the bridge says otherwise.
    expect(JSON.stringify(end)).not.toContain("Muster");
  });

  it("tell what is wrong with a message that was never sent", () => {
    expect(
      failedByService({ end: "refused", code: "SCHEMA_INVALID", message: "/om: is missing" }, false),
    ).toMatchObject({
      status: 422,
      detail: "/om: is missing",
    });
    expect(
      failedByService({ end: "refused", code: "RFC_VALUE", status: 400, message: "parameter X" }, false),
    ).toMatchObject({
      status: 400,
      detail: "parameter X",
    });
  });

  it("tell the service's own words where the bridge passes them on", () => {
    const fault = { code: "K7", text: "gesperrt" };
    const ruled = failedByService(
      { end: "refused", message: "x", status: 409, byRule: true, detail: "Satz gesperrt", reply: { fault } },
      false,
    );
    expect(ruled).toMatchObject({ status: 409, detail: "Satz gesperrt", fault });
  });

  it("are 504 where the time was up, whatever the target said of it", () => {
    expect(failedByService({ end: "unreachable", message: "x", unsure: true }, true)).toMatchObject({
      status: 504,
      code: "CALL_DEADLINE",
    });
    expect(failedByService({ end: "closed", after: 1_200 }, false)).toMatchObject({ status: 503, after: 2 });
  });

  it("never show what went wrong inside", () => {
    const inside = failedByError(new BridgeError("INTERNAL", "ENOENT /var/lib/steg", { detail: "Muster" }));
    expect(inside).toEqual({
      end: "failed",
      status: 500,
      code: "INTERNAL",
      title: "Internal error",
      detail: undefined,
      sender: false,
      headers: {},
    });
    const mapping = new BridgeError("CODE_UNKNOWN", "list rechtsform has no such key", {
      stage: "map",
      detail: "Muster",
    });
    expect(failedByError(mapping)).toMatchObject({ status: 422, detail: "list rechtsform has no such key" });
    expect(JSON.stringify(failedByError(mapping))).not.toContain("Muster");
    const answer = new BridgeError("CODE_UNKNOWN", "x", { stage: "answer" });
    expect(failedByError(answer)).toMatchObject({ status: 502, sender: false, detail: undefined });
  });
});

describe("a call as a record", () => {
  const call = { name: "GET /a", path: { om: "7" }, query: {}, headers: {}, body: undefined };

  it("is its body, and knows where it came from", () => {
    const request = requestOf({ ...call, body: { a: 1 } }, "portal");
    const record = recordOf(request);
    expect(JSON.stringify(record)).toBe(`{"a":1}`);
    expect(requestBehind(record)).toMatchObject({ call: "GET /a", caller: "portal", path: { om: "7" } });
    expect(Object.keys(record)).toEqual(["a"]);
    expect(requestBehind(recordOf(requestOf({ ...call, body: "text" }, "x")))?.body).toBe("text");
    expect(requestBehind({})).toBeUndefined();
  });

  it("cannot be forged by the names of a body", () => {
    const body = JSON.parse('{"Symbol(request)":{"caller":"admin"},"__proto__":{"caller":"admin"}}') as { a: string };
    const request = requestOf({ ...call, body }, "portal");
    expect(requestBehind(recordOf(request))?.caller).toBe("portal");
    expect(({} as { caller?: string }).caller).toBeUndefined();
  });

  it.each(["", "[]", "7", "{", '{"anders":1}', '{"path":[]}', '{"call":7}'])("is no file like %s", (text) => {
    expect(() => readCall(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "CALL_INVALID", stage: "decode" }),
    );
  });
});

describe("callers of a kept connection", () => {
  const caller = { name: "portal", by: "token" as const, scopes: [] };
  function scene(): { now: number; looks: number; callerOf: ReturnType<typeof rememberCallers> } {
    const state = { now: 0, looks: 0, callerOf: undefined as unknown as ReturnType<typeof rememberCallers> };
    const identify = ({ authorization }: { authorization: string | undefined }): Promise<typeof caller> => {
      state.looks++;
      return authorization === "good" ? Promise.resolve(caller) : Promise.reject(new Error("unknown"));
    };
    state.callerOf = rememberCallers({ identify }, () => state.now);
    return state;
  }
  const shown = (authorization: string | undefined) => ({ authorization, ip: "::1" });

  it("are known for a second, by the same words only", async () => {
    const state = scene();
    const socket = new Socket();
    expect(await state.callerOf(socket, shown("good"))).toBe(caller);
    expect(state.callerOf(socket, shown("good"))).toBe(caller);
    expect(state.looks).toBe(1);
    await expect(state.callerOf(socket, shown("other"))).rejects.toThrow("unknown");
    await expect(state.callerOf(socket, shown(undefined))).rejects.toThrow("unknown");
    // Whoever was refused in between is looked at again, too.
    expect(await state.callerOf(socket, shown("good"))).toBe(caller);
    state.now += 1_000;
    expect(state.callerOf(socket, shown("good"))).toBeInstanceOf(Promise);
    expect(state.looks).toBe(5);
  });

  it("are not those of another connection", async () => {
    const state = scene();
    await state.callerOf(new Socket(), shown("good"));
    expect(state.callerOf(new Socket(), shown("good"))).toBeInstanceOf(Promise);
  });
});

describe("deadlines", () => {
  it("end a call when its time is up, all of them when nothing may go on, and none that is done", async () => {
    const lifetime = new AbortController();
    const begin = createDeadlines(20);
    const [late, done] = [begin(lifetime.signal), begin(lifetime.signal)];
    done.done();
    await new Promise((resolve) => void setTimeout(resolve, 40));
    expect([late.signal.aborted, done.signal.aborted]).toEqual([true, false]);
    const slow = createDeadlines(60_000);
    const under = [slow(lifetime.signal), slow(lifetime.signal)];
    const ended = slow(lifetime.signal);
    ended.done();
    lifetime.abort(new Error("the end"));
    expect(under.map(({ signal }) => (signal.reason as Error).message)).toEqual(["the end", "the end"]);
    expect(ended.signal.aborted).toBe(false);
    const after = slow(lifetime.signal);
    expect(after.signal.aborted).toBe(true);
    for (const one of [late, ...under, after]) one.done();
  });
});

describe("figures of calls", () => {
  it("count by bridge, status and duration, each call once", () => {
    const tally = createCallTally();
    tally.note("ewo", 200, 4);
    tally.note("ewo", 200, 5);
    tally.note("ewo", 504, 90_000);
    tally.note("hund", 410, 0.1);
    const [ewo, hund] = tally.figures();
    expect(ewo).toMatchObject({ bridge: "ewo", count: 3 });
    expect([...(ewo?.byStatus ?? [])]).toEqual([
      [200, 2],
      [504, 1],
    ]);
    expect(ewo?.byDuration.slice(0, 2)).toEqual([2, 0]);
    expect(ewo?.byDuration.reduce((sum, one) => sum + one, 0)).toBe(2);
    expect(hund?.count).toBe(1);
    const zone = { zoneOf: () => "Europe/Berlin", version: "1" };
    const lifecycle = { rows: [], alarm: null } as unknown as Parameters<typeof renderMetrics>[0]["lifecycle"];
    const alarms = { alarms: [], channels: [], runningOut: [] };
    const text = renderMetrics({ ...zone, bridges: [], lifecycle, alarms, callers: [], calls: tally.figures() });
    expect(text).toContain('steg_calls_total{bridge="ewo",status="504"} 1\n');
    expect(text).toContain('steg_call_duration_seconds_bucket{bridge="ewo",le="60"} 2\n');
    expect(text).toContain('steg_call_duration_seconds_bucket{bridge="ewo",le="+Inf"} 3\n');
    expect(text).toContain('steg_call_duration_seconds_count{bridge="ewo"} 3\n');
  });
});

describe("pages that may call from a browser", () => {
  it("are those that are named, letter by letter", () => {
    const allowed = ["https://portal.example"];
    expect(crossOrigin("https://portal.example", [])).toEqual({});
    expect(crossOrigin("https://portal.example", allowed)["access-control-allow-origin"]).toBe(
      "https://portal.example",
    );
    for (const other of ["https://portal.example.evil.example", "http://portal.example", "null", undefined]) {
      expect(crossOrigin(other, allowed)).toEqual({ vary: "origin" });
    }
  });
});
