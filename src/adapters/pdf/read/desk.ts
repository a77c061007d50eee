// The side of the codec: one thread for all bridges of the process, started with the first PDF, and ended where a file takes too long.
//
// What a file may cost is counted in the thread (budget.ts). A limit on its heap would not do: where a large table does not fit, V8 ends
// the process and not the thread (measured, decision 16); and what is inflated lies outside of it.

import { Worker } from "node:worker_threads";
import { asBridgeError, BridgeError } from "../../../core/errors.ts";
import { errorOf, type ReadAnswer, type ReadRequest } from "./protocol.ts";
import type { PdfContent, Wanted } from "./read.ts";

/** Bytes of a file after which the thread is started anew: memory of a thread that rests is not given back. */
const LARGE = 8 * 1024 * 1024;

let thread: Worker | undefined;
/** Ends when those before are read. */
let queue: Promise<unknown> = Promise.resolve();

/** `bytes` change hands. `time` in milliseconds, from when its turn comes. Throws BridgeError with stage decode, or the signal's reason. */
export function readInThread(
  bytes: Uint8Array<ArrayBuffer>,
  wanted: Wanted,
  time: number,
  signal: AbortSignal,
): Promise<PdfContent> {
  const turn = queue.then(() => {
    signal.throwIfAborted();
    return ask({ bytes, wanted }, bytes.buffer, time, signal);
  });
  queue = turn.catch(() => undefined);
  return turn;
}

function ask(request: ReadRequest, moved: ArrayBuffer, time: number, signal: AbortSignal): Promise<PdfContent> {
  const worker = (thread ??= startThread());
  // Nothing but a PDF that is being read keeps the process alive.
  worker.ref();
  const size = moved.byteLength;
  return new Promise<PdfContent>((resolve, reject) => {
    const timer = setTimeout(() => lose(tooLong(time)), time);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      worker.off("error", onError).off("exit", onExit).off("message", onMessage);
      worker.unref();
    };
    const end = (): void => {
      if (thread === worker) thread = undefined;
      void worker.terminate();
    };
    const lose = (cause: unknown): void => {
      settle();
      end();
      reject(cause);
    };
    const onAbort = (): void => lose(signal.reason);
    const onError = (cause: unknown): void => lose(asBridgeError(cause, "decode"));
    const onExit = (): void =>
      lose(new BridgeError("INTERNAL", "the thread that reads PDFs ended", { stage: "decode" }));
    const onMessage = (answer: ReadAnswer): void => {
      // What a large file or a hostile one left behind goes with the thread.
      if (size > LARGE || ("failure" in answer && answer.failure.code === "PDF_LIMIT")) end();
      settle();
      if ("content" in answer) resolve(answer.content);
      else reject(errorOf(answer.failure));
    };
    signal.addEventListener("abort", onAbort);
    worker.on("error", onError).on("exit", onExit).on("message", onMessage);
    worker.postMessage(request, [moved]);
  });
}

/** One that ends while nothing is read (it should not) is started again with the next file. */
function startThread(): Worker {
  const worker = new Worker(new URL("./thread.ts", import.meta.url), { execArgv: [] });
  const forget = (): void => {
    if (thread === worker) thread = undefined;
  };
  return worker.on("error", forget).on("exit", forget);
}

function tooLong(time: number): BridgeError {
  const seconds = Math.round(time / 100) / 10;
  return new BridgeError("PDF_TIMEOUT", `the PDF was not read within ${seconds} seconds`, {
    stage: "decode",
    facts: { seconds },
  });
}
