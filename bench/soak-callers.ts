// The callers of a soak as their own process, seen from the one that runs it.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gone } from "./call-scene.ts";
import { passes } from "./page-process.ts";
import type { SoakCallFigures, SoakCalls } from "./soak-calls.ts";

/** What is under way when the load ends has so long for its answer. */
const ANSWERED = 60_000;

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
      let last = await ask("stop");
      let { failed } = last;
      for (let waited = 0; last.open > 0 && waited < ANSWERED; waited += 1_000) {
        await passes(1_000);
        last = await ask("figures");
        failed += last.failed;
      }
      return { ...last, failed };
    },
    async close() {
      child.stdin.end();
      await gone(child);
    },
  };
}
