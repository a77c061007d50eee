// How a caller shows who it is: with an API token, with a JWT of the operator's authorization server, with a certificate of its
// connection. What is written in Authorization goes before the certificate.

import { BridgeError } from "../errors.ts";
import type { FailureBrake } from "../http/auth.ts";
import type { TokenBook } from "../operations/tokens.ts";
import { callerName, type Caller, type CallerBook, type ShownCertificate } from "./caller.ts";

/** The part for JWTs (identity-jwt.ts), which is loaded only where one is configured. */
export interface JwtIdentity {
  /** For the description of who may call. */
  readonly issuer: string;
  readonly scopes: readonly string[];
  /** Throws as `CallerBook.identify`. */
  identify(token: string, certificate: ShownCertificate | undefined): Promise<Caller>;
}

export interface IdentityDeps {
  readonly tokens: TokenBook;
  readonly brake: FailureBrake;
  readonly jwt?: JwtIdentity | undefined;
}

/**
 * The brake holds back who is wrong, never who is right: behind a proxy all callers have one address, and one of them must not be able to
 * shut the others out.
 */
export function createCallerBook({ tokens, brake, jwt }: IdentityDeps): CallerBook {
  async function byToken(presented: string | undefined): Promise<Caller> {
    const found = presented === undefined ? undefined : await tokens.authenticate(presented);
    if (found?.role === "caller") return { name: found.name, by: "token", scopes: [] };
    if (found) throw new BridgeError("FORBIDDEN", `a token of the role ${found.role} cannot call; it takes caller`);
    throw new BridgeError("UNAUTHENTICATED", "this token is not known");
  }

  return {
    async identify({ authorization, certificate, ip }) {
      if (authorization === undefined) return certificate === undefined ? undefined : byCertificate(certificate);
      const presented = presentedToken(authorization);
      try {
        if (jwt && presented !== undefined && isJwt(presented)) return await jwt.identify(presented, certificate);
        return await byToken(presented);
      } catch (cause) {
        if (!isGuess(cause)) throw cause;
        if (brake.blocked(ip) > 0) throw new BridgeError("RATE_LIMITED", "too many tokens in a minute were none");
        brake.failed(ip);
        throw cause;
      }
    },
  };
}

/** What a JWT's fault carries that no guessing could be behind. */
export const EXPIRED = "expired";

/** An honest client may have missed the end of its token; everything else may be somebody who tries. */
function isGuess(cause: unknown): boolean {
  return cause instanceof BridgeError && cause.code === "UNAUTHENTICATED" && cause.facts?.["fault"] !== EXPIRED;
}

/** RFC 7519 in its compact form (RFC 7515, section 7.1); Steg's own tokens have no dots. */
function isJwt(text: string): boolean {
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/u.test(text);
}

const LONGEST = 8_192;

/** Bearer (RFC 6750), or the password of Basic (RFC 7617), which is all that many SOAP clients can do. */
export function presentedToken(header: string): string | undefined {
  if (header.length > LONGEST * 2) return undefined;
  const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/iu.exec(header)?.[1];
  if (bearer !== undefined) return bearer.length > LONGEST ? undefined : bearer;
  const basic = /^Basic +([A-Za-z0-9+/]+={0,2})$/iu.exec(header)?.[1];
  if (basic === undefined) return undefined;
  const pair = Buffer.from(basic, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : pair.slice(colon + 1);
}

/** Its common name; where it has none, the first of its alternative names. */
function byCertificate({ trusted, commonName, alternative }: ShownCertificate): Caller {
  if (!trusted) throw new BridgeError("UNAUTHENTICATED", "the certificate is not of the authority that callers need");
  const name = callerName(commonName ?? alternative ?? "", "the certificate");
  return { name, by: "certificate", scopes: [] };
}
