// PHP's SoapServer as a service to call.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MODULES = "/usr/lib/php";

/** Why there is no PHP with SOAP here; undefined = there is. */
export const phpServerMissing: string | undefined =
  existsSync("/usr/bin/php") &&
  existsSync(MODULES) &&
  readdirSync(MODULES).some((api) => existsSync(`${MODULES}/${api}/soap.so`))
    ? undefined
    : "php-cli and php-soap are not installed";

export const contracts = join(import.meta.dirname, "contracts");

export interface SoapPeer {
  readonly origin: string;
  /** The last message, as the service understood it. */
  seen(): unknown;
  close(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Until something listens there. */
export async function listening(port: number): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`nothing listens on port ${port}`);
}

export async function startPhpServer(): Promise<SoapPeer> {
  const folder = mkdtempSync(join(tmpdir(), "steg-php-"));
  const seen = join(folder, "seen.json");
  const port = await freePort();
  const child = spawn("/usr/bin/php", ["-S", `127.0.0.1:${port}`, join(import.meta.dirname, "php-soap-server.php")], {
    env: { ...process.env, CONTRACTS: contracts, SEEN: seen },
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await listening(port);
  return {
    origin: `http://127.0.0.1:${port}`,
    seen: () => JSON.parse(readFileSync(seen, "utf8")) as unknown,
    async close() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
