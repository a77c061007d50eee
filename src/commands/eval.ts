// steg eval: one formula against one JSON record.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { BridgeError } from "../core/errors.ts";
import { FINE, JSON_OUTPUT } from "./command.ts";
import type { Command, Program } from "./command.ts";
import { unreadable } from "./unreadable.ts";

const MOST_INPUT = 64 << 20;

export const command: Command = {
  options: { ...JSON_OUTPUT, input: { type: "string" } },
  usage: "FORMULA [--input FILE]",
  help: `
Evaluates one formula against a JSON record, from --input FILE or from stdin, and prints its value as JSON. The formula may
begin with = as in a bridge file. A formula whose value is absent prints nothing.`,
  examples: [
    `steg eval '$sum(POS.BETRAG)' --input record.json`,
    // In single quotes, so that the shell leaves $date alone; the pattern then takes the double ones.
    `echo '{"A":"01.03.2027"}' | steg eval '= $date(A, "dd.MM.yyyy")'`,
  ],
  words: [1, 1],
  async run(args, program) {
    const formula = (args.positionals[0] ?? "").replace(/^\s*=/, "");
    const record = await readRecord(args.text("input"), program);
    const { evaluateFormula } = await import("./eval-formula.ts");
    const value = evaluateFormula(formula, record);
    if (value !== undefined) program.console.json(value);
    else if (program.console.err.tty) program.console.note("(absent)");
    return FINE;
  },
};

async function readRecord(path: string | undefined, program: Program): Promise<unknown> {
  if (path === undefined && program.stdin.isTTY) return undefined;
  const text = path === undefined || path === "-" ? await readStdin(program) : readText(resolve(program.cwd, path));
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    // The parser's own words quote the input, so they stay a detail.
    throw new BridgeError("REQUEST_INVALID", `${path ?? "stdin"} is not JSON`, {
      cause,
      hint: 'Give one JSON value, for example {"A": 1}',
    });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function readStdin(program: Program): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of program.stdin as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_INPUT) throw new BridgeError("REQUEST_INVALID", "stdin is larger than 64 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
