// A running appliance can be asked through a Unix socket in its state folder. Whoever may open that file (mode 0600, in a
// folder of mode 0700) is the user that runs the appliance, and might as well open the state itself.
//
// One request per connection, JSON lines: {"operation","request"} → {"progress":n}* → {"result"} or {"error"}.

import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { asBridgeError, BridgeError, CODES } from "../errors.ts";
import type { Code, Position } from "../errors.ts";
import { OPERATION_NAMES } from "./operations.ts";
import type { OperationName, Operations } from "./operations.ts";
import { FLEET_OPERATION_NAMES, type FleetOperations } from "../fleet/operations.ts";

const NAME = "steg.sock";
const MOST_REQUEST = 8 << 20;
const MOST_REPLY = 256 << 20;
/** A path in sockaddr_un has 108 bytes on Linux and 104 on macOS, with its final zero. */
const MOST_PATH = 100;

/**
 * The path to bind or connect to. A long one goes through /proc/self/fd, which is short whatever the folder is called;
 * the handle must stay open as long as the path is used.
 */
async function shortPath(stateDir: string): Promise<{ path: string; handle: FileHandle | undefined }> {
  const path = join(stateDir, NAME);
  if (Buffer.byteLength(path) <= MOST_PATH || process.platform !== "linux") return { path, handle: undefined };
  const handle = await open(stateDir, "r");
  return { path: `/proc/self/fd/${handle.fd}/${NAME}`, handle };
}

/** An appliance answers its operations, a fleet the few that it has. */
export type Answering = Partial<Operations & FleetOperations>;
type Run = (request: unknown, onProgress: (done: number) => void) => Promise<unknown>;

export interface OperationsSocket {
  close(): Promise<void>;
}

/** Call it only while holding the state's lock: a socket that lies there is then a leftover. */
export async function serveOperations(
  stateDir: string,
  operations: Answering,
  onError: (error: unknown) => void,
): Promise<OperationsSocket> {
  const { path, handle } = await shortPath(stateDir);
  rmSync(join(stateDir, NAME), { force: true });
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    void answer(socket, operations, onError);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // The file is made with its final rights; changing them afterwards would leave a gap.
    const before = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
  server.on("error", onError);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(join(stateDir, NAME), { force: true });
      await handle?.close();
    },
  };
}

async function answer(socket: Socket, operations: Answering, onError: (error: unknown) => void): Promise<void> {
  const send = (message: unknown): void => void (socket.writable && socket.write(`${JSON.stringify(message)}\n`));
  try {
    const line = await firstLine(socket, MOST_REQUEST);
    const { operation, request } = parseRequest(line);
    const name = [...OPERATION_NAMES, ...FLEET_OPERATION_NAMES].find((known) => known === operation);
    if (name === "deadDetail") {
      throw new BridgeError("FORBIDDEN", "values of records are open only to the role clearing, in the admin API");
    }
    const run = name && (operations[name] as Run | undefined);
    if (run === undefined || typeof request !== "object" || request === null) {
      throw new BridgeError("REQUEST_INVALID", "the running appliance does not know this operation", {
        hint: "Its version may differ from this one; restart it.",
      });
    }
    let last = 0;
    const progress = (done: number): void => {
      if (performance.now() - last < 100) return;
      last = performance.now();
      send({ progress: done });
    };
    send({ result: (await run(request, progress)) ?? null });
  } catch (cause) {
    const error = asBridgeError(cause);
    if (error.code === "INTERNAL") onError(cause);
    const { code, message, hint, position } = error;
    send({ error: { code, message, hint, position } });
  } finally {
    // What was not read is not waited for: whoever goes on sending would hold the connection for ever.
    socket.end(() => socket.destroy());
  }
}

function parseRequest(line: string): { readonly operation?: unknown; readonly request?: unknown } {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch (cause) {
    throw new BridgeError("REQUEST_INVALID", "the request is no line of JSON", { cause });
  }
}

async function firstLine(socket: Socket, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const end = chunk.indexOf(0x0a);
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
    size += chunk.length;
    if (size > most) throw new BridgeError("REQUEST_INVALID", "the request is too large");
    if (end !== -1) return Buffer.concat(chunks).toString("utf8");
  }
  throw new BridgeError("REQUEST_INVALID", "the connection ended before the request did");
}

/** Operations of the process that holds this state; undefined where none answers. */
export async function connectOperations(stateDir: string): Promise<(Operations & FleetOperations) | undefined> {
  const probe = await connect(stateDir);
  if (probe === undefined) return undefined;
  probe.destroy();
  const client: Record<string, unknown> = {};
  for (const name of [...OPERATION_NAMES, ...FLEET_OPERATION_NAMES]) {
    client[name] = async (request: unknown, onProgress?: (done: number) => void) =>
      await ask(stateDir, name, request, onProgress);
  }
  return client as unknown as Operations & FleetOperations;
}

async function connect(stateDir: string): Promise<Socket | undefined> {
  let short;
  try {
    short = await shortPath(stateDir);
  } catch {
    return undefined;
  }
  const { path, handle } = short;
  try {
    return await new Promise<Socket | undefined>((resolve) => {
      const socket = createConnection({ path, allowHalfOpen: true });
      socket.once("connect", () => resolve(socket));
      // No file, a leftover nobody listens on, or one that another user owns: the lock on the state will tell.
      socket.once("error", () => resolve(undefined));
    });
  } finally {
    await handle?.close();
  }
}

interface Reply {
  readonly progress?: number;
  readonly result?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly position?: Position;
  };
}

async function ask(
  stateDir: string,
  operation: OperationName | keyof FleetOperations,
  request: unknown,
  onProgress?: (done: number) => void,
): Promise<unknown> {
  const socket = await connect(stateDir);
  if (socket === undefined) throw new BridgeError("STATE_BUSY", "the appliance on this state has just ended");
  try {
    socket.write(`${JSON.stringify({ operation, request })}\n`);
    let text = "";
    socket.setEncoding("utf8");
    for await (const chunk of socket as AsyncIterable<string>) {
      text += chunk;
      if (text.length > MOST_REPLY) break;
      let end = text.indexOf("\n");
      for (; end !== -1; end = text.indexOf("\n")) {
        const reply = JSON.parse(text.slice(0, end)) as Reply;
        text = text.slice(end + 1);
        if (reply.progress !== undefined) onProgress?.(reply.progress);
        else if (reply.error !== undefined) throw foreignError(reply.error);
        else return reply.result ?? undefined;
      }
    }
  } finally {
    socket.destroy();
  }
  throw new BridgeError("STATE_BUSY", "the appliance ended before it answered");
}

function foreignError(error: NonNullable<Reply["error"]>): BridgeError {
  const code = Object.hasOwn(CODES, error.code) ? (error.code as Code) : "INTERNAL";
  return new BridgeError(code, error.message, { hint: error.hint, position: error.position });
}
