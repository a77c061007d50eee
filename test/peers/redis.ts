// Redis on a free loopback port, as a deployment should have it: no eviction, no copy on disk that anybody relies on. It can be killed,
// started again empty, flushed and filled up.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

const PROGRAM = ["/usr/bin/redis-server"].find((path) => existsSync(path));
/** undefined = it can be started. */
export const redisMissing = PROGRAM === undefined ? "redis-server is not there" : undefined;

export interface RedisPeer {
  readonly port: number;
  readonly url: string;
  /** For whoever looks or meddles. */
  client(): Redis;
  kill(): Promise<void>;
  /** Again on the same port, empty. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface RedisOptions {
  /** Bytes it may hold; more are refused. */
  readonly most?: number;
  /** More lines of its configuration. */
  readonly lines?: readonly string[];
  /** Certificate and key, PEM: it speaks TLS alone. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };
  /** User and password of the address; `lines` define the user. */
  readonly user?: string;
}

export async function startRedis(options: RedisOptions = {}): Promise<RedisPeer> {
  const folder = mkdtempSync(join(tmpdir(), "steg-redis-"));
  const port = await freePort();
  const { tls } = options;
  if (tls) for (const name of ["cert", "key", "ca"] as const) writeFileSync(join(folder, name), tls[name]);
  const lines = [
    "bind 127.0.0.1",
    tls ? "port 0" : `port ${port}`,
    ...(tls
      ? [
          `tls-port ${port}`,
          `tls-cert-file ${folder}/cert`,
          `tls-key-file ${folder}/key`,
          `tls-ca-cert-file ${folder}/ca`,
          "tls-auth-clients no",
        ]
      : []),
    'save ""',
    "appendonly no",
    "maxmemory-policy noeviction",
    ...(options.most === undefined ? [] : [`maxmemory ${options.most}`]),
    `dir ${folder}`,
    ...(options.lines ?? []),
  ];
  writeFileSync(join(folder, "redis.conf"), `${lines.join("\n")}\n`);
  const user = options.user === undefined ? "" : `${options.user}@`;
  const url = `${tls ? "rediss" : "redis"}://${user}127.0.0.1:${port}`;
  const clients: Redis[] = [];
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const fresh = spawn(PROGRAM as string, [join(folder, "redis.conf")], { stdio: ["ignore", "pipe", "pipe"] });
    child = fresh;
    let said = "";
    for await (const text of fresh.stdout.setEncoding("utf8")) {
      said += String(text);
      if (said.includes("Ready to accept connections")) break;
    }
    if (!said.includes("Ready")) throw new Error(`redis-server did not start: ${said}`);
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "exit");
    child.kill("SIGKILL");
    await closed;
  }

  await start();
  return {
    port,
    url,
    client() {
      const client = new Redis(url, { maxRetriesPerRequest: null, ...(tls && { tls: { ca: tls.ca } }) });
      client.on("error", () => undefined);
      clients.push(client);
      return client;
    },
    kill,
    start,
    async close() {
      for (const client of clients) client.disconnect();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
