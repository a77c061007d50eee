// steg pause, steg resume: stop a bridge and let it go on. Both need a ticket, so that the trail says why.

import type { Operations } from "../core/operations/operations.ts";
import { mark } from "../core/terminal/look.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, STATE } from "./command.ts";
import type { Command } from "./command.ts";
import { localActor, requiredText } from "./replay.ts";

const options = { ...DIR, ...STATE, ...JSON_OUTPUT, ticket: { type: "string" } } as const;

const MISSING =
  "No steg has run with this folder yet, so nothing goes on there: start it once with steg up, or name the running one's folder with --state or STEG_STATE.";

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
      const change = async (operations: Operations): Promise<number> => {
        await operations[verb]({ bridge, actor: localActor(), ticket });
        if (args.flag("json")) program.console.json({ bridge, paused: verb === "pause" });
        else program.console.line(`${mark(program.console.out, "✓")} ${bridge} ${done}`);
        return FINE;
      };
      // Made here, a state in the wrong place would say "paused" while the appliance goes on elsewhere.
      return await withOperations(args, program, change, { missing: MISSING });
    },
  };
}

export const pause = commandFor(
  "pause",
  "Stops a bridge: nothing more is delivered until steg resume, also across restarts. Nothing that was taken is lost.",
  "is paused; steg resume lets it go on",
);
export const resume = commandFor("resume", "Lets a paused bridge go on where it stopped.", "goes on");
