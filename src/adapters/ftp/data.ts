// Data connections: opened passively, to the host of the control connection whatever the server answers, with the control
// connection's TLS session, and watched: without a byte for a while they count as cut.

import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { FTPResponse } from "basic-ftp";
import { onAbort } from "../../core/on-abort.ts";
import type { Control } from "./control.ts";
import { CutError, isRefusal } from "./faults.ts";
import { checkPinned } from "./trust.ts";

export interface DataConnection {
  readonly socket: Socket;
  /** When the certificate was checked; at once without TLS. */
  readonly secured: Promise<void>;
}

/** EPSV first (RFC 2428): it names no address, so a server behind NAT cannot name a wrong one. */
export async function openData(control: Control, signal: AbortSignal): Promise<DataConnection> {
  const socket = await connectPassive(control, signal);
  socket.on("error", () => undefined);
  socket.setNoDelay(true);
  const { access, client } = control;
  if (access.tls === "none") return { socket, secured: Promise.resolve() };
  const { ftp } = client;
  const session = ftp.tlsSessionStore ?? (ftp.socket as { getSession?: () => Buffer | undefined }).getSession?.();
  // Servers ask for the control connection's session, because only its owner can resume it: who guesses the port is left outside.
  const secure = connectTls({ ...ftp.tlsOptions, socket, ...(session && { session }) });
  // Tickets of TLS 1.3 serve once; each connection brings the next one's.
  secure.on("session", (next) => {
    ftp.tlsSessionStore = next;
  });
  const secured = new Promise<void>((resolve, reject) => {
    secure.once("secureConnect", () => {
      try {
        checkPinned(secure, access);
        resolve();
      } catch (cause) {
        reject(cause);
      }
    });
    secure.once("error", reject);
    secure.once("close", () => reject(new CutError("the data connection was closed before TLS came about")));
  });
  secured.catch(() => undefined);
  return { socket: secure, secured };
}

async function connectPassive(control: Control, signal: AbortSignal): Promise<Socket> {
  if (control.extendedPassive !== false) {
    try {
      const socket = await connectTo(control, portOfEpsv(await control.ask("EPSV", signal)), signal);
      control.extendedPassive = true;
      return socket;
    } catch (cause) {
      // Known to work, or nothing left to ask on; else the server, or a firewall that reads along, may know PASV only.
      if (control.extendedPassive || !control.alive || signal.aborted) throw cause;
    }
  }
  const socket = await connectTo(control, portOfPasv(await control.ask("PASV", signal)), signal);
  control.extendedPassive = false;
  return socket;
}

/** `229 … (|||6446|)`; IBM i writes exclamation marks. */
function portOfEpsv({ message }: FTPResponse): number {
  const port = Number(/([|!])\1\1(\d{1,5})\1/u.exec(message)?.[2]);
  if (!(port > 0 && port < 65_536)) throw new CutError("the answer to EPSV names no port");
  return port;
}

/**
 * `227 … (h1,h2,h3,h4,p1,p2)`. The host is not used: behind NAT it is an address that nobody can reach, and a server that names
 * another machine would have us talk to it (bounce attack).
 */
function portOfPasv({ message }: FTPResponse): number {
  const parts = /(?<!\d)(?:\d{1,3},){4}(\d{1,3}),(\d{1,3})/u.exec(message);
  const [high, low] = [Number(parts?.[1]), Number(parts?.[2])];
  const port = high * 256 + low;
  if (!(high < 256 && low < 256 && port > 0)) throw new CutError("the answer to PASV names no port");
  return port;
}

function connectTo(control: Control, port: number, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connectTcp({ host: control.peer, port });
  const giveUp = (cause: Error): void => {
    socket.destroy();
    reject(cause);
  };
  const stop = (): void => giveUp(signal.reason as Error);
  const late = setTimeout(
    () => giveUp(new CutError("the data connection did not open")),
    Math.min(control.access.stall, control.access.connectTimeout),
  );
  const stopHearing = onAbort(signal, stop);
  socket.once("connect", () => resolve(socket));
  socket.once("error", giveUp);
  if (signal.aborted) stop();
  return promise.finally(() => {
    clearTimeout(late);
    stopHearing();
    socket.removeListener("error", giveUp);
  });
}

/** A command that moves data, from its first reply to its last. */
export interface Transfer {
  readonly socket: Socket;
  /** The data connection may be used. Rejects with what ended the transfer before. */
  readonly ready: Promise<void>;
  /** The server's last word; rejects with a Refusal, or with the failure of the control connection. */
  readonly done: Promise<void>;
  /** To be called when all data has passed: from now on the last word is waited for. */
  passed(): void;
  /** Cuts the data connection and waits for the last word, so that the control connection can go on; else closes that, too. */
  abandon(): Promise<void>;
}

/** Replies to a NOOP that a server does not like during a transfer. */
const NOT_NOW = new Set([500, 501, 502, 503, 504]);
/** How long a server may take to notice that its data connection is gone. */
const PATIENCE = 1_000;

export async function beginTransfer(
  control: Control,
  command: string,
  from: number,
  signal: AbortSignal,
): Promise<Transfer> {
  const { socket, secured } = await openData(control, signal);
  const { ftp } = control.client;
  const { promise: started, resolve: start, reject: fail } = Promise.withResolvers<void>();
  let noops = 0;
  let ended = false;
  let keeping: NodeJS.Timeout | undefined;
  try {
    // RFC 3659, section 5.3: nothing may come between REST and the command that it is for.
    if (from > 0) await control.ask(`REST ${from}`, signal);
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
  let last: Error | FTPResponse | undefined;
  const done = ftp
    .handle(command, (reply, task) => {
      const isConnection = reply instanceof Error && !isRefusal(reply);
      if (!isConnection && noops > 0 && (last || isReplyToNoop(reply))) noops--;
      else if (isConnection || isLast(reply)) last ??= reply;
      else start();
      if (!last || (noops > 0 && !isConnection)) return;
      if (last instanceof Error) task.reject(last);
      else task.resolve(last);
    })
    .then(
      () => undefined,
      (cause: Error) => {
        if (!isRefusal(cause) || cause.code === 421) control.fail(cause);
        throw cause;
      },
    )
    .finally(() => {
      ended = true;
      clearInterval(keeping);
    });
  // Only one of these tells; the others' rejections have been heard.
  const ready = Promise.race([started, done]).then(() => secured);
  for (const each of [started, done, ready]) each.catch(() => undefined);
  done.then(start, fail);
  void started.then(
    () => {
      // The control connection rests while data passes.
      if (!ended) ftp.socket.setTimeout(0);
    },
    () => undefined,
  );
  if (control.access.keepAlive > 0)
    keeping = setInterval(() => {
      // One at a time: a server that answers only afterwards is not asked again and again.
      if (noops > 0 || ended || !control.alive) return;
      noops++;
      ftp.send("NOOP");
    }, control.access.keepAlive).unref();

  return {
    socket,
    ready,
    done,
    passed() {
      if (!ended) ftp.socket.setTimeout(control.access.timeout);
    },
    async abandon() {
      socket.destroy();
      if (ended) return;
      const late = setTimeout(() => control.fail(new CutError("the transfer was given up")), PATIENCE);
      await done.catch(() => undefined);
      clearTimeout(late);
    },
  };
}

function isLast(reply: Error | FTPResponse): boolean {
  return reply instanceof Error || reply.code >= 200;
}

function isReplyToNoop(reply: Error | FTPResponse): boolean {
  return isRefusal(reply) ? NOT_NOW.has(reply.code) : !(reply instanceof Error) && reply.code === 200;
}
