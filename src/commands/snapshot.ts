// steg snapshot: what this appliance says of itself, signed, as a file for a fleet that cannot reach it.

import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { syncFolder } from "../core/durable.ts";
import { BridgeError } from "../core/errors.ts";
import { mark } from "../core/terminal/look.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, POLICY, STATE } from "./command.ts";
import type { Command } from "./command.ts";

export const command: Command = {
  options: { ...DIR, ...STATE, ...POLICY, ...JSON_OUTPUT, out: { type: "string" }, key: { type: "boolean" } },
  usage: "[--out FILE | --key]",
  help: `
Writes what this appliance would tell a fleet: bridges with their sums, ends and trouble, causes of open dead letters, the head of the
audit trail. No values and no names of files are in it. It is signed by the key of the trail, and FILE is replaced at once or not at all,
so it can be called by cron and carried to a network that does not meet this one. Without --out it goes to stdout.
  --key       prints the public key alone, as fleet.yaml takes it under publicKey`,
  examples: ["steg snapshot --out /srv/uebergabe/adorf.json", "steg snapshot --key"],
  words: [0, 0],
  async run(args, program) {
    const out = args.text("out");
    const { console } = program;
    if (args.flag("key") && out !== undefined) throw new BridgeError("USAGE", "--key and --out exclude each other");
    return await withOperations(args, program, async (operations) => {
      const { document } = await operations.snapshot({ file: out !== undefined });
      const { publicKey, id } = document.appliance;
      if (args.flag("key")) {
        if (args.flag("json")) console.json({ id, publicKey });
        else console.line(publicKey);
        return FINE;
      }
      const text = `${JSON.stringify(document)}\n`;
      if (out === undefined) console.write(text);
      else await writeWhole(resolve(program.cwd, out), text);
      if (out !== undefined)
        console.note(`${mark(console.err, "✓")} appliance ${id} as of ${document.at} in ${escapeControls(out)}`);
      return FINE;
    });
  },
};

/** Readers see the file before or the file now, never half of one, also after a power cut. */
async function writeWhole(path: string, text: string): Promise<void> {
  const part = join(dirname(path), `.${basename(path)}.part`);
  try {
    await rm(part, { force: true });
    const file = await open(part, "wx", 0o640);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    syncFolder(dirname(path));
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw new BridgeError("FILE_UNREADABLE", `${path} cannot be written (${code})`, {
      cause,
      hint: "Check that the folder exists and that the user who runs this may write there.",
    });
  }
}
