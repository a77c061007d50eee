// The other side of deliver.http in a process of its own: takes everything and remembers nothing.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface ReceiverProcess {
  readonly origin: string;
  close(): Promise<void>;
}

export async function startReceiverProcess(): Promise<ReceiverProcess> {
  const script = fileURLToPath(new URL("../test/peers/receiver.ts", import.meta.url));
  const child = spawn(process.execPath, [script, "--light"], { stdio: ["pipe", "pipe", "inherit"] });
  const line = await new Promise<string>(
    (resolve) => void child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8"))),
  );
  return {
    origin: `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`,
    async close() {
      child.stdin.end();
      await new Promise<void>((resolve) => void child.once("exit", () => resolve()));
    },
  };
}
