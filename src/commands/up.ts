// steg up: the appliance. `--once` takes what lies there and ends, `--demo` shows the shipped examples.

import { BridgeError } from "../core/errors.ts";
import { bootThread } from "../core/journal/boot.ts";
import { DIR, durationOf, JSON_OUTPUT, POLICY, STATE } from "./command.ts";
import type { Command } from "./command.ts";

export const command: Command = {
  options: {
    ...DIR,
    ...STATE,
    ...POLICY,
    ...JSON_OUTPUT,
    once: { type: "boolean" },
    demo: { type: "boolean" },
    patience: { type: "string" },
  },
  usage: "[--once [--patience 60s] [--json]] [--demo] [--dir DIR] [--state DIR] [--policy FILE]",
  help: `
Runs all bridges of --dir and the admin side (STEG_LISTEN, default 127.0.0.1:8080). SIGTERM drains: nothing more is taken,
what is in flight has 30 s to end. Other commands find the running appliance through its state folder.
  --once      take what lies there, bring it to its end, print a summary, exit: for cron and for tests. Waits for an
              unreachable target for --patience (default 60s), then leaves the rest pending and exits 3.
  --demo      the shipped examples on a fresh state that is removed on exit. With --once it ends when all has come through
              and leaves the results to look at.`,
  examples: ["steg up", "steg up --once --patience 5m", "steg up --once --json | jq .bridges", "npm start"],
  words: [0, 0],
  async run(args, program) {
    const [demo, once] = [args.flag("demo"), args.flag("once")];
    if (!demo && !once && durationOf(args, "patience") !== undefined)
      throw new BridgeError("USAGE", "--patience belongs to --once", { hint: "steg help up" });
    const thread = bootThread();
    try {
      if (demo) return await (await import("./up-demo.ts")).runDemo(args, program, thread);
      if (once) return await (await import("./up-once.ts")).runOnce(args, program, thread);
      return await (await import("./service.ts")).runService(args, program, thread);
    } finally {
      await thread.terminate();
    }
  },
};
