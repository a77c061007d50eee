// steg retire: closes a bridge for good and writes its certificate.

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BridgeError } from "../core/errors.ts";
import type { CertificateDocument } from "../core/operations/retirement-types.ts";
import { mark } from "../core/terminal/look.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, POLICY, STATE } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { localActor, requiredText } from "./replay.ts";

export const command: Command = {
  options: {
    ...DIR,
    ...STATE,
    ...POLICY,
    ...JSON_OUTPUT,
    reason: { type: "string" },
    out: { type: "string" },
    certificate: { type: "boolean" },
    yes: { type: "boolean" },
  },
  usage: "BRIDGE --reason TEXT [--out FILE] [--yes] | BRIDGE --certificate [--out FILE]",
  help: `
Closes a bridge for good. That is possible after its sunset, and before it where steg sunset proposes it, as soon as nothing is held
and nothing is open. No date, extension or Notbetrieb opens it again, under this name or another on the same source. What comes later
is held or refused as after the sunset. The certificate says what the bridge did and who closed it, signed by the appliance: it goes to
stdout or --out FILE; steg verify checks it anywhere. --certificate gives it again.`,
  examples: [
    'steg retire gewerbeanmeldung --reason "Neues Verfahren in Betrieb" --out gewerbeanmeldung.certificate.json',
    "steg retire gewerbeanmeldung --certificate",
  ],
  words: [1, 1],
  async run(args, program) {
    const bridge = args.positionals[0] ?? "";
    const made = args.flag("certificate") ? await again(args, program, bridge) : await retire(args, program, bridge);
    const { console } = program;
    const { document, ...view } = made;
    const out = args.text("out");
    if (out !== undefined) await write(resolve(program.cwd, out), document);
    // As text: the file is what was signed, byte by byte.
    if (args.flag("json")) console.json({ ...view, ...(out === undefined && { document }) });
    else if (out === undefined) console.write(document);
    else {
      console.line(`${mark(console.out, "✓")} certificate of ${bridge} in ${escapeControls(out)}`);
      console.line(`  SHA-256 ${view.sha256}`);
    }
    return FINE;
  },
};

async function again(args: Arguments, program: Program, bridge: string): Promise<CertificateDocument> {
  if (args.text("reason") !== undefined) throw new BridgeError("USAGE", "--certificate takes no --reason");
  return await withOperations(args, program, async (operations) => await operations.certificate({ bridge }));
}

async function retire(args: Arguments, program: Program, bridge: string): Promise<CertificateDocument> {
  const reason = requiredText(args, "reason", "why it is closed; it stands in the certificate");
  const { console } = program;
  const question = `Close ${escapeControls(bridge)} for good? Nothing opens it again. [y/N] `;
  const answer = args.flag("yes") ? "y" : args.flag("json") ? undefined : await console.ask(question);
  if (!/^y(es)?$/i.test(answer?.trim() ?? ""))
    throw new BridgeError("CONFIRMATION_NEEDED", "nothing was retired", {
      hint: "Without a terminal to ask on it needs --yes.",
    });
  const request = { bridge, reason, actor: localActor() };
  const made = await withOperations(args, program, async (operations) => await operations.retire(request));
  console.note(`${mark(console.err, "✓")} ${escapeControls(bridge)} is retired`);
  return made;
}

/** A certificate never replaces another file. */
async function write(path: string, document: string): Promise<void> {
  try {
    await writeFile(path, document, { flag: "wx" });
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const why = exists ? "exists already and is not overwritten" : "cannot be written";
    throw new BridgeError("FILE_UNREADABLE", `${path} ${why}`, {
      cause,
      hint: "The bridge is retired; steg retire BRIDGE --certificate gives its certificate again.",
    });
  }
}
