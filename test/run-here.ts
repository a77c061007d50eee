// A command in the test's own process, through the same `runCommandLine` that main.ts calls: starting Node once per command would make
// the tests take minutes.

import { fileURLToPath } from "node:url";
import { runCommandLine } from "../src/commands/run.ts";
import { createConsole } from "../src/core/terminal/console.ts";

const home = fileURLToPath(new URL("..", import.meta.url));

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runHere(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const stop = new AbortController();
  const code = await runCommandLine(args, {
    console: createConsole({ write: (text) => void (stdout += text) }, { write: (text) => void (stderr += text) }, env),
    env,
    cwd,
    stdin: process.stdin,
    version: "0",
    home,
    interrupt: { signal: stop.signal, cause: undefined, describe: () => undefined },
    adapters: async () => await import("../src/adapters/registry.ts"),
  });
  return { code, stdout, stderr };
}
