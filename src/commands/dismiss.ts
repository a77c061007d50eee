// steg dismiss: close dead letters for a reason that stands in the audit trail.

import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, STATE } from "./command.ts";
import type { Command } from "./command.ts";
import { localActor, requiredText } from "./replay.ts";

export const command: Command = {
  options: { ...DIR, ...STATE, ...JSON_OUTPUT, reason: { type: "string" } },
  usage: "DEAD-LETTER|DROP… --reason TEXT",
  help: `
Closes dead letters that nobody will deliver: the record is named, with the reason and who said so, in the audit trail.
At most 20 at once; more is a bulk dismissal, which takes two persons. The id of a drop gives up what a restore without payload left
open of it (PAYLOAD_PURGED), where nobody sends its file again.`,
  examples: ["steg dismiss dl-0193-118 --reason 'sent by letter, file number 4711'"],
  words: [1, 10_000],
  async run(args, program) {
    const reason = requiredText(args, "reason", "why nobody will deliver it");
    return await withOperations(args, program, async (operations) => {
      const result = await operations.dismiss({ ids: args.positionals, actor: localActor(), reason });
      if (args.flag("json")) program.console.json(result);
      else
        program.console.line(
          `${mark(program.console.out, "✓")} ${formatNoun(result.dismissed, "dead letter")} dismissed`,
        );
      return FINE;
    });
  },
};
