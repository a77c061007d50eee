// steg restore: a backup becomes a state. The trail says so, and so do all who remember its head.

import { resolve } from "node:path";
import { restoreBackup, type Restored } from "../core/journal/backup/restore.ts";
import { keepVersionOf } from "../core/lifecycle/ledger-kept.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { createProgress, renderBar } from "../core/terminal/progress.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { DIR, FINE, JSON_OUTPUT, settingsOf, STATE, UNFINISHED } from "./command.ts";
import type { Command, Program } from "./command.ts";
import { localActor } from "./replay.ts";

export const command: Command = {
  options: { ...DIR, ...STATE, ...JSON_OUTPUT },
  usage: "BACKUP --state DIR",
  help: `
Makes a state of what steg backup wrote, in a folder that is empty or does not exist. Hashes, signature and audit trail are verified first;
where anything does not fit, nothing is restored. The key file must be the one of that time (STEG_KEY_FILE; or the file keys, put into DIR).
The audit trail says that it was restored, and a fleet reports it: its head is older than the one that is known there. What was delivered
after the backup is delivered again where the source still has it, under the same Idempotency-Key. Exit code 2 where drops wait for
their file to come again.`,
  examples: ["steg restore /srv/sicherung/2027-11-16 --state state"],
  words: [1, 1],
  async run(args, program) {
    const settings = await settingsOf(args, program);
    const { console } = program;
    const backup = resolve(program.cwd, args.positionals[0] ?? "");
    const bar = createProgress(console.stderr, console.err);
    const { createLog } = await import("../core/log.ts");
    const look = console.err.tty ? console.err : undefined;
    const restored = await restoreBackup({
      backup,
      dir: settings.state,
      keyFile: settings.keyFile,
      actor: localActor(),
      now: Date.now(),
      log: createLog({ level: "warn", stream: console.stderr, look }),
      signal: program.interrupt.signal,
      onProgress: (share) => bar.show(() => [`  ${renderBar(console.err, share)} ${Math.floor(share * 100)} %`]),
    }).finally(() => bar.clear());
    for (const [name, { hash, files }] of restored.versions) await keepVersionOf(settings.state, name, hash, files);
    const { manifest, open, openCount } = restored;
    const { at, payload, head, drops } = manifest;
    if (args.flag("json")) console.json({ state: settings.state, at, payload, head, drops, waiting: openCount, open });
    else say(program, settings.state, restored);
    return openCount > 0 ? UNFINISHED : FINE;
  },
};

function say({ console }: Program, state: string, { manifest, open, openCount }: Restored): void {
  const { at, drops, head } = manifest;
  console.line(
    `${mark(console.out, "✓")} ${escapeControls(state)} is as of ${at}, ${formatNoun(drops, "drop")}, head ${head.seq} ${head.hash}`,
  );
  if (openCount > 0) {
    console.line(
      `${mark(console.out, "!")} ${formatNoun(openCount, "drop")} without payload: each goes on where it stopped when the same file comes again`,
    );
    for (const id of open.slice(0, 20)) console.line(`    ${id}`);
    if (openCount > 20) console.line(`    and ${openCount - 20} more: steg drops --state ${escapeControls(state)}`);
  }
  console.line(
    `${mark(console.out, "!")} what was delivered after the backup is delivered again where its source still has it; targets that know`,
  );
  console.line(
    "    Idempotency-Key take it once. A fleet reports the trail as interrupted until somebody acknowledges it there.",
  );
}
