// One address on which bridges take drops. Bridges of a process that name the same address share its server; their users tell them
// apart, so a user belongs to one bridge.

import { createServer, type Server, type Socket } from "node:net";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { Log } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import { errorCode, syncFolder, unless } from "../shared/atomic.ts";
import { algorithmsWith } from "../shared/ssh/algorithms.ts";
import type { Account } from "./account.ts";
import { addressOf, userClaim } from "./address.ts";
import { ATTEMPT_LIMITS, createAttempts, networkOf, type AttemptLimits } from "./attempts.ts";
import { serveConnection, type Connection } from "./connection.ts";
import { hostKeyIn, type HostKey } from "./host-key.ts";

export interface ListenerLimits {
  readonly attempts: AttemptLimits;
  /** Connections in all, those of nobody yet, and those of nobody yet from one network. */
  readonly connections: number;
  readonly strangers: number;
  readonly strangersOfOne: number;
  /** Milliseconds for handshake and login. */
  readonly loginTime: number;
  readonly keepalive: number;
}

export const LISTENER_LIMITS: ListenerLimits = {
  attempts: ATTEMPT_LIMITS,
  connections: 250,
  strangers: 60,
  strangersOfOne: 15,
  loginTime: 30_000,
  keepalive: 10_000,
};

export interface Listener {
  /** The port, once it is open: the one that the system chose where the address says 0. */
  readonly port: number | undefined;
  readonly hostKey: HostKey | undefined;
  /** Throws CLAIMED_TWICE. The returned function takes the user away again, with the user's connections. */
  enlist(user: string, bridge: string): Seat;
  /** Listens from now on; what is open already stays so. Throws INBOX_ADDRESS, INBOX_HOST_KEY. */
  open(log: Log): Promise<void>;
}

export interface Seat {
  /** From now on the user is let in. */
  sit(account: Account): void;
  leave(): Promise<void>;
}

const listeners = new Map<string, Listener>();

/** The one listener of this address and state. */
export function listenerAt(stateDir: string, listen: string, limits: ListenerLimits = LISTENER_LIMITS): Listener {
  const key = `${stateDir}\n${listen}`;
  let found = listeners.get(key);
  if (!found) {
    found = createListener(stateDir, listen, limits, () => listeners.delete(key));
    listeners.set(key, found);
  }
  return found;
}

function createListener(stateDir: string, listen: string, limits: ListenerLimits, done: () => void): Listener {
  const seats = new Map<string, { readonly bridge: string; account: Account | undefined }>();
  const sockets = new Map<string, Socket>();
  const connections = new Map<Socket, Connection>();
  const attempts = createAttempts(limits.attempts);
  let opening: Promise<{ server: Server; hostKey: HostKey }> | undefined;
  let opened: { readonly server: Server; readonly hostKey: HostKey } | undefined;

  const accountOf = (user: string): Account | undefined => seats.get(user)?.account;
  const isStranger = (socket: Socket): boolean => connections.get(socket)?.account === undefined;

  /** Undefined = there is room for one more. */
  function hasNoRoom(address: string): boolean {
    if (sockets.size >= limits.connections || attempts.blocked(address)) return true;
    const strangers = [...sockets.values()].filter(isStranger);
    const network = networkOf(address);
    const ofOne = strangers.filter((each) => networkOf(each.remoteAddress ?? "") === network);
    return strangers.length >= limits.strangers || ofOne.length >= limits.strangersOfOne;
  }

  function entered(account: Account): boolean {
    const same = [...connections.values()].filter((each) => each.account?.user === account.user);
    return same.length <= account.connections;
  }

  function openSsh(hostKey: HostKey, log: Log): (socket: Socket) => void {
    const { kex, cipher, hmac, compress } = algorithmsWith([]);
    const ssh = new ssh2.Server({
      hostKeys: [hostKey.privateKey],
      ident: "Steg",
      keepaliveInterval: limits.keepalive,
      keepaliveCountMax: 3,
      algorithms: { kex, cipher, hmac, compress },
    });
    ssh.on("connection", (client, { ip, port }) => {
      const socket = sockets.get(`${ip} ${port}`);
      if (!socket) {
        client.end();
        return;
      }
      const parts = { client, socket, address: ip, attempts, accountOf, entered, log };
      connections.set(socket, serveConnection(parts));
    });
    return (socket) => {
      const address = socket.remoteAddress;
      if (address === undefined || hasNoRoom(address)) {
        socket.destroy();
        return;
      }
      const place = `${address} ${socket.remotePort}`;
      sockets.set(place, socket);
      const late = setTimeout(() => {
        if (isStranger(socket)) socket.destroy();
      }, limits.loginTime).unref();
      socket.once("close", () => {
        clearTimeout(late);
        sockets.delete(place);
        connections.delete(socket);
      });
      socket.on("error", () => undefined);
      socket.setNoDelay(true);
      ssh.injectSocket(socket);
    };
  }

  async function start(log: Log): Promise<{ server: Server; hostKey: HostKey }> {
    const { host, port } = addressOf(listen) ?? { host: "", port: 0 };
    const hostKey = await hostKeyIn(await inboxFolder(stateDir));
    const serve = openSsh(hostKey, log);
    const server = createServer(serve);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => resolve());
    }).catch((cause: unknown) => {
      throw notListening(listen, cause);
    });
    server.removeAllListeners("error");
    // Too many open files, for example: the next connection may do again.
    server.on("error", (cause) =>
      log("error", "inbox.listener_failed", { listen, error: errorCode(cause) ?? "unknown" }),
    );
    opened = { server, hostKey };
    const { fingerprint, publicKey } = hostKey;
    log("info", "inbox.listening", { listen: shownAddress(server, listen), hostKey: fingerprint, publicKey });
    return opened;
  }

  async function close(): Promise<void> {
    done();
    const { server } = (await opening?.catch(() => undefined)) ?? {};
    opened = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    await Promise.all([...connections.values()].map((each) => each.close()));
    for (const socket of sockets.values()) socket.destroy();
    await closed;
  }

  return {
    get port() {
      const address = opened?.server.address();
      return typeof address === "object" ? address?.port : undefined;
    },
    get hostKey() {
      return opened?.hostKey;
    },
    enlist(user, bridge) {
      const other = seats.get(user);
      if (other) throw userTaken(user, listen, other.bridge);
      const seat: { readonly bridge: string; account: Account | undefined } = { bridge, account: undefined };
      seats.set(user, seat);
      return {
        sit: (account) => void (seat.account = account),
        async leave() {
          seat.account = undefined;
          const mine = [...connections.values()].filter((each) => each.account?.user === user);
          await Promise.all(mine.map((each) => each.close()));
          if (seats.get(user) === seat) seats.delete(user);
          if (seats.size === 0) await close();
        },
      };
    },
    async open(log) {
      opening ??= start(log).catch((cause: unknown) => {
        opening = undefined;
        throw cause;
      });
      await opening;
    },
  };
}

/** Where the inbox keeps what is its own, for nobody else to read. */
export async function inboxFolder(stateDir: string, ...below: readonly string[]): Promise<string> {
  let folder = stateDir;
  for (const part of ["inbox", ...below]) {
    const above = folder;
    folder = join(folder, part);
    const isNew = await unless(
      "EEXIST",
      mkdir(folder, { mode: 0o700 }).then(() => true),
    );
    if (isNew) await syncFolder(above);
  }
  return folder;
}

function shownAddress(server: Server, listen: string): string {
  const address = server.address();
  if (typeof address !== "object" || address === null) return listen;
  return address.family === "IPv6" ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

function notListening(listen: string, cause: unknown): BridgeError {
  const why = errorCode(cause) ?? "unknown";
  return new BridgeError("INBOX_ADDRESS", `the inbox cannot listen on ${listen} (${why})`, { stage: "receive", cause });
}

function userTaken(user: string, listen: string, other: string): BridgeError {
  const message = `${userClaim(user, listen)} belongs to the bridge ${other} already`;
  return new BridgeError("CLAIMED_TWICE", message, { stage: "receive", facts: { option: `sftp.users.${user}` } });
}
