// The main side of the journal's thread: typed calls that resolve when they are durable, and one way to fail for all.

import type { MessagePort, Worker } from "node:worker_threads";
import { BridgeError } from "../errors.ts";
import { bootThread } from "./boot.ts";
import type { Answer, Failure, FromThread, Request, ThreadData } from "./protocol.ts";
import type { InputOf, OperationName, OutputOf } from "./store/operations.ts";

export interface Client {
  readonly publicKey: string;
  /** Keys that were wrapped anew by the newest master key. */
  readonly rewrapped: number;
  /** Resolves when the operation is durable; rejects with its own error, or JOURNAL_FAILED. */
  call<K extends OperationName>(
    operation: K,
    input: InputOf<K>,
    transfer?: readonly ArrayBuffer[],
  ): Promise<OutputOf<K>>;
  /** Moves everything into the database and empties the WAL, so that nothing erased is left in it. */
  truncateWal(): Promise<void>;
  /** The database as it is at the end, in a new file; commits go on meanwhile. One at a time. */
  copy(path: string, signal: AbortSignal, onProgress: (share: number) => void): Promise<void>;
  /** Puts the whole state into the failed state, for failures outside the thread (the spool's fsync). */
  fail(error: BridgeError): void;
  readonly failure: BridgeError | undefined;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly clock: () => number;
  /** Called once. */
  readonly onFailed: (error: BridgeError) => void;
  readonly onReserveReleased: () => void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: BridgeError) => void;
}

function errorOf({ code, message, detail, hint }: Failure): BridgeError {
  return new BridgeError(code, message, { detail, hint });
}

/** Tells the thread what it works on; its first message says whether the journal could be opened. */
function opened(worker: Worker, data: ThreadData): Promise<{ readonly publicKey: string; readonly rewrapped: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<FromThread, { kind: "ready" }>>();
  const ended = (): void => reject(new BridgeError("JOURNAL_FAILED", "the journal's thread ended before it was open"));
  const first = (message: FromThread): void => {
    worker.off("error", reject).off("exit", ended);
    if (message.kind === "ready") resolve(message);
    else if (message.kind === "refused") reject(errorOf(message.failure));
    else reject(new BridgeError("INTERNAL", "odd first message"));
  };
  worker.once("error", reject).once("exit", ended).once("message", first);
  // One that has ended says nothing any more.
  if (worker.threadId === -1) ended();
  worker.ref();
  (worker as Pick<MessagePort, "postMessage">).postMessage(data, []);
  return promise;
}

export async function startClient(data: ThreadData, options: ClientOptions, worker = bootThread()): Promise<Client> {
  const waiting = new Map<number, Waiting>();
  let outgoing: Request[] = [];
  let transfers: ArrayBuffer[] = [];
  let count = 0;
  let failure: BridgeError | undefined;
  let closing = false;
  let onCopied: ((share: number) => void) | undefined;

  const { publicKey, rewrapped } = await opened(worker, data);

  function fail(error: BridgeError): void {
    if (failure !== undefined) return;
    failure = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    options.onFailed(error);
  }

  function settle(answer: Answer): void {
    const one = waiting.get(answer.number);
    if (one === undefined) return;
    waiting.delete(answer.number);
    if ("failure" in answer) one.reject(errorOf(answer.failure));
    else one.resolve(answer.value);
  }

  worker.on("message", (message: FromThread) => {
    if (message.kind === "answers") for (const answer of message.answers) settle(answer);
    else if (message.kind === "failed") fail(errorOf(message.failure));
    else if (message.kind === "copied") onCopied?.(message.share);
    else if (message.kind === "reserve-released") options.onReserveReleased();
  });
  worker.on("error", (cause) => {
    fail(new BridgeError("JOURNAL_FAILED", "the journal's thread broke down", { detail: String(cause), cause }));
  });
  worker.on("exit", () => {
    if (!closing) fail(new BridgeError("JOURNAL_FAILED", "the journal's thread ended"));
  });

  function send(): void {
    const requests = outgoing;
    const moved = transfers;
    outgoing = [];
    transfers = [];
    // The thread may be gone already; then everything that waits has been rejected.
    (worker as Pick<MessagePort, "postMessage">).postMessage(requests, moved);
  }

  function post(
    operation: Request["operation"],
    input: unknown,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<unknown> {
    if (failure !== undefined) return Promise.reject(failure);
    if (closing) return Promise.reject(new BridgeError("INTERNAL", "the state is closed"));
    return new Promise((resolve, reject) => {
      count += 1;
      waiting.set(count, { resolve, reject });
      // All calls of one turn of the event loop travel together, and so share a commit.
      if (outgoing.length === 0) setImmediate(send);
      outgoing.push({ number: count, operation, input, now: options.clock() });
      transfers.push(...transfer);
    });
  }

  function stop(): void {
    post("stopCopy", undefined).catch(() => undefined);
  }

  return {
    publicKey,
    rewrapped,
    call: (operation, input, transfer) => post(operation, input, transfer) as Promise<never>,
    truncateWal: async () => void (await post("truncateWal", undefined)),
    async copy(path, signal, onProgress) {
      signal.throwIfAborted();
      signal.addEventListener("abort", stop, { once: true });
      onCopied = onProgress;
      try {
        await post("copy", path);
      } finally {
        onCopied = undefined;
        signal.removeEventListener("abort", stop);
      }
      signal.throwIfAborted();
    },
    fail,
    get failure() {
      return failure;
    },
    async close() {
      if (closing) return;
      const done = failure === undefined ? post("close", undefined) : undefined;
      closing = true;
      try {
        await done;
      } finally {
        await worker.terminate();
      }
    },
  };
}
