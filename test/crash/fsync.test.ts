import { expect, it } from "vitest";
import { fsyncFails } from "./fsync.ts";
import { describeWithStrace } from "./strace.ts";

/** A sample; the long run lets each of the first sixty fail. */
describeWithStrace("a failing fsync", () => {
  it.each([2, 9, 20])("number %i of a thread ends the process with 3, nothing is lost", async (when) => {
    const { code, failed } = await fsyncFails("http", when);
    expect({ code, met: failed.length > 0 }).toEqual({ code: 3, met: true });
  });

  it.each(["state/spool", "data/quittungen"])("of %s is no success, the next run does it again", async (path) => {
    const { code, failed } = await fsyncFails("http", 1, path);
    expect({ code, failed: new Set(failed) }).toEqual({ code: 3, failed: new Set([path]) });
  });

  it("of a large drop that is still being written ends the process with 3, nothing is lost", async () => {
    const { code, failed } = await fsyncFails("http", 1, undefined, { calls: "fdatasync", more: 160_000 });
    expect({ code, failed }).toEqual({ code: 3, failed: [expect.stringMatching(/^state\/spool\/.*\.part$/)] });
  });
});
