import { expect, it } from "vitest";
import { describeWithStrace } from "./strace.ts";
import { termBoundary } from "./terms-boundary.ts";

/** A sample around the end of one term and the first commit of the next; the long run kills at every call. */
describeWithStrace("killed at the door of a system call while a term ends", () => {
  it.each([["fsync", 9] as const, ["fsync", 11] as const, ["link", 2] as const, ["unlink", 3] as const])(
    "%s number %i: each record is in one file once",
    async (call, when) => {
      expect(await termBoundary(call, when)).toBe("killed");
    },
  );
});
