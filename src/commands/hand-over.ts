// steg hand-over: what a bridge holds after its sunset goes to the successor, as files in a folder.

import { resolve } from "node:path";
import { BridgeError } from "../core/errors.ts";
import type { HandOverRequest, HandOverResult, Operations } from "../core/operations/operations.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, POLICY, STATE, UNFINISHED } from "./command.ts";
import type { Command } from "./command.ts";
import { localActor, requiredText } from "./replay.ts";

export const command: Command = {
  options: {
    ...DIR,
    ...STATE,
    ...POLICY,
    ...JSON_OUTPUT,
    to: { type: "string" },
    ticket: { type: "string" },
    yes: { type: "boolean" },
  },
  usage: "BRIDGE [DROP…] --to FOLDER --ticket TICKET [--yes]",
  help: `
Takes the drops that a bridge holds after its sunset out of the spool, for the successor: each as a file of its own, byte by byte as it
came, with a description beside it (name, size, SHA-256, time of receipt). Such a drop is never delivered by this appliance afterwards.
Without DROP it takes all of them. The same command again goes on where it was cut and writes nothing twice. The folder must exist and
be one that the appliance may write to; the files can be read by its user alone.`,
  examples: [
    "steg hand-over gewerbeanmeldung --to /srv/uebergabe --ticket INC-4711",
    "steg hand-over gewerbeanmeldung 01m7xtre3w3z29ze --to /srv/uebergabe --ticket INC-4711 --yes",
  ],
  words: [1, 201],
  async run(args, program) {
    const [bridge = "", ...ids] = args.positionals;
    const folder = resolve(program.cwd, requiredText(args, "to", "the folder for the files"));
    const ticket = requiredText(args, "ticket", "the number under which people find out why");
    const { console } = program;
    const json = args.flag("json");
    const question = `Hand over ${ids.length === 0 ? "all drops that" : `${formatNoun(ids.length, "drop")} that`} ${bridge} holds? They are never delivered from here afterwards. [y/N] `;
    const answer = args.flag("yes") ? "y" : json ? undefined : await console.ask(question);
    if (!/^y(es)?$/i.test(answer?.trim() ?? ""))
      throw new BridgeError("CONFIRMATION_NEEDED", "nothing was handed over", {
        hint: "Without a terminal to ask on it needs --yes.",
      });
    const request = { bridge, folder, ticket, actor: localActor(), ...(ids.length > 0 && { ids }) };
    const result = await withOperations(args, program, async (operations) => await handOverAll(operations, request));
    if (json) console.json({ items: result.items, stay: result.stay, failed: result.failed });
    else {
      for (const { file, name } of result.items) console.line(`  ${file}   ${escapeControls(name)}`);
      console.line(`${mark(console.out, "✓")} ${formatNoun(result.items.length, "drop")} handed over to ${folder}`);
      for (const id of result.stay)
        console.line(
          `${mark(console.out, "!")} ${id} stays: its bytes came before, and what did not fail then was delivered`,
        );
    }
    for (const { drop, code, message } of result.failed)
      console.note(`${mark(console.err, "✗")} ${drop}   ${code} ${message}`);
    return result.stay.length + result.failed.length > 0 ? UNFINISHED : FINE;
  },
};

async function handOverAll(operations: Operations, request: HandOverRequest): Promise<HandOverResult> {
  const items: HandOverResult["items"][number][] = [];
  for (;;) {
    const page = await operations.handOver(request);
    items.push(...page.items);
    if (!page.more) return { ...page, items };
  }
}
