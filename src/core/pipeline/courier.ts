// One parcel to one target until its end is known: attempts, back-off, circuit, outcomes.
//
//   attempt ──delivered──▶ delivered
//           ──refused───▶ refused (dead letter)            422 for a key that may have been sent before: unsure
//           ──retry─────▶ again after the back-off; after `attempts`, if the target took others meanwhile: failed (dead letter).
//                         As a probe of an open circuit it counts for the target, not for the message
//           ──unreachable▶ again when the circuit lets it; where the target ignores keys and it may have arrived: unsure
//
// The target's trouble never uses up a message: with the circuit open it waits, for days if need be (engine, promise 5).

import type { Attempt, Parcel, Reply, Target, Value } from "../contract.ts";
import { asBridgeError, BridgeError } from "../errors.ts";
import { truthy } from "../mapping/formula/runtime.ts";
import type { Deliver } from "../bridge/types.ts";
import { backOff, createCircuit, type Circuit } from "./circuit.ts";
import type { AttemptEnd } from "./engine-tally.ts";
import { createSlots, pause, type Slots } from "./slots.ts";

export interface Final {
  readonly ending: "delivered" | "dead";
  readonly error: BridgeError | undefined;
  readonly attempts: number;
  /** The target said no: a new attempt by people takes a new key. */
  readonly refused: boolean;
  /** Unless the patience is endless: the target is away, and nothing is known against the message. */
  readonly away?: boolean;
  /** Of a call: how its last attempt ended. */
  readonly heard?: Attempt | Unjudged | undefined;
}

export interface CourierEvents {
  /** Every waiting message has used its attempts and the target took none: an alarm. */
  stuck(address: string, why: string): void;
  moving(address: string): void;
  /** An attempt ended, after so many milliseconds. */
  attempted?(end: AttemptEnd, milliseconds: number): void;
}

/** How the one attempt for a caller ended. `unjudged`: the target answered, but deliver.outcomes cannot say what that means. */
export type CallAttempt =
  | Attempt
  | Unjudged
  /** Nothing was sent; `after` in milliseconds. */
  | { readonly end: "closed"; readonly after: number };

/** `stop`: begin nothing more; `kill`: end what is in flight (and stop). */
export interface Signals {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
}

/**
 * Drops wait for their target as long as it takes; a person in front of a screen does not. `aside`: not where the circuit is open, because
 * others of the drop go to addresses that are there.
 */
export type Patience = "endless" | "attempts" | "aside";

export interface Courier {
  readonly target: Target;
  /** How many parcels of one drop may be under way, those that wait for their next attempt included. */
  readonly window: number;
  /** How many attempts may be out at the same time. */
  readonly atOnce: number;
  /** `mayRepeat`: an earlier process may already have sent this key. */
  deliver(parcel: Parcel, mayRepeat: boolean, signals: Signals, patience?: Patience): Promise<Final>;
  /** One attempt for a caller that waits: an open circuit says no at once. Rejects only where core itself is at fault. */
  call(parcel: Parcel, signal: AbortSignal): Promise<CallAttempt>;
  circuits(): ReadonlyMap<string, Circuit>;
  readonly inFlight: number;
  /** Delivered parcels, for patience and progress. */
  readonly delivered: number;
  close(): Promise<void>;
}

/** Not more than this many parcels of one drop are under way: what is finished between them is what progress has to remember. */
const WINDOW_LIMIT = 60;
/** Unless the bridge file says so. */
const IN_FLIGHT = 8;

export function createCourier(
  deliver: Deliver,
  target: Target,
  onDoubt: "resend" | "ask",
  events: CourierEvents,
): Courier {
  const lines = new Map<string, Line>();
  const atOnce = deliver.inFlight ?? IN_FLIGHT;
  const slots: Slots = createSlots(atOnce);
  let delivered = 0;

  function lineTo(address: string): Line {
    let line = lines.get(address);
    if (!line) {
      line = { address, circuit: createCircuit(deliver.retry), delivered: 0, stuck: new Set() };
      lines.set(address, line);
    }
    return line;
  }

  /** The target takes others, or this one waits no longer. */
  function moves(line: Line, keys: Iterable<string>): void {
    if (line.stuck.size === 0) return;
    for (const key of keys) line.stuck.delete(key);
    if (line.stuck.size === 0) events.moving(line.address);
  }

  async function tried(parcel: Parcel, signal: AbortSignal): Promise<Attempt | Unjudged> {
    const began = performance.now();
    const result = byRules(deliver, parcel, await target.deliver(parcel, signal));
    events.attempted?.(result.end, performance.now() - began);
    return result;
  }

  async function attempt(parcel: Parcel, signals: Signals): Promise<Attempt | Unjudged> {
    await slots.acquire(signals.stop);
    try {
      return await tried(parcel, signals.kill);
    } finally {
      slots.release();
    }
  }

  /** Attempts until the end of the parcel is known. Rejects with the reason of `stop` or `kill`. */
  async function untilKnown(
    parcel: Parcel,
    line: Line,
    mayRepeat: boolean,
    signals: Signals,
    patience: Patience,
    heard: (result: Attempt | Unjudged) => void,
  ): Promise<Final> {
    const { circuit } = line;
    let failures = 0;
    let ownFailures = 0;
    let deliveredAtFirstFailure = 0;
    let mayHaveArrived = false;
    for (let attempts = 1; ; attempts++) {
      if (patience === "attempts" && circuit.state !== "closed") return away(circuit.why, attempts - 1, mayHaveArrived);
      if (patience === "aside" && !circuit.takes) return away(circuit.why, attempts - 1, false);
      const probe = await circuit.enter(signals.stop);
      let result: Attempt | Unjudged;
      try {
        result = await attempt(parcel, signals);
        signals.kill.throwIfAborted();
      } catch (cause) {
        circuit.aborted(probe);
        throw cause;
      }
      heard(result);
      if (result.end === "delivered" || result.end === "refused" || result.end === "unjudged") circuit.answered();
      if (result.end === "delivered") {
        delivered++;
        line.delivered++;
        moves(line, line.stuck);
        return { ending: "delivered", error: undefined, attempts, refused: false };
      }
      if (result.end === "unjudged") return unsure(result.message, result.detail, attempts);
      if (result.end === "refused") {
        // 422 for a key that was sent before may be a word about the key; then a person decides. A batch is halved instead, unless
        // the bridge wants to be asked: its halves have new keys, and its good records must not wait for a bad one.
        const repeats = (mayRepeat || attempts > 1) && (parcel.messages === 1 || onDoubt === "ask");
        return refused(result, attempts, repeats);
      }
      if (result.end === "unreachable") {
        circuit.unreachable(probe, result.message, result.opens);
        if (result.unsure && onDoubt === "ask") return unsure(result.message, result.detail, attempts);
        mayHaveArrived ||= result.unsure;
        if (patience === "attempts" && attempts >= deliver.retry.attempts)
          return away(result.message, attempts, mayHaveArrived);
        if (patience !== "aside" || circuit.state === "closed")
          await pause(Math.min(backOff(1, deliver.retry), deliver.retry.most), signals.stop);
        continue;
      }
      circuit.failed(parcel.key, probe, result.message);
      if (failures++ === 0) deliveredAtFirstFailure = line.delivered;
      if (!probe) ownFailures++;
      if (failures >= deliver.retry.attempts) {
        const tookOthers = line.delivered > deliveredAtFirstFailure;
        if (tookOthers && ownFailures >= deliver.retry.attempts)
          return failed(result, attempts, "while the target took others");
        if (patience === "attempts") return failed(result, attempts, "and nobody waited any longer");
        if (!tookOthers) {
          line.stuck.add(parcel.key);
          events.stuck(line.address, result.message);
        }
      }
      if (patience !== "aside" || circuit.state === "closed")
        await pause(Math.max(result.after ?? 0, backOff(failures, deliver.retry)), signals.stop);
    }
  }

  /** What a bridge takes at once is limited where it is called; only a number that is written out makes callers wait. */
  function callAttempt(parcel: Parcel, signal: AbortSignal): Promise<Attempt | Unjudged> {
    if (deliver.inFlight !== undefined) return attempt(parcel, { stop: signal, kill: signal });
    return tried(parcel, signal);
  }

  async function call(parcel: Parcel, signal: AbortSignal): Promise<CallAttempt> {
    const { circuit } = lineTo(target.address(parcel));
    if (!circuit.takes) return { end: "closed", after: Math.max(0, (circuit.nextTry ?? 0) - Date.now()) };
    const probe = await circuit.enter(signal);
    let result: Attempt | Unjudged;
    try {
      result = await callAttempt(parcel, signal);
    } catch (cause) {
      circuit.aborted(probe);
      throw cause;
    }
    if (result.end === "unreachable") circuit.unreachable(probe, result.message, result.opens);
    else if (result.end === "retry") circuit.failed(parcel.key, probe, result.message);
    else circuit.answered();
    if (result.end === "delivered") delivered++;
    return result;
  }

  return {
    target,
    call,
    window: Math.min(WINDOW_LIMIT, atOnce * 2),
    atOnce,
    circuits: () => new Map([...lines].map(([address, line]) => [address, line.circuit])),
    get inFlight() {
      return slots.busy;
    },
    get delivered() {
      return delivered;
    },
    async deliver(parcel, mayRepeat, signals, patience = "endless") {
      const line = lineTo(target.address(parcel));
      let last: Attempt | Unjudged | undefined;
      try {
        const final = await untilKnown(parcel, line, mayRepeat, signals, patience, (result) => void (last = result));
        return parcel.call ? { ...final, heard: last } : final;
      } finally {
        moves(line, [parcel.key]);
      }
    },
    close: () => target.close(),
  };
}

/** What is known of one target address. */
interface Line {
  readonly address: string;
  readonly circuit: Circuit;
  delivered: number;
  /** Keys of messages that have used their attempts while the target took none. */
  readonly stuck: Set<string>;
}

function refused(result: Extract<Attempt, { end: "refused" }>, attempts: number, mayRepeat: boolean): Final {
  if (result.reply?.status === 422 && mayRepeat)
    return unsure(`${result.message}; the key may have been used by an earlier attempt`, result.detail, attempts);
  const error = new BridgeError(result.code ?? "DELIVERY_REFUSED", result.message, {
    stage: "deliver",
    detail: result.detail,
  });
  return { ending: "dead", error, attempts, refused: true };
}

function failed(result: Extract<Attempt, { end: "retry" }>, attempts: number, more: string): Final {
  const error = new BridgeError("DELIVERY_FAILED", `${result.message}, ${attempts} times, ${more}`, {
    stage: "deliver",
    detail: result.detail,
  });
  return { ending: "dead", error, attempts, refused: false };
}

function away(why: string, attempts: number, mayHaveArrived: boolean): Final {
  if (mayHaveArrived) return unsure(why, undefined, attempts);
  const error = new BridgeError("TARGET_UNREACHABLE", why, { stage: "deliver" });
  return { ending: "dead", error, attempts, refused: false, away: true };
}

function unsure(message: string, detail: string | undefined, attempts: number): Final {
  return {
    ending: "dead",
    error: new BridgeError("DELIVERY_UNSURE", message, { stage: "deliver", detail }),
    attempts,
    refused: false,
  };
}

/** The target answered, but a formula of `deliver.outcomes` cannot say what that means. */
export interface Unjudged {
  readonly end: "unjudged";
  readonly message: string;
  readonly detail: string | undefined;
}

/** `deliver.outcomes`: what a target's answer means where the defaults do not fit. */
function byRules(deliver: Deliver, parcel: Parcel, result: Attempt): Attempt | Unjudged {
  try {
    return judge(deliver, parcel, result);
  } catch (cause) {
    const { code, message, detail } = asBridgeError(cause, "deliver");
    return { end: "unjudged", message: `deliver.outcomes cannot judge the answer: ${code} ${message}`, detail };
  }
}

function judge(deliver: Deliver, parcel: Parcel, result: Attempt): Attempt {
  if (deliver.outcomes.length === 0 || result.end === "unreachable" || !result.reply) return result;
  const scope = { ...parcel.scope, extra: { ...parcel.scope.extra, ...replyVariables(result.reply) } };
  for (const rule of deliver.outcomes) {
    if (!truthy(rule.when.evaluate(parcel.scope.root, scope))) continue;
    const status = rule.status === undefined ? {} : { status: rule.status };
    if (rule.as === "delivered") return { end: "delivered", reply: result.reply, ...status };
    const words = rule.detail?.evaluate(parcel.scope.root, scope);
    const detail = typeof words === "string" ? words : "detail" in result ? result.detail : undefined;
    const message = "message" in result ? result.message : `the answer counts as ${rule.as} by deliver.outcomes`;
    const base = {
      reply: result.reply,
      message,
      ...(detail === undefined ? {} : { detail }),
      ...status,
      byRule: true as const,
    };
    return rule.as === "refused" ? { end: "refused", ...base } : { end: "retry", ...base };
  }
  return result;
}

export function replyVariables(reply: Reply): { readonly [name: string]: Value } {
  return { reply: reply.body, status: reply.status, fault: reply.fault };
}
