// The thread in which PDFs are read, one after the other: a hostile one takes its time here, and is cut off from outside.

import { parentPort } from "node:worker_threads";
import { asBridgeError } from "../../../core/errors.ts";
import { failureOf, type ReadAnswer, type ReadRequest } from "./protocol.ts";
import { readPdf } from "./read.ts";

const port = parentPort;
if (port === null) throw new Error("thread.ts runs only as a worker thread");

port.on("message", ({ bytes, wanted }: ReadRequest) => {
  let answer: ReadAnswer;
  try {
    answer = { content: readPdf(bytes, wanted) };
  } catch (cause) {
    answer = { failure: failureOf(asBridgeError(cause, "decode")) };
  }
  const moved = "content" in answer ? answer.content.files.map(({ bytes }) => bytes.buffer as ArrayBuffer) : [];
  port.postMessage(answer, moved);
});
