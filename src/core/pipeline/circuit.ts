// A circuit per target address.
//
//   closed ──(unreachable three times in a row, or five different messages failing in a row)──▶ open
//   open ──(back-off over)──▶ probing: exactly one message goes out, each time another one
//   probing ──(delivered, or a definite answer)──▶ closed        probing ──(failed)──▶ open, back-off doubled
//   any ──(unreachable, and each further try does harm)──▶ open for long
//
// While it is open nobody's attempts are used up: the target's trouble is not the message's (engine, promise 5).

import { onAbort } from "../on-abort.ts";

export interface CircuitOptions {
  /** First and longest back-off in milliseconds. */
  readonly first: number;
  readonly most: number;
}

export interface Circuit {
  /** Resolves when an attempt may go out; true = it is the probe. Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<boolean>;
  /** The target answered definitely, whatever it said about the message. */
  answered(): void;
  /** A 5xx: the message's trouble, unless others fail as well. */
  failed(message: string, probe: boolean, why?: string): void;
  /** `opens`: this one is enough. */
  unreachable(probe: boolean, why: string, opens?: boolean): void;
  /** The attempt was aborted by us. */
  aborted(probe: boolean): void;
  /** Would an attempt go out at once, as one of many or as the probe? */
  readonly takes: boolean;
  readonly state: "closed" | "open" | "probing";
  /** Milliseconds since the epoch of the next try, while open. */
  readonly nextTry: number | undefined;
  readonly since: number | undefined;
  readonly why: string;
}

const UNREACHABLE_LIMIT = 3;
const MESSAGES_LIMIT = 5;
const CLOSED = Promise.resolve(false);
/** Where each try does harm (a refused logon, of which a few lock the user): the second is 15 minutes away, the fifth many hours. */
const HARMFUL: CircuitOptions = { first: 30 * 60_000, most: 4 * 3_600_000 };

/** Full jitter between half and whole of the exponential step, so that many bridges do not knock together. */
export function backOff(attempt: number, options: CircuitOptions): number {
  const step = Math.min(options.most, options.first * 2 ** Math.min(attempt - 1, 30));
  return step / 2 + Math.random() * (step / 2);
}

export function createCircuit(options: CircuitOptions): Circuit {
  let state: "closed" | "open" | "probing" = "closed";
  let unreachableInRow = 0;
  const failedInRow = new Set<string>();
  let openings = 0;
  let nextTry: number | undefined;
  let since: number | undefined;
  let why = "";
  let timer: NodeJS.Timeout | undefined;
  let probeOut = false;
  const waiting: { go: (probe: boolean) => void }[] = [];

  function open(reason: string, harmful = false): void {
    state = "open";
    probeOut = false;
    since ??= Date.now();
    why = reason;
    openings++;
    const pause = backOff(openings, harmful ? HARMFUL : options);
    nextTry = Date.now() + pause;
    clearTimeout(timer);
    timer = setTimeout(() => {
      state = "probing";
      sendProbe();
    }, pause);
    timer.unref();
  }

  /** Lets one of the waiting go, the one that has waited longest: a failed probe queues up behind the others. */
  function sendProbe(): void {
    if (state !== "probing" || probeOut) return;
    const next = waiting.shift();
    if (!next) return;
    probeOut = true;
    next.go(true);
  }

  function close(): void {
    if (state === "closed" && unreachableInRow === 0 && failedInRow.size === 0) return;
    state = "closed";
    probeOut = false;
    unreachableInRow = 0;
    failedInRow.clear();
    openings = 0;
    nextTry = undefined;
    since = undefined;
    why = "";
    clearTimeout(timer);
    for (const waiter of waiting.splice(0)) waiter.go(false);
  }

  return {
    enter(signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error);
      if (state === "closed") return CLOSED;
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const waiter = {
        go(isProbe: boolean) {
          stopHearing();
          resolve(isProbe);
        },
      };
      const stopHearing = onAbort(signal, () => {
        const at = waiting.indexOf(waiter);
        if (at >= 0) waiting.splice(at, 1);
        reject(signal.reason as Error);
      });
      waiting.push(waiter);
      sendProbe();
      return promise;
    },
    answered() {
      close();
    },
    failed(message, isProbe, reason = "") {
      failedInRow.add(message);
      unreachableInRow = 0;
      const row = `${MESSAGES_LIMIT} messages failed in a row${reason === "" ? "" : `, the last: ${reason}`}`;
      // A probe whose circuit was closed meanwhile, by what was still under way, is a message like any other.
      if (isProbe && state === "probing") open(why);
      else if (state === "closed" && failedInRow.size >= MESSAGES_LIMIT) open(row);
    },
    unreachable(isProbe, reason, opens = false) {
      unreachableInRow = opens ? UNREACHABLE_LIMIT : unreachableInRow + 1;
      if (isProbe && state === "probing") open(reason, opens);
      else if (state === "closed" && unreachableInRow >= UNREACHABLE_LIMIT) open(reason, opens);
    },
    aborted(isProbe) {
      if (!isProbe || state !== "probing") return;
      probeOut = false;
      sendProbe();
    },
    get takes() {
      return state === "closed" || (state === "probing" && !probeOut && waiting.length === 0);
    },
    get state() {
      return state;
    },
    get nextTry() {
      return nextTry;
    },
    get since() {
      return since;
    },
    get why() {
      return why;
    },
  };
}
