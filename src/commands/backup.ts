// steg backup: the state secured while the appliance runs, or where none does.

import { resolve } from "node:path";
import type { BackupMade } from "../core/operations/operations.ts";
import { formatNoun, formatSize } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { createProgress, renderBar } from "../core/terminal/progress.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, settingsOf, STATE } from "./command.ts";
import type { Command, Program } from "./command.ts";
import { localActor } from "./replay.ts";

export const command: Command = {
  options: { ...DIR, ...STATE, ...JSON_OUTPUT, "with-payload": { type: "boolean" } },
  usage: "TARGET [--with-payload]",
  help: `
Writes the journal (what came and how far it is, ledger, audit trail, versions of the bridges) into the new folder TARGET, as it is at one
moment, while the appliance goes on. Without payload nothing is in it from which a file, its name or a detail could be read; what is open
then waits, after a restore, for the same file to come again. manifest.json has its files by hash, and the signed head of the trail.
The keys are never in it: keep the key file elsewhere, too; no backup can be read without it. docs/operation.md says more.
  --with-payload  also what the drops hold, sealed by the keys as in the spool`,
  examples: ["steg backup /srv/sicherung/2027-11-16", "steg backup /srv/sicherung/voll --with-payload"],
  words: [1, 1],
  async run(args, program) {
    const target = resolve(program.cwd, args.positionals[0] ?? "");
    const payload = args.flag("with-payload");
    const { console } = program;
    const bar = createProgress(console.stderr, console.err);
    const show = (done: number): void =>
      bar.show(() => [`  ${renderBar(console.err, done / 1_000)} ${Math.floor(done / 10)} %`]);
    const request = { target, payload, actor: localActor() };
    const made = await withOperations(
      args,
      program,
      async (operations) => await operations.backup(request, show),
    ).finally(() => bar.clear());
    if (args.flag("json")) console.json(made);
    else say(program, made);
    if ((await settingsOf(args, program)).keyFile === undefined)
      console.note(
        `${mark(console.err, "!")} the key lies in the state folder (keys) and is not in the backup: keep a copy of it elsewhere`,
      );
    return FINE;
  },
};

function say({ console }: Program, { path, bytes, drops, head, payload, stripped }: BackupMade): void {
  const what = payload ? "with payload" : "without payload";
  console.line(
    `${mark(console.out, "✓")} ${escapeControls(path)}   ${formatSize(bytes)}, ${formatNoun(drops, "drop")}, ${what}`,
  );
  console.line(`  head ${head.seq} ${head.hash}`);
  if (stripped === undefined) return;
  const { open, held, unanswered } = stripped;
  if (open + held > 0)
    console.line(
      `  after a restore ${formatNoun(open + held, "drop")} would wait for the same file to come again (${open} open, ${held} held)`,
    );
  if (unanswered > 0) console.line(`  ${formatNoun(unanswered, "receipt")} would not be written`);
}
