// Loaded into a real process before all else (node --import): its wall clock is ahead by as many milliseconds as a file says, and goes
// on ticking. A test sets it as people set a machine's clock; waiting and the monotonic clock stay what they are.

import { readFileSync } from "node:fs";

const file = process.env["TEST_CLOCK"] ?? "";
/** Milliseconds: the time is asked for very often. */
const LOOKS_EVERY = 20;

let ahead = 0;
let looked = Number.NEGATIVE_INFINITY;

function wall(): number {
  if (performance.now() - looked > LOOKS_EVERY) {
    looked = performance.now();
    // Empty while it is being written.
    ahead = Number(readFileSync(file, "utf8")) || ahead;
  }
  return Machine.now() + ahead;
}

const Machine = Date;
globalThis.Date = new Proxy(Machine, {
  construct: (_date, given: [], made) =>
    Reflect.construct(Machine, given.length === 0 ? [wall()] : given, made) as Date,
  get: (_date, key) => (key === "now" ? wall : (Reflect.get(Machine, key) as unknown)),
});
