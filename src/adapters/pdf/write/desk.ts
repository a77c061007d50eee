// A synchronous call into the thread that writes: mapping is synchronous (ARCHITECTURE, 4), the library is not. The caller sleeps until the
// thread has answered or the time is up; the thread is started with the first PDF and shared by all bridges.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { BridgeError } from "../../../core/errors.ts";
import type { WriteAnswer, WriteJob } from "./protocol.ts";

/** A form of hundreds of fields takes a tenth of a second; the start of the thread half a second. */
const LONGEST_MS = 30_000;

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** 1 = there is an answer on the port. */
  readonly answered: Int32Array;
}

let thread: Thread | undefined;

function startThread(): Thread {
  const { port1, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./thread.ts", import.meta.url), {
    // What the process was started with is for the process.
    execArgv: [],
    workerData: { port: port2, answered },
    transferList: [port2],
    // The library says on the console what its caller cannot hear.
    stdout: true,
    stderr: true,
  });
  const forget = (): void => {
    if (thread?.worker === worker) thread = undefined;
  };
  worker.on("error", forget).on("exit", forget);
  // Nothing that waits for it keeps the process alive: whoever waits sleeps.
  worker.unref();
  port1.unref();
  return { worker, port: port1, answered };
}

/** Throws BridgeError with stage map. */
export function writeInThread(job: WriteJob): Uint8Array {
  const { worker, port, answered } = (thread ??= startThread());
  Atomics.store(answered, 0, 0);
  port.postMessage(job);
  Atomics.wait(answered, 0, 0, LONGEST_MS);
  const answer = receiveMessageOnPort(port)?.message as WriteAnswer | undefined;
  if (answer === undefined) {
    thread = undefined;
    void worker.terminate();
    const seconds = LONGEST_MS / 1000;
    throw new BridgeError("OUTPUT_TOO_LARGE", `the PDF was not written within ${seconds} seconds`, { stage: "map" });
  }
  if ("bytes" in answer) return answer.bytes;
  const { code, message, detail, hint, facts } = answer.failure;
  throw new BridgeError(code, message, { stage: "map", detail, hint, facts });
}
