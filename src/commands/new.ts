// steg new: a bridge's folder out of what its service says of itself.

import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { BRIDGE_NAME } from "../core/bridge/sections.ts";
import type { Operation } from "../core/contract.ts";
import { BridgeError } from "../core/errors.ts";
import { formatNoun } from "../core/terminal/format.ts";
import { mark } from "../core/terminal/look.ts";
import { DIR, FINE, JSON_OUTPUT, settingsOf } from "./command.ts";
import type { Arguments, Command, Program } from "./command.ts";
import { bridgeText, type Plan, plannedCalls, schemaText, testExpected, testInput } from "./new-bridge.ts";
import { commonFolder, type Describe, type Found, readSources } from "./new-sources.ts";

export const command: Command = {
  options: { ...DIR, ...JSON_OUTPUT, from: { type: "string" } },
  usage: "NAME --from service.wsdl [--dir DIR]",
  help: `
Writes a bridge for a SOAP service from its WSDL: applications call it as REST, POST /Operation with JSON. The folder holds
  bridge.yaml   a case per operation, with a mapping that takes every field over, and a lifecycle to be filled in
  schemas/      the WSDL and all that it imports, and JSON Schemas of requests and answers
  tests/        a made-up request per operation
Nothing is fetched: what the WSDL imports lies beside it. steg check then names what only people know: who answers for the
bridge, why there is one, and when it ends.`,
  examples: ["steg new einwohner --from einwohner.wsdl", "steg new dms --from /tmp/dms/dienst.wsdl --dir mappings"],
  words: [1, 1],
  async run(args, program) {
    const [name = ""] = args.positionals;
    const from = args.text("from");
    if (!BRIDGE_NAME.test(name)) {
      throw new BridgeError("USAGE", "NAME has small letters, digits and single hyphens, and begins with a letter", {
        hint: "steg new einwohner-alt --from einwohner.wsdl",
      });
    }
    if (from === undefined || !/\.wsdl$/iu.test(from)) {
      throw new BridgeError("USAGE", "--from names the WSDL of the service, a file that ends in .wsdl", {
        hint: "steg new einwohner --from einwohner.wsdl",
      });
    }
    return await make(name, from, args, program);
  },
};

async function make(name: string, from: string, args: Arguments, program: Program): Promise<number> {
  const settings = await settingsOf(args, program);
  const folder = join(settings.dir, name);
  if (existsSync(folder)) {
    throw new BridgeError("BRIDGE_EXISTS", `there is a folder ${join(settings.dirAsGiven, name)} already`);
  }
  const found = await readSources(from, program.cwd, await describerOf(program));
  const files = filesOf(name, from, found);
  await writeAll(folder, files);
  report(name, folder, found.operations, files, args, program);
  return FINE;
}

async function describerOf(program: Program): Promise<Describe> {
  const { adapters } = await program.adapters();
  const soap = adapters.find((adapter) => adapter.role === "target" && adapter.name === "soap");
  if (!soap?.operations) throw new BridgeError("NOT_AVAILABLE", "this Steg has no deliver.soap");
  return async (wsdl, files) => (await soap.operations?.({ wsdl }, files)) ?? [];
}

type Files = ReadonlyMap<string, string | Uint8Array>;

function filesOf(name: string, from: string, { main, files, operations }: Found): Files {
  const common = commonFolder(files.keys());
  const at = (path: string): string => `schemas/${path.slice(common.length)}`;
  const calls = plannedCalls(operations);
  const plan: Plan = {
    bridge: name,
    title: basename(from).replace(/\.wsdl$/iu, ""),
    source: basename(from),
    wsdl: at(main),
    addresses: addressesIn(files.get(main)),
    calls,
  };
  const all = new Map<string, string | Uint8Array>([["bridge.yaml", bridgeText(plan)]]);
  for (const [path, bytes] of files) all.set(at(path), bytes);
  for (const call of calls) {
    if (call.request !== undefined) all.set(call.request, schemaText(call.operation.input));
    if (call.reply !== undefined) all.set(call.reply, schemaText(call.operation.output));
    all.set(`tests/${call.name}/call.json`, testInput(call));
    all.set(`tests/${call.name}/expected.json`, testExpected(call));
  }
  return all;
}

/** Where the WSDL says that its ports are; http and https only. */
function addressesIn(wsdl: Uint8Array | undefined): readonly string[] {
  const text = Buffer.from(wsdl ?? []).toString("utf8");
  const found = text.matchAll(/<(?:[\w.-]+:)?address\b[^<>]{0,500}?\slocation\s*=\s*["']([^"'&\s]{1,500})["']/gu);
  const usable = Array.from(found, ([, url]) => url ?? "").filter((url) =>
    /^https?:\/\/[\w.-]+(?::\d+)?(?:\/[\w./~%-]*)?(?:\?[\w.=%-]*)?$/u.test(url),
  );
  return [...new Set(usable)];
}

/** All or nothing: a folder that is half there would be taken for a bridge. */
async function writeAll(folder: string, files: Files): Promise<void> {
  const making = join(dirname(folder), `.${basename(folder)}-${process.pid}`);
  try {
    for (const [path, content] of files) {
      await mkdir(dirname(join(making, path)), { recursive: true });
      await writeFile(join(making, path), content);
    }
    await rename(making, folder);
  } catch (cause) {
    await rm(making, { recursive: true, force: true });
    const hint = "Check that the folder of the bridges can be written to.";
    throw new BridgeError("FILE_UNREADABLE", "the bridge's folder could not be written", { hint, cause });
  }
}

function report(
  name: string,
  folder: string,
  operations: readonly Operation[],
  files: Files,
  args: Arguments,
  { console, cwd }: Program,
): void {
  if (args.flag("json")) {
    console.json({
      bridge: name,
      folder,
      operations: operations.map((operation) => operation.name),
      files: [...files.keys()],
    });
    return;
  }
  const shown = relative(cwd, folder) || folder;
  console.line(
    `${mark(console.out, "✓")} ${shown}   ${formatNoun(operations.length, "operation")}, ${formatNoun(files.size, "file")}`,
  );
  console.line("  the lifecycle is yours to fill in; what is missing is named by");
  console.line(`  steg check ${join(shown, "bridge.yaml")}`);
}
