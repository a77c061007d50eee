// steg audit: verify the chain of the trail, or hand it out.

import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { BridgeError } from "../core/errors.ts";
import type { AuditView, Operations } from "../core/operations/operations.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { nearest } from "../core/options/nearest.ts";
import { escapeControls } from "../core/terminal/text.ts";
import { withOperations } from "./access.ts";
import { DIR, ENVIRONMENT_FAULT, FINE, JSON_OUTPUT, STATE } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { localActor } from "./replay.ts";

const PAGE = 1_000;

export const command: Command = {
  options: { ...DIR, ...STATE, ...JSON_OUTPUT, bridge: { type: "string" }, out: { type: "string" } },
  usage: "verify | export [--bridge BRIDGE] [--out FILE]",
  help: `
verify recomputes the chain of hashes and the signatures of the checkpoints, and names the first entry that does not fit.
export signs a checkpoint and writes every entry as a line of JSON, to stdout or --out FILE. Keep it elsewhere: a change of
the trail before that checkpoint can then be found, whoever made it. steg verify checks such a file without the appliance.`,
  examples: [
    "steg audit verify",
    "steg audit export --out audit-2027-11.jsonl",
    "steg audit export --bridge gewerbeanmeldung",
  ],
  words: [1, 1],
  async run(args, program) {
    const verb = args.positionals[0] ?? "";
    if (verb !== "verify" && verb !== "export") {
      const near = nearest(verb, ["verify", "export"]);
      throw new BridgeError(
        "USAGE",
        "steg audit knows verify and export",
        near === undefined ? {} : { hint: `Did you mean steg audit ${near}?` },
      );
    }
    return await withOperations(args, program, async (operations) =>
      verb === "verify" ? await verify(operations, args, program) : await exportTrail(operations, args, program),
    );
  },
};

async function verify(operations: Operations, args: Arguments, program: Program): Promise<number> {
  const { console } = program;
  const verdict = await operations.auditVerify({});
  const code = verdict.broken === null ? FINE : ENVIRONMENT_FAULT;
  if (args.flag("json")) console.json(verdict);
  else if (verdict.broken === null) {
    console.line(`${mark(console.out, "✓")} ${formatNoun(verdict.entries, "entry", "entries")}, unbroken`);
    console.line(`  head ${verdict.head}`);
  } else {
    console.line(`${mark(console.out, "✗")} broken at entry ${verdict.broken.seq}: ${verdict.broken.why}`);
    console.line("  Compare with the last export that is kept elsewhere: steg audit export");
  }
  return code;
}

async function exportTrail(operations: Operations, args: Arguments, program: Program): Promise<number> {
  const bridge = args.text("bridge");
  const path = args.text("out");
  const file = path === undefined ? undefined : await create(path);
  let count = 0;
  try {
    const { publicKey } = await operations.auditCheckpoint({ actor: localActor() });
    const write = async (lines: readonly unknown[]): Promise<void> => {
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      if (file === undefined) program.console.write(text);
      else await file.appendFile(text);
    };
    await write([{ export: "steg-audit", version: 1, publicKey, bridge: bridge ?? null }]);
    for (let last: AuditView | undefined; ;) {
      const page = await operations.audit({ after: last?.seq, limit: PAGE, bridge });
      await write(page);
      count += page.length;
      last = page.at(-1);
      if (page.length < PAGE) break;
    }
    await file?.sync();
  } finally {
    await file?.close();
  }
  if (count === 0 && bridge !== undefined)
    program.console.note(`${mark(program.console.err, "!")} no entry is about a bridge ${escapeControls(bridge)}`);
  program.console.note(
    `${formatNoun(count, "entry", "entries")} exported${path === undefined ? "" : ` to ${escapeControls(path)}`}`,
  );
  return FINE;
}

/** An export is evidence: it never replaces an earlier one. */
async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    const why = exists ? "exists already and is not overwritten" : "cannot be written";
    throw new BridgeError("FILE_UNREADABLE", `${path} ${why}`, { cause });
  }
}
