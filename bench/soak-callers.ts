// The callers of a soak as their own process, seen from the one that runs it.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gone } from "./call-scene.ts";
import { passes } from "./page-process.ts";
import type { SoakCallFigures, SoakCalls } from "./soak-calls.ts";

export interface SoakCallers {
  /** Since the last time it was asked. */
  figures(): Promise<SoakCallFigures>;
  /** No more calls from now on; `accepted` counts all of them, `failed` those that nobody was told of yet. */
  stop(): Promise<SoakCallFigures>;
  close(): Promise<void>;
}

/** They begin at once. */
export function startSoakCallers(job: SoakCalls): SoakCallers {
  const script = fileURLToPath(new URL("./soak-calls.ts", import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function ask(what: string): Promise<SoakCallFigures> {
    child.stdin.write(`${what}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("the callers failed");
    return JSON.parse(value) as SoakCallFigures;
  }
  child.stdin.write(`${JSON.stringify(job)}\n`);
  return {
    figures: () => ask("figures"),
    async stop() {
      const first = await ask("stop");
      await passes(3_000);
      const last = await ask("figures");
      return { ...last, failed: first.failed + last.failed };
    },
    async close() {
      child.stdin.end();
      await gone(child);
    },
  };
}
