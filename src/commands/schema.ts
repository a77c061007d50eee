// steg schema: JSON Schema for editors, and the catalogue of official schemas.

import { BridgeError } from "../core/errors.ts";
import { nearest } from "../core/options/nearest.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { defaultCatalogDir } from "../core/validation/catalog.ts";
import { DIR, FINE, JSON_OUTPUT, settingsOf } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";

const SHOWN_ENTRIES = 10;

export const command: Command = {
  options: { ...DIR, ...JSON_OUTPUT, name: { type: "string" }, version: { type: "string" } },
  usage: "[bridge | policy | fleet] | add ZIP|DIR|URL [--name NAME] [--version VERSION]",
  help: `
Prints the JSON Schema of the bridge file (or of the policy, or of fleet.yaml), for editors that complete and check as one types:
  # yaml-language-server: $schema=./bridge.schema.json
add puts an official schema bundle into the catalogue beside the bridges, where validate: { xsd: catalog:… } finds it.
Imports are resolved there; nothing is ever fetched at run time.`,
  examples: ["steg schema > bridge.schema.json", "steg schema policy", "steg schema add XJustiz_3.6.2_XSD.zip"],
  words: [0, 2],
  async run(args, program) {
    const [verb = "bridge", source] = args.positionals;
    if (verb === "add") return await add(args, program, source);
    if (verb !== "bridge" && verb !== "policy" && verb !== "fleet") {
      const near = nearest(verb, ["bridge", "policy", "fleet", "add"]);
      throw new BridgeError(
        "USAGE",
        "steg schema knows bridge, policy, fleet and add",
        near === undefined ? {} : { hint: `Did you mean steg schema ${near}?` },
      );
    }
    if (source !== undefined)
      throw new BridgeError("USAGE", `steg schema ${verb} takes nothing behind it`, { hint: "steg help schema" });
    const { bridgeSchema, fleetSchema, policySchema } = await import("../core/bridge/reference-pages.ts");
    const schema =
      verb === "policy"
        ? policySchema()
        : verb === "fleet"
          ? fleetSchema()
          : bridgeSchema((await program.adapters()).adapters);
    program.console.write(`${JSON.stringify(schema, undefined, 2)}\n`);
    return FINE;
  },
};

async function add(args: Arguments, program: Program, source: string | undefined): Promise<number> {
  if (source === undefined)
    throw new BridgeError("USAGE", "steg schema add needs a ZIP file, a folder or a URL", { hint: "steg help schema" });
  const { addSchemas } = await import("./schema-add.ts");
  const settings = await settingsOf(args, program);
  const [name, version] = [args.text("name"), args.text("version")];
  const catalogDir = defaultCatalogDir(settings.dir);
  const signal = program.interrupt.signal;
  const added = await addSchemas({
    source,
    catalogDir,
    signal,
    ...(name !== undefined && { name }),
    ...(version !== undefined && { version }),
  });
  const { console } = program;
  if (args.flag("json")) console.json(added);
  else {
    const again = added.added ? "" : ", was there already";
    const held = [
      ...(added.schemas > 0 ? [formatNoun(added.schemas, "schema")] : []),
      ...(added.rules.length > 0 ? [formatNoun(added.rules.length, "rule set")] : []),
    ].join(", ");
    console.line(`${mark(console.out, "✓")} ${added.name} ${added.version}   ${held}${again}`);
    showEntries(console, "xsd", added.entries);
    showEntries(console, "schematron", added.rules);
  }
  return FINE;
}

function showEntries(console: Program["console"], key: string, entries: readonly string[]): void {
  for (const entry of entries.slice(0, SHOWN_ENTRIES)) console.line(`  validate: { ${key}: "${entry}" }`);
  const more = entries.length - SHOWN_ENTRIES;
  if (more > 0) console.line(`  and ${more} more`);
}
