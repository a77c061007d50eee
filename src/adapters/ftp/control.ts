// The control connection: greeting, TLS, login, what the server can do, one command at a time.
//
// connect ─▶ AUTH TLS (never on without it) ─▶ certificate ─▶ USER, PASS ─▶ FEAT, PBSZ, PROT P, TYPE I ─▶ PWD ─▶ commands
//
// Nothing secret is sent before the certificate was checked, and nothing at all in the clear where the bridge asks for TLS: a
// server, or somebody in between, that refuses AUTH TLS or PROT P ends the connection.

import type { Client, FTPResponse } from "basic-ftp";
import { BridgeError } from "../../core/errors.ts";
import { orAborted } from "../shared/or-aborted.ts";
import { addressOf, argumentOf, type FtpAccess } from "./access.ts";
import { CutError, faultOf, isRefusal, replyText } from "./faults.ts";
import { checkPinned, tellEnd, tlsOptionsOf } from "./trust.ts";

export interface Control {
  readonly access: FtpAccess;
  readonly address: string;
  readonly client: Client;
  /** Words of FEAT (RFC 2389), in capitals, with what stands behind them. */
  readonly features: ReadonlyMap<string, string>;
  /** Where the login led to; relative paths are made absolute with it. */
  readonly home: Buffer;
  /** Address of the other side, for data connections. */
  readonly peer: string;
  /** A path as the argument of a command; throws where it cannot be one. */
  argument(path: Uint8Array): string;
  /** Whether EPSV is known to work, or not to; undefined = not tried. */
  extendedPassive: boolean | undefined;
  /** One command and its reply; throws a Refusal for 400 and above, and closes the connection when the signal ends it. */
  ask(command: string, signal: AbortSignal): Promise<FTPResponse>;
  readonly alive: boolean;
  /** Nothing more can be said on it. */
  fail(cause: Error): void;
  close(): void;
}

type Begun = Omit<Control, "features" | "home" | "argument">;

export async function openControl(access: FtpAccess, signal: AbortSignal): Promise<Control> {
  signal.throwIfAborted();
  const { Client: FtpClient } = await import("basic-ftp");
  const client = new FtpClient(access.timeout);
  // One byte, one character, both ways: names come through exactly, whatever their encoding.
  client.ftp.encoding = "latin1";
  const address = addressOf(access);
  const late = AbortSignal.timeout(access.connectTimeout);
  const either = AbortSignal.any([signal, late]);
  let greeting = true;
  try {
    await orAborted(greet(client, access), either);
    greeting = false;
    checkPinned(client.ftp.socket, access);
    tellEnd(client.ftp.socket, access);
    client.ftp.socket.setNoDelay(true);
    const control = controlOf(client, access, address);
    await logIn(control, either);
    return await settle(control, either);
  } catch (cause) {
    client.close();
    if (signal.aborted) throw signal.reason;
    if (late.aborted)
      throw new BridgeError(
        "SERVER_UNREACHABLE",
        `ftp ${address} did not let us in within ${access.connectTimeout} ms`,
      );
    throw faultOf(cause, address, { word: "the login", greeting }, signal);
  }
}

async function greet(client: Client, access: FtpAccess): Promise<void> {
  const { host, port, tls } = access;
  if (tls === "implicit") {
    await client.connectImplicitTLS(host, port, tlsOptionsOf(access));
    return;
  }
  await client.connect(host, port);
  if (tls === "none") return;
  try {
    await client.useTLS(tlsOptionsOf(access));
  } catch (cause) {
    if (!isRefusal(cause)) throw cause;
    throw new BridgeError("TLS_REFUSED", `ftp ${addressOf(access)} refused AUTH TLS with ${cause.code}`, {
      detail: replyText(cause.message),
    });
  }
}

/** Milliseconds without a word after which a connection is asked whether it is still there, before anything depends on it. */
const REST = 3_000;

function controlOf(client: Client, access: FtpAccess, address: string): Begun {
  let failed = false;
  let heard = performance.now();

  /** A line may have died without a sound: a command would find that out after its whole time only. */
  async function mustAnswer(signal: AbortSignal): Promise<void> {
    const late = AbortSignal.timeout(access.stall);
    try {
      await orAborted(client.ftp.request("NOOP"), AbortSignal.any([signal, late]));
    } catch (cause) {
      if (isRefusal(cause) && cause.code !== 421) return;
      signal.throwIfAborted();
      throw late.aborted ? new CutError(`no answer for ${access.stall} ms on a connection that had rested`) : cause;
    }
  }

  return {
    access,
    address,
    client,
    peer: client.ftp.socket.remoteAddress ?? access.host,
    extendedPassive: access.passive === "pasv" ? false : undefined,
    async ask(command, signal) {
      signal.throwIfAborted();
      try {
        if (performance.now() - heard > REST) await mustAnswer(signal);
        const reply = await orAborted(client.ftp.request(command), signal);
        heard = performance.now();
        return reply;
      } catch (cause) {
        // A reply that still comes would be taken for the next command's.
        if (!isRefusal(cause)) this.fail(cause as Error);
        else if (cause.code === 421) this.fail(cause);
        throw cause;
      }
    },
    get alive() {
      return !failed && !client.closed;
    },
    fail(cause) {
      failed = true;
      client.ftp.closeWithError(cause);
    },
    close() {
      failed = true;
      client.close();
    },
  };
}

/** RFC 959, 5.4: 230 may come at once; 332 wants an account, which nobody has any more. */
async function logIn(control: Begun, signal: AbortSignal): Promise<void> {
  const { access, address } = control;
  try {
    const reply = await control.ask(`USER ${argumentOf(access.user, true)}`, signal);
    if (reply.code === 331) await control.ask(`PASS ${argumentOf(access.password, true)}`, signal);
    else if (reply.code !== 230 && reply.code !== 232)
      throw new BridgeError("LOGIN_REFUSED", `ftp ${address} answered USER with ${reply.code}`);
  } catch (cause) {
    if (!isRefusal(cause) || cause.code === 421) throw cause;
    throw new BridgeError("LOGIN_REFUSED", `ftp ${address} refused the login with ${cause.code}`, {
      detail: replyText(cause.message),
    });
  }
}

async function settle(begun: Begun, signal: AbortSignal): Promise<Control> {
  const { access, address } = begun;
  const features = featuresIn(await unlessRefused(begun.ask("FEAT", signal)));
  if (access.tls !== "none") {
    // RFC 4217, section 9: in this order; without PROT P the data would travel in the clear.
    await unlessRefused(begun.ask("PBSZ 0", signal));
    if (!(await unlessRefused(begun.ask("PROT P", signal))))
      throw new BridgeError("TLS_REFUSED", `ftp ${address} refuses to protect data connections (PROT P)`);
  }
  await begun.ask("TYPE I", signal);
  if (access.utf8 && features.has("UTF8")) await unlessRefused(begun.ask("OPTS UTF8 ON", signal));
  if (features.has("MLST")) await unlessRefused(begun.ask("OPTS MLST type;size;modify;", signal));
  const home = homeIn(await unlessRefused(begun.ask("PWD", signal)));
  // vsftpd takes Telnet's escape for a byte of the name; it is the server that has TVFS and no MLST, whatever its greeting says.
  const escapes = !features.has("TVFS") || features.has("MLST");
  const argument = (path: Uint8Array): string => argumentOf(path, escapes);
  // The getters of `begun` must stay getters.
  const more = { features: { value: features }, home: { value: home }, argument: { value: argument } };
  return Object.defineProperties(begun, more) as Control;
}

async function unlessRefused(reply: Promise<FTPResponse>): Promise<FTPResponse | undefined> {
  try {
    return await reply;
  } catch (cause) {
    if (isRefusal(cause) && cause.code !== 421) return undefined;
    throw cause;
  }
}

function featuresIn(reply: FTPResponse | undefined): ReadonlyMap<string, string> {
  const features = new Map<string, string>();
  for (const line of (reply?.message ?? "").split("\n").slice(1, -1)) {
    const [word = "", ...more] = line.trim().split(" ");
    features.set(word.toUpperCase(), more.join(" "));
  }
  return features;
}

/** `257 "/a ""b""" is the current directory`: a quote in the path is doubled (RFC 959, appendix II). Empty = not told. */
function homeIn(reply: FTPResponse | undefined): Buffer {
  const quoted = /^257[ -]"((?:[^"]|"")*)"/u.exec(reply?.message ?? "")?.[1];
  const path = quoted?.replaceAll('""', '"') ?? "";
  return path.startsWith("/") ? Buffer.from(path, "latin1") : Buffer.alloc(0);
}
