// TLS of a bridge's own: whether certificate and key can be used, said before the first message needs them.

import { createSecureContext } from "node:tls";
import type { Refuse } from "../../../core/contract.ts";
import { BridgeError } from "../../../core/errors.ts";
import { isThisMachine } from "../../../core/options/this-machine.ts";

export interface Keys {
  readonly cert: Uint8Array | undefined;
  readonly key: string | undefined;
  readonly ca: Uint8Array | undefined;
  readonly passphrase: string | undefined;
}

/** A key comes from outside, so at a check there is only its name. */
export function checkPair(given: object, refuse: Refuse): void {
  const [cert, key] = [Object.hasOwn(given, "cert"), Object.hasOwn(given, "key")];
  if (cert && !key) refuse("cert", "needs its key beside it", "key: ${file:/run/secrets/client.key}");
  if (key && !cert) refuse("key", "needs its certificate beside it", "cert: client.pem");
}

/** Throws OPTION_UNUSABLE; `adapter` is `deliver.http`, for the message. */
export function checkKeys({ cert, key, ca, passphrase }: Keys, adapter: string): void {
  const unusable = (what: string): BridgeError =>
    new BridgeError("OPTION_UNUSABLE", `${adapter}: ${what}`, { stage: "deliver" });
  if ((cert === undefined) !== (key === undefined)) throw unusable("cert and key belong together");
  try {
    createSecureContext({
      ...(ca && { ca: Buffer.from(ca) }),
      ...(cert && { cert: Buffer.from(cert) }),
      ...(key !== undefined && { key }),
      ...(passphrase !== undefined && { passphrase }),
    });
  } catch {
    // OpenSSL's words may show parts of what was read.
    throw unusable("ca, cert or key cannot be read as PEM, do not belong together, or the passphrase is wrong");
  }
}

/** Readable on its way to another machine. */
export function isPlain(address: string): boolean {
  const url = URL.parse(address);
  return url?.protocol === "http:" && !isThisMachine(url);
}
