// Connections to targets: kept alive, one request at a time on each, TLS 1.2 at least. undici is loaded when a bridge
// needs it, not when Steg starts.

import type { LookupFunction } from "node:net";
import { TLSSocket, type SecureVersion } from "node:tls";
import type { Agent, buildConnector as buildConnectorOfUndici, Dispatcher } from "undici";
import type { AdapterContext } from "../../../core/contract.ts";
import { endShown } from "../certificate-end.ts";
import { guardedLookup, namesOf } from "./resolve.ts";
import { checkKeys } from "./secure.ts";

export interface ConnectionOptions {
  readonly ca: Uint8Array | undefined;
  readonly cert: Uint8Array | undefined;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly least: SecureVersion;
  readonly checkCertificate: boolean;
  /** Per origin. */
  readonly connections: number;
  readonly connectTimeout: number;
  readonly timeout: number;
  /** Resolves the names of servers; the system's way where absent. */
  readonly lookup?: LookupFunction | undefined;
  /** Hears how long the certificate of a server is good, at each new handshake. */
  readonly showed?: AdapterContext["serverShowed"];
}

export async function connect(options: ConnectionOptions): Promise<Agent> {
  const { Agent: UndiciAgent, buildConnector } = await import("undici");
  const { ca, cert, key, passphrase, least } = options;
  const old = least === "TLSv1" || least === "TLSv1.1";
  return new UndiciAgent({
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    // Own deadlines end an exchange; these end what nobody waits for any more.
    headersTimeout: options.timeout,
    bodyTimeout: options.timeout,
    maxHeaderSize: 16 * 1024,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 600_000,
    connect: telling(
      options,
      buildConnector,
    )({
      timeout: options.connectTimeout,
      minVersion: least,
      rejectUnauthorized: options.checkCertificate,
      ...(options.lookup && { lookup: options.lookup }),
      ...(ca && { ca: Buffer.from(ca) }),
      ...(cert && { cert: Buffer.from(cert) }),
      ...(key !== undefined && { key }),
      ...(passphrase !== undefined && { passphrase }),
      // OpenSSL 3 offers what came before TLS 1.2 only at its lowest level; the bridge has an exception for it.
      ...(old && { ciphers: "DEFAULT@SECLEVEL=0" }),
    }),
  });
}

type BuildConnector = typeof buildConnectorOfUndici;

/** Connects as undici does, and says how long the certificate that was shown is good. */
function telling({ showed, checkCertificate }: ConnectionOptions, build: BuildConnector): BuildConnector {
  return (options) => {
    const open = build(options);
    return (to, callback) =>
      open(to, (...opened) => {
        const [, socket] = opened;
        if (checkCertificate && socket instanceof TLSSocket) {
          const end = endShown(socket);
          if (end !== undefined) showed?.(`${to.hostname}:${to.port || "443"}`, end);
        }
        callback(...opened);
      });
  };
}

/** A server as the bridge file describes it (options.ts). */
export interface GivenServer {
  /** Files of the bridge folder. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly tls: SecureVersion;
  readonly checkCertificate: boolean;
  readonly connections: number;
  readonly connectTimeout: number;
  readonly timeout: number;
  /** Servers that records may choose from. */
  readonly hosts?: readonly string[] | undefined;
}

/** `own` are the addresses that the bridge's author wrote out. Throws OPTION_UNUSABLE; `adapter` is `deliver.http`, for the message. */
export async function connectTo(
  given: GivenServer,
  own: readonly (URL | undefined)[],
  context: Pick<AdapterContext, "readBridgeFile" | "serverShowed">,
  adapter: string,
): Promise<Agent> {
  const connection = {
    ca: given.ca === undefined ? undefined : context.readBridgeFile(given.ca),
    cert: given.cert === undefined ? undefined : context.readBridgeFile(given.cert),
    key: given.key,
    passphrase: given.passphrase,
    least: given.tls,
    checkCertificate: given.checkCertificate,
    connections: given.connections,
    connectTimeout: Math.min(given.connectTimeout, given.timeout),
    timeout: given.timeout,
    lookup: given.hosts && guardedLookup(namesOf(given.hosts, own)),
    showed: (server: string, end: number) => context.serverShowed?.(server, end),
  };
  checkKeys(connection, adapter);
  return await connect(connection);
}

export type { Dispatcher };
