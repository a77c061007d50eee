// A connection to an SFTP server: TCP, SSH with a pinned host key, perhaps through a jump host, then the SFTP session on top.
//
// The socket is our own, because ssh2 leaves Nagle's algorithm on (writes then wait for acknowledgements: 150 times slower), and the
// watch over silence is our own, because ssh2's counts only the answers to its pings: on a slow line they stand behind megabytes of
// data under way, and a working connection would be cut.

import { connect as openSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import ssh2, { type Channel, type Client } from "ssh2";
import { BridgeError } from "../../core/errors.ts";
import { algorithmsWith } from "../shared/ssh/algorithms.ts";
import { unreachable, refused } from "./failure.ts";
import { createHostKeyCheck } from "./host-key.ts";
import { attemptsOf, type Login } from "./login.ts";
import { quickenKeys } from "./quick-keys.ts";
import { openSession, type Session } from "./session.ts";
import { WireError } from "../shared/ssh/wire.ts";

export interface Way {
  readonly login: Login;
  /** Logged in to first. */
  readonly jump: Login | undefined;
  /** Milliseconds for all of it. */
  readonly connectTimeout: number;
  /** Milliseconds that a request may stay without an answer. */
  readonly timeout: number;
  /** Whether the server is asked every second whether it is there. */
  readonly keepalive: boolean;
}

export interface Connection {
  readonly session: Session;
  /** Says goodbye and ends, within a second. */
  close(): Promise<void>;
}

const PING_EVERY = 1_000;
const LOOK_EVERY = 500;
/** Looks without a byte from the server until it counts as gone: 3.5 s, in which it was asked three times. */
const MOST_QUIET = 7;

/** Rejects with a BridgeError, or with the signal's reason. */
export async function connect(way: Way, signal: AbortSignal): Promise<Connection> {
  const { login, jump, connectTimeout } = way;
  const ending = new AbortController();
  const opened: Duplex[] = [];
  let session: Session | undefined;
  /** Of any link, at any time. */
  const fail = (cause: Error): void => {
    session?.fail(cause);
    ending.abort(cause);
    for (const each of opened) each.destroy();
  };
  const timer = setTimeout(
    () => fail(unreachable(login.address, `was not ready within ${connectTimeout / 1_000} s`)),
    connectTimeout,
  );
  const stop = (): void => fail(signal.reason as Error);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    const first = jump ?? login;
    const reading: Reading = { isUsedUp: false };
    const socket = await dial(first, reading, ending.signal);
    opened.push(socket);
    const clients = [await logIn(first, socket, reading, way.keepalive, fail, ending.signal)];
    if (jump) {
      const link = await through(clients[0] as Client, jump, login, ending.signal);
      opened.push(link);
      clients.push(await logIn(login, link, { isUsedUp: false }, way.keepalive, fail, ending.signal));
    }
    const channel = await subsystem(clients.at(-1) as Client, login.address, ending.signal);
    session = await greet(channel, login.address, way.timeout, ending.signal);
    ending.signal.throwIfAborted();
    return { session, close: () => goodbye(clients, socket, fail) };
  } catch (cause) {
    // What came first says why: a signal or a time-out closes what then fails for it.
    fail(cause as Error);
    throw ending.signal.reason;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Runs what answers by callbacks, and ends with the signal's reason as soon as that is there. */
function within<T>(
  signal: AbortSignal,
  start: (done: (value: T) => void, fail: (cause: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    start(
      (value) => {
        signal.removeEventListener("abort", stop);
        resolve(value);
      },
      (cause) => {
        signal.removeEventListener("abort", stop);
        reject(cause);
      },
    );
  });
}

/** What is read from the socket at a time. */
const READ = 256 * 1024;

/** Whether ssh2 makes something new of all that it hears, at once; then what was read need not be kept. */
interface Reading {
  isUsedUp: boolean;
}

async function dial({ host, port, address }: Login, reading: Reading, signal: AbortSignal): Promise<Socket> {
  // One buffer for all that comes, instead of a new one each time: a transfer makes garbage enough.
  const callback = (count: number, buffer: Uint8Array): boolean => {
    const piece = Buffer.from(buffer.buffer, buffer.byteOffset, count);
    return socket.emit("data", reading.isUsedUp ? piece : Buffer.from(piece));
  };
  const onread = { buffer: Buffer.allocUnsafeSlow(READ), callback };
  const socket = gathering(openSocket({ host, port, noDelay: true, onread }));
  try {
    await within<void>(signal, (done, fail) => {
      socket.once("connect", () => done());
      socket.once("error", (cause: NodeJS.ErrnoException) =>
        fail(unreachable(address, `cannot be reached: ${cause.code ?? "no connection"}`)),
      );
    });
    return socket;
  } catch (cause) {
    socket.on("error", () => undefined);
    socket.destroy();
    throw cause;
  }
}

/**
 * What is written in one turn of the event loop goes out together: ssh2 writes each packet by itself, and to give dozens of small
 * requests to the system one by one takes longer than to make them.
 */
function gathering(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  const gathered = (...args: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      setImmediate(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  return Object.assign(socket, { write: gathered });
}

/** What both sides agreed upon for what comes from the server. */
interface Handshake {
  readonly sc: { readonly cipher: string };
}

/** An SSH connection over a stream that stands. `fail` hears of every failure from then on. */
async function logIn(
  login: Login,
  stream: Duplex,
  reading: Reading,
  keepalive: boolean,
  fail: (cause: Error) => void,
  signal: AbortSignal,
): Promise<Client> {
  const { address } = login;
  const client = new ssh2.Client();
  const hostKey = createHostKeyCheck(login);
  let phase: "greeting" | "login" | "ready" = "greeting";
  let takes: readonly string[] = [];
  const failure = (cause: Error): Error => hostKey.refusal ?? asLoginFailure(cause, login, phase, takes);
  client.on("error", (cause: Error) => fail(failure(cause)));
  client.on("close", () => fail(failure(new Error("closed the connection"))));
  client.on("handshake", ({ sc }: Handshake) => {
    quickenKeys(client);
    // AES-GCM decrypts each piece into new memory; other ciphers, and what comes before, may keep parts of it.
    reading.isUsedUp = sc.cipher.endsWith("gcm@openssh.com");
    if (phase === "greeting") phase = "login";
  });
  client.on("change password", () => fail(loginRefused(address, "asks for a new password", takes)));
  await within<void>(signal, (done, broken) => {
    client.once("ready", () => done());
    try {
      client.connect({
        sock: stream,
        username: login.user,
        readyTimeout: 0,
        keepaliveInterval: keepalive ? PING_EVERY : 0,
        // The watch below decides.
        keepaliveCountMax: Number.MAX_SAFE_INTEGER,
        hostVerifier: hostKey.verify,
        authHandler: attemptsOf(login, (methods) => {
          takes = methods;
        }),
        algorithms: algorithmsWith(login.oldAlgorithms),
      });
    } catch (cause) {
      broken(asLoginFailure(cause as Error, login, phase, takes));
    }
  });
  phase = "ready";
  if (keepalive) watch(stream, () => fail(unreachable(address, "gave no sign of life for more than 3 s")));
  return client;
}

/**
 * Counts looks, not time: a process that was busy for five seconds itself then sees one look without a byte, not five seconds of silence.
 */
function watch(stream: Duplex, silent: () => void): void {
  let quiet = 0;
  let queued = 0;
  const alive = (): void => {
    quiet = 0;
  };
  const timer = setInterval(() => {
    // What the other side takes from us is a sign of life, too: on a slow line upwards there may be no other.
    // What is only gathered (a ping that fell into this turn) has not been offered to it yet, and its going out says nothing.
    const waiting = stream.writableCorked > 0 ? queued : stream.writableLength;
    if (waiting < queued) quiet = 0;
    queued = waiting;
    if (++quiet > MOST_QUIET) silent();
  }, LOOK_EVERY).unref();
  stream.on("data", alive);
  stream.once("close", () => clearInterval(timer));
}

function through(client: Client, jump: Login, { host, port, address }: Login, signal: AbortSignal): Promise<Channel> {
  return within<Channel>(signal, (done, fail) => {
    client.forwardOut("127.0.0.1", 0, host, port, (cause, channel) => {
      if (!cause) return done(channel);
      // Reasons of RFC 4254, section 5.1: 1 = prohibited, 2 = the connection failed.
      const { reason } = cause as Error & { reason?: unknown };
      if (reason === 1) fail(refused(jump.address, `does not let anybody through to ${address}`, cause.message));
      else fail(unreachable(address, `cannot be reached from ${jump.address}`, cause.message));
    });
  });
}

function subsystem(client: Client, address: string, signal: AbortSignal): Promise<Channel> {
  return within<Channel>(signal, (done, fail) => {
    client.subsys("sftp", (cause, channel) => {
      if (cause) fail(refused(address, "lets this user in, but gives no SFTP", cause.message));
      else done(channel);
    });
  });
}

async function greet(channel: Channel, address: string, patience: number, signal: AbortSignal): Promise<Session> {
  // What a server says there is not read, but it must not stand in the way.
  channel.stderr.resume();
  // Who gives up connecting destroys the channel below, and the hello ends with it.
  try {
    return await openSession(channel, patience);
  } catch (cause) {
    if (cause instanceof BridgeError || signal.aborted) throw cause;
    if (cause instanceof WireError) {
      const what = "sent what is no SFTP (a login script that prints something does that)";
      throw refused(address, `${what}: ${cause.message}`);
    }
    throw refused(address, "ended the SFTP session before it began", (cause as Error).message);
  }
}

function asLoginFailure(cause: Error, login: Login, phase: string, takes: readonly string[]): BridgeError {
  const { address } = login;
  const { level, code } = cause as Error & { level?: string; code?: string | number };
  const missing = /no matching (?<what>[\w ->]+)/u.exec(cause.message)?.groups?.["what"];
  if (missing !== undefined) {
    return new BridgeError("ALGORITHMS_REFUSED", `${address} has no ${missing} that is safe today`, {
      facts: { server: address },
    });
  }
  if (level === "client-authentication") return loginRefused(address, "did not let the user in", takes);
  if (level === "client-socket") return unreachable(address, `broke the connection: ${code ?? "no reason"}`);
  // A number is the reason of a disconnect (RFC 4253, section 11.1); while logging in it is how a server says "too many attempts".
  if (phase === "login" && typeof code === "number") {
    return loginRefused(address, "ended the login", takes, cause.message);
  }
  const when = phase === "ready" ? "" : phase === "login" ? " while logging in" : " before it showed its key";
  return unreachable(address, `closed the connection${when}`, cause.message);
}

/** RFC 4251, section 6: names of methods are printable ASCII without commas; what is none is not repeated. */
const METHOD = /^[a-z0-9@.-]{1,64}$/u;

function loginRefused(address: string, what: string, takes: readonly string[], detail?: string): BridgeError {
  const methods = takes.filter((name) => METHOD.test(name)).slice(0, 10);
  const rest = methods.length > 0 ? `; it takes ${methods.join(", ")}` : "";
  return new BridgeError("LOGIN_REFUSED", `${address} ${what}${rest}`, { detail, facts: { server: address } });
}

async function goodbye(clients: readonly Client[], socket: Socket, fail: (cause: Error) => void): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    if (socket.destroyed) return resolve();
    const timer = setTimeout(resolve, 900);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  for (const client of clients.toReversed()) client.end();
  await closed;
  fail(new Error("the connection was closed"));
}
