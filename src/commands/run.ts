// From the words of the command line to an exit code.

import { asBridgeError, CODES, formatPosition } from "../core/errors.ts";
import type { BridgeError, Code } from "../core/errors.ts";
import { paint, sign } from "../core/terminal/look.ts";
import { escapeControls, wrap } from "../core/terminal/text.ts";
import { ENVIRONMENT_FAULT, FINE, INPUT_FAULT, INTERRUPTED, parseArguments } from "./command.ts";
import type { Program } from "./command.ts";

export async function runCommandLine(words: readonly string[], program: Program): Promise<number> {
  try {
    return await dispatch(words, program);
  } catch (cause) {
    if (program.interrupt.signal.aborted) return INTERRUPTED;
    printError(cause, program, words[0]);
    return exitCodeOfError(asBridgeError(cause));
  }
}

async function dispatch(words: readonly string[], program: Program): Promise<number> {
  const [name, ...rest] = words;
  const { findCommand, printHelp, printOverview } = await import("./help.ts");
  if (name === undefined || name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    printOverview(program.console, program.version);
    return FINE;
  }
  if (name === "--version" || name === "-v" || name === "version") {
    program.console.line(program.version);
    return FINE;
  }
  if (name === "help") {
    await printHelp(program.console, rest[0] ?? "");
    return FINE;
  }
  const entry = findCommand(name);
  const command = await entry.load();
  const args = parseArguments(name, command, rest);
  if (args.flag("help")) {
    await printHelp(program.console, name);
    return FINE;
  }
  return await command.run(args, program);
}

/** What people can mend in their own files and words; everything else is the environment's. */
const INPUT_CODES: ReadonlySet<Code> = new Set<Code>([
  "ALARM_UNKNOWN",
  "APPLIANCE_UNKNOWN",
  "APPROVAL_NEEDED",
  "BRIDGE_EXISTS",
  "BRIDGE_INVALID",
  "BRIDGE_UNKNOWN",
  "CHAIN_PINNED",
  "CHAIN_UNBROKEN",
  "CONFIRMATION_NEEDED",
  "DEAD_LETTER_UNKNOWN",
  "DROP_HANDED_OVER",
  "DROP_HELD",
  "DROP_UNKNOWN",
  "EDIFACT_DIRECTORY",
  "EDIFACT_DIRECTORY_EXISTS",
  "FILE_NOT_FOUND",
  "NOTBETRIEB_REFUSED",
  "REQUEST_INVALID",
  "RETIRE_REFUSED",
  "SETTING_INVALID",
  "SUNSET_MOVED",
  "TOKEN_INVALID",
  "USAGE",
  "WSDL_INVALID",
  "WSDL_OPERATION",
]);
const INPUT_STAGES: ReadonlySet<string> = new Set(["decode", "map", "validate", "encode"]);

function exitCodeOf(code: Code): number {
  return INPUT_CODES.has(code) ? INPUT_FAULT : ENVIRONMENT_FAULT;
}

/** What, where, what to do: at most three lines, and a stack only with STEG_LOG=debug. */
export function printError(cause: unknown, program: Pick<Program, "console" | "env">, command?: string): void {
  const { console } = program;
  const error = asBridgeError(cause);
  // Whoever knows nothing better to say about wrong words points to the help of the command at hand.
  const general = error.code === "USAGE" && error.hint === CODES.USAGE.hint && command !== undefined;
  const hint = general ? `steg help ${command}` : error.hint;
  const look = console.err;
  const [what = "", ...more] = wrap(`${error.code}  ${escapeControls(error.message)}`, look.width - 2);
  const second = more.join(" ");
  console.note(`${paint(look, "red", sign(look, "✗"))} ${what}${second === "" ? "" : ` ${second}`}`);
  if (error.position !== undefined) console.note(`  ${escapeControls(formatPosition(error.position))}`);
  console.note(`  ${paint(look, "dim", escapeControls(hint))}`);
  if (program.env["STEG_LOG"] === "debug") console.note(stackOf(error));
}

function stackOf(error: BridgeError): string {
  const origin = error.cause instanceof Error ? error.cause : error;
  return escapeControls(origin.stack ?? "").replaceAll("\\x0a", "\n");
}

/** Bridge files and records at fault are the user's input, whatever their code. */
export function exitCodeOfError(error: BridgeError): number {
  if (error.stage !== undefined && INPUT_STAGES.has(error.stage)) return INPUT_FAULT;
  return error.position === undefined ? exitCodeOf(error.code) : INPUT_FAULT;
}
