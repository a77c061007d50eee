// The command line's entry and the composition root: here adapters meet core. The only place that handles signals and
// ends the process.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Interrupt, Program } from "./commands/command.ts";
import { createConsole } from "./core/terminal/console.ts";

const home = fileURLToPath(new URL("..", import.meta.url));
const console = createConsole(process.stdout, process.stderr, process.env, process.stdin);

// A reader that has seen enough (`steg drops | head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 3));
}

const program: Program = {
  console,
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  version: (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string })
    .version,
  home,
  interrupt: listenForSignals(),
  adapters: async () => await import("./adapters/registry.ts"),
};

const { runCommandLine } = await import("./commands/run.ts");
const code = await runCommandLine(process.argv.slice(2), program);
// What was written into a pipe may still be on its way to the reader.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => void stream.write("", resolve))),
);
process.exit(code);

/** The first Ctrl-C lets what is in flight end, the second ends at once; either way nothing that was taken is lost. */
function listenForSignals(): Interrupt {
  // A terminal sends one Ctrl-C to everybody in the foreground, and npm and the launcher pass theirs on: what comes within this
  // time is the same key press.
  const samePress = 250;
  const controller = new AbortController();
  let cause: Interrupt["cause"];
  let first = 0;
  let describe: (() => string) | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (cause !== undefined && performance.now() - first < samePress) return;
      // Without anything in flight there is nothing to wait for.
      if (cause !== undefined || describe === undefined) process.exit(130);
      cause = name;
      first = performance.now();
      if (name === "SIGINT" && process.stderr.isTTY) console.note(`\n${describe()}, Ctrl-C again to stop now`);
      controller.abort(new DOMException(name, "AbortError"));
    });
  }
  return {
    signal: controller.signal,
    get cause() {
      return cause;
    },
    describe(text) {
      describe = text;
    },
  };
}
