// The certificate of a connection. Whether it is trusted is what OpenSSL found in the handshake; names are read from its subject and
// from alternative names of the plain kinds.

import { TLSSocket, type PeerCertificate } from "node:tls";
import type { Socket } from "node:net";
import { createHash } from "node:crypto";
import type { ShownCertificate } from "./caller.ts";

const shown = new WeakMap<Socket, { readonly certificate: ShownCertificate | undefined }>();

/** undefined = none was shown. Once per connection. */
export function shownCertificate(socket: Socket): ShownCertificate | undefined {
  const known = shown.get(socket);
  if (known) return known.certificate;
  const certificate = read(socket);
  shown.set(socket, { certificate });
  return certificate;
}

function read(socket: Socket): ShownCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const certificate = socket.getPeerCertificate(false) as Partial<PeerCertificate> | undefined;
  if (certificate?.raw === undefined) return undefined;
  // Node gives a list where a subject has several: then none of them is the name.
  const commonName: unknown = certificate.subject?.CN;
  return {
    trusted: socket.authorized,
    commonName: typeof commonName === "string" ? commonName : undefined,
    alternative: firstAlternative(certificate.subjectaltname),
    thumbprint: createHash("sha256").update(certificate.raw).digest("base64url"),
  };
}

/** `DNS:a.example, URI:urn:b`; Node puts those with other characters into quotes, and they are passed over. */
export function firstAlternative(text: string | undefined): string | undefined {
  for (const entry of (text ?? "").split(", ")) {
    const name = /^(?:DNS:[A-Za-z0-9.-]{1,253}|URI:[A-Za-z0-9._~:/@+-]{1,200})$/u.exec(entry)?.[0];
    if (name !== undefined) return name.slice(4);
  }
  return undefined;
}
