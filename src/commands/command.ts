// What a command is, and what it is given. Commands know core; which adapters there are they learn from main.

import { parseArgs } from "node:util";
import type { ParseArgsOptionsConfig } from "node:util";
import { BridgeError } from "../core/errors.ts";
import { loadSettings } from "../core/settings.ts";
import type { Settings } from "../core/settings.ts";
import type { Console } from "../core/terminal/console.ts";
import type { Environment } from "../core/terminal/look.ts";
import { nearest } from "../core/options/nearest.ts";
import { escapeControls } from "../core/terminal/text.ts";
import type { Adapters } from "./adapters.ts";

/** Exit codes. */
export const FINE = 0;
/** The user's input is at fault: command line, bridge file, a mapping's test. */
export const INPUT_FAULT = 1;
/** Finished, but with dead letters, or a bridge is overdue. */
export const UNFINISHED = 2;
/** The environment is at fault: port, target, disk, another process. */
export const ENVIRONMENT_FAULT = 3;
export const INTERRUPTED = 130;

export interface Interrupt {
  /** Aborted by the first Ctrl-C or SIGTERM: finish what is in flight, then end. */
  readonly signal: AbortSignal;
  readonly cause: "SIGINT" | "SIGTERM" | "SIGHUP" | undefined;
  /** What to say on the first Ctrl-C, as long as this command runs: `finishing 3 chunks`. */
  describe(text: () => string): void;
}

export interface Program {
  readonly console: Console;
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly version: string;
  /** The checkout or image: shipped examples lie there. */
  readonly home: string;
  readonly interrupt: Interrupt;
  adapters(): Promise<Adapters>;
}

export interface Arguments {
  readonly positionals: readonly string[];
  /** Value of `--name`; undefined where it was not given. */
  text(name: string): string | undefined;
  /** Of an option that may stand several times; none where it does not. */
  texts(name: string): readonly string[];
  flag(name: string): boolean;
}

export interface Command {
  readonly options: ParseArgsOptionsConfig;
  /** `BRIDGE FILE`, as help shows it. */
  readonly usage: string;
  /** What it does, in whole sentences, and what its options mean. */
  readonly help: string;
  readonly examples: readonly string[];
  /** How many words may stand behind the command. */
  readonly words: readonly [least: number, most: number];
  run(args: Arguments, program: Program): Promise<number>;
}

export const DIR = { dir: { type: "string" } } as const;
export const STATE = { state: { type: "string" } } as const;
export const POLICY = { policy: { type: "string" } } as const;
export const JSON_OUTPUT = { json: { type: "boolean" } } as const;
/**
 * What every command takes, so that a script can give the same to all of them; a command that reads no bridges or keeps no
 * state has no use for its folder. Each names among its own options those that change what it does.
 */
const ALWAYS = { ...DIR, ...STATE, ...POLICY, ...JSON_OUTPUT, help: { type: "boolean", short: "h" } } as const;

/** Throws USAGE with the nearest known flag for anything that the command does not know. */
export function parseArguments(name: string, command: Command, words: readonly string[]): Arguments {
  const options: ParseArgsOptionsConfig = { ...command.options, ...ALWAYS };
  const { tokens, values, positionals } = parseArgs({
    args: [...words],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const hint = `steg help ${name}`;
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (known === undefined) throw unknownFlag(token.rawName, Object.keys(options), hint);
    const takesValue = known.type === "string";
    if (takesValue && (token.value === undefined || (!token.inlineValue && /^-./.test(token.value)))) {
      throw new BridgeError("USAGE", `${token.rawName} needs a value`, { hint });
    }
    if (!takesValue && token.value !== undefined)
      throw new BridgeError("USAGE", `${token.rawName} takes no value`, { hint });
  }
  const help = values["help"] === true;
  const [least, most] = command.words;
  if (!help && positionals.length < least)
    throw new BridgeError("USAGE", `steg ${name} needs ${command.usage}`, { hint });
  if (!help && positionals.length > most) {
    throw new BridgeError(
      "USAGE",
      `steg ${name} takes ${most === 0 ? "no words" : `at most ${most}`} behind it, there are ${positionals.length}`,
      { hint },
    );
  }
  return {
    positionals,
    text: (key) => (typeof values[key] === "string" ? values[key] : undefined),
    texts: (key) => [values[key] ?? []].flat().filter((value) => typeof value === "string"),
    flag: (key) => values[key] === true,
  };
}

function unknownFlag(written: string, known: readonly string[], hint: string): BridgeError {
  const near = nearest(written.replace(/^-+/, ""), known);
  return new BridgeError("USAGE", `${written} is no option of this command`, {
    hint: near === undefined ? hint : `Did you mean --${near}?   ${hint}`,
  });
}

export async function settingsOf(args: Arguments, program: Program): Promise<Settings> {
  const flags: Partial<Record<"dir" | "state" | "policy" | "redis", string>> = {};
  for (const name of ["dir", "state", "policy", "redis"] as const) {
    const value = args.text(name);
    if (value !== undefined) flags[name] = value;
  }
  return await loadSettings({ env: program.env, cwd: program.cwd, flags });
}

/** A wrong --dir looks like work that is done, or an appliance that has nothing to do. */
export function noBridges(settings: Settings): string {
  return `no bridge in ${escapeControls(settings.dir)}: each is a folder there with a bridge.yaml in it`;
}

/** A whole number from 1; USAGE otherwise. */
export function positiveNumber(args: Arguments, name: string): number | undefined {
  const value = args.text(name);
  if (value === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(value)) throw new BridgeError("USAGE", `--${name} must be a whole number from 1`);
  return Number(value);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `60s`, `5m`, `500ms`; in milliseconds. */
export function durationOf(args: Arguments, name: string): number | undefined {
  const value = args.text(name);
  if (value === undefined) return undefined;
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(value);
  if (match === null) throw new BridgeError("USAGE", `--${name} must be a duration such as 60s, 5m or 2h`);
  return Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0);
}
