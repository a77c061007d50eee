// A real HTTP(S) receiver of the tests' own. By itself it is honest: it takes each Idempotency-Key once, answers a repeat
// as the first time, says 422 to a key that comes with another body and 409 while the first is still under way.
// On order it misbehaves, for one request at a time, in the ways that targets misbehave.
//
// As a process of its own (`node test/peers/receiver.ts`) it prints {"port": …} and lives until its standard input ends.

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly key: string;
}

export interface Behaviour {
  /** Whether the message takes effect; without it, where the status is below 300. */
  readonly accept?: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Milliseconds before the answer. */
  readonly delay?: number;
  /** Instead of a proper answer. `half` breaks off within the body, `endless` never stops sending, `info` sends 103 first. */
  readonly instead?: "hang" | "reset" | "close" | "garbage" | "half" | "endless" | "stall" | "info";
}

export interface Receiver {
  readonly port: number;
  readonly origin: string;
  /** All requests whose body came completely. */
  readonly heard: Heard[];
  /** What took effect: body by key. */
  readonly accepted: Map<string, Buffer>;
  /** Effects beyond the first for a key: an honest receiver never has one. */
  readonly doubled: string[];
  /** Used up from the front, one per request; then honesty. */
  readonly script: Behaviour[];
  /** Asked when the script is empty. */
  rule: ((heard: Heard) => Behaviour | undefined) | undefined;
  readonly connections: number;
  /** Closes kept-alive connections, as servers do at times. */
  dropConnections(): void;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  readonly tls?: ServerOptions;
  /** Keep neither requests nor bodies: for measuring. */
  readonly light?: boolean;
  readonly port?: number;
}

export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const heard: Heard[] = [];
  const accepted = new Map<string, Buffer>();
  const doubled: string[] = [];
  const script: Behaviour[] = [];
  const underWay = new Set<string>();
  const sockets = new Set<Socket>();
  let connections = 0;

  function honest(request: Heard): Behaviour {
    const known = accepted.get(request.key);
    if (known && !known.equals(request.body)) return { status: 422, accept: false, body: '{"error":"other body"}' };
    if (underWay.has(request.key)) return { status: 409, accept: false };
    return {
      status: 200,
      accept: known === undefined,
      headers: { "content-type": "application/json" },
      body: '{"ok":true}',
    };
  }

  const listener: RequestListener = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("error", () => undefined);
    incoming.on("data", (chunk: Buffer) => {
      if (!options.light) chunks.push(chunk);
    });
    incoming.on("end", () => {
      if (options.light) {
        response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
        return;
      }
      const request: Heard = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: Buffer.concat(chunks),
        key: String(incoming.headers["idempotency-key"] ?? ""),
      };
      heard.push(request);
      const behaviour = script.shift() ?? receiver.rule?.(request) ?? honest(request);
      if (behaviour.accept ?? (behaviour.status ?? 200) < 300) {
        if (accepted.has(request.key)) doubled.push(request.key);
        accepted.set(request.key, request.body);
      }
      underWay.add(request.key);
      const go = (): void => {
        underWay.delete(request.key);
        behave(behaviour, response);
      };
      if (behaviour.delay) setTimeout(go, behaviour.delay);
      else go();
    });
  };

  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => void server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const receiver: Receiver = {
    port,
    origin: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    heard,
    accepted,
    doubled,
    script,
    rule: undefined,
    get connections() {
      return connections;
    },
    dropConnections() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return receiver;
}

function behave({ status = 200, headers = {}, body = "", instead }: Behaviour, response: ServerResponse): void {
  const socket = response.socket as Socket;
  if (response.destroyed || !socket) return;
  switch (instead) {
    case "hang":
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
    case "close":
      socket.destroy();
      return;
    case "garbage":
      socket.end("\u0000\u0001 this is no HTTP\r\n\r\n");
      return;
    case "half":
      socket.write(`HTTP/1.1 ${status} Half\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\nonly this`, () =>
        socket.destroy(),
      );
      return;
    case "stall":
      socket.write(`HTTP/1.1 ${status} Stall\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\nonly this`);
      return;
    case "endless":
      response.writeHead(status, headers);
      pour(response);
      return;
    case "info":
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      response.writeHead(status, headers).end(body);
      return;
    default:
      response.writeHead(status, headers).end(body);
  }
}

function pour(response: ServerResponse): void {
  const block = Buffer.alloc(16 * 1024, "x");
  const more = (): void => {
    if (!response.destroyed) response.write(block, () => setImmediate(more));
  };
  response.on("error", () => undefined);
  more();
}

if (import.meta.main) {
  const receiver = await startReceiver({ light: process.argv.includes("--light") });
  process.stdout.write(`${JSON.stringify({ port: receiver.port })}\n`);
  process.stdin.on("end", () => void receiver.close());
  process.stdin.resume();
}
