// What a connection to an FTP server needs to know, checked and in bytes.

import type { AdapterContext } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";

export type TlsMode = "explicit" | "implicit" | "none";
export type TlsVersion = "TLSv1.3" | "TLSv1.2" | "TLSv1.1" | "TLSv1";

export interface FtpAccess {
  readonly host: string;
  readonly port: number;
  /** As bytes, in the encoding that the server expects. */
  readonly user: Uint8Array;
  readonly password: Uint8Array;
  readonly tls: TlsMode;
  readonly ca: Uint8Array | undefined;
  /** SHA-256 of the server's certificate (DER), lower-case hex. Stands for authority, name and term: it is this certificate or none. */
  readonly fingerprint: string | undefined;
  readonly leastTls: TlsVersion;
  readonly checkCertificate: boolean;
  /** Hears how long the certificate of the server is good, at each new connection. */
  readonly showed?: AdapterContext["serverShowed"];
  /** `pasv`: do not try EPSV first, for firewalls that let only the old command through. */
  readonly passive: "auto" | "pasv";
  /** Asks the server for UTF-8 where it has it. Names are bytes all the same. */
  readonly utf8: boolean;
  /** Milliseconds until the login is done. */
  readonly connectTimeout: number;
  /** Milliseconds until a command is answered. */
  readonly timeout: number;
  /** Milliseconds without a byte after which a data connection counts as cut. */
  readonly stall: number;
  /** Milliseconds between two NOOPs while a transfer runs; 0 = none. */
  readonly keepAlive: number;
}

export function addressOf({ host, port }: Pick<FtpAccess, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `AB:CD:…`, `abcd…` or `SHA256:…` in hex → lower-case hex without colons; undefined = none of these. */
export function fingerprintOf(text: string): string | undefined {
  const hex = text
    .trim()
    .replace(/^sha-?256[:=]/iu, "")
    .replaceAll(":", "")
    .toLowerCase();
  return /^[0-9a-f]{64}$/u.test(hex) ? hex : undefined;
}

/** Longest path that is sent; servers take less. */
const LONGEST = 4_096;

/**
 * Bytes as an argument on the control connection, which carries Latin-1 so that every byte arrives as it is. A line break would
 * be a second command, so it is refused here, before anything is sent. 0xFF is Telnet's escape (RFC 959, 5.3; RFC 854) and is sent
 * twice where the server reads it so.
 */
export function argumentOf(bytes: Uint8Array, escapes: boolean): string {
  for (const byte of bytes) {
    if (byte === 0x0d || byte === 0x0a || byte === 0)
      throw new BridgeError("SERVER_REFUSED", "a name or text with a line break or NUL cannot be sent over FTP", {
        hint: "Have the file renamed by those who wrote it.",
      });
  }
  if (bytes.length > LONGEST)
    throw new BridgeError("SERVER_REFUSED", `a path of more than ${LONGEST} bytes cannot be sent over FTP`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return escapes ? text.replaceAll("\u00ff", "\u00ff\u00ff") : text;
}
