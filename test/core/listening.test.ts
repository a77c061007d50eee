// Faces with a protocol of their own: who may call, lifecycle, pause and rate, as for the others; and a face that cannot listen yet.

import { describe, expect, it } from "vitest";
import { listenAll, type ListeningDeps } from "../../src/core/calls/listening.ts";
import type { OpenFace } from "../../src/core/calls/open-face.ts";
import { createRates } from "../../src/core/calls/rate.ts";
import type { Call, CallEnd, Face } from "../../src/core/contract.ts";
import { BridgeError } from "../../src/core/errors.ts";

type Handle = Parameters<NonNullable<Face["listen"]>>[0];

function scene(more: { callers?: string[]; rate?: number; closed?: "paused"; state?: string; failures?: number } = {}) {
  const heard: string[] = [];
  const seen: string[] = [];
  const logged: string[] = [];
  let handle: Handle | undefined;
  let failures = more.failures ?? 0;
  const open = {
    bridge: {
      name: "sap",
      timezone: "Europe/Berlin",
      lifecycle: {
        successor: { title: "OData", url: "https://neu.example" },
        started: "2026-01-01",
        deprecated: "2027-01-01",
        sunset: "2027-06-01",
        brownouts: [],
      },
    },
    section: { callers: more.callers ?? ["T01/100"], limits: { rate: more.rate } },
    face: {
      listen: async (given: Handle, signal: AbortSignal) => {
        if (failures-- > 0) throw new BridgeError("SERVER_UNREACHABLE", "the gateway is away");
        handle = given;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      },
    },
    desk: {
      answer: async (call: Call, visit: { caller: string; traceparent: string }) => {
        heard.push(`${call.name} ${visit.caller} ${/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(visit.traceparent)}`);
        return { end: "answered", status: 200, headers: {}, contentType: "application/json", body: "{}" } as CallEnd;
      },
    },
    closed: () => more.closed,
    lifetime: new AbortController().signal,
  } as unknown as OpenFace;
  const deps: ListeningDeps = {
    standing: () => ({ state: more.state ?? "active", endsAt: Date.UTC(2027, 5, 1), end: "2027-06-01" }) as never,
    now: () => Date.UTC(2026, 10, 21),
    rates: createRates(),
    seen: ({ name, by }, bridge) => void seen.push(`${by}:${name} ${bridge}`),
    log: (level, event, fields) => void logged.push(`${level} ${event} ${String(fields?.["code"])}`),
    pause: 5,
  };
  const stopping = new AbortController();
  const done = listenAll([open], deps, stopping.signal);
  const call: Call = { name: "Z_X", path: {}, query: {}, headers: {}, body: {} };
  const ask = async (caller = "T01/100"): Promise<CallEnd> => {
    while (!handle) await new Promise((resolve) => void setTimeout(resolve, 2));
    return await handle(call, caller);
  };
  const stop = async (): Promise<void> => {
    stopping.abort();
    await done;
  };
  return { ask, stop, heard, seen, logged };
}

describe("calls over a face's own protocol", () => {
  it("go through the desk, and are seen", async () => {
    const { ask, stop, heard, seen } = scene();
    expect(await ask()).toMatchObject({ end: "answered" });
    expect(heard).toEqual(["Z_X T01/100 true"]);
    expect(seen).toEqual(["rfc:T01/100 sap"]);
    await stop();
  });

  it.each<[object, string, number]>([
    [{ callers: ["P01/100"] }, "FORBIDDEN", 403],
    [{ callers: undefined, closed: "paused" }, "CALLS_TOO_MANY", 503],
    [{ state: "planned" }, "NOT_FOUND", 404],
  ])("are refused where %j", async (more, code, status) => {
    const { ask, stop, heard } = scene(more);
    const end = await ask();
    expect(end).toMatchObject({ end: "failed", status });
    expect((end as { code: string }).code).toBe(code);
    expect(heard).toEqual([]);
    await stop();
  });

  it("keep to their rate", async () => {
    const { ask, stop } = scene({ rate: 2 });
    const ends = [await ask(), await ask(), await ask()];
    expect(ends.map((end) => ("code" in end ? end.code : end.status))).toEqual([200, 200, "RATE_LIMITED"]);
    await stop();
  });

  it("begin when the gateway is there", async () => {
    const { ask, stop, logged } = scene({ failures: 2 });
    expect(await ask()).toMatchObject({ end: "answered" });
    expect(logged).toEqual([
      "error face.not_listening SERVER_UNREACHABLE",
      "error face.not_listening SERVER_UNREACHABLE",
    ]);
    await stop();
  });
});
