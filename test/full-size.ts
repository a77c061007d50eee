// How much of something a run tries: `npm test` a part that meets every branch, the long run (test/long/full-size.test.ts) all of it.

const isFull = process.env["STEG_TEST_FULL"] === "1";

/** `part`, or `all` in the long run. */
export function sized(part: number, all: number): number {
  return isFull ? all : part;
}
