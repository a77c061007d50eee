// What the real SOAP clients have in common: each is a program that makes one call and prints one line of JSON.

import { execFile } from "node:child_process";

export interface SoapRequest {
  /** Address of the WSDL, or its path. */
  readonly wsdl: string;
  readonly operation: string;
  /** Arguments by name, as the client's own mapping of types wants them. */
  readonly input: unknown;
  readonly version?: "1.1" | "1.2";
  /** Instead of the address that the WSDL gives. */
  readonly endpoint?: string;
  /** HTTP Basic. */
  readonly user?: string;
  readonly password?: string;
}

export type SoapResult =
  | { readonly result: unknown }
  | {
      readonly fault: { readonly code: string; readonly text: string; readonly detail?: unknown };
    };

/** Runs the program to its end; what it prints is the result, anything else is an error of the test. */
export async function runClient(
  program: string,
  words: readonly string[],
  input: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<SoapResult> {
  const output = await run(program, words, { input, environment });
  return JSON.parse(output) as SoapResult;
}

export interface RunOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export async function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<string> {
  const env = { ...process.env, ...options.environment, no_proxy: "127.0.0.1", NO_PROXY: "127.0.0.1" };
  return await new Promise<string>((resolve, reject) => {
    const child = execFile(
      program,
      words,
      { env, cwd: options.cwd, timeout: 60_000, maxBuffer: 16 << 20 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${program} failed: ${stderr}${stdout}`, { cause: error }));
        else resolve(stdout);
      },
    );
    child.stdin?.end(options.input ?? "");
  });
}
