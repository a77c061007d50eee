// The writer of one template.

import type { Sketch, Writer } from "../../../core/contract.ts";
import { writeInThread } from "./desk.ts";
import { jobOf } from "./job.ts";
import { showPdf } from "./show.ts";
import { planOf } from "./template.ts";

export function pdfWriterOf(sketch: Sketch, readBridgeFile: (path: string) => Uint8Array): Writer {
  const plan = planOf(sketch, readBridgeFile);
  return {
    contentType: "application/pdf",
    problems: plan.problems,
    write: (value, scope) => writeInThread(jobOf(plan, value, scope)),
    show: showPdf,
  };
}
