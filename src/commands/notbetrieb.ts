// steg notbetrieb: opens a bridge for 24 hours after its sunset, and closes it before they are over.

import { NOTBETRIEB_REASONS } from "../core/lifecycle/policy.ts";
import type { NotbetriebView, Operations } from "../core/operations/operations.ts";
import { formatMinute, formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { BridgeError } from "../core/errors.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, POLICY, STATE } from "./command.ts";
import type { Arguments, Command } from "./command.ts";
import { localActor, requiredText } from "./replay.ts";

const MISSING =
  "No steg has run with this folder yet, so nothing has ended there: name the running one's folder with --state or STEG_STATE.";

export const command: Command = {
  options: {
    ...DIR,
    ...STATE,
    ...POLICY,
    ...JSON_OUTPUT,
    reason: { type: "string" },
    ticket: { type: "string" },
    end: { type: "boolean" },
  },
  usage: "BRIDGE --reason CODE --ticket TICKET | BRIDGE --end",
  help: `
Opens a bridge for 24 hours after its sunset, within a minute and without a change of its file: drops and calls are processed, and what
was held flows in its order. Who did it, why and under which ticket stand in the audit trail; the uses are counted. The reason codes, how
often a bridge may be opened and how much time lies between are the policy's (${NOTBETRIEB_REASONS.join(", ")} if it says nothing).
--end closes the bridge before its time is over.`,
  examples: [
    "steg notbetrieb gewerbeanmeldung --reason frist --ticket INC-4711",
    "steg notbetrieb gewerbeanmeldung --end",
  ],
  words: [1, 1],
  async run(args, program) {
    const bridge = args.positionals[0] ?? "";
    const ask = requestOf(args, bridge);
    const view = await withOperations(args, program, ask, { missing: MISSING });
    const { console } = program;
    if (args.flag("json")) console.json(view);
    else if (args.flag("end")) console.line(`${mark(console.out, "✓")} ${bridge} is closed again`);
    else {
      console.line(
        `${mark(console.out, "✓")} ${bridge} is open until ${formatMinute(view.until)}   ${formatNoun(view.uses, "use")} so far`,
      );
      console.line("  --end closes it before.");
    }
    return FINE;
  },
};

function requestOf(args: Arguments, bridge: string): (operations: Operations) => Promise<NotbetriebView> {
  const actor = localActor();
  if (args.flag("end")) {
    if (args.text("reason") !== undefined) throw new BridgeError("USAGE", "--end takes no --reason");
    return async (operations) => await operations.notbetriebEnd({ bridge, actor });
  }
  const reason = requiredText(args, "reason", "one of the policy's reason codes, such as frist");
  const ticket = requiredText(args, "ticket", "the number under which people find out why");
  return async (operations) => await operations.notbetrieb({ bridge, actor, reason, ticket });
}
