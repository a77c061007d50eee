// The two streams of a command with what they can show. stdout is the result, stderr is for people who wait.

import { lookOf } from "./look.ts";
import type { Environment, Look, OutputStream } from "./look.ts";

export interface Console {
  readonly out: Look;
  readonly err: Look;
  /** One line of the result. */
  line(text?: string): void;
  /** Text of the result as it is. */
  write(text: string): void;
  /** One line for people, on stderr. */
  note(text?: string): void;
  /** The result for machines, and nothing else on stdout. */
  json(value: unknown): void;
  readonly stderr: OutputStream;
  /** A question; undefined where nobody can answer (stdin or stderr is no terminal). */
  ask(question: string): Promise<string | undefined>;
}

export function createConsole(
  stdout: OutputStream,
  stderr: OutputStream,
  env: Environment,
  stdin?: NodeJS.ReadStream,
): Console {
  return {
    out: lookOf(stdout, env),
    err: lookOf(stderr, env),
    stderr,
    line: (text = "") => void stdout.write(`${text}\n`),
    write: (text) => void stdout.write(text),
    note: (text = "") => void stderr.write(`${text}\n`),
    json: (value) => void stdout.write(`${JSON.stringify(value, undefined, stdout.isTTY === true ? 2 : undefined)}\n`),
    async ask(question) {
      if (stdin?.isTTY !== true || stderr.isTTY !== true) return undefined;
      const { createInterface } = await import("node:readline/promises");
      const reader = createInterface({ input: stdin, output: stderr as unknown as NodeJS.WritableStream });
      try {
        return await reader.question(question);
      } finally {
        reader.close();
      }
    },
  };
}
