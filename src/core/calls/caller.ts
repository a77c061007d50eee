// Who calls. A face's caller is a client (a token, a token's client, a certificate), never a natural person.

import { BridgeError } from "../errors.ts";
import { ANYONE } from "../bridge/face-shapes.ts";

export interface Caller {
  readonly name: string;
  /** `sftp`: a user of the inbox, who drops files and calls nothing. `partner`: who an interchange names as its sender. */
  readonly by: "token" | "jwt" | "certificate" | "rfc" | "sftp" | "partner" | "anyone";
  readonly scopes: readonly string[];
}

/** A certificate that a client showed on its connection. */
export interface ShownCertificate {
  /** It leads to the authority of STEG_TLS_CLIENT_CA and is valid now. */
  readonly trusted: boolean;
  readonly commonName: string | undefined;
  /** The first name of its subject alternative names. */
  readonly alternative: string | undefined;
  /** SHA-256 of the certificate, base64url: what tokens are bound to (RFC 8705). */
  readonly thumbprint: string;
}

export interface Presented {
  readonly authorization: string | undefined;
  readonly certificate?: ShownCertificate | undefined;
  readonly ip: string;
}

export interface CallerBook {
  /**
   * undefined = nothing was presented. Throws UNAUTHENTICATED where something wrong was, FORBIDDEN where it is good for something else,
   * RATE_LIMITED where too often, IDENTITY_UNAVAILABLE where it cannot be looked at now.
   */
  identify(request: Presented): Promise<Caller | undefined>;
}

const QUALIFIED = /^(?:token|jwt|certificate|rfc|scope):/u;

/** Whose an accepted call is: a token and a certificate of one name are two callers there. */
export function ownerOf({ by, name }: Caller): string {
  return `${by}:${name}`;
}

/**
 * `callers` of a bridge. A name means a caller of any kind; `jwt:portal` one of a kind, `scope:read` whoever's token has the scope.
 * Without a list whoever has a token of the role caller, or a JWT that is good here; a certificate must be named, because its authority
 * may give them to others, too, and so must a system that calls over RFC. `anyone` must be written out.
 */
export function mayCall(caller: Caller | undefined, callers: readonly string[] | undefined): boolean {
  if (callers?.includes(ANYONE)) return true;
  if (!caller) return false;
  const { name, by, scopes } = caller;
  if (callers === undefined) return by === "token" || by === "jwt";
  return callers.some((entry) => {
    if (!QUALIFIED.test(entry)) return entry === name;
    return entry === `${by}:${name}` || (entry.startsWith("scope:") && scopes.includes(entry.slice("scope:".length)));
  });
}

/** What may be the name of a caller: it stands in journals, metrics and bridge files. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._~:/@+ -]{0,198}[A-Za-z0-9._~/@+-])?$/u;

/** UNAUTHENTICATED where it is none. */
export function callerName(text: string, what: string): string {
  if (NAME.test(text) && text !== ANYONE) return text;
  throw new BridgeError("UNAUTHENTICATED", `${what} has no name that a caller may have`);
}
