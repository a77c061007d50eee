// steg token: API tokens. A token is shown once; only its hash is stored.

import { BridgeError } from "../core/errors.ts";
import type { Operations } from "../core/operations/operations.ts";
import { formatMinute } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { nearest } from "../core/options/nearest.ts";
import { tagList } from "../core/tags.ts";
import { renderTable } from "../core/terminal/table.ts";
import { withOperations } from "./access.ts";
import { DIR, FINE, JSON_OUTPUT, STATE } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { localActor, requiredText } from "./replay.ts";

export const command: Command = {
  options: { ...DIR, ...STATE, ...JSON_OUTPUT, role: { type: "string" }, tags: { type: "string", multiple: true } },
  usage: "new NAME --role ROLE [--tags TAG…] | list | revoke NAME",
  help: `
Makes, lists and ends tokens for the admin API and for callers (Authorization: Bearer TOKEN). Roles:
  caller     uses the faces of the bridges, nothing else
  viewer     reads bridges, drops, dead letters (no values), lifecycle
  operator   also replays, dismisses, pauses, resumes, reads the audit trail
  clearing   also sees the values of single dead letters, with a ticket
The role approver is never carried by a token: an approval is the act of a person.
With --tags the role is for the bridges that have, for each key among them, one of its values (tags and bridges in steg.yaml):
several times, or with commas between. Other bridges are not there for it, and nothing that is about the whole appliance.`,
  examples: [
    "steg token new grafana --role viewer",
    "steg token new adorf --role operator --tags kommune:adorf",
    "steg token list",
    "steg token revoke grafana",
  ],
  words: [1, 2],
  async run(args, program) {
    const [verb = "", name] = args.positionals;
    if (!VERBS.includes(verb)) {
      const near = nearest(verb, VERBS);
      const hint = near === undefined ? {} : { hint: `Did you mean steg token ${near}?` };
      throw new BridgeError("USAGE", "steg token knows new, list and revoke", hint);
    }
    if (verb !== "list" && name === undefined)
      throw new BridgeError("USAGE", `steg token ${verb} needs a NAME`, { hint: "steg help token" });
    if (verb === "new") requiredText(args, "role", "caller, viewer, operator or clearing");
    return await withOperations(args, program, async (operations) => await run(operations, args, program), {
      create: true,
    });
  },
};

const VERBS: readonly string[] = ["new", "list", "revoke"];

async function run(operations: Operations, args: Arguments, program: Program): Promise<number> {
  const [verb = "", name = ""] = args.positionals;
  if (verb === "list") return await list(operations, args, program);
  if (verb === "revoke") {
    await operations.tokenRevoke({ name, actor: localActor() });
    if (args.flag("json")) program.console.json({ name, revoked: true });
    else program.console.line(`${mark(program.console.out, "✓")} ${name} is revoked`);
    return FINE;
  }
  const role = requiredText(args, "role", "caller, viewer, operator or clearing");
  const tags = args.texts("tags").flatMap((text) => tagList(text));
  // What was asked for and cannot be read must not become a role for all.
  if (tags.length === 0 && args.texts("tags").length > 0) throw new BridgeError("USAGE", "--tags has no tag in it");
  const made = await operations.tokenNew({ name, role, tags, actor: localActor() });
  if (args.flag("json")) {
    const { tags: scope, ...plain } = made;
    program.console.json(scope.length > 0 ? made : plain);
    return FINE;
  }
  program.console.line(made.token);
  program.console.note(
    `${made.name}, role ${made.role}${made.tags.length > 0 ? ` for ${made.tags.join(", ")}` : ""}. It is shown this once; steg token revoke ${made.name} ends it.`,
  );
  return FINE;
}

async function list(operations: Operations, args: Arguments, program: Program): Promise<number> {
  const tokens = await operations.tokens({});
  if (args.flag("json")) {
    program.console.json(tokens);
    return FINE;
  }
  const columns = [
    { title: "name" },
    { title: "role" },
    { title: "tags", cut: "end" as const },
    { title: "created" },
    { title: "by", cut: "end" as const },
  ];
  const rows = tokens.map((token) => ({
    cells: [token.name, token.role, token.tags.join(", ") || "–", formatMinute(token.created), token.createdBy],
  }));
  if (rows.length > 0) for (const line of renderTable(program.console.out, columns, rows)) program.console.line(line);
  else program.console.line("no tokens: steg token new NAME --role viewer");
  return FINE;
}
