// The options of ftp that say how a server is reached: the same for the source, the target and the receipts.

import { createSecureContext } from "node:tls";
import type { AdapterContext, Known, Refuse } from "../../core/contract.ts";
import { BridgeError } from "../../core/errors.ts";
import {
  boolean,
  bridgeFile,
  choice,
  duration,
  integer,
  object,
  outside,
  required,
  secret,
  text,
} from "../../core/options/shape.ts";
import type { Infer } from "../../core/options/shape.ts";
import { nameEncodingOption } from "../shared/remote/name-code.ts";
import { fingerprintOf, type FtpAccess } from "./access.ts";

/** To be spread into the options of a role. */
export const serverOptions = {
  host: required(outside("name or address of the server", { example: "ftp.altverfahren.example" })),
  port: integer("its port; 21, or 990 with tls: implicit, if left out", { least: 1, most: 65_535 }),
  user: required(outside("user to log in as", { example: "steg" })),
  password: required(secret("password of the user", { example: "${env:FTP_PASSWORD}" })),
  tls: choice(
    ["explicit", "implicit", "none"],
    "how the connection is protected: TLS asked for by AUTH TLS, TLS from the first byte, or not at all; never less than is written here",
    { default: "explicit", needsException: (value) => value === "none" },
  ),
  ca: bridgeFile("certificates of the authority that signed the server's, PEM; then only these are trusted"),
  fingerprint: text("SHA-256 of the server's certificate: this one or none, whoever signed it and however old it is", {
    pattern: /^(?:sha-?256[:=])?(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/iu,
    patternHint:
      "64 hexadecimal digits, with or without colons, as openssl x509 -noout -fingerprint -sha256 prints them",
  }),
  tlsVersion: choice(["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"], "oldest version of TLS that may be spoken", {
    default: "TLSv1.2",
    needsException: (value) => value === "TLSv1.1" || value === "TLSv1",
  }),
  checkCertificate: boolean("whether the server's certificate must be valid", {
    default: true,
    needsException: (value) => value === false,
  }),
  passive: choice(
    ["auto", "pasv"],
    "how data connections are asked for: EPSV, and PASV where that does not work; or PASV at once. They always go to the host that was connected to",
    { default: "auto" },
  ),
  nameEncoding: nameEncodingOption(),
  connectTimeout: duration("longest time for connecting and logging in", {
    default: "20s",
    least: 100,
    most: 600_000,
  }),
  timeout: duration("longest time that the server may leave a command without an answer", {
    default: "30s",
    least: 1_000,
    most: 600_000,
  }),
  stall: duration("how long a transfer may stand still before it counts as cut; it then goes on where it was", {
    default: "3s",
    least: 1_000,
    most: 600_000,
  }),
  keepalive: duration(
    "time between two NOOPs while a transfer runs, so that firewalls keep the connection; 0s = none",
    {
      default: "30s",
      most: 600_000,
    },
  ),
};

const whole = object(serverOptions);
export type ServerOptions = NonNullable<Infer<typeof whole>>;

/** What the shapes cannot tell. */
export function checkServer(given: Known<ServerOptions>, refuse: Refuse): void {
  if (given.tls !== "none") return;
  for (const name of ["ca", "fingerprint"] as const) {
    if (Object.hasOwn(given, name) && given[name] !== undefined) refuse(name, "is for TLS, and tls is none");
  }
}

export function accessOf(
  given: ServerOptions,
  context: Pick<AdapterContext, "readBridgeFile" | "serverShowed">,
): FtpAccess {
  const { host, port, user, password, tls, passive, connectTimeout, timeout, stall } = given;
  const ca = given.ca === undefined ? undefined : context.readBridgeFile(given.ca);
  if (ca) checkAuthority(ca);
  return {
    host: host.trim(),
    port: port ?? (tls === "implicit" ? 990 : 21),
    user: Buffer.from(user.trim()),
    // A file with a secret ends in a line break more often than a password does.
    password: Buffer.from(password.replace(/\r?\n$/u, "")),
    tls,
    ca,
    fingerprint: given.fingerprint === undefined ? undefined : fingerprintOf(given.fingerprint),
    leastTls: given.tlsVersion,
    checkCertificate: given.checkCertificate,
    showed: (server, end) => context.serverShowed?.(server, end),
    passive,
    utf8: given.nameEncoding === "utf-8",
    connectTimeout,
    timeout,
    stall,
    keepAlive: given.keepalive,
  };
}

function checkAuthority(ca: Uint8Array): void {
  try {
    if (!Buffer.from(ca).includes("-----BEGIN CERTIFICATE-----")) throw new Error("no certificate");
    createSecureContext({ ca: Buffer.from(ca) });
  } catch (cause) {
    throw new BridgeError("OPTION_UNUSABLE", "ftp.ca is no file of certificates in PEM", { cause });
  }
}
