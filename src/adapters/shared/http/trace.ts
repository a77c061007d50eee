// traceparent after W3C Trace Context, section 3.2: a new trace for each attempt, which the target may record.
//
// Random bytes are fetched many at a time: asking the system for 24 costs more than sending the rest of the header.

import { randomFillSync } from "node:crypto";

const LENGTH = 24;
const pool = Buffer.alloc(LENGTH * 256);
let used = pool.length;

export function traceparent(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const trace = pool.toString("hex", used, used + 16);
  const span = pool.toString("hex", used + 16, used + LENGTH);
  used += LENGTH;
  return `00-${trace}-${span}-01`;
}
