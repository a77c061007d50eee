// What became of a call that was accepted: /calls/ID says how far it is, /calls/ID/result is the answer that a caller who waits would
// have had. Only the caller that sent it is told that it exists.
//
//   accepted ──▶ working ──▶ done
//                  └───────▶ failed ──a person tries again──▶ done

import type { CallEnd } from "../contract.ts";
import type { LoadedBridge } from "../bridge/types.ts";
import type { AcceptedCall, Journal } from "../journal/types.ts";
import { failed, type Failed } from "./failed.ts";
import { readEnd } from "./kept-end.ts";

export type CallState = "accepted" | "working" | "done" | "failed";

/** The body of a status. */
export interface CallStatus {
  readonly id: string;
  readonly state: CallState;
  /** ISO 8601. */
  readonly accepted: string;
  readonly finished?: string;
  /** Where the answer is, or the problem. */
  readonly result?: string;
  readonly problem?: { readonly code: string; readonly status: number; readonly title: string };
}

export interface ResourceDeps {
  readonly bridge: LoadedBridge;
  readonly journal: Pick<Journal, "call" | "callByKey" | "callAnswer">;
  /** Whether somebody works on this drop just now. */
  readonly isActive: (drop: string) => boolean;
}

export interface CallResources {
  /** What the caller hears who has just sent it: 202 with its Location, or 200 where it has its end already. */
  accepted(id: string, caller: string): Promise<CallEnd>;
  /** `path` below the bridge, without its /calls/. */
  read(path: string, caller: string): Promise<CallEnd>;
}

/** `ID` and `ID/result`. */
const PATH = /^(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?<result>\/result)?$/u;
const JSON_TYPE = "application/json";
const NO_STORE = { "cache-control": "no-store" };

/** Seconds until it is worth asking again: soon at first, more and more rarely for what takes long. */
const SOONEST = 1;
const LATEST = 60;

export function createCallResources({ bridge, journal, isActive }: ResourceDeps): CallResources {
  const { name } = bridge;

  async function problemOf({ drop }: AcceptedCall): Promise<CallStatus["problem"]> {
    const bytes = await journal.callAnswer(drop);
    const end = bytes && readEnd(bytes);
    return end?.end === "failed" ? { code: end.code, status: end.status, title: end.title } : undefined;
  }

  async function statusOf(call: AcceptedCall): Promise<CallStatus> {
    const { id, drop, received, open, answer } = call;
    const accepted = new Date(received).toISOString();
    if (open || !answer) return { id, state: isActive(drop) ? "working" : "accepted", accepted };
    const finished = new Date(answer.stored).toISOString();
    const result = `${locationOf(name, id)}/result`;
    const problem = answer.failed ? await problemOf(call) : undefined;
    return { id, state: answer.failed ? "failed" : "done", accepted, finished, result, ...(problem && { problem }) };
  }

  async function result(call: AcceptedCall): Promise<CallEnd> {
    const bytes = call.open || !call.answer ? undefined : await journal.callAnswer(call.drop);
    if (!bytes) return failed(409, "CALL_OPEN", { title: "There is no result yet", after: againIn(call) });
    const end = readEnd(bytes);
    return { ...end, headers: { ...end.headers, ...NO_STORE } };
  }

  async function document(
    call: AcceptedCall,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): Promise<CallEnd> {
    const body = await statusOf(call);
    const isOpen = body.state === "accepted" || body.state === "working";
    const again = isOpen ? { "retry-after": String(againIn(call)) } : {};
    const all = { ...NO_STORE, ...again, ...headers };
    const code = isOpen ? status : 200;
    return { end: "answered", status: code, headers: all, contentType: JSON_TYPE, body: JSON.stringify(body) };
  }

  return {
    async accepted(id, caller) {
      const call = await journal.call({ bridge: name, caller, id });
      if (!call) return failed(500, "INTERNAL", { title: "Internal error" });
      return await document(call, 202, { location: locationOf(name, id) });
    },
    async read(path, caller) {
      const { id, result: wanted } = PATH.exec(path)?.groups ?? {};
      const call = id === undefined ? undefined : await journal.call({ bridge: name, caller, id });
      if (!call) return unknown();
      return wanted === undefined ? await document(call, 200, {}) : await result(call);
    },
  };
}

function unknown(): Failed {
  const detail = "There is no such call of this caller; results are kept as long as the bridge says, and erased then.";
  return failed(404, "NOT_FOUND", { detail });
}

export function locationOf(bridge: string, id: string): string {
  return `/bridges/${bridge}/calls/${id}`;
}

function againIn({ received }: AcceptedCall): number {
  const age = (Date.now() - received) / 1_000;
  return Math.round(Math.min(LATEST, Math.max(SOONEST, age / 10)));
}
