// `steg`, `steg --help`, `steg help X`, `steg X --help`.

import { BridgeError } from "../core/errors.ts";
import { SETTINGS } from "../core/settings.ts";
import type { Console } from "../core/terminal/console.ts";
import { paint } from "../core/terminal/look.ts";
import { nearest } from "../core/options/nearest.ts";
import { pad } from "../core/terminal/text.ts";
import { COMMANDS } from "./catalogue.ts";
import type { Entry } from "./catalogue.ts";

export function findCommand(name: string): Entry {
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry !== undefined) return entry;
  const near = nearest(
    name,
    COMMANDS.map((one) => one.name),
  );
  const what = name.startsWith("-")
    ? `the command comes first, ${shown(name)} behind it`
    : `there is no command ${shown(name)}`;
  throw new BridgeError("USAGE", what, {
    hint: near === undefined ? "steg help lists them." : `Did you mean steg ${near}?   steg help lists them all.`,
  });
}

function shown(word: string): string {
  return word.length > 40 ? `${word.slice(0, 39)}…` : word;
}

export function printOverview(console: Console, version: string): void {
  console.line(`steg ${version}   bridges legacy drops to modern messages, for a limited time, provably`);
  console.line();
  console.line("Usage: steg COMMAND [WORDS] [--OPTIONS]");
  console.line();
  for (const { name, summary } of COMMANDS) console.line(`  ${pad(name, 9)} ${summary}`);
  console.line();
  printCommon(console);
  console.line(
    paint(console.out, "dim", "steg help COMMAND shows one of them with examples, steg help settings the environment."),
  );
  console.line();
  console.line("Begin with:");
  console.line("  npm start                                        a demo on a fresh state");
  console.line("  steg check                                       are the bridge files right?");
  console.line("  steg try gewerbeanmeldung FILE.csv --record 3    what becomes of record 3?");
}

function printCommon(console: Console): void {
  console.line("Every command takes");
  console.line("  --dir DIR      folder of the bridges (default mappings)");
  console.line("  --state DIR    folder of journal and spool (default state)");
  console.line("  --policy FILE  the operator's policy (default sunset/policy.yaml beside the mappings)");
  console.line("  --json         the result as JSON on stdout");
  console.line();
}

export async function printHelp(console: Console, topic: string): Promise<void> {
  if (topic === "settings") {
    printSettings(console);
    return;
  }
  const entry = findCommand(topic);
  const command = await entry.load();
  console.line(`steg ${entry.name}: ${entry.summary}`);
  console.line();
  console.line(`Usage: steg ${entry.name}${command.usage === "" ? "" : ` ${command.usage}`}`);
  console.line();
  console.line(command.help.trim());
  console.line();
  printCommon(console);
  console.line("Examples:");
  for (const example of command.examples) console.line(`  ${example}`);
  console.line();
  console.line(
    paint(
      console.out,
      "dim",
      "Exit codes: 0 fine, 1 input at fault, 2 dead letters or overdue, 3 environment at fault, 130 interrupted.",
    ),
  );
}

function printSettings(console: Console): void {
  console.line(
    "Settings: a flag wins over the environment, that over steg.yaml beside the mappings, that over the default.",
  );
  console.line();
  for (const setting of Object.values(SETTINGS) as {
    env?: string;
    standard?: string;
    flag?: string;
    key?: string;
    default?: string;
    doc: string;
  }[]) {
    const names = [
      setting.env,
      setting.standard,
      setting.flag === undefined ? undefined : `--${setting.flag}`,
      setting.key,
    ];
    console.line(`  ${pad(names.filter((name) => name !== undefined).join("  "), 44)} ${setting.doc}`);
    if (setting.default !== undefined)
      console.line(`  ${pad("", 44)} ${paint(console.out, "dim", `default ${setting.default}`)}`);
  }
}
