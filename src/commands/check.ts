// steg check: every finding of every bridge file at once.

import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { clashesOf } from "../core/bridge/clashes.ts";
import { findingsJson, renderFindings, renderSummary } from "../core/bridge/render.ts";
import type { Finding } from "../core/bridge/tree.ts";
import type { LoadedBridge } from "../core/bridge/types.ts";
import { BridgeError } from "../core/errors.ts";
import { bridgeFiles } from "../core/operations/admission.ts";
import { tagsForNobody } from "../core/settings-tags.ts";
import { DIR, FINE, INPUT_FAULT, JSON_OUTPUT, noBridges, POLICY, settingsOf } from "./command.ts";
import type { Command } from "./command.ts";
import { createLoader } from "./load.ts";

export const command: Command = {
  options: { ...DIR, ...POLICY, ...JSON_OUTPUT },
  usage: "[FILE…] [--dir DIR] [--policy FILE] [--json]",
  help: `
Checks bridge files (all of --dir, or the given ones) against the grammar, the source's columns, the code lists, the target
schema and the operator's policy, and shows every finding with its place and what to write instead. It looks at files and
schemas, never at servers or at folders outside the bridge. Piped, a finding begins with file:line:column, so editors jump.
Warnings alone leave the exit code at 0.`,
  examples: ["steg check", "steg check mappings/gewerbeanmeldung/bridge.yaml", "steg check --json | jq '.[].code'"],
  words: [0, 10_000],
  async run(args, program) {
    const started = performance.now();
    const settings = await settingsOf(args, program);
    const loader = await createLoader(settings, program);
    const files = args.positionals.length > 0 ? args.positionals : await bridgeFiles(settings.dirAsGiven);
    if (files.length === 0) {
      if (args.flag("json")) program.console.json([]);
      throw new BridgeError("BRIDGE_UNKNOWN", noBridges(settings), {
        hint: "Name the folder of the bridges with --dir, or the files themselves: steg check mappings/NAME/bridge.yaml",
      });
    }
    const findings: Finding[] = [];
    const bridges: LoadedBridge[] = [];
    let formulas = 0;
    let schemas = 0;
    for (const file of files) {
      const result = await loader.check(file);
      findings.push(...result.findings);
      if (result.bridge) bridges.push(result.bridge);
      formulas += result.stats.formulas;
      schemas += result.stats.schemas;
    }
    findings.push(...[...clashesOf(bridges).values()].flat());
    if (args.positionals.length === 0) {
      // The folder of one that does not load most likely has its name.
      const names = [...bridges.map(({ name }) => name), ...files.map((file) => basename(dirname(file)))];
      findings.push(...tagsForNobody(settings.tags, names));
    }
    const { console } = program;
    if (args.flag("json")) console.json(findingsJson(findings));
    else {
      console.write(renderFindings(findings, console.out, readSource));
      if (findings.length > 0) console.line();
      const milliseconds = performance.now() - started;
      console.write(renderSummary(findings, { bridges: files.length, milliseconds, formulas, schemas }, console.out));
      if (settings.keyFile === undefined) {
        console.note("The spool's key lies in the state folder; STEG_KEY_FILE keeps it apart from what it protects.");
      }
    }
    return findings.some(({ severity }) => severity === "error") ? INPUT_FAULT : FINE;
  },
};

function readSource(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // A file that cannot be read has its finding already.
    return undefined;
  }
}
