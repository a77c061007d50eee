// steg pause, steg resume: stop a bridge and let it go on. Both need a ticket, so that the trail says why.

import { mark } from "../core/terminal/look.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, STATE } from "./command.ts";
import type { Command } from "./command.ts";
import { localActor, requiredText } from "./replay.ts";

const options = { ...DIR, ...STATE, ...JSON_OUTPUT, ticket: { type: "string" } } as const;

function commandFor(verb: "pause" | "resume", help: string, done: string): Command {
  return {
    options,
    usage: "BRIDGE --ticket TICKET",
    help,
    examples: [`steg ${verb} gewerbeanmeldung --ticket INC-4711`],
    words: [1, 1],
    async run(args, program) {
      const ticket = requiredText(args, "ticket", "the number under which people find out why");
      const bridge = args.positionals[0] ?? "";
      return await withOperations(args, program, async (operations) => {
        await operations[verb]({ bridge, actor: localActor(), ticket });
        if (args.flag("json")) program.console.json({ bridge, paused: verb === "pause" });
        else program.console.line(`${mark(program.console.out, "✓")} ${bridge} ${done}`);
        return FINE;
      });
    },
  };
}

export const pause = commandFor(
  "pause",
  "Stops a bridge: nothing more is delivered until steg resume, also across restarts. Nothing that was taken is lost.",
  "is paused; steg resume lets it go on",
);
export const resume = commandFor("resume", "Lets a paused bridge go on where it stopped.", "goes on");
