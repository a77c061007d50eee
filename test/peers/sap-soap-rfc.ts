// Starts sap-soap-rfc.php under PHP's own web server, several workers, and reads what it wrote down.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SapCall {
  readonly function?: string;
  readonly sent?: Readonly<Record<string, unknown>>;
  readonly session?: string | null;
  readonly enable?: string | null;
  readonly language?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly logon?: string;
}

export interface SapPeer {
  readonly origin: string;
  /** Every call that came, in order, logons that were refused among them. */
  calls(): readonly SapCall[];
  /** What was committed. */
  stored(): readonly string[];
  close(): Promise<void>;
}

export const USER = "STEG";
export const PASSWORD = "geheim:1";

/** Why it cannot run here; undefined = it can. */
export function lacksPhp(): string | undefined {
  const found = spawnSync("php", ["-r", "exit(class_exists('DOMDocument') ? 0 : 2);"], { stdio: "ignore" });
  if (found.error) return "there is no php";
  return found.status === 0 ? undefined : "php has no DOM";
}

export async function startSap(): Promise<SapPeer> {
  const folder = mkdtempSync(join(tmpdir(), "steg-sap-"));
  const port = await freePort();
  const script = join(import.meta.dirname, "sap-soap-rfc.php");
  const child = spawn("php", ["-d", "display_errors=stderr", "-S", `127.0.0.1:${port}`, script], {
    env: { ...process.env, SAP_ROOM: folder, PHP_CLI_SERVER_WORKERS: "4" },
    stdio: "ignore",
    detached: true,
  });
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const origin = `http://127.0.0.1:${port}`;
  await answering(origin);
  const linesOf = (name: string): string[] => {
    const path = join(folder, name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean) : [];
  };
  return {
    origin,
    calls: () => linesOf("protocol").map((line) => JSON.parse(line) as SapCall),
    stored: () => linesOf("store"),
    async close() {
      // The workers are its children; they end with their group.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function answering(origin: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(`${origin}/`);
      return;
    } catch (cause) {
      if (attempt > 200) throw cause;
      await new Promise((resolve) => void setTimeout(resolve, 25));
    }
  }
}
