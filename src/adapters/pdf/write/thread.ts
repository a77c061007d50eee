// The thread in which PDFs are written, with the library and the fonts that this takes.

import { type MessagePort, workerData } from "node:worker_threads";
import { asBridgeError } from "../../../core/errors.ts";
import { failureOf } from "../read/protocol.ts";
import type { WriteAnswer, WriteJob } from "./protocol.ts";

const { port, answered } = workerData as { readonly port: MessagePort; readonly answered: Int32Array };

async function answerOf(job: WriteJob): Promise<WriteAnswer> {
  try {
    // Whoever waits sleeps and hears of nothing else: what cannot be loaded is an answer, too.
    const { writePdf } = await import("./write.ts");
    return { bytes: await writePdf(job) };
  } catch (cause) {
    return { failure: failureOf(asBridgeError(cause, "map")) };
  }
}

port.on("message", (job: WriteJob) => {
  void answerOf(job).then((answer) => {
    port.postMessage(answer);
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
  });
});
