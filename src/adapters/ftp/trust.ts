// Whom TLS trusts: the authorities of the system or the bridge's own, or one pinned certificate.

import { isIP } from "node:net";
import { createSecureContext, TLSSocket, type ConnectionOptions, type SecureContext } from "node:tls";
import type { Socket } from "node:net";
import { BridgeError } from "../../core/errors.ts";
import { endShown } from "../shared/certificate-end.ts";
import { addressOf, type FtpAccess } from "./access.ts";

const contexts = new WeakMap<FtpAccess, SecureContext>();

/** Made once: each holds all authorities, outside V8's heap, and every file has a data connection of its own. */
function contextOf(access: FtpAccess): SecureContext {
  const { ca, leastTls } = access;
  const old = leastTls === "TLSv1" || leastTls === "TLSv1.1";
  const made =
    contexts.get(access) ??
    createSecureContext({
      ...(ca && { ca: Buffer.from(ca) }),
      minVersion: leastTls,
      // OpenSSL 3 offers what came before TLS 1.2 only at its lowest level; the bridge has an exception for it.
      ...(old && { ciphers: "DEFAULT@SECLEVEL=0" }),
    });
  contexts.set(access, made);
  return made;
}

/** The same for control and data connections, so that a data connection is as trusted as the control connection. */
export function tlsOptionsOf(access: FtpAccess): ConnectionOptions {
  const { host, ca, fingerprint, checkCertificate } = access;
  return {
    host,
    // A server with several names chooses its certificate by this; addresses are no names (RFC 6066, section 3).
    ...(isIP(host) === 0 && { servername: host }),
    secureContext: contextOf(access),
    rejectUnauthorized: mustBeValid({ checkCertificate, fingerprint, ca }),
  };
}

/** A pinned certificate is compared below; with an authority beside it both must hold. */
function mustBeValid(access: Pick<FtpAccess, "checkCertificate" | "fingerprint" | "ca">): boolean {
  return access.checkCertificate && (access.fingerprint === undefined || access.ca !== undefined);
}

/** Says how long the server's certificate is good, where that matters. */
export function tellEnd(socket: Socket, access: FtpAccess): void {
  if (!(socket instanceof TLSSocket) || !mustBeValid(access)) return;
  const end = endShown(socket);
  if (end !== undefined) access.showed?.(addressOf(access), end);
}

/** Refuses another certificate than the pinned one. A resumed session has proved itself when it began. */
export function checkPinned(socket: Socket, access: FtpAccess): void {
  if (access.fingerprint === undefined || !(socket instanceof TLSSocket) || socket.isSessionReused()) return;
  const shown = socket.getPeerCertificate().fingerprint256?.replaceAll(":", "").toLowerCase();
  if (shown === access.fingerprint) return;
  throw new BridgeError(
    "CERTIFICATE_REFUSED",
    `ftp ${addressOf(access)} shows another certificate than the pinned one`,
    {
      facts: { fingerprint: shown ?? "none" },
      hint: `Ask the server's operator whether it was renewed; the one it shows now is SHA256:${shown ?? "none"}`,
    },
  );
}
