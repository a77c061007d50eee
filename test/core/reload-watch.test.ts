// Bridge folders are looked at again soon after they began to be watched: what changed before that rang no bell.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { watchSigns } from "../../src/core/reload/watch.ts";

it("a folder that is new, and changes while its first state is taken up, is not left until the next look", async () => {
  const dir = mkdtempSync(join(tmpdir(), "steg-watch-"));
  const [folder, file] = [join(dir, "neu"), join(dir, "neu", "bridge.yaml")];
  const stop = new AbortController();
  const known = [dir];
  const seen: string[] = [];
  const errors: unknown[] = [];
  mkdirSync(folder);
  writeFileSync(file, "eins");
  const both = Promise.withResolvers<void>();
  const watching = watchSigns(
    {
      folders: () => known,
      look: () => Promise.resolve(new Map([["neu", readFileSync(file, "utf8")]])),
      changed() {
        seen.push(readFileSync(file, "utf8"));
        // It is watched from now on; whoever saves it again is quicker than that.
        if (seen.length === 1) writeFileSync(file, "zwei");
        else both.resolve();
        known.push(folder);
        return Promise.resolve();
      },
      onError: (cause) => errors.push(cause),
    },
    new Map(),
    stop.signal,
  );
  try {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error("it was left")), 5_000).unref());
    await Promise.race([both.promise, late]);
    expect([seen, errors]).toEqual([["eins", "zwei"], []]);
  } finally {
    stop.abort();
    await watching;
    rmSync(dir, { recursive: true });
  }
});
