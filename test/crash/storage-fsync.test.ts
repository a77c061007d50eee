import { it } from "vitest";
import { failStorage } from "./storage-fsync.ts";
import { describeWithStrace } from "./strace.ts";

describeWithStrace("a failing fsync under the state", () => {
  it.each([
    [2, "journal and spool"],
    [8, "journal and spool"],
    [4, "journal alone"],
  ] as const)(
    "number %i of a thread (%s) ends the work for good, and loses nothing that was acknowledged",
    failStorage,
  );
});
