// steg directory: EDIFACT directories, imported from UNECE's files into the catalogue or into a bridge.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { BridgeError } from "../core/errors.ts";
import { nearest } from "../core/options/nearest.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { renderTable } from "../core/terminal/table.ts";
import { defaultCatalogDir } from "../core/validation/catalog.ts";
import { DIR, FINE, JSON_OUTPUT, settingsOf } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";

const VERBS = ["import", "list"];

export const command: Command = {
  options: { ...DIR, ...JSON_OUTPUT, as: { type: "string" }, messages: { type: "string" }, bridge: { type: "string" } },
  usage: "list | import FILE|DIR [--as NAME] [--messages INVOIC,ORDERS] [--bridge BRIDGE]",
  help: `
A directory says of which elements the segments of EDIFACT are made, and of which segments its messages.
import reads a release as UNECE publishes it (EDSD, EDCD, EDED and the messages, unpacked) or as JSON (D96A.json and
D96A_versions.json), and writes it, small and readable, into the catalogue beside the bridges or, with --bridge, into the
folder of a bridge. decode.edifact.directory and map.edifact.directory name it. What was imported is never replaced.
list shows what comes along and what was imported.`,
  examples: [
    "steg directory import d99b/ --as d99b",
    "steg directory import D99B.json --messages DESADV,RECADV --bridge lieferscheine",
    "steg directory list",
  ],
  words: [1, 2],
  async run(args, program) {
    const [verb = "", source] = args.positionals;
    if (verb === "list" && source === undefined) return await list(args, program);
    if (verb === "import") return await importFrom(args, program, source);
    const near = nearest(verb, VERBS);
    const what =
      verb === "list" ? "steg directory list takes nothing behind it" : "steg directory knows import and list";
    throw new BridgeError("USAGE", what, {
      hint: near === undefined || near === verb ? "steg help directory" : `Did you mean steg directory ${near}?`,
    });
  },
};

async function importFrom(args: Arguments, program: Program, source: string | undefined): Promise<number> {
  if (source === undefined)
    throw new BridgeError("USAGE", "steg directory import needs a file or a folder", { hint: "steg help directory" });
  const { collectSources, installDirectory } = await import("./directory-files.ts");
  const settings = await settingsOf(args, program);
  const desk = await (await program.adapters()).openDirectoryDesk();
  const types = args
    .text("messages")
    ?.split(",")
    .map((type) => type.trim());
  const read = desk.read(collectSources(source, program.cwd, program.interrupt.signal), types);
  const bridge = args.text("bridge");
  const name = `${args.text("as") ?? read.release.toLowerCase()}${desk.ending}`;
  const folder =
    bridge === undefined ? join(defaultCatalogDir(settings.dir), desk.folder) : bridgeFolder(settings.dir, bridge);
  const added = installDirectory(folder, name, desk.ending, read.text);
  const named = bridge === undefined ? `catalog:${desk.folder}/${name}` : name;
  const { release, messages } = read;
  const { console } = program;
  if (args.flag("json")) console.json({ name: named, path: join(folder, name), added, release, messages });
  else {
    const again = added ? "" : ", was there already";
    console.line(`${mark(console.out, "✓")} ${release}   ${formatNoun(messages.length, "message")}${again}`);
    console.line(`  decode: { edifact: { directory: ["${named}"] } }`);
  }
  return FINE;
}

function bridgeFolder(dir: string, bridge: string): string {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(bridge))
    throw new BridgeError("USAGE", "--bridge is the name of a bridge, which is that of its folder", {
      hint: "steg check lists them.",
    });
  const folder = join(dir, bridge);
  if (existsSync(join(folder, "bridge.yaml"))) return folder;
  throw new BridgeError("BRIDGE_UNKNOWN", `there is no bridge ${bridge}`);
}

async function list(args: Arguments, program: Program): Promise<number> {
  const { installedDirectories } = await import("./directory-files.ts");
  const settings = await settingsOf(args, program);
  const desk = await (await program.adapters()).openDirectoryDesk();
  const folder = join(defaultCatalogDir(settings.dir), desk.folder);
  const shipped = desk.shipped().map((one) => ({ ...one, name: "" }));
  const installed = installedDirectories(folder, desk.ending).map(({ name, text }) => ({
    ...desk.look(name, text),
    name: `catalog:${desk.folder}/${name}`,
  }));
  const { console } = program;
  if (args.flag("json")) {
    console.json([...shipped, ...installed].map(({ name, ...rest }) => ({ name: name === "" ? null : name, ...rest })));
    return FINE;
  }
  const columns = [{ title: "release" }, { title: "directory" }, { title: "messages", cut: "end" as const, least: 30 }];
  const rows = [...shipped, ...installed].map(({ release, name, messages }) => ({
    cells: [release, name === "" ? "comes along" : name, messages.join(" ")],
  }));
  for (const line of renderTable(console.out, columns, rows)) console.line(line);
  return FINE;
}
